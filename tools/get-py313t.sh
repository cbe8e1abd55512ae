#!/usr/bin/env bash
# Usage: get-py313t.sh: prints the path of a Python 3.13 without a GIL. It is built once, from Debian's source package
# (about 4 minutes on 2 cores), and kept in the user's cache. Exit code 3, with the reason on stderr, when this machine
# cannot have one: then whoever called skips, loudly.
set -euo pipefail

prefix=${XDG_CACHE_HOME:-$HOME/.cache}/oxitk/python3.13t
python=$prefix/bin/python3.13t

cannot() {
    echo "no free-threaded Python: $*" >&2
    exit 3
}

usable() {
    [[ -x $python ]] && "$python" -c 'import ssl, ctypes, venv, sys; sys.exit(sys._is_gil_enabled())' 2>/dev/null
}

if usable; then
    echo "$python"
    exit
fi

command -v cc >/dev/null || cannot "a C compiler is missing"
mkdir -p "$(dirname "$prefix")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Two at once would build twice.
exec 9>"$prefix.lock"
flock 9
if usable; then
    echo "$python"
    exit
fi

mkdir "$work/build"
. "$(dirname "$0")/debian.sh"
debian "$work" "deb-src trixie" >"$work/why" || cannot "$(cat "$work/why")"
cd "$work"
apt-get "${apt[@]}" source --download-only python3.13 >apt.log 2>&1 ||
    cannot "the source package cannot be had: $(tail -n 1 apt.log)"
tar xf python3.13_*.orig.tar.xz
cd build
{
    ../Python-3.13.*/configure --prefix="$prefix" --disable-gil --disable-test-modules --without-doc-strings \
        OPT='-O2 -DNDEBUG' && nice -n 19 make -s -j"$(nproc)" && make -s install
} >build.log 2>&1 || {
    tail -n 20 build.log >&2
    cannot "its build failed"
}
usable || cannot "the one built lacks ssl, ctypes or venv; Debian and Ubuntu have them in libssl-dev and libffi-dev"
echo "$python"
