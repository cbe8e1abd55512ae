#!/usr/bin/env bash
# Runs the Rust tests at the SIMD level that this CPU is best at, then again at each lower one that it has.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --locked --workspace

levels=(baseline)
if grep -qsw avx2 /proc/cpuinfo && grep -qsw f16c /proc/cpuinfo; then
    levels+=(avx2)
fi
for level in "${levels[@]}"; do
    printf '\n--> OXITK_SIMD=%s\n' "$level"
    OXITK_SIMD=$level cargo test --locked --workspace --lib --bins --tests --quiet
done
