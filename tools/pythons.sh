#!/usr/bin/env bash
# Prints "version<TAB>path" for each Python from 3.11 up that can be used here, one a minor version, oldest first.
# Usable: it runs, has a GIL (the wheel is abi3), is no preview release, and can make a venv. Those passed over are
# named on stderr. PYTHON=3.12 or PYTHON=/path/to/python restricts the list to that one.
set -euo pipefail

candidates() {
    if [[ ${PYTHON:-} == */* ]]; then
        echo "$PYTHON"
        return
    fi
    local name version
    for name in python3.{11..16} python3 python; do
        type -ap "$name" || true
    done
    # A shim of pyenv runs only the versions that are switched on; the versions themselves run always.
    if command -v pyenv >/dev/null; then
        for version in $(pyenv versions --bare); do
            echo "$(pyenv prefix "$version")/bin/python"
        done
    fi
}

probe='
import sys, sysconfig
if sys.version_info < (3, 11):
    sys.exit()
name = "%d.%d" % sys.version_info[:2]
def passed_over(why):
    print(f"passed over: Python {name} ({sys.executable}): {why}", file=sys.stderr)
    sys.exit()
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    passed_over("free-threaded, needs a wheel of its own")
if sys.version_info.releaselevel != "final":
    passed_over("a preview release")
try:
    import ensurepip, venv
except ImportError:
    passed_over("cannot make a venv; Debian and Ubuntu have that in the package python3-venv")
print(name, sys.executable, sep="\t")
'

found=$(candidates | while read -r python; do
    "$python" -c "$probe" 2> >(grep '^passed over' >&2) || true # a shim without its version fails
done | sort -t. -k2,2n -s | awk -F'\t' '!seen[$1]++')

if [[ -n ${PYTHON:-} && $PYTHON != */* ]]; then
    found=$(awk -F'\t' -v wanted="${PYTHON#python}" '$1 == wanted' <<<"$found")
fi
if [[ -z $found ]]; then
    echo "no usable Python ${PYTHON:-from 3.11 up} found" >&2
    exit 1
fi
echo "$found"
