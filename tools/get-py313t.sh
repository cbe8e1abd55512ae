#!/usr/bin/env bash
# Usage: get-py313t.sh: prints the path of a Python 3.13 without a GIL. It is built once, from Debian's source package
# (about 4 minutes on 2 cores), and kept in the user's cache. Exit code 3, with the reason on stderr, when this machine
# cannot have one: then whoever called skips, loudly.
#
# The package comes through an apt state of its own, so that the system's sources and lists stay as they are.
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

command -v apt-get >/dev/null || cannot "apt-get is missing"
command -v cc >/dev/null || cannot "a C compiler is missing"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -r $keyring ]] || cannot "$keyring is missing"
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
    sed -nE 's/^URIs: *([^ ]*debian).*/\1/p; s/^deb [^h]*(http[^ ]*debian)[/ ].*/\1/p' | head -n 1 || true)
[[ -n $mirror ]] || cannot "no Debian mirror among apt's sources"

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

mkdir -p "$work"/{lists,archives}/partial "$work"/{parts,build}
touch "$work/status"
echo "deb-src [signed-by=$keyring] $mirror trixie main" >"$work/sources.list"
apt=(apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/parts"
    -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status"
    -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" -o APT::Sandbox::User=root)
cd "$work"
{ "${apt[@]}" update && "${apt[@]}" source --download-only python3.13; } >apt.log 2>&1 ||
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
