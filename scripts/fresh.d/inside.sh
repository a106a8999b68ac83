#!/usr/bin/env bash
# What happens on a bare machine; fresh.sh runs it there as root.
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }
fail() { say "inside: $*" && exit 1; }

# as WHO COMMAND...: as that user, in the clone in the user's home.
as() {
    local who=$1 home
    shift
    home=$(getent passwd "$who" | cut -d : -f 6)
    cd -- "$home/khoins-callback"
    runuser -u "$who" -- env HOME="$home" USER="$who" PATH=/usr/local/bin:/usr/bin:/bin "$@"
}

# What scripts must leave alone: shells' start-up files, what starts at boot, and the rule that keeps services off.
state() {
    local home
    for home in /root /home/*; do
        find "$home" -maxdepth 1 -name '.*' -type f -exec cksum {} +
    done
    find /etc/profile /etc/bash.bashrc /etc/profile.d /etc/environment -type f -exec cksum {} + 2>/dev/null
    find /etc/systemd/system -path '*.wants/*' ! -name 'getty@*' ! -name 'systemd-*' ! -name '*.target' 2>/dev/null
    find /etc/rc[2-5].d -name 'S*' 2>/dev/null
    find /usr/sbin/policy-rc.d 2>/dev/null
    return 0
}

provide() {
    local home
    cp /shared/gitconfig /etc/gitconfig
    apt-get -q update && apt-get -q install -y --no-install-recommends sudo
    useradd --create-home --shell /bin/bash budi
    printf 'budi ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/budi
    for home in /root /home/budi; do cp -r /shared/source "$home/khoins-callback"; done
    chown -R budi:budi /home/budi/khoins-callback
    # As on a machine that was never asked for packages.
    rm -rf /var/lib/apt/lists/*
}

# A port that nobody has.
free_port() {
    local port
    for port in $(shuf -i 20000-29999 -n 50); do
        (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s' "$port" && return; }
    done
}

first() {
    local who=$1 how=$2 before log=/shared/log status=0 home
    ! command -v swift >/dev/null || fail "there is a Swift already"
    before=$(state)
    set -- scripts/run --once --port "$(free_port)"
    case $how in
        yes) as "$who" "$@" --yes </dev/null >"$log" 2>&1 || status=$? ;;
        ci) as "$who" env CI=true "$@" </dev/null >"$log" 2>&1 || status=$? ;;
        asked) printf 'y\n' | as "$who" script --quiet --return --command "$*" /dev/null >"$log" 2>&1 || status=$? ;;
    esac
    tail -n 60 "$log"
    ((status == 0)) || fail "status $status"
    grep -q '"result":"created"' "$log" || fail "no callback was filed"
    [[ $(state) == "$before" ]] || { diff <(printf '%s\n' "$before") <(state) >&2; fail "it changed what is not its own"; }
    ! command -v swift >/dev/null || fail "Swift is on everybody's path"
    home=$(getent passwd "$who" | cut -d : -f 6)
    cp "$home"/khoins-callback/.build/release/khoins-callback /shared/built
    [[ $(ls "$home/.cache/khoins-callback") == swift-* ]] || fail "something is left in the cache"
}

# What scripts install, WITH systemctl or without, is neither started nor enabled, and stays so over an upgrade.
services() {
    local before servers=(apache2 fcgiwrap lighttpd nginx) name
    if [[ $1 == with ]]; then apt-get -q update && apt-get -q install -y --no-install-recommends systemd; fi
    before=$(state)
    (
        cd /root/khoins-callback
        # shellcheck source=/dev/null
        . scripts/lib.sh
        install_packages "${servers[@]}" systemd
    )
    [[ $(state) == "$before" ]] || { diff <(printf '%s\n' "$before") <(state) >&2; fail "something is enabled"; }
    apt-get -q install -y --reinstall "${servers[@]}"
    [[ $(state) == "$before" ]] || fail "something is enabled after an upgrade"
    for name in apache2 fcgiwrap lighttpd nginx; do
        ! grep -qsx "$name" /proc/[0-9]*/comm || fail "$name runs"
    done
}

# The clone's other command. The fuzzers only try their seeds: a minute of each is not what is asked here.
second() {
    local settings=(CI=true KHOINS_TEST_FUZZ_SECONDS=0)
    [[ ! -e /shared/certificates ]] || settings+=(PIP_CERT=/shared/certificates)
    as "$1" env "${settings[@]}" scripts/test </dev/null
}

refused() {
    local before reason log=/shared/log status=0
    before=$(state; dpkg-query -W)
    set -- "$1" scripts/run --once --port "$(free_port)"
    case $1 in
        silent)
            as root "${@:2}" </dev/null >"$log" 2>&1 || status=$?
            grep -q -- 'scripts/.* --yes' "$log" || { cat "$log"; fail "it does not say what to type"; }
            ;;
        no) printf 'n\n' | as root script --quiet --return --command "${*:2}" /dev/null >"$log" 2>&1 || status=$? ;;
        bad | foreign)
            as root "${@:2}" --yes </dev/null >"$log" 2>&1 || status=$?
            if [[ $1 == bad ]]; then reason="BAD signature"; else reason="No public key"; fi
            grep -q "$reason" "$log" || { cat "$log"; fail "that is not what is wrong with the signature"; }
            grep -q 'signature .* does not hold' "$log" || { cat "$log"; fail "the signature is not what it complains of"; }
            before=$(state; dpkg-query -W) # packages were installed, as agreed
            ;;
    esac
    tail -n 20 "$log"
    ((status == 2)) || fail "status $status"
    [[ $(state; dpkg-query -W) == "$before" ]] || fail "something was installed or changed"
    [[ ! -e /root/.cache/khoins-callback || $(ls -A /root/.cache/khoins-callback) == "" ]] || fail "something is in the cache"
}

"$@"
