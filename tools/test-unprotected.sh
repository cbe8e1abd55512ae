#!/usr/bin/env bash
# Usage: test-unprotected.sh [PATCH...]: applies each of tests/unprotect/*.patch, which takes one protection away, to a
# copy of the tree and runs the tests that its first line names (`# turns red: TEST...`). Each patch must turn one of them
# red at least; those tests are green without it, which is seen first. Takes about 1 minute a patch on 2 idle CPUs.
#
# The copy has three networks only, is not optimised, and keeps its own build folder: target/unprotected.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
patches=("$@")
((${#patches[@]})) || patches=(tests/unprotect/*.patch)
python=$(tools/pythons.sh | awk -F'\t' 'NR == 1 {print $2}')

folder=$root/target/unprotected
mkdir -p "$folder"
tree=$folder/tree
venv=$folder/venv
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement tests/python/requirements.txt
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "$tree/itk-py/python" >"$site/oxitk-unprotected.pth"
export PYTHONDONTWRITEBYTECODE=1 CARGO_TARGET_DIR=$folder/build CARGO_PROFILE_DEV_DEBUG=false CARGO_PROFILE_DEV_OPT_LEVEL=0
unset PYTHONPATH PYTHONHOME

# The tree as it is, whether committed or not; files that do not change keep their times, so little is compiled again.
copy() {
    mkdir -p "$tree"
    git ls-files --cached --others --exclude-standard -- ':!itk-filters/build/schedule.rs' | while read -r file; do
        cmp --quiet "$file" "$tree/$file" || { [[ -f $file ]] && mkdir -p "$tree/$(dirname "$file")" && cp "$file" "$tree/$file"; } || true
    done
    # Written only when it is new, or its crate would be compiled each time.
    local schedule=itk-filters/build/schedule.rs
    "$python" -c 'import re, sys
print(re.sub(r"(const WINDOWS: [^=]*= &\[).*?\];", r"\1[3, 3, 1], [5, 5, 1], [3, 3, 3]];", sys.stdin.read(), count=1, flags=re.S), end="")' \
        <$schedule >"$folder/schedule.rs"
    cmp --quiet "$folder/schedule.rs" "$tree/$schedule" || cp "$folder/schedule.rs" "$tree/$schedule"
}

build() {
    (cd "$tree" && cargo build --quiet --locked --package itk-py --lib 2>"$folder/build.log") || {
        tail -n 30 "$folder/build.log"
        return 1
    }
    cp "$CARGO_TARGET_DIR/debug/lib_native.so" "$tree/itk-py/python/oxitk/_native.abi3.so"
}

# Runs tests from an empty folder; prints what pytest says in the end.
check() {
    mkdir -p "$folder/empty"
    # A test may hang where no signal reaches it.
    (cd "$folder/empty" && timeout --kill-after 10 600 "$venv/bin/python" -m pytest -p no:cacheprovider -q --timeout 100 "${@/#/$tree/}" </dev/null 2>&1)
}

names() {
    sed -n '1s/^# turns red: //p' "$1"
}

copy
build
mapfile -t all < <(for patch in "${patches[@]}"; do names "$patch" | tr ' ' '\n'; done | sort -u)
printf -- '--> with all protections: %d tests\n' "${#all[@]}"
check "${all[@]}" | tail -n 1
[[ ${PIPESTATUS[0]} == 0 ]]

green=()
for patch in "${patches[@]}"; do
    begin=$SECONDS
    read -ra tests <<<"$(names "$patch")"
    ((${#tests[@]})) || { echo "$patch: its first line names no tests" >&2; exit 1; }
    # Inside this repository git would pass over files that it ignores.
    (cd "$tree" && GIT_CEILING_DIRECTORIES=$folder git apply "$root/$patch")
    build
    status=0
    said=$(check "${tests[@]}" | tail -n 1) || status=$?
    # 1: tests failed. More: a crash, which counts too, but for a command line that pytest does not understand (4, 5).
    if ((status == 0 || status == 4 || status == 5)); then
        green+=("$patch")
        printf '%-44s STILL GREEN: %s\n' "$(basename "$patch")" "$said"
    else
        printf '%-44s red, %d s: %s\n' "$(basename "$patch")" $((SECONDS - begin)) "$said"
    fi
    copy
done
if ((${#green[@]})); then
    echo "no test misses what these take away: ${green[*]}" >&2
    exit 1
fi
