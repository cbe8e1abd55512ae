#!/usr/bin/env bash
# Reads the machine code of the median's networks in the wheel's library, built with the names that the wheel is without.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/skip.sh check-asm
if [[ $(uname -m) != x86_64 ]]; then
    tools/skip.sh check-asm "it reads the code of x86_64"
elif ! type -P objdump >/dev/null; then
    tools/skip.sh check-asm "there is no objdump (Debian and Ubuntu have it in the package binutils)"
else
    python=$(tools/pythons.sh | awk -F'\t' 'NR == 1 {print $2}')
    cargo rustc --locked --release --package itk-py --lib --crate-type cdylib
    "$python" tools/check_asm.py "${CARGO_TARGET_DIR:-target}/release/lib_native.so"
fi
