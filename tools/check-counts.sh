#!/usr/bin/env bash
# Usage: check-counts.sh [--update]: counts the instructions of median kernels at the AVX2 level under valgrind, and
# compares them with benches/instructions.tsv, to 2 %; --update rewrites that file.
set -euo pipefail
cd "$(dirname "$0")/.."
file=benches/instructions.tsv
update=${1:-}
tools/skip.sh check-counts
if [[ -n $update && $update != --update ]]; then
    sed -n '2,3s/^# //p' "$0" >&2
    exit 2
fi
skip() {
    tools/skip.sh check-counts "$1"
    exit 0
}
if ! type -P valgrind >/dev/null; then
    skip "there is no valgrind"
elif ! grep -qsw avx2 /proc/cpuinfo || ! grep -qsw f16c /proc/cpuinfo; then
    skip "this CPU has no AVX2"
fi
compiler=$(rustc --version)
if [[ -z $update && $compiler != "$(sed -n '1s/^# //p' "$file")" ]]; then
    skip "counts are those of $(sed -n '1s/^# //p' "$file"), this is $compiler"
fi

# Together with the wheel's package, whose features and dependencies are compiled already.
cargo build --locked --release --package itk-py --package itk-filters --example instructions
program=${CARGO_TARGET_DIR:-target}/release/examples/instructions
log=$(mktemp)
trap 'rm -f "$log" "$log.new"' EXIT

count() { # KERNEL TIMES
    OXITK_SIMD=avx2 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>"$log" ||
        { cat "$log" >&2 && return 1; }
    awk '/Collected :/ {print $4; found = 1} END {exit !found}' "$log"
}

printf '# %s\n# kernel\tinstructions of one run at the AVX2 level\n' "$compiler" >"$log.new"
wrong=0 compared=0
while read -r kernel; do
    # The difference leaves out what starts the program, and what only the first run does.
    once=$(count "$kernel" 1)
    thrice=$(count "$kernel" 3)
    instructions=$(((thrice - once) / 2))
    printf '%s\t%d\n' "$kernel" "$instructions" >>"$log.new"
    [[ -n $update ]] && continue
    expected=$(awk -F'\t' -v kernel="$kernel" '$1 == kernel {print $2}' "$file")
    difference=$((instructions - ${expected:-0}))
    printf '%-12s %9d instructions, expected %9d\n' "$kernel" "$instructions" "${expected:-0}"
    if ((50 * ${difference#-} > ${expected:-0})); then
        echo "$kernel differs by more than 2 %" >&2
        wrong=1
    fi
    compared=$((compared + 1))
done < <("$program")

if [[ -n $update ]]; then
    cp "$log.new" "$file"
    cat "$file"
elif ((wrong || compared == 0 || compared != $(grep -vc '^#' "$file"))); then
    echo "counts differ from $file, of $compared kernels; where that is meant: tools/check-counts.sh --update" >&2
    exit 1
fi
