#!/usr/bin/env bash
# Usage: test-python.sh WHEEL_FOLDER [PYTEST_ARGUMENT...]: runs tests/python against the installed wheel, outside the
# source tree, in a fresh venv of every Python that tools/pythons.sh finds; the oldest also with the oldest numpy, and the
# newest also with a GIL that kernels keep, which only threads, events and first touches can tell.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
wheel=$(cd "$1" && ls "$PWD"/*.whl)
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Tests must not leave caches in the source tree, nor find the package there.
export PYTHONDONTWRITEBYTECODE=1 MYPY_CACHE_DIR="$work/mypy"
unset PYTHONPATH PYTHONHOME

run() { # LABEL PYTHON NUMPY PYTEST_ARGUMENT...
    local label=$1 python=$2 numpy=$3 venv="$work/$1"
    shift 3
    printf '\n--> Python %s: %s\n' "$label" "$python"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        --requirement "$root/tests/python/requirements.txt" "$numpy" "$wheel"
    mkdir -p "$work/empty"
    (
        cd "$work/empty"
        "$venv/bin/python" -c 'import oxitk, sys; assert oxitk.__file__.startswith(sys.prefix), oxitk.__file__'
        "$venv/bin/python" -m pytest -p no:cacheprovider "$root/tests/python" "$@"
    ) </dev/null
    rm -rf "$venv"
}

pythons=$("$root/tools/pythons.sh")
echo "Python versions found:" $(cut -f 1 <<<"$pythons")
while IFS=$'\t' read -r version python; do
    run "$version" "$python" numpy "$@"
    # The others try a tenth of the junk.
    export FUZZ_EXAMPLES=${FUZZ_EXAMPLES:-200}
done <<<"$pythons"

# numpy 1.26 has wheels up to Python 3.12.
IFS=$'\t' read -r version python <<<"$(head -n 1 <<<"$pythons")"
case $version in
3.11 | 3.12) run "$version-numpy-1.26" "$python" 'numpy==1.26.*' --ignore "$root/tests/python/test_stubs.py" "$@" ;;
*) echo "not run: numpy 1.26, which needs Python 3.11 or 3.12" ;;
esac

IFS=$'\t' read -r version python <<<"$(tail -n 1 <<<"$pythons")"
OXITK_RELEASE_GIL=0 run "$version-keeping-the-GIL" "$python" numpy -k "threads or pipeline or filters or lazy" "$@"
