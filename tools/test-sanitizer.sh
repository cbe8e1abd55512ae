#!/usr/bin/env bash
# Usage: test-sanitizer.sh: ThreadSanitizer over the tests of itk-core's pool, pump, buffers, events and pipeline. No
# report is suppressed. docs/sanitizer-record.txt is the record of a run. Takes about 6 minutes of a CPU.
#
# The standard library is compiled too: ThreadSanitizer takes what an uninstrumented one orders, by futexes, parking and
# fences, for races (135 reports). Its source comes from tools/get-rust-src.sh; where it cannot be had, that is said loudly
# and counted. The flags are those of a nightly compiler; RUSTC_BOOTSTRAP has the stable one take them.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
check=thread-sanitizer
mkdir -p target

status=0
source=$(tools/get-rust-src.sh 2> >(tee >(cat >&2) | tail -n 1 >target/sanitizer.log)) || status=$?
if ((status)); then
    tools/skip.sh $check "$(cat target/sanitizer.log)"
    exit 0
fi
tools/skip.sh $check

folder=$root/target/sanitizer
python=$(tools/pythons.sh 2>/dev/null | awk -F'\t' 'NR == 1 {print $2}')
"$python" tools/small_copy.py "$folder/tree"
cd "$folder/tree"
host=$(rustc -vV | sed -n 's/^host: //p')
# Cargo looks for the source in rustup's folder, unless told so.
export __CARGO_TESTS_ONLY_SRC_ROOT=$source RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=thread" CARGO_TARGET_DIR=$folder/build
export TSAN_OPTIONS="halt_on_error=0 exitcode=66"
rustc --version
cargo -Zbuild-std test --quiet --locked --target "$host" --package itk-core --lib
cargo -Zbuild-std test --quiet --locked --target "$host" --package itk-tests --test pump --test pipeline --test pipeline_memory
echo "no data race was reported"
