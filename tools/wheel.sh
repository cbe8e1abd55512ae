#!/usr/bin/env bash
# Usage: wheel.sh FOLDER: builds the wheel with `pip wheel .`, as a user would but packed tighter, and leaves it alone in FOLDER.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
python=$(tools/pythons.sh | awk -F'\t' 'NR == 1 {print $2}')

# The venv stays: with another interpreter path PyO3 and all that depends on it would be compiled again.
venv=target/venv-wheel
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"

rm -rf "$folder"
# A second of work for some hundredths of its size.
"$venv/bin/python" -m pip wheel --disable-pip-version-check --no-deps --wheel-dir "$folder" \
    --config-settings build-args="--compression-level 9" .
"$venv/bin/python" tools/check_wheel.py "$folder"
