# Tries on bare machines what the documents promise of them: the first command, from a machine without Swift to a filed
# callback, and the Debian package's whole life. Sourced by scripts/test, never run.
# shellcheck shell=bash disable=SC2154 # what is not set here, who sources this sets

# shellcheck source=scripts/fresh.d/machines.sh
. "$project/scripts/fresh.d/machines.sh"

# The table: one row a trial.
rows=() failures=0

# trial MACHINE WHO WHAT COMMAND...: runs the command, whose output is shown only where it fails, and notes a row; in the
# file `record` too, where that is set.
trial() {
    local machine=$1 who=$2 what=$3 began=$SECONDS result=passed status=0
    shift 3
    say "$machine, $who: $what"
    "$@" >"$machines/log" 2>&1 || status=$?
    if ((status != 0)); then
        result="**failed** ($status)"
        failures=$((failures + 1))
        tail -n 40 -- "$machines/log" >&2
    fi
    say "    $result, $((SECONDS - began)) s"
    rows+=("| $machine | $who | $what | $result | $((SECONDS - began)) s |")
    [[ -z ${record:-} ]] || write_table "$record"
}

# What git is told of Swift packages that lie on this machine, so that a bare one finds them too. Nothing, where it
# fetches them from where they are published.
lend_packages() {
    local key folder
    lent=
    while read -r key folder; do
        [[ $folder == /* && -d $folder ]] || continue
        [[ " $lent " == *" $folder "* ]] || lent+="${lent:+ }$folder"

    done < <(git config --get-regexp '^url\..*\.insteadof$' | sed -n 's|^\(url\.\(/.*\)\.insteadof\) .*|\1 \2|p')
    [[ ! $lent ]] || git config --get-regexp '^url\..*\.insteadof$' |
        while read -r key folder; do git config --file "$machines/gitconfig" --add "$key" "$folder"; done
    # Whoever owns the folders there.
    git config --file "$machines/gitconfig" --add safe.directory '*'
}

# serve_mirror: a mirror of swift.org on the loopback with this machine's own Swift, signed with a key made here; in
# `forged/` another with a small file, whose signature is of that key, but of another file; and in `foreign/` one whose
# signature is another key's. Sets mirror, its URL.
serve_mirror() {
    local home name folder port key
    home=$(dirname -- "$(dirname -- "$(dirname -- "$(readlink -f -- "$(command -v swift)")")")")
    name=swift-$swift_release-RELEASE-debian12
    folder=$machines/mirror/swift-$swift_release-release/debian12/swift-$swift_release-RELEASE
    say "Making a mirror of this machine's Swift"
    mkdir -p -- "$folder"
    # Stored, not squeezed: it goes through no wire.
    python3 - "$home/usr" "$name/usr" "$folder/$name.tar.gz" <<'END'
import gzip, sys, tarfile
tree, name, file = sys.argv[1:]
with gzip.open(file, "wb", compresslevel=0) as stream, tarfile.open(fileobj=stream, mode="w|") as tar:
    tar.add(tree, name)
END
    for key in good other; do
        install -d -m 0700 "$machines/keys/$key"
        gpg --batch --quiet --homedir "$machines/keys/$key" --passphrase '' \
            --quick-generate-key "$key <$key@mirror.invalid>" ed25519 sign 1d 2>/dev/null
        gpg --batch --homedir "$machines/keys/$key" --armor --export >"$machines/mirror/$key.asc"
    done
    gpg --batch --homedir "$machines/keys/good" --detach-sign "$folder/$name.tar.gz"
    for key in forged foreign; do
        mkdir -p -- "${folder/mirror/mirror/$key}"
        printf 'no toolchain\n' >"${folder/mirror/mirror/$key}/$name.tar.gz"
    done
    cp -- "$folder/$name.tar.gz.sig" "${folder/mirror/mirror/forged}/"
    gpg --batch --homedir "$machines/keys/other" --detach-sign "${folder/mirror/mirror/foreign}/$name.tar.gz"
    for key in good other; do gpgconf --homedir "$machines/keys/$key" --kill gpg-agent; done
    mkfifo -- "$machines/port"
    python3 "$project/scripts/fresh.d/mirror.py" "$machines/mirror" >"$machines/port" &
    mirror_server=$!
    read -r port <"$machines/port"
    mirror=http://127.0.0.1:$port
}

stop_mirror() {
    [[ ${mirror_server:-} ]] || return 0
    kill "$mirror_server" 2>/dev/null || true
    mirror_server=
}

# provide NAME BASE: a machine with a clone of the project in /root and in the home of budi, who may use sudo.
provide() {
    make_machine "$1" "$2"
    cp -a -- "$machines/source" "$machines/gitconfig" "$machines/$1/shared/"
    cp -- "$project"/scripts/fresh.d/inside.sh "$machines/$1/shared/"
    # Where this machine reaches PyPI by a proxy of its own, a bare one has to trust that too.
    [[ ! -r ${PIP_CERT:-} ]] || cp -- "$PIP_CERT" "$machines/$1/shared/certificates"
    inside "$1" bash /shared/inside.sh provide >"$machines/log" 2>&1 || {
        tail -n 20 -- "$machines/log" >&2
        fail "the bare machine could not be prepared: see above"
    }
}

# first_command NAME WHO HOW [COMMAND]...: README's first command. HOW: `asked` on a terminal where somebody says yes,
# `yes` with --yes, `ci` with CI=true.
first_command() { inside "$1" env KHOINS_SWIFT_URL="$mirror" KHOINS_SWIFT_KEYS="$mirror/good.asc" \
    bash /shared/inside.sh first "${@:2}"; }

# refusal NAME HOW SWIFT_URL SWIFT_KEYS: the first command is refused, with what inside.sh says of HOW.
refusal() { inside "$1" env KHOINS_SWIFT_URL="$3" KHOINS_SWIFT_KEYS="$4" bash /shared/inside.sh refused "$2"; }

# try_first_command SUITE: on a bare machine of that release.
try_first_command() {
    local suite=$1 machine="Debian ${release[$1]}, bare" systemctl
    provide "$suite" "${base[$suite]}"
    trial "$machine" root "without a terminal it is refused, with the line to type; nothing is changed" \
        refusal "$suite" silent "$mirror" "$mirror/good.asc"
    trial "$machine" root "on a terminal, the answer is no: nothing is changed" \
        refusal "$suite" no "$mirror" "$mirror/good.asc"
    trial "$machine" root "the signature is another file's: nothing is unpacked" \
        refusal "$suite" bad "$mirror/forged" "$mirror/good.asc"
    trial "$machine" root "the signature is by a key that nobody trusts: nothing is unpacked" \
        refusal "$suite" foreign "$mirror/foreign" "$mirror/good.asc"
    drop_machine "$suite"

    provide "$suite" "${base[$suite]}"
    trial "$machine" root "\`scripts/run --once --yes\`, from nothing" first_command "$suite" root yes
    keep_executable "$suite" root
    drop_machine "$suite"
    provide "$suite" "${base[$suite]}"
    trial "$machine" "a user with sudo" "\`scripts/run --once\` on a terminal, from nothing" \
        first_command "$suite" budi asked
    keep_executable "$suite" budi
    trial "$machine" "both" "built in two folders, the executables are the same bytes" \
        cmp "$machines/$suite.root" "$machines/$suite.budi"
    drop_machine "$suite"

    for systemctl in without with; do
        provide "$suite" "${base[$suite]}"
        trial "$machine, $systemctl systemctl" root "servers that scripts install are neither started nor enabled" \
            inside "$suite" bash /shared/inside.sh services "$systemctl"
        drop_machine "$suite"
    done
}

# keep_executable NAME WHO: what the first command built.
keep_executable() {
    cp -- "$machines/$1/shared/built" "$machines/$1.$2" 2>/dev/null || : >"$machines/$1.$2.missing"
}

# try_tests: README's other command.
try_tests() {
    provide tests "${base[trixie]}"
    trial "Debian 13, bare" "a user with sudo" "\`CI=true scripts/test\`, from nothing; the fuzzers try their seeds alone" \
        inside tests env KHOINS_SWIFT_URL="$mirror" KHOINS_SWIFT_KEYS="$mirror/good.asc" \
        bash /shared/inside.sh second budi
    drop_machine tests
}

declare -A release=([bookworm]=12 [trixie]=13)

# write_table FILE: what passed, each with the day and the version, in place of what was said of the same before. A trial
# that was not run now keeps its line.
write_table() {
    local draft kept='' said='' row
    said="$(date -u +%Y-%m-%d) | $tried on $(uname -m), Linux $(uname -r)"
    # Told apart by machine, who and what: the first three columns.
    [[ ! -e $1 ]] || kept=$(awk -F ' \\| ' '
        NR == FNR { now[$1 FS $2 FS $3] = 1; next }
        /^\| Debian/ && !(($1 FS $2 FS $3) in now)' <(printf '%s\n' "${rows[@]}") "$1")
    temporary draft -- "$1.XXXXXX"
    {
        cat <<END
# Bare machines

Written by \`scripts/test --fresh --record\`, never by hand. A bare machine is what \`debootstrap --variant=minbase\` makes,
in namespaces of its own on another machine's kernel. None had a Swift before: it came from a mirror on the loopback, made
of the testing machine's own ${swift_release}, with a signature made for the trial. A booted one has its own systemd.
swift.org itself, Ubuntu and arm64 were not tried.

| machine | who | what | result | time | day | of |
|---|---|---|---|---|---|---|
END
        {
            [[ -z $kept ]] || printf '%s\n' "$kept"
            for row in "${rows[@]}"; do
                [[ $row != *"**failed**"* ]] || continue
                printf '%s %s |\n' "$row" "$said"
            done
        } | LC_ALL=C sort -s -t '|' -k 2,2
    } >"$draft"
    chmod 0644 -- "$draft"
    mv -f -- "$draft" "$1"
}

# The parts there are.
fresh_parts=(bookworm trixie package kill tests)

# fresh PART...: those trials.
fresh() {
    local suite part
    for part; do
        [[ " ${fresh_parts[*]} " == *" $part "* ]] || usage_error "knows --fresh=${fresh_parts[*]}, not $part"
    done
    # Of what is copied here, whatever is committed meanwhile.
    tried=$(version)
    prepare_machines
    for suite in bookworm trixie; do make_base "$suite" || fail "no bare Debian could be made"; done
    git clone --quiet -- "$project" "$machines/source"
    # What is not committed yet counts too.
    (cd -- "$project" && git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' part; do [[ ! -e $part ]] || printf '%s\0' "$part"; done |
        tar --null --files-from=- -cf -) | tar -xf - -C "$machines/source"
    lend_packages
    [[ $* =~ ^((package|kill) ?)+$ ]] || serve_mirror
    for part; do
        case $part in
            bookworm | trixie) try_first_command "$part" ;;
            package) try_package ;;
            kill) try_kill ;;
            tests) try_tests ;;
        esac
    done
    stop_mirror
    ((failures == 0))
}

# make_deb: sets deb, the package of this tree.
make_deb() {
    # What a bare machine has just built, rather than building it again.
    [[ ${KHOINS_TEST_BINARY:-} || ! -x $machines/bookworm.root ]] || KHOINS_TEST_BINARY=$machines/bookworm.root
    [[ ${KHOINS_TEST_BINARY:-} ]] || KHOINS_TEST_BINARY=$("$project"/scripts/build | tail -n 1)
    deb=$("$project"/scripts/build --deb --binary "$KHOINS_TEST_BINARY" --output "$machines/packages" | tail -n 2 | head -n 1)
}

# try_package: the Debian package's life on bare machines.
try_package() {
    local suite deb
    make_deb
    for suite in bookworm trixie; do
        trial "Debian ${release[$suite]}, bare" root "$package_life" package_life "$suite" "${base[$suite]}" "$deb"
    done
    # Later ones refuse to boot where the machine has the old cgroups.
    trial "Debian 12, booted" root "$package_life" package_under_systemd "$deb" /shared/old.deb /shared/new.deb
}

# try_kill: the shop is told of everything, whoever is killed.
try_kill() {
    local deb
    make_deb
    trial "Debian 12, booted" root "$package_kills" package_under_systemd "$deb" --kill /shared/old.deb
}

package_life="the .deb: installed, a callback through nginx, upgraded under load, removed, installed again, purged"

package_kills="the .deb's services and the shop's endpoint, killed at random for a minute: the shop is told of everything"

# package_under_systemd DEB ARGUMENTS...: the same, where the machine's own systemd does what the package asks.
package_under_systemd() {
    local status=0
    prepare_package systemd "${base[bookworm]}" "$1"
    shift
    inside systemd bash -c 'apt-get -q update && apt-get -q install -y --no-install-recommends \
        curl dbus nginx python3-minimal systemd systemd-sysv && systemctl disable nginx' || return
    printf 'exec bash /shared/package-inside.sh %s\n' "$*" >"$machines/systemd/shared/run"
    booted systemd run 900 || status=$?
    drop_machine systemd
    return "$status"
}

# package_here: the same over this machine's own files, which have all that it takes: no network is asked. For a process
# of its own.
package_here() {
    local deb
    # shellcheck disable=SC2034 # lib.sh reads it
    temporaries=() # what there are by now is not this process's to remove
    if is_installed khoins-callback; then
        say "It is installed on this machine already: nothing is tried"
        return
    fi
    prepare_machines
    deb=$("$project"/scripts/build --deb --binary "$KHOINS_TEST_BINARY" --output "$machines/packages" | tail -n 2 |
        head -n 1)
    if ! package_life here / "$deb" >"$machines/log" 2>&1; then
        tail -n 40 -- "$machines/log" >&2
        return 1
    fi
}

# prepare_package NAME BASE DEB: a machine that has the package, and the one that follows it.
prepare_package() {
    local shared=$machines/$1/shared
    make_machine "$1" "$2"
    cp -- "$project"/scripts/fresh.d/{activate.py,package-inside.sh} "$shared/"
    cp -- "$3" "$shared/old.deb"
    # The same with a higher number, as the next release.
    dpkg-deb --raw-extract "$3" "$shared/next"
    sed -i 's/^Version: .*/&.1/' "$shared/next/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -z1 --build "$shared/next" "$shared/new.deb" >/dev/null
    rm -rf -- "$shared/next"
}

# package_life NAME BASE DEB
package_life() {
    local status=0
    prepare_package "$@"
    inside "$1" bash /shared/package-inside.sh /shared/old.deb /shared/new.deb || status=$?
    drop_machine "$1"
    return "$status"
}
