#!/usr/bin/env bash
# Usage: bench-crossover.sh [WORD...]: times the median's algorithms beside each other, and says of what was chosen how
# much slower than the fastest it is. Without words, which leave only lines that have them all, the record is kept.
set -euo pipefail
cd "$(dirname "$0")/.."
if (($#)); then
    exec cargo run --locked --release --package itk-benches --example crossover -- "$@"
fi
record=docs/explain/crossover.tsv
unfinished=$(mktemp "$record.XXXXXX")
trap 'rm -f "$unfinished"' EXIT
cargo run --locked --release --package itk-benches --example crossover >"$unfinished"
chmod 644 "$unfinished"
mv "$unfinished" "$record"
