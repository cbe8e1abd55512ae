#!/usr/bin/env bash
# Packs the three crates that are published and builds them from their packages; a warning is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "${CARGO_TARGET_DIR:-target}"
# Cargo keeps what it unpacked of our crates by the path of the target directory and never looks again: at a path of
# its own, no run, nor another clone at this one's path, builds against an older crate of the same version.
target=$(mktemp -d "$(realpath "${CARGO_TARGET_DIR:-target}")/package.XXXXXX")
trap 'rm -rf "$target"' EXIT
# Nobody debugs what is built here.
export CARGO_PROFILE_DEV_DEBUG=false
# A working copy with changes may be tested too.
cargo package --locked --allow-dirty --target-dir "$target" \
    --package itk-core --package itk-filters --package itk-io 2>&1 | tee "$target/log"
if grep '^warning' "$target/log" >&2; then
    exit 1
fi
