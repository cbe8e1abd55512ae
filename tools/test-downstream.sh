#!/usr/bin/env bash
# Builds and tests tests/downstream, a crate of someone else's that depends on ours, on a PATH without Python.
set -euo pipefail
cd "$(dirname "$0")/.."
# The versions that the workspace is tested with, rather than whatever is newest today.
cp Cargo.lock tests/downstream/Cargo.lock
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/downstream" CARGO_PROFILE_DEV_DEBUG=false \
    tools/without-python.sh cargo test --manifest-path tests/downstream/Cargo.toml
