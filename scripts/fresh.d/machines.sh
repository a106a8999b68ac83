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
    mkdir -- "$machines"/archives "$machines"/archives/partial
    chmod 0755 -- "$machines"
}

# make_base SUITE: a minbase of that release of Debian, if KHOINS_CHROOTS has none.
make_base() {
    base[$1]=${KHOINS_CHROOTS:-$machines}/$1
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

# inside NAME COMMAND...: runs a command there as root, with an environment of its own. /shared is a folder of the
# machine's that both see, /opt/swift-packages and the like what `lend` named.
inside() {
    local name=$1
    shift
    # shellcheck disable=SC2016 # its own variables
    timeout --signal=KILL "${machine_seconds:-10800}" \
        unshare --mount --pid --fork --kill-child --propagation private -- bash -c '
        set -euo pipefail
        place=$1 archives=$2 lent=$3 root=$1/root
        shift 3
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
        exec chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@"
    ' inside "$machines/$name" "$machines/archives" "${lent:-}" "$@"
}
