#!/usr/bin/env bash
# Runs the Rust tests at the SIMD level that this CPU is best at, then what a level can change at each lower one that it has.
set -euo pipefail
cd "$(dirname "$0")/.."
# Examples have no tests; clippy compiles them.
cargo test --locked --workspace --lib --bins --tests
cargo test --locked --workspace --doc

# Files, threads and the networks' plans know no level; the counting engine's tests go through all levels themselves, and so
# do those called every_level.
once=" counting io networks pipeline_memory pump rooms "
targets=()
for target in $(sed -n '/^\[\[test\]\]/{n;s/^name = "\(.*\)"$/\1/p}' tests/Cargo.toml); do
    [[ $once == *" $target "* ]] || targets+=(--test "$target")
done

levels=(baseline)
if grep -qsw avx2 /proc/cpuinfo && grep -qsw f16c /proc/cpuinfo; then
    levels+=(avx2)
fi
for level in "${levels[@]}"; do
    printf '\n--> OXITK_SIMD=%s\n' "$level"
    OXITK_SIMD=$level cargo test --locked --workspace --lib "${targets[@]}" --quiet -- --skip every_level
done
