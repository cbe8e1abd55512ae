#!/usr/bin/env bash
# Makes or refreshes .venv-dev: Python files are used where they lie, the native module is built anew.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$(tools/pythons.sh | awk -F'\t' 'END {print $2}')
venv=.venv-dev
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"
# One command builds what pyproject.toml names, editable.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement tests/python/requirements.txt
"$venv/bin/python" -m pip install --disable-pip-version-check --editable .
echo "ready: $venv/bin/python -m pytest tests/python"
