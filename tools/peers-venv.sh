#!/usr/bin/env bash
# Usage: peers-venv.sh NAME REQUIREMENTS: prints the folder of a venv that has what REQUIREMENTS lists. It lies in the
# user's cache, one for each name, list and Python, and is made if it is not there.
set -euo pipefail
name=$1
requirements=$2
python=$("$(dirname "$0")/pythons.sh" | awk -F'\t' 'NR == 1 {print $2}')

key=$("$python" -c '
import hashlib, pathlib, sys
print(hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes() + sys.version.encode()).hexdigest()[:16])' "$requirements")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/oxitk
peers=$cache/$name-$key
if ! "$peers/bin/python" -c '' 2>/dev/null; then
    echo "installing the peers into $peers" >&2
    mkdir -p "$cache"
    rm -rf "$peers"
    # Renamed when complete, so that an interrupted run leaves nothing half made.
    unfinished=$(mktemp -d "$cache/unfinished-XXXXXX")
    trap 'rm -rf "$unfinished"' EXIT
    "$python" -m venv "$unfinished"
    "$unfinished/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        --requirement "$requirements" >&2
    mv "$unfinished" "$peers" || [[ -x $peers/bin/python ]] # another run may have been first
fi
echo "$peers"
