#!/usr/bin/env bash
# Usage: stream-large-file.sh [FOLDER [GB [MB]]]: makes a real file of GB (default 4) gigabytes in FOLDER, has it go through
# median and gradient magnitude with a budget of MB (default 1000) megabytes for all memory, and checks the result. Prints
# a record of it, as docs/streaming-record.txt. Takes three times GB of disk, which is free again afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/oxitk-stream.XXXXXX")
trap 'rm -rf "$folder"' EXIT
gigabytes=${2:-4}
megabytes=${3:-1000}
cargo build --locked --release --quiet --package itk-benches --example stream
program=${CARGO_TARGET_DIR:-target}/release/examples/stream
echo "# tools/stream-large-file.sh, $(date -u +%F), $(nproc) CPUs, $(rustc --version)"
step() {
    printf '\n$ stream'
    printf ' %s' "${@##*/}"
    printf '\n'
    "$program" "$@"
}
step make "$folder/volume.mha" "$gigabytes"
step filter "$folder/volume.mha" "$folder/gradient.nrrd" "$megabytes"
step check "$folder/volume.mha" "$folder/gradient.nrrd" 200
