#!/usr/bin/env bash
# Usage: check-asm.sh FOLDER: reads the machine code of the median's networks in the library of the wheel in FOLDER, which
# tools/wheel.sh has built here.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/skip.sh check-asm
if [[ $(uname -m) != x86_64 ]]; then
    tools/skip.sh check-asm "it reads the code of x86_64"
elif ! type -P objdump >/dev/null; then
    tools/skip.sh check-asm "there is no objdump (Debian and Ubuntu have it in the package binutils)"
else
    python=$(tools/pythons.sh | awk -F'\t' 'NR == 1 {print $2}')
    "$python" tools/check_asm.py "$1" "${CARGO_TARGET_DIR:-target}/wheel.map"
fi
