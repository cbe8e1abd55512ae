#!/usr/bin/env bash
# Packs the three crates that are published and checks them as unpacked, each against the others' packages; a warning is
# a failure. They are checked rather than built: their code is compiled elsewhere, and takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
crates=(itk-core itk-filters itk-io)
# A working copy with changes may be tested too.
cargo package --locked --allow-dirty --no-verify "${crates[@]/#/--package=}" 2>&1 | tee "$work/log"
if grep '^warning' "$work/log" >&2; then
    exit 1
fi
target=${CARGO_TARGET_DIR:-$PWD/target}
cp Cargo.lock "$work"
{
    printf '[workspace]\nresolver = "3"\nmembers = ["*-0.*"]\n\n[patch.crates-io]\n'
    for crate in "${crates[@]}"; do
        package=$(ls -t "$target"/package/"$crate"-*.crate | head -n 1)
        tar --extract --gzip --file "$package" --directory "$work"
        printf '%s = { path = "%s" }\n' "$crate" "$(basename "$package" .crate)"
    done
} >"$work/Cargo.toml"
cd "$work"
RUSTFLAGS='--deny warnings' CARGO_TARGET_DIR="$target/package/check" cargo check --workspace
