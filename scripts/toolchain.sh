# The Swift that builds this project: which one will do, and how to get one. Sourced by lib.sh, never run.
# shellcheck shell=bash disable=SC2154 # lib.sh sets what is not set here

# The oldest that the program and its tests are written for, as Package.swift says too, and the one that is fetched where
# there is none: the only one that this project has been built and tested with.
swift_wanted=6.2
swift_release=6.3.1

# Where a fetched toolchain is kept, and who signs it.
swift_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/khoins-callback
swift_site=${KHOINS_SWIFT_URL:-https://download.swift.org}
swift_keys=${KHOINS_SWIFT_KEYS:-https://www.swift.org/keys/all-keys.asc}

# at_least WANTED VERSION: whether a version is no older than the wanted one.
at_least() { [[ $2 && $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; }

# swift_version: that of the Swift on the path; nothing where there is none.
swift_version() {
    local said
    said=$(swift --version 2>/dev/null) || return 0
    sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' <<<"$said" | head -n 1
}

# swift_platform: this system, as swift.org names it in addresses and in files (`ubuntu2404 ubuntu24.04`). Fails where
# swift.org has nothing for it that is known to run.
swift_platform() {
    local system directory file suffix=
    # shellcheck source=/dev/null
    system=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID:-}" "${VERSION_ID:-}") || return
    case $system in
        'debian 12' | 'debian 13') directory=debian12 file=debian12 ;; # Debian 12's runs on 13
        'ubuntu 22.04') directory=ubuntu2204 file=ubuntu22.04 ;;
        'ubuntu 24.04') directory=ubuntu2404 file=ubuntu24.04 ;;
        *) return 1 ;;
    esac
    case $(uname -m) in
        x86_64) ;;
        aarch64) suffix=-aarch64 ;;
        *) return 1 ;;
    esac
    printf '%s%s %s%s' "$directory" "$suffix" "$file" "$suffix"
}

# find_swift: decides where Swift comes from, and changes nothing but the path of this script. Sets swift_source to
# `here`, `package` or `fetch`, and swift_packages to the Debian packages that it and a build still need.
find_swift() {
    local version candidate='' there='' platform
    local kept=$swift_cache/swift-$swift_release/usr/bin
    swift_packages=() swift_source=here
    if ! at_least "$swift_wanted" "$(swift_version)" && [[ -x $kept/swift ]]; then export PATH="$kept:$PATH"; fi
    version=$(swift_version)
    if ! at_least "$swift_wanted" "$version"; then
        [[ ! $version ]] || there="this machine has Swift $version"
        if have apt-cache; then
            candidate=$(apt-cache policy swiftlang 2>/dev/null | awk '$1 == "Candidate:" { print $2 }')
            [[ $candidate != "(none)" ]] || candidate=
        fi
        [[ ! $candidate ]] || there+="${there:+ and }its packages have $candidate"
        swift_problem="${there:-this machine has no Swift}; $swift_wanted or newer is needed"
        if at_least "$swift_wanted" "$candidate"; then
            swift_source=package
            swift_packages+=(swiftlang)
        else
            platform=$(swift_platform) ||
                fail "$swift_problem: see https://www.swift.org/install/linux/, or pass a prebuilt executable with" \
                    "--binary where the script takes it"
            swift_source=fetch
            swift_directory=${platform% *} swift_file=swift-$swift_release-RELEASE-${platform#* }
            have curl || swift_packages+=(curl)
            have gpgv || swift_packages+=(gpgv)
        fi
    fi
    local name packages=(ca-certificates libc6-dev libfcgi-dev)
    # An unpacked toolchain lacks libraries of the system: the -dev packages have one name everywhere.
    if [[ $swift_source == fetch ]] || { [[ $swift_source == here ]] && ! swift build --version >/dev/null 2>&1; }; then
        packages+=(libcurl4-openssl-dev libncurses-dev libsqlite3-dev libxml2-dev zlib1g-dev)
    fi
    have git || packages+=(git)
    { have ld && have readelf; } || packages+=(binutils)
    compgen -G '/usr/lib/gcc/*/*/libstdc++.a' >/dev/null || packages+=(g++)
    for name in "${packages[@]}"; do is_installed "$name" || swift_packages+=("$name"); done
}

# agree_to_fetch_swift: asks on a terminal; goes on without a question with --yes or under CI; else ends the script.
agree_to_fetch_swift() {
    local answer
    local offer="Swift $swift_release can be fetched from ${swift_site#*://} for this project alone"
    offer+=" (about 1 GB; 3.5 GB in $swift_cache)"
    if [[ ${assume_yes:-} || ${CI:-} == true ]]; then
        say "$offer."
    elif [[ -t 0 && -t 2 ]]; then
        read -r -p "$offer. Do it? [y/N] " answer
        [[ $answer == [yY]* ]] || fail "nothing was installed"
    else
        fail "$offer: agree with $(agreement)"
    fi
}

# agreement: the line to type that agrees: this script's own, where it takes --yes.
agreement() {
    if grep -qs -- '--yes)' "$project/scripts/${0##*/}"; then
        printf '%q ' "$0" ${typed[@]+"${typed[@]}"}
    else
        printf 'scripts/build '
    fi
    printf -- '--yes'
}

# public_keys FILE: its keys as gpgv wants them, without their armour.
public_keys() {
    if ! grep -q '^-----BEGIN PGP PUBLIC KEY BLOCK-----' "$1"; then
        cat -- "$1"
        return
    fi
    local block
    # Each block on a line of its own: between the empty line behind its head and its checksum.
    tr -d '\r' <"$1" | awk '
        /^-----BEGIN PGP/ { inside = body = 0; if (/PUBLIC KEY BLOCK/) inside = 1 }
        /^-----END PGP/ || (body && /^=/) { if (inside) print text; text = ""; inside = body = 0 }
        inside && body { text = text $0 }
        inside && /^[ \t]*$/ { body = 1 }
    ' | while read -r block; do [[ ! $block ]] || base64 -d <<<"$block"; done
}

# fetch_swift: fetches the toolchain, checks its signature, unpacks it into the cache and puts it on this script's path.
fetch_swift() {
    local url="$swift_site/swift-$swift_release-release/$swift_directory/swift-$swift_release-RELEASE/$swift_file.tar.gz"
    local work kept=$swift_cache/swift-$swift_release
    have gpgv || fail "cannot check the signature of Swift without gpgv"
    mkdir -p -- "$swift_cache" || fail "cannot make $swift_cache"
    temporary work -d -p "$swift_cache" fetching.XXXXXX
    say "Fetching $url"
    { fetch "$swift_keys" "$work/keys" && fetch "$url.sig" "$work/sig" && fetch "$url" "$work/swift.tar.gz"; } ||
        fail "could not fetch Swift: see above"
    # The given keys and no others: what the user's own keyring trusts is no matter.
    if ! public_keys "$work/keys" >"$work/keyring" ||
        ! gpgv --homedir "$work" --keyring "$work/keyring" --status-fd 3 \
            "$work/sig" "$work/swift.tar.gz" 3>"$work/status" 2>"$work/log" || ! grep -q '^\[GNUPG:] GOODSIG' "$work/status"
    then
        cat -- "$work/log" >&2
        fail "the signature of $url does not hold: nothing was unpacked"
    fi
    say "Its signature holds. Unpacking"
    mkdir -- "$work/unpacked"
    tar -xzf "$work/swift.tar.gz" -C "$work/unpacked" --strip-components=1 --no-same-owner ||
        fail "could not unpack Swift: see above"
    # Another script may have been faster; its toolchain is the same.
    mv -T -- "$work/unpacked" "$kept" 2>/dev/null || [[ -x $kept/usr/bin/swift ]] || fail "cannot keep Swift in $kept"
    export PATH="$kept/usr/bin:$PATH"
    at_least "$swift_wanted" "$(swift_version)" || fail "the Swift in $kept does not run here"
}

# fetch URL FILE: a file's path will do for the URL.
fetch() {
    if [[ $1 != *://* ]]; then
        cp -- "$1" "$2"
    elif [[ -t 2 ]]; then
        curl --fail --location --retry 3 --progress-bar --output "$2" "$1"
    else
        curl --fail --location --retry 3 --no-progress-meter --output "$2" "$1"
    fi
}
