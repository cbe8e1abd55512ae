#!/usr/bin/env bash
# Usage: bench-peers.sh WHEEL_FOLDER SCRIPT [ARGUMENT...]: times the wheel beside OpenCV, IPP, ITK and others with
# benches/python/SCRIPT.py. Their venv is kept in the user's cache, as that of test-peers.sh; the wheel is not put into it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
wheel=$(cd "$1" && ls "$PWD"/*.whl)
script=$root/benches/python/$2.py
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

peers=$("$root/tools/peers-venv.sh" bench "$root/benches/python/requirements.txt")
"$peers/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$work/wheel" "$wheel"
export PYTHONPATH="$work/wheel"
"$peers/bin/python" -P -c 'import oxitk, sys; assert oxitk.__file__.startswith(sys.argv[1]), oxitk.__file__' "$work/wheel"
# The cache of bytecode lies in the work folder: none appears in the tree.
PYTHONPYCACHEPREFIX="$work/pycache" "$peers/bin/python" "$script" "$@" </dev/null
