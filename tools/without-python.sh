#!/usr/bin/env bash
# Usage: without-python.sh COMMAND...: runs a command with everything on PATH but Python.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

IFS=: read -ra folders <<<"$PATH"
for folder in "${folders[@]}"; do
    for program in "$folder"/*; do
        name=${program##*/}
        case $name in
        *python* | *pypy* | pip* | pyenv* | conda* | uv | uvx) ;;
        *) [[ -x $program && ! -e $work/$name ]] && ln -s "$program" "$work/$name" ;;
        esac
    done
done

for name in python python3 python3.{11..16}; do
    if PATH=$work type -P "$name" >/dev/null; then
        echo "$name is still on PATH" >&2
        exit 1
    fi
done
env -u PYO3_PYTHON -u PYTHONHOME -u VIRTUAL_ENV PATH="$work" "$@"
