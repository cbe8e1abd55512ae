#!/usr/bin/env bash
# Usage: test-peers.sh WHEEL_FOLDER [PYTEST_ARGUMENT...]: compares the wheel with the real ITK, live. ITK is large, so
# its venv is kept in the user's cache, one for each list of requirements and Python; the wheel is not put into it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
wheel=$(cd "$1" && ls "$PWD"/*.whl)
shift
python=$("$root/tools/pythons.sh" | awk -F'\t' 'NR == 1 {print $2}')
requirements=$root/tests/python/peers/requirements.txt
work=$(mktemp -d)
trap 'rm -rf "$work" "${unfinished:-$work}"' EXIT

key=$("$python" -c '
import hashlib, pathlib, sys
print(hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes() + sys.version.encode()).hexdigest()[:16])' "$requirements")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/oxitk
peers=$cache/peers-$key
if ! "$peers/bin/python" -c '' 2>/dev/null; then
    echo "installing the peers into $peers"
    mkdir -p "$cache"
    rm -rf "$peers"
    # Renamed when complete, so that an interrupted run leaves nothing half made.
    unfinished=$(mktemp -d "$cache/unfinished-XXXXXX")
    "$python" -m venv "$unfinished"
    "$unfinished/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        --requirement "$requirements"
    mv "$unfinished" "$peers" || [[ -x $peers/bin/python ]] # another run may have been first
fi

"$peers/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$work/wheel" "$wheel"
export PYTHONPATH="$work/wheel" PYTHONDONTWRITEBYTECODE=1
mkdir "$work/empty"
cd "$work/empty"
"$peers/bin/python" -c 'import oxitk, sys; assert oxitk.__file__.startswith(sys.argv[1]), oxitk.__file__' "$work/wheel"
"$peers/bin/python" -m pytest -p no:cacheprovider "$root/tests/python/peers" "$@" </dev/null
