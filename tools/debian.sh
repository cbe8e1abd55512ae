# shellcheck shell=bash
# To be sourced: Debian's packages through an apt state of one's own, so that the system's sources and lists stay as they are.
#
# debian WORK LINE...: makes that state in the folder WORK, with a line for each "deb SUITE" or "deb-src SUITE", fetches the
# lists, and leaves in the array `apt` what apt's commands are to be called with. Fails with the reason on stdout.
debian() {
    local work=$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror line
    shift
    command -v apt-get >/dev/null || { echo "apt-get is missing"; return 1; }
    [[ -r $keyring ]] || { echo "$keyring is missing"; return 1; }
    mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
        sed -nE 's/^URIs: *([^ ]*debian).*/\1/p; s/^deb [^h]*(http[^ ]*debian)[/ ].*/\1/p' | head -n 1 || true)
    [[ -n $mirror ]] || { echo "no Debian mirror among apt's sources"; return 1; }
    mkdir -p "$work"/{lists,archives}/partial "$work"/parts
    touch "$work/status"
    for line in "$@"; do
        echo "${line% *} [signed-by=$keyring] $mirror ${line##* } main"
    done >"$work/sources.list"
    apt=(-qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts="$work/parts"
        -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status"
        -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" -o APT::Sandbox::User=root)
    apt-get "${apt[@]}" update >"$work/apt.log" 2>&1 || { echo "no lists: $(tail -n 1 "$work/apt.log")"; return 1; }
}
