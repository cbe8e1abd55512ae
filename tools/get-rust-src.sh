#!/usr/bin/env bash
# Usage: get-rust-src.sh: prints the folder with the source of the standard library of the rustc on PATH: rustup's
# component rust-src, or else Debian's package of that name in the same version, kept in the user's cache. Exit code 3,
# with the reason on stderr, when this machine cannot have it.
set -euo pipefail
cannot() {
    echo "no source of Rust's standard library: $*" >&2
    exit 3
}

component=$(rustc --print sysroot)/lib/rustlib/src/rust/library
version=$(rustc -vV | sed -n 's/^release: //p')
cache=${XDG_CACHE_HOME:-$HOME/.cache}/oxitk/rust-src-$version
for library in "$component" "$cache"; do
    if [[ -f $library/Cargo.lock ]]; then
        echo "$library"
        exit
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/debian.sh"
debian "$work" "deb trixie-backports" "deb forky" "deb sid" >"$work/why" || cannot "$(cat "$work/why")"
package=$(apt-cache "${apt[@]}" madison rust-src | awk -v version="$version" 'index($3, version "+") == 1 {print $3; exit}')
[[ -n $package ]] || cannot "rustup's component is missing, and Debian has no rust-src $version"
cd "$work"
apt-get "${apt[@]}" download "rust-src=$package" >apt.log 2>&1 || cannot "$(tail -n 1 apt.log)"
dpkg-deb --extract rust-src_*.deb unpacked
mkdir -p "$(dirname "$cache")"
rm -rf "$cache"
mv "unpacked/usr/src/rustc-$version/library" "$cache"
echo "$cache"
