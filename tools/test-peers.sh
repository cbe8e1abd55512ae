#!/usr/bin/env bash
# Usage: test-peers.sh WHEEL_FOLDER [PYTEST_ARGUMENT...]: compares the wheel with the real ITK, live. ITK is large, so
# its venv is kept in the user's cache; the wheel is not put into it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
wheel=$(cd "$1" && ls "$PWD"/*.whl)
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

peers=$("$root/tools/peers-venv.sh" peers "$root/tests/python/peers/requirements.txt")
"$peers/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$work/wheel" "$wheel"
export PYTHONPATH="$work/wheel" PYTHONDONTWRITEBYTECODE=1
mkdir "$work/empty"
cd "$work/empty"
"$peers/bin/python" -c 'import oxitk, sys; assert oxitk.__file__.startswith(sys.argv[1]), oxitk.__file__' "$work/wheel"
"$peers/bin/python" -m pytest -p no:cacheprovider "$root/tests/python/peers" "$@" </dev/null
