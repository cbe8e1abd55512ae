#!/usr/bin/env bash
# Usage: test-sanitizer.sh: ThreadSanitizer over the tests of itk-core's pool, pump, context and buffers. Needs a nightly
# toolchain (`rustup toolchain install nightly`) and nothing more. tools/test-sanitizer.txt is the record of a run.
#
# The standard library is not instrumented without its source, so ThreadSanitizer must be told to go on
# (`-Cunsafe-allow-abi-mismatch=sanitizer`); what std's locks order is seen, as they are inlined. tools/sanitizer.supp
# lists what rayon and std do with fences, which ThreadSanitizer does not model.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! cargo +nightly --version >/dev/null 2>&1; then
    tools/skip.sh thread-sanitizer "no nightly toolchain"
    exit 0
fi
tools/skip.sh thread-sanitizer
export RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer"
export TSAN_OPTIONS="suppressions=$PWD/tools/sanitizer.supp halt_on_error=0 exitcode=66"
export CARGO_TARGET_DIR=target/sanitizer
host=$(rustc -vV | sed -n 's/^host: //p')
cargo +nightly test --locked --target "$host" --package itk-core --lib --tests
cargo +nightly test --locked --target "$host" --package itk-tests --test pump
