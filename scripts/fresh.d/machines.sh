# Bare machines to try the scripts and the package on: a base made by debootstrap, which nobody writes to, and over it
# a layer for each. Sourced by fresh.sh and by tests of packages, never run.
# shellcheck shell=bash

# A base is mounted, and its commands run, in namespaces that end with the command. Nothing is ever mounted where this
# script sees it, so what it deletes at its end holds no mount; what was started there has ended with its namespace.

# machines: a folder that goes away with the script. Bases are kept in KHOINS_CHROOTS, where that names a folder.
machines=
# shellcheck disable=SC2034 # a base of each suite's name
declare -A base=()

# can_have_machines: whether they can be had here; says why not.
can_have_machines() {
    local place made=
    if ((EUID != 0)); then
        say "No machine of its own for the Debian package: that needs root"
        return 1
    fi
    temporary place -d -p "${KHOINS_FRESH_DIRECTORY:-/var/tmp}" khoins-fresh.XXXXXX
    mkdir -- "$place"/{upper,work,root}
    unshare --mount --pid --fork --propagation private -- mount -t overlay overlay \
        -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" "$place/root" 2>/dev/null && made=yes
    [[ $made ]] || say "No machine of its own for the Debian package: there are no namespaces or no overlayfs here"
    [[ $made ]]
}

# prepare_machines: the folder for layers.
prepare_machines() {
    ((EUID == 0)) || fail "bare machines need root"
    unshare --mount --pid --fork true 2>/dev/null || fail "bare machines need namespaces: unshare(1) may make none here"
    temporary machines -d -p "${KHOINS_FRESH_DIRECTORY:-/var/tmp}" khoins-fresh.XXXXXX
    mkdir -- "$machines"/archives "$machines"/archives/partial "$machines"/bases
    chmod 0755 -- "$machines"
}

# make_base SUITE: a minbase of that release of Debian, if KHOINS_CHROOTS has none.
make_base() {
    base[$1]=${KHOINS_CHROOTS:-$machines/bases}/$1
    [[ ! -x ${base[$1]}/bin/sh ]] || return 0
    say "Making a bare Debian $1"
    debootstrap --variant=minbase "$1" "${base[$1]}" >"$machines/$1.log" 2>&1 || {
        tail -n 5 -- "$machines/$1.log" >&2
        return 1
    }
}

# make_machine NAME BASE: a machine as the folder BASE has it.
make_machine() {
    mkdir -- "$machines/$1" "$machines/$1"/{upper,work,root,shared}
    printf '%s' "$2" >"$machines/$1/base"
}

# drop_machine NAME: its layer goes. (Mounts of it there are none: see above.)
drop_machine() {
    [[ $1 && -d $machines/$1/upper ]] || return 0
    ! findmnt --noheadings --output TARGET | grep -qF -- "$machines/$1/" || fail "something is mounted in $machines/$1"
    rm -rf --one-file-system -- "${machines:?}/$1"
}

# held COMMAND...: runs it, and ends it when the script is told to end: bash heeds no signal while it waits for a command
# in the foreground.
held() {
    local status=0
    "$@" <&0 &
    held_process=$!
    wait "$held_process" || status=$?
    held_process=
    return "$status"
}

# let_go: ends what is held, and with it all that its namespaces hold.
let_go() {
    [[ ${held_process:-} ]] || return 0
    # unshare(1) is deaf to SIGTERM; with it goes the first process of the namespace, and so all in it.
    kill -KILL "$held_process" 2>/dev/null || true
    wait "$held_process" 2>/dev/null || true
    held_process=
}

# inside NAME COMMAND...: runs a command there as root, with an environment of its own. /shared is a folder of the
# machine's that both see, /opt/swift-packages and the like what `lend` named.
inside() {
    local name=$1
    shift
    # shellcheck disable=SC2016 # its own variables
    held unshare --mount --pid --fork --kill-child --propagation private -- bash -c '
        set -euo pipefail
        place=$1 archives=$2 lent=$3 seconds=$4 root=$1/root
        shift 4
        mount -t overlay overlay -o "lowerdir=$(<"$place/base"),upperdir=$place/upper,workdir=$place/work" "$root"
        mount -t proc proc "$root/proc"
        mount -t sysfs -o ro sysfs "$root/sys"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs -o mode=0755 tmpfs "$root/run"
        mkdir -p "$root/shared" "$root/run/lock"
        mount --bind "$place/shared" "$root/shared"
        mount --bind "$archives" "$root/var/cache/apt/archives"
        for folder in $lent; do
            mkdir -p "$root$folder"
            mount --bind -o ro "$folder" "$root$folder"
        done
        cp -L /etc/resolv.conf "$root/run/resolv.conf"
        [[ -L $root/etc/resolv.conf ]] || touch "$root/etc/resolv.conf"
        mount --bind "$root/run/resolv.conf" "$root/etc/resolv.conf" 2>/dev/null || true
        exec timeout --signal=KILL "$seconds" chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
    ' inside "$machines/$name" "$machines/archives" "${lent:-}" "${machine_seconds:-10800}" "$@"
}

# booted NAME SCRIPT SECONDS: the machine boots with its own systemd, runs a script in /shared as root, and goes off.
# What the script says is in shared/said, its exit status in shared/status. No network but a loopback of its own.
booted() {
    # shellcheck disable=SC2016 # its own variables
    held unshare --mount --pid --fork --mount-proc --kill-child --propagation private -- bash -c '
        set -euo pipefail
        place=$1 root=$1/root
        mount -t overlay overlay -o "lowerdir=$(<"$place/base"),upperdir=$place/upper,workdir=$place/work" "$root"
        # systemd-nspawn leaves a folder there.
        mount -t tmpfs tmpfs /run/systemd
        units=$root/etc/systemd/system
        cat >"$units/trial.service" <<END
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash -c "bash /shared/$2 >/shared/said 2>&1; echo \$? >/shared/status; systemctl --no-block poweroff"
END
        mkdir -p "$units/multi-user.target.wants"
        ln -sf ../trial.service "$units/multi-user.target.wants/trial.service"
        exec timeout --signal=KILL "$3" systemd-nspawn --quiet --directory="$root" --bind="$place/shared:/shared" --private-network --register=no \
            --keep-unit --boot --console=pipe </dev/null
    ' booted "$machines/$1" "$2" "$3" >"$machines/console" 2>&1 || true
    cat -- "$machines/$1/shared/said"
    [[ $(cat -- "$machines/$1/shared/status") == 0 ]]
}
