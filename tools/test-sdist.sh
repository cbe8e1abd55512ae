#!/usr/bin/env bash
# Builds the sdist, installs it into a bare venv, and uses it: what a platform without a wheel does.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=$("$root/tools/pythons.sh" | awk -F'\t' 'NR == 1 {print $2}')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m venv "$work/build"
"$work/build/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$root/tools/requirements.txt"
"$work/build/bin/python" -m build --sdist --outdir "$work/sdist" "$root"

"$python" -m venv "$work/bare"
cd "$work"
# Dependencies are not compiled at each run. Our own crates are: an sdist's old file times would make cargo believe that
# what it has built before is up to date.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}/sdist"
cargo clean --quiet --release --manifest-path "$root/Cargo.toml" -p itk-core -p itk-filters -p itk-io -p itk-py
# Unoptimised: the wheel's tests are about the code that it makes, this one is about what the sdist contains.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256
"$work/bare/bin/python" -m pip install --disable-pip-version-check "$work"/sdist/*.tar.gz
"$work/bare/bin/python" - <<'PYTHON'
import numpy, oxitk
assert oxitk.median(numpy.array([[1, 9, 2], [3, 4, 5], [6, 7, 8]], "u1"), radius=1)[1, 1] == 5
PYTHON
"$work/bare/bin/oxitk" info "$root/tests/data/HeadMRVolume.mha"
# pip keeps what it builds from an archive; nobody will ask for this one again.
"$work/bare/bin/python" -m pip cache remove --quiet oxitk || true # there is nothing to remove where the cache is off
