#!/usr/bin/env bash
# Usage: wheel.sh FOLDER: builds the wheel with `pip wheel .`, as a user would but packed tighter, and leaves it alone in FOLDER.
# On Linux the linker's map of its library, target/wheel.map, has the names that the library is without.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
python=$(tools/pythons.sh | awk -F'\t' 'NR == 1 {print $2}')

# The venv stays: with another interpreter path PyO3 and all that depends on it would be compiled again.
venv=target/venv-wheel
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"

rm -rf "$folder"
# A second of work for some hundredths of its size.
arguments="--compression-level 9"
if [[ $(uname) == Linux ]]; then
    mkdir -p "${CARGO_TARGET_DIR:-target}"
    arguments+=" -- '-Clink-arg=-Wl,-Map=$(realpath "${CARGO_TARGET_DIR:-target}")/wheel.map'"
fi
"$venv/bin/python" -m pip wheel --disable-pip-version-check --no-deps --wheel-dir "$folder" \
    --config-settings build-args="$arguments" .
"$venv/bin/python" tools/check_wheel.py "$folder"
