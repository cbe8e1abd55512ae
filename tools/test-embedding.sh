#!/usr/bin/env bash
# Builds and runs tests/embedding, a program of someone else's that embeds Python and links itk-py.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/skip.sh test-embedding
shared='import sysconfig as s; print(s.get_config_var("Py_ENABLE_SHARED") and s.get_config_var("LIBDIR") or "")'
python='' library=''
while IFS=$'\t' read -r _ candidate; do
    folder=$("$candidate" -c "$shared")
    if [[ -n $folder ]]; then
        python=$candidate library=$folder
    fi
done < <(tools/pythons.sh)
if [[ -z $python ]]; then
    tools/skip.sh test-embedding "no Python has a shared library to link"
    exit 0
fi
# With few networks of the median, which say nothing about threads.
copy=target/embedding
"$python" tools/small_copy.py "$copy"
# The versions that the workspace is tested with, and the crates that tests/downstream has compiled.
cp Cargo.lock "$copy/tests/embedding/Cargo.lock"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/downstream" PYO3_PYTHON=$python
cargo build --manifest-path "$copy/tests/embedding/Cargo.toml"
LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} timeout 60 "$CARGO_TARGET_DIR/debug/embedding"
