# What the scripts share. Sourced by them, never run: bash, `set -euo pipefail` already in force.
# shellcheck shell=bash

project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
export project

# What was typed behind the script's name: a file that is sourced sees it.
typed=("$@")

# Words for a person go to stderr; stdout is for what another program reads.
say() { printf '%s\n' "$*" >&2; }

# fail [-CODE] SENTENCE...: says why and ends the script, with 2 (could not run) unless told.
fail() {
    local code=2
    if [[ $1 =~ ^-([0-9]+)$ ]]; then
        code=${BASH_REMATCH[1]}
        shift
    fi
    say "${0##*/}: $*"
    exit "$code"
}

# The script's own header comment is its help.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

usage_error() {
    say "${0##*/}: $*"
    say "Try ${0##*/} --help."
    exit 64
}

# value OPTION [VALUE]...: the value that follows an option, or a usage error.
value() {
    (($# > 1)) || usage_error "$1 needs a value"
    printf '%s' "$2"
}

have() { command -v "$1" >/dev/null 2>&1; }

# The version's number, which stands in one place.
version_number() { sed -n 's/.*static let number = "\(.*\)"$/\1/p' "$project"/Sources/khoins-callback/Options/Version.swift; }

# The commit that a build is made from, and `.dirty` behind it if the sources are not as committed. Nothing where this
# is no clone, as in an unpacked archive, also within somebody else's.
version_commit() {
    local commit dirty=''
    [[ $(git -C "$project" rev-parse --show-toplevel 2>/dev/null) == "$project" ]] || return 0
    commit=$(git -C "$project" rev-parse --verify --quiet HEAD) || return 0
    [[ -z $(git -C "$project" status --porcelain -- Package.swift Sources) ]] || dirty=.dirty
    printf '%s%s' "${commit:0:10}" "$dirty"
}

# What `khoins-callback --version` says of a build made now.
version() {
    local commit
    commit=$(version_commit)
    printf '%s%s' "$(version_number)" "${commit:++$commit}"
}

# What goes away with the script.
temporaries=()

# temporary VARIABLE ARGUMENT...: sets the variable to a file or directory that mktemp makes with these arguments, and
# that goes away with the script, however that ends (but for SIGKILL).
temporary() {
    trap finish EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # One command, and deaf to signals: nothing is made that is not on the list.
    temporaries+=("$(trap '' HUP INT TERM; mktemp "${@:2}")") || fail "cannot make a temporary file: see above"
    printf -v "$1" '%s' "${temporaries[-1]}"
}

# What a script does at its end before its temporary files go; it may have one of its own.
stop() { :; }

# shellcheck disable=SC2317 # called by a trap
finish() {
    # Signals often come in pairs, to a group and to each in it: the second would cut this short.
    trap '' HUP INT TERM
    stop || true
    rm -rf -- "${temporaries[@]}"
}

# The system administrator's commands are not on every user's path.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# shellcheck source=scripts/toolchain.sh
. "$project/scripts/toolchain.sh"

# refresh_packages: fetches the lists of packages, once.
refresh_packages() {
    [[ -z ${refreshed:-} ]] || return 0
    as_root apt-get -q update >&2 && refreshed=yes
}

# starts_at_boot: the links by which services start at the next boot, one a line. What systemd itself needs is none.
starts_at_boot() {
    local link
    for link in /etc/systemd/system/*.wants/* /etc/rc[2-5].d/S*; do
        [[ -L $link && ! ${link##*/} =~ ^(getty@|systemd-|.*\.target$) ]] || continue
        printf '%s\n' "$link"
    done
}

# stay_off LINKS: takes away the links that were not among LINKS. An upgrade of the package finds its service disabled,
# and leaves it so.
stay_off() {
    local link name
    while read -r link; do
        name=${link##*/}
        [[ $link != /etc/rc* ]] || as_root update-rc.d "${name#S[0-9][0-9]}" disable >/dev/null 2>&1 || true
        [[ ! -L $link ]] || as_root rm -f -- "$link"
    done < <(comm -13 <(sort <<<"$1") <(starts_at_boot | sort))
}

# install_packages NAME...: installs Debian packages. No service of theirs is started, now or at the next boot.
install_packages() {
    local before
    say "Installing $*"
    before=$(starts_at_boot)
    # In a subshell, so that its trap leaves the caller's alone.
    (
        policy=/usr/sbin/policy-rc.d
        if [[ ! -e $policy ]]; then
            # Debian's way to install a server without starting it.
            trap 'as_root rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' | as_root install -m 0755 /dev/stdin "$policy" || exit
        fi
        refresh_packages || exit
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@" >&2 || exit
        stay_off "$before"
    ) || fail "could not install $*: see above"
}

# prepare NEED...: what a script needs, all of it looked for before anything is installed. A need is the name of a
# Debian package; COMMAND=PACKAGE, where a command from elsewhere will do; or --swift, for what a build takes.
prepare() {
    local need missing=()
    swift_source=
    for need; do
        case $need in
            --swift) find_swift ;;
            *=*) have "${need%%=*}" || missing+=("${need#*=}") ;;
            *) is_installed "$need" || missing+=("$need") ;;
        esac
    done
    [[ $swift_source != fetch ]] || say "${swift_problem^}."
    [[ " $* " != *" --swift "* ]] || missing+=("${swift_packages[@]}")
    mapfile -t missing < <(((${#missing[@]} == 0)) || printf '%s\n' "${missing[@]}" | sort -u)
    if ((${#missing[@]})); then
        have apt-get || fail "needs these Debian packages, or what your system has in their place: ${missing[*]}"
        ((EUID == 0)) || have sudo || fail "needs root once: apt-get update && apt-get install ${missing[*]}"
    fi
    [[ $swift_source != fetch ]] || agree_to_fetch_swift
    ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
    [[ $swift_source != fetch ]] || fetch_swift
}

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# ensure_sanitizer NAMES: what the compiler's `-sanitize=NAMES` needs: the sanitizers' libraries, and lld, for
# gold, the toolchain's usual linker, cannot link them. The toolchains of swift.org bring both; another may lack
# lld, which is a package, or the libraries, which are none.
ensure_sanitizer() (
    # In a subshell, at whose end what it made goes, and nothing of the caller's.
    works='' temporaries=()
    # shellcheck disable=SC2317 # called by the trap
    stop() { :; }
    temporary directory -d -t khoins-sanitizer.XXXXXX
    compile=(swiftc "-sanitize=$1" -use-ld=lld "$directory/test.swift" -o "$directory/test")
    if [[ $1 == *fuzzer* ]]; then
        compile+=(-parse-as-library) # it brings a main function of its own
        printf '@_cdecl("LLVMFuzzerTestOneInput") func test(_: UnsafePointer<UInt8>, _: Int) -> CInt { 0 }\n'
    else
        printf 'print(1)\n'
    fi >"$directory/test.swift"
    if "${compile[@]}" >"$directory/log" 2>&1; then
        works=yes
    elif ! have ld.lld; then
        prepare lld
        ! "${compile[@]}" >"$directory/log" 2>&1 || works=yes
    fi
    [[ $works ]] || cat -- "$directory/log" >&2
    [[ $works ]] || fail "this Swift cannot build with -sanitize=$1 (see above)." \
        "Those of https://www.swift.org/install/linux/ can"
)

# absolute FILE: the same file, whatever directory the script works in.
absolute() {
    case $1 in
        /*) printf '%s' "$1" ;;
        *) printf '%s/%s' "$PWD" "$1" ;;
    esac
}

# secret BYTES: that many random bytes in hexadecimal.
secret() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }

# curl_url URL ARGUMENT...: curl, with the URL out of the process list, for it holds the token.
curl_url() {
    local url=${1//\\/\\\\}
    shift
    printf 'url = "%s"\n' "${url//\"/\\\"}" | curl --config - "$@"
}
