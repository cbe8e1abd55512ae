#!/usr/bin/env bash
# Packs the three crates that are published and builds them from their packages; a warning is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A working copy with changes may be tested too.
cargo package --locked --allow-dirty --package itk-core --package itk-filters --package itk-io 2>&1 | tee "$log"
if grep '^warning' "$log" >&2; then
    exit 1
fi
