# shellcheck shell=bash disable=SC2154 # what is not set here, who sources this sets
# Three servers in network namespaces. For scripts/test, scripts/run and scripts/bench, which have sourced scripts/lib.sh.

# shellcheck disable=SC2034 # who sources this reads it
cluster_packages=(
    etcd=etcd-server etcdctl=etcd-client faketime=faketime fsfreeze=util-linux ip=iproute2 mkfs.ext4=e2fsprogs
    nsenter=util-linux openssl=openssl python3=python3 readelf=binutils
)

# can_have_cluster: whether it can be had here; says why not.
can_have_cluster() {
    if ((EUID != 0)); then
        say "No cluster of three servers: that needs root"
        return 1
    fi
    # shellcheck disable=SC2016 # for the inner shell
    if ! in_namespaces bash -c '
        ip link add name bridge0 type bridge && ip link add name veth-a type veth peer name veth-b &&
            : >"$0/image" && truncate -s 16M "$0/image" && mkfs.ext4 -q -F "$0/image" && mkdir -p "$0/disk" &&
            mount -o loop "$0/image" "$0/disk"' "$1" 2>"$1/why"; then
        say "No cluster of three servers: there are no namespaces or no loop mounts here ($(tail -n 1 "$1/why"))"
        return 1
    fi
}

# in_namespaces COMMAND...: with mounts, networks and processes of its own, which end with it.
in_namespaces() {
    # With the parent's end the inner processes end too, and with them disks, networks and servers.
    unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private -- "$@"
}

# cluster_work VARIABLE: a directory for the machines' disks, which goes away with the script.
cluster_work() {
    temporary "$1" -d -p "${KHOINS_CLUSTER_DIRECTORY:-/var/tmp}" khoins-cluster.XXXXXX
}

# cluster_binary: prints where the executable for several servers is; builds it unless it was made before.
cluster_binary() {
    local binary=${KHOINS_TEST_CLUSTER_BINARY:-}
    if [[ -n $binary ]]; then
        binary=$(absolute "$binary")
        [[ -x $binary ]] || fail "cannot run $binary"
    else
        binary=$("$project"/scripts/build --cluster | tail -n 1) || return
    fi
    printf '%s' "$binary"
}
