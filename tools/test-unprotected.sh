#!/usr/bin/env bash
# Usage: test-unprotected.sh [PATCH...]: applies each of tests/unprotect/*.patch, which takes one protection away, to a
# copy of the tree and runs the tests that its first line names (`# turns red: TEST...`). Each of them must turn red, and
# none may hang; all are green without a patch, which is seen first. Takes about 1 minute a patch on 2 idle CPUs.
#
# The copy has three networks only, is not optimised, and keeps its own build folder: target/unprotected.
# docs/unprotected-record.txt is the record of a run.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
patches=("$@")
((${#patches[@]})) || patches=(tests/unprotect/*.patch)
python=$(tools/pythons.sh | awk -F'\t' 'NR == 1 {print $2}')

folder=$root/target/unprotected
mkdir -p "$folder/empty"
tree=$folder/tree
venv=$folder/venv
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement tests/python/requirements.txt
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "$tree/itk-py/python" >"$site/oxitk-unprotected.pth"
export PYTHONDONTWRITEBYTECODE=1 CARGO_TARGET_DIR=$folder/build CARGO_PROFILE_DEV_DEBUG=false CARGO_PROFILE_DEV_OPT_LEVEL=0
# What is broken never comes, so less is waited for it than elsewhere; it is enough for what works.
export OXITK_TEST_PATIENCE=10
unset PYTHONPATH PYTHONHOME

build() {
    (cd "$tree" && cargo build --quiet --locked --package itk-py --lib 2>"$folder/build.log") || {
        tail -n 30 "$folder/build.log"
        return 1
    }
    cp "$CARGO_TARGET_DIR/debug/lib_native.so" "$tree/itk-py/python/oxitk/_native.abi3.so"
}

# Runs tests from an empty folder. A hang is ended by pytest-timeout, which fails the test, or, where Python itself is held
# up, by faulthandler, which ends the process.
check() {
    (cd "$folder/empty" && timeout --kill-after 10 900 "$venv/bin/python" -m pytest -p no:cacheprovider -q --timeout 100 \
        -o faulthandler_timeout=120 -o faulthandler_exit_on_timeout=true "${@/#/$tree/}" </dev/null >"$folder/said.log" 2>&1)
}

names() {
    sed -n '1s/^# turns red: //p' "$1"
}

# Of the tests named, those that neither failed nor ended the process.
still_green() {
    local test
    tail -n 1 "$folder/said.log" | grep -q '^[0-9]\+ .* in ' || return 0 # no summary: the process was ended
    for test in "$@"; do
        grep -E '^(FAILED|ERROR) ' "$folder/said.log" | grep -qF "${test##*/}" || echo "$test"
    done
}

"$python" tools/small_copy.py "$tree"
build
mapfile -t all < <(for patch in "${patches[@]}"; do names "$patch" | tr ' ' '\n'; done | sort -u)
printf -- '--> with all protections: %d tests\n' "${#all[@]}"
check "${all[@]}" || {
    tail -n 40 "$folder/said.log"
    exit 1
}
tail -n 1 "$folder/said.log"

failures=()
for patch in "${patches[@]}"; do
    begin=$SECONDS
    read -ra tests <<<"$(names "$patch")"
    ((${#tests[@]})) || { echo "$patch: its first line names no tests" >&2; exit 1; }
    # Inside this repository git would pass over files that it ignores.
    if ! (cd "$tree" && GIT_CEILING_DIRECTORIES=$folder git apply "$root/$patch") || ! build; then
        failures+=("$patch")
        printf '%-46s DOES NOT APPLY, or not compile\n' "$(basename "$patch" .patch)"
        "$python" tools/small_copy.py "$tree"
        continue
    fi
    status=0
    check "${tests[@]}" || status=$?
    green=$(still_green "${tests[@]}")
    # 0: all green; 1: tests failed. 124, 137: ended by `timeout`. More: a crash, which counts as red, but for what
    # pytest says of its own command line (2 to 5).
    case $status in
    124 | 137) said="HANGS" ;;
    0 | 2 | 3 | 4 | 5) said="STILL GREEN" ;;
    *) said=${green:+STILL GREEN: $green} ;;
    esac
    [[ -z $said ]] || failures+=("$patch")
    printf '%-46s %s, %d s: %s\n' "$(basename "$patch" .patch)" "${said:-red}" $((SECONDS - begin)) "$(tail -n 1 "$folder/said.log")"
    "$python" tools/small_copy.py "$tree"
done
printf '%d protections, %d of them missed by the tests that are named: %s\n' ${#patches[@]} ${#failures[@]} "${failures[*]:-none}"
((${#failures[@]} == 0))
