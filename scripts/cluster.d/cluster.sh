# shellcheck shell=bash disable=SC2154 # what is not set here, who sources this sets
# Three servers in network namespaces. For scripts/test, scripts/run and scripts/bench, which have sourced scripts/lib.sh.

# shellcheck disable=SC2034 # who sources this reads it
cluster_packages=(
    cc=gcc etcd=etcd-server etcdctl=etcd-client fsfreeze=util-linux ip=iproute2 libc6-dev mkfs.ext4=e2fsprogs mkfs.xfs=xfsprogs
    nsenter=util-linux openssl=openssl python3=python3 strace=strace
)

# Another etcd than this machine's.
if [[ -n ${KHOINS_TEST_ETCD:-} ]]; then
    KHOINS_TEST_ETCD=$(absolute "$KHOINS_TEST_ETCD")
    for etcd in "$KHOINS_TEST_ETCD"/{etcd,etcdctl}; do
        [[ -x $etcd ]] || fail "KHOINS_TEST_ETCD: cannot run $etcd"
    done
    export KHOINS_TEST_ETCD PATH=$KHOINS_TEST_ETCD:$PATH
fi

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

# show_cluster BINARY PORT [--once]: three servers for a person to see, behind an nginx on this port of 127.0.0.1.
show_cluster() {
    local binary=$1 port=$2 work token url sockets='' name status=0
    shift 2
    work=
    cluster_work work
    can_have_cluster "$work" || return 2
    token=$(sed -n 's/^TOKEN = "\([^"]*\)".*/\1/p' "$project/scripts/cluster.d/group.py")
    url=http://127.0.0.1:$port/laporan/khoins/$token
    for name in a b c; do sockets+="    server unix:$work/$name.sock;\n"; done
    chmod 0755 -- "$work"
    sed -e "s|^    listen 80;|    listen 127.0.0.1:$port;|" -e "s|callback\.example\.com|127.0.0.1|" \
        -e "s|^    server unix:/run/khoins-callback/khoins-callback\.sock;|${sockets%\\n}|" \
        -e "s|fastcgi_next_upstream error non_idempotent;|fastcgi_next_upstream error timeout http_503 non_idempotent;|" \
        -e "s|/var/log/nginx/khoins-|$work/|" -e "s|/var/lib/khoins-callback|$work/a/data|" \
        -e "s|/etc/nginx/khoins-callback\.htpasswd|$work/none|" "$project/nginx.conf.example" >"$work/site.conf"
    printf 'user root root;\ndaemon off;\nworker_processes 1;\npid %s/nginx.pid;\nerror_log %s/nginx.log;\n' \
        "$work" "$work" >"$work/nginx.conf"
    printf 'events {}\nhttp {\naccess_log off;\nclient_body_temp_path %s/body;\nfastcgi_temp_path %s/fastcgi;\n' \
        "$work" "$work" >>"$work/nginx.conf"
    printf 'proxy_temp_path %s/proxy;\nscgi_temp_path %s/scgi;\nuwsgi_temp_path %s/uwsgi;\ninclude %s/site.conf;\n}\n' \
        "$work" "$work" "$work" "$work" >>"$work/nginx.conf"
    nginx -p "$work" -c "$work/nginx.conf" >>"$work/nginx.log" 2>&1 &
    nginx=$!
    in_namespaces python3 -B "$project/scripts/cluster.d/show.py" --binary "$binary" --work "$work" --url "$url" "$@" ||
        status=$?
    return "$status"
}
