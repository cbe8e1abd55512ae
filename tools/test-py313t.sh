#!/usr/bin/env bash
# Usage: test-py313t.sh [PYTEST_ARGUMENT...]: the Python suite without a GIL, then again with each test in 8 threads at
# once. The interpreter is that of get-py313t.sh; where it cannot be had, that is said loudly and counted.
#
# PyO3 supports free-threaded Pythons from 3.14 on, and numpy has wheels for 3.13's: so PyO3 is told not to look at the
# version. It is a lane for races that a GIL would hide; such a module is never shipped.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
check=free-threaded-python

status=0
python=$(tools/get-py313t.sh 2> >(tee /dev/stderr | tail -n 1 >target/py313t.log)) || status=$?
if ((status)); then
    tools/skip.sh $check "$(cat target/py313t.log)"
    exit 0
fi
tools/skip.sh $check

# The profile of the tests, whose debug assertions look for more than the wheel does.
export UNSAFE_PYO3_SKIP_VERSION_CHECK=1 PYO3_BUILD_EXTENSION_MODULE=1
PYO3_PYTHON=$python cargo build --locked --package itk-py --lib

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1
unset PYTHONPATH PYTHONHOME
"$python" -m venv "$work/venv"
sed '/^mypy/d' tests/python/requirements.txt >"$work/requirements.txt"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    --requirement "$work/requirements.txt" pytest-run-parallel 'numpy<2.5'
site=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
cp -r itk-py/python/oxitk "$site/"
rm -f "$site"/oxitk/*.so
cp target/debug/lib_native.so "$site/oxitk/_native.so"
# What the tests ask of an installed distribution.
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
mkdir "$site/oxitk-$version.dist-info"
printf 'Metadata-Version: 2.1\nName: oxitk\nVersion: %s\nRequires-Dist: numpy>=1.26\n' "$version" \
    >"$site/oxitk-$version.dist-info/METADATA"
printf 'oxitk/__init__.py,,\n' >"$site/oxitk-$version.dist-info/RECORD"

mkdir "$work/empty"
cd "$work/empty"
pytest() {
    "$work/venv/bin/python" -X faulthandler -m pytest -p no:cacheprovider -q --ignore "$root/tests/python/test_stubs.py" "$@" </dev/null
}
"$work/venv/bin/python" -c 'import oxitk._native, sys; assert not sys._is_gil_enabled(), "the module needs the GIL"'
printf '\n--> each test by itself\n'
pytest "$root/tests/python" "$@"
printf '\n--> each test in 8 threads at once\n'
pytest --parallel-threads=8 "$root"/tests/python/test_{arrays,errors,filters,gradient_magnitude,image,median,zero_copy}.py "$@"
