#!/usr/bin/env bash
# Usage: test-py313t.sh [--threads] [PYTEST_ARGUMENT...]: the Python suite without a GIL, then again with each test in 8
# threads at once, but for those that cannot run beside themselves; each is listed with the reason. With --threads only
# the tests of threads and of first touches, and of those in 8 threads the ones of filters and images: what CI has time
# for. The interpreter is that of get-py313t.sh; where it cannot be had, that is said loudly and counted.
#
# PyO3 supports free-threaded Pythons from 3.14 on, and numpy has wheels for 3.13's: so PyO3 is told not to look at the
# version. It is a lane for races that a GIL would hide; such a module is never shipped.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
check=free-threaded-python
mkdir -p target
tests=$root/tests/python
alone=("$tests")
together=("$tests")
if [[ ${1:-} == --threads ]]; then
    shift
    alone=("$tests"/test_{threads,lazy}*.py)
    together=("$tests"/test_{filters,image,zero_copy}.py)
fi

status=0
python=$(tools/get-py313t.sh 2> >(tee >(cat >&2) | tail -n 1 >target/py313t.log)) || status=$?
if ((status)); then
    tools/skip.sh $check "$(cat target/py313t.log)"
    exit 0
fi
tools/skip.sh $check

# The profile of the tests, whose debug assertions look for more than the wheel does; with the tests, as the kernels that
# were compiled for these have the features that all packages ask for.
UNSAFE_PYO3_SKIP_VERSION_CHECK=1 PYO3_BUILD_EXTENSION_MODULE=1 PYO3_PYTHON=$python \
    cargo build --locked --workspace --lib --tests

export PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH PYTHONHOME
venv=$root/target/venv-py313t
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"
# mypy has no wheel for it, and its tests need no interpreter of this kind; numpy 2.5 has none either.
sed '/^mypy/d' tests/python/requirements.txt >target/requirements-py313t.txt
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    --requirement target/requirements-py313t.txt 'pytest-run-parallel>=0.10,<1' 'numpy<2.5'
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
rm -rf "$site"/oxitk*
cp -r itk-py/python/oxitk "$site/"
rm -f "$site"/oxitk/*.so
cp target/debug/lib_native.so "$site/oxitk/_native.so"
# What an installed distribution has.
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
info=$site/oxitk-$version.dist-info
mkdir "$info"
printf 'Metadata-Version: 2.1\nName: oxitk\nVersion: %s\nRequires-Dist: numpy>=1.26\n' "$version" >"$info/METADATA"
printf '[console_scripts]\noxitk = oxitk._cli:main\n' >"$info/entry_points.txt"
printf 'oxitk/__init__.py,,\n' >"$info/RECORD"
printf '#!%s\nimport sys\nfrom oxitk._cli import main\nsys.exit(main())\n' "$venv/bin/python" >"$venv/bin/oxitk"
chmod +x "$venv/bin/oxitk"

empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
cd "$empty"
pytest() {
    "$venv/bin/python" -X faulthandler -m pytest -p no:cacheprovider --ignore "$tests/test_stubs.py" "$@" </dev/null
}
"$venv/bin/python" -c 'import oxitk._native, sys; assert not sys._is_gil_enabled(), "the module needs the GIL"'
printf '\n--> without a GIL, each test by itself\n'
pytest "${alone[@]}" "$@"
# What hypothesis tries takes 8 times as long, and finds no more than once.
printf '\n--> without a GIL, each test in 8 threads at once\n'
pytest --parallel-threads=8 --skip-thread-unsafe=True --mark-hypothesis-as-unsafe "${together[@]}" "$@"
