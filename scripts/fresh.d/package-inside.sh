#!/usr/bin/env bash
# The Debian package's whole life on a bare machine, with systemd or without: installed, a callback through nginx,
# upgraded under load, removed, installed again, purged. Run there as root by fresh.sh.
#
#   package-inside.sh OLD.deb NEW.deb
#   package-inside.sh --kill DEB       instead, under systemd: handler, follower and the shop's endpoint are killed at
#                                      random for a minute, and the shop is told of everything
set -euo pipefail

if [[ $1 == --kill ]]; then kills=yes old=$2 new=; else kills='' old=$1 new=$2; fi
program=/usr/bin/khoins-callback data=/var/lib/khoins-callback
settings=/etc/khoins-callback/khoins-callback.env socket=/run/khoins-callback/khoins-callback.sock

step() { printf '== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2 && exit 1; }
# expect WORDS FOUND WANTED
expect() { [[ $2 == "$3" ]] || fail "$1 is $2, not $3"; }
modes() { stat -c '%a %U:%G' -- "$1"; }
setting() { sed -n "s/^$1=//p" "$settings"; }
as_service() { env KHOINS_SETTINGS=$settings setpriv --reuid khoins-callback --regid khoins-callback --clear-groups "$@"; }
# Everything that an installation must find again as it was.
kept() {
    cksum "$settings" && find "$data" -type f -path '*/transactions/*' -exec cksum {} + | sort
}

missing=()
for pair in nginx=nginx curl=curl python3=python3-minimal; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
done
if ((${#missing[@]})); then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 0755 /usr/sbin/policy-rc.d
    apt-get -q update && apt-get -q install -y --no-install-recommends "${missing[@]}"
    rm /usr/sbin/policy-rc.d
fi

# Without systemd, systemctl does what the package asks of it, with activate.py in systemd's place.
stand_in() {
mkdir -p /run/systemd/system
[[ ! -e /usr/bin/systemctl ]] || mv /usr/bin/systemctl /usr/bin/systemctl.real
cat >/usr/bin/systemctl <<'END'
#!/bin/bash
words=()
for word; do [[ $word == -* ]] || words+=("$word"); done
case ${words[*]} in
    is-enabled*) echo enabled ;;
    is-active*) [[ -e /run/activate.pid ]] ;;
    'start khoins-callback.socket')
        [[ -e /run/activate.pid ]] && exit 0
        mkfifo /run/ready
        python3 /shared/activate.py /run/khoins-callback/khoins-callback.sock /etc/khoins-callback/khoins-callback.env \
            >/run/ready 2>>/run/handler.log </dev/null &
        echo $! >/run/activate.pid
        read -r word </run/ready && rm /run/ready && [[ $word == ready ]]
        ;;
    'try-restart khoins-callback.service') [[ ! -e /run/activate.pid ]] || kill -HUP "$(</run/activate.pid)" ;;
    stop*)
        [[ ! -e /run/activate.pid ]] || kill -TERM "$(</run/activate.pid)"
        rm -f /run/activate.pid
        ;;
    daemon-reload) ;;
    preset* | enable*)
        [[ ! -x /usr/bin/systemctl.real ]] || exec systemctl.real "$@"
        unit=${words[-1]}
        wants=/etc/systemd/system/$(sed -n 's/^WantedBy=//p' "/usr/lib/systemd/system/$unit").wants
        mkdir -p "$wants" && ln -sf "/usr/lib/systemd/system/$unit" "$wants/"
        ;;
    *) [[ ! -x /usr/bin/systemctl.real ]] || exec systemctl.real "$@" ;;
esac
END
chmod 0755 /usr/bin/systemctl
}
if [[ $(</proc/1/comm) == systemd ]]; then systemd=yes; else systemd='' && stand_in; fi

# handler: the process that answers. opened: what changes when the socket is opened again.
handler() {
    if [[ $systemd ]]; then
        systemctl show --value --property MainPID khoins-callback.service
    else
        cat /proc/"$(</run/activate.pid)"/task/*/children
    fi
}
opened() {
    if [[ $systemd ]]; then
        systemctl show --value --property ActiveEnterTimestampMonotonic khoins-callback.socket
    else
        cat /run/activate.pid
    fi
}

# A container image may have the one; the other would read all manual pages of the machine at each step.
rm -f /usr/sbin/policy-rc.d /var/lib/man-db/auto-update

step install
dpkg --install "$old" | tee /run/installed
for name in KHOINS_TOKEN KHOINS_PAGE_KEY; do
    grep -F "$settings has a new" /run/installed | grep -qF "$name" || fail "it does not say where $name is"
done
[[ $(dpkg-query -W -f '${Status}' khoins-callback) == "install ok installed" ]] || fail "it is not installed"
expect "the settings' folder" "$(modes /etc/khoins-callback)" "750 root:khoins-callback"
expect "the settings file" "$(modes $settings)" "640 root:khoins-callback"
expect "the data directory" "$(modes $data)" "750 khoins-callback:khoins-callback"
token=$(setting KHOINS_TOKEN)
[[ $token =~ ^[0-9a-f]{48}$ ]] || fail "the token is no token"
page_key=$(setting KHOINS_PAGE_KEY)
[[ $page_key =~ ^[0-9a-f]{48}$ && $page_key != "$token" ]] || fail "the page's key is no key"
for secret in "$token" "$page_key"; do
    ! grep -rqF "$secret" /usr/share /var/lib/dpkg /var/log 2>/dev/null || fail "a secret is somewhere else too"
done
for link in sockets.target.wants/khoins-callback.socket multi-user.target.wants/khoins-callback.service \
    khoins-callback.service.wants/khoins-callback-{follow,forward}.service; do
    [[ -L /etc/systemd/system/$link ]] || fail "$link is not enabled"
done
# Nobody's records are archived unless he says so.
[[ -e /usr/lib/systemd/system/khoins-callback-archive.timer && ! -L /etc/systemd/system/timers.target.wants/khoins-callback-archive.timer ]] ||
    fail "the timer of the archive is missing, or enabled"
[[ -S $socket ]] || fail "the socket was not opened"
expect "the socket" "$(modes $socket)" "660 khoins-callback:www-data"

step "a callback through nginx"
port=$(for try in $(shuf -i 20000-29999 -n 50); do
    (: <>"/dev/tcp/127.0.0.1/$try") 2>/dev/null || { echo "$try" && break; }
done)
sed -e "s|listen 80;|listen 127.0.0.1:$port;|" /usr/share/doc/khoins-callback/examples/nginx.conf.example >/etc/nginx/site.conf
cat >/etc/nginx/khoins.conf <<END
user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events { worker_connections 512; }
http { access_log off; include /etc/nginx/site.conf; }
END
mkdir -p /var/log/nginx
touch /etc/nginx/khoins-callback.htpasswd
nginx -c /etc/nginx/khoins.conf
# post TRXID [SN]: its status.
post() {
    printf 'url = "http://127.0.0.1:%s/laporan/khoins/%s"\n' "$port" "$token" | curl --config - --silent --max-time 30 \
        --output /run/reply.$BASHPID --write-out '%{http_code}' --data-binary \
        "{\"refid\":\"$1\",\"message\":\"{\\\"status\\\":\\\"Success\\\",\\\"message\\\":\\\"R#$1 SUKSES. SN: ${2:-12345}.\\\"}\"}"
}
expect "the answer" "$(post coba-1)" 200
grep -q '"status": "Success"' $data/transactions/coba-1.json || fail "no record was filed"

step "the operators' page through nginx"
curl --silent --max-time 30 --output /run/page "http://127.0.0.1:$port/laporan/khoins/panel"
grep -q '<form' /run/page || fail "the page does not ask for a key: $(head -c 500 /run/page)"

# kill_at_random: each trxid gets many results meanwhile; what was stored is told, all of it and in order.
kill_at_random() {
    local number end=$((SECONDS + 60)) count=0 victim
    step "handler, follower and endpoint are killed at random for a minute, under load"
    for number in 1 2 3; do
        (
            for ((sn = number * 1000000; ; sn++)); do
                [[ ! -e /run/enough ]] || break
                printf '%s\n' "$(post "mati-$number-$((sn % 5))" $sn)"
            done >"/run/posted.$number"
        ) &
    done
    while ((SECONDS < end)); do
        read -rt "0.$((RANDOM % 9 + 1))" <> <(:) || true
        case $((RANDOM % 3)) in
            0) victim=$(systemctl show --value --property MainPID khoins-callback.service) ;;
            1) victim=$(systemctl show --value --property MainPID khoins-callback-forward.service) ;;
            2) victim=$(</run/shop.pid) ;;
        esac
        if ((${victim:-0} > 0)) && kill -KILL "$victim" 2>/dev/null; then count=$((count + 1)); fi
    done
    touch /run/enough
    # The positions of all that came for the first time: nginx may send one again whose handler was killed, and a repeat is
    # not told.
    stored() {
        cat $data/journal/*.jsonl | sed -n 's/.*"n":\([0-9]*\),.*mati-.* SN: \([0-9]*\)\..*/\1 \2/p' | sort -n |
            awk '!seen[$2]++ { print $1 }' | sort
    }
    untold() { comm -23 <(stored) <(cut -d ' ' -f 1 /run/told | sort -u); }
    # What failed is told again later and later, up to some minutes after so many faults, and systemd begins a service anew
    # after some seconds.
    end=$((SECONDS + 420))
    while ((SECONDS < end)); do
        if [[ ! $(untold) ]]; then break; fi
        read -rt 0.1 <> <(:) || true
    done
    if [[ $(untold) ]]; then
        as_service $program follow --status >&2 || true
        for number in $(untold | head -n 3); do
            grep -ah "\"n\":$number," $data/journal/*.jsonl >&2 || true
            grep -ah -e "\"n\":$number," $data/.cursors/shop.waiting.jsonl $data/.cursors/shop.told.jsonl >&2 || true
        done
        journalctl --no-pager -o cat -n 60 -u khoins-callback-forward.service >&2
    fi
    [[ ! $(untold) ]] || fail "the shop was not told of $(untold | wc -l): $(untold | head -n 5 | xargs)"
    awk '!seen[$1]++ { if ($1 + 0 < last[$2]) wrong = wrong " " $0; last[$2] = $1 + 0 }
        END { if (wrong) { print "out of order:" wrong; exit 1 } }' /run/told || fail "the shop was told out of order"
    number=$(cat /run/posted.* | grep -cx 200)
    ((number > 100 && $(stored | wc -l) >= number)) || fail "$number were answered 200, $(stored | wc -l) are stored"
    ((count > 30)) || fail "only $count were killed"
    printf '%s killed, %s answered 200, all told\n' "$count" "$number"
}

# What follows needs systemd's own sandbox.
if [[ $systemd ]]; then
    step "the shop is told as the settings say, by the service that may do that"
    shop=$((port + 1))
    # endpoint: the shop's. Notes position and trxid of what it is told, and answers after that; whoever kills it sees it
    # come back, until /run/closed is there.
    endpoint() {
        until [[ -e /run/closed ]]; do
            python3 -c '
import os, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
with open("/run/shop.pid", "w") as file: print(os.getpid(), file=file)
while True:
    client, _ = listener.accept()
    # Little enough to come at once.
    request = client.recv(65536).decode()
    headers = dict(line.split(": ", 1) for line in request.split("\r\n\r\n")[0].split("\r\n")[1:])
    if headers: print(headers["X-Khoins-Position"], headers["X-Khoins-Trxid"], flush=True)
    client.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    client.close()' $shop >>/run/told 2>/dev/null || true
        done
    }
    endpoint 2>/dev/null &
    # set_way LINE: the settings say so from now on, and nothing else is done than to start the handler anew.
    set_way() {
        sed -i '/^KHOINS_\(FORWARD\|EXEC\)=/d' $settings
        printf '%s\n' "$1" >>$settings
        systemctl restart khoins-callback.service
    }
    # states WANTED: waits until the two services are so; a start that the settings do not want takes a moment.
    states() {
        local found
        for _ in {1..100}; do
            found=$(systemctl is-active khoins-callback-{forward,follow}.service | xargs) || true
            if [[ $found == "$1" ]]; then return; fi
            read -rt 0.1 <> <(:) || true
        done
        fail "forward and follow are $found, not $1"
    }
    # told FILE ID: waits until that is there.
    told() {
        for _ in {1..300}; do
            if grep -qw -- "$2" "$1" 2>/dev/null; then return; fi
            read -rt 0.1 <> <(:) || true
        done
        journalctl --no-pager -n 30 -u 'khoins-callback*' >&2
        fail "the shop was not told of $2"
    }
    set_way "KHOINS_FORWARD=http://127.0.0.1:$shop/khoins.php"
    expect "the answer" "$(post toko-1)" 200
    told /run/told toko-1
    if [[ $kills ]]; then
        kill_at_random
        step "all of it"
        exit
    fi
    states "active inactive"
    # The command has no network, and says what it could reach.
    set_way "KHOINS_EXEC=(curl -s http://127.0.0.1:$shop/ && echo reached || echo \$KHOINS_TRXID) >>$data/told"
    expect "the answer" "$(post toko-2)" 200
    told $data/told toko-2
    ! grep -q toko-2 /run/told || fail "the endpoint was told by the command's service"
    states "inactive active"
    set_way "# nobody"
    states "inactive inactive"
    [[ ! $(systemctl --failed --no-legend 'khoins-callback*') ]] || fail "a service has failed"
    touch /run/closed
    kill "$(</run/shop.pid)"
    rm $data/told
fi

# An operator changes the settings; that is theirs.
printf '# ours\nKHOINS_MAX_BODY=50000\n' >>$settings

step "upgrade under load"
worker() {
    local number
    for ((number = 0; ; number++)); do
        [[ ! -e /run/enough ]] || break
        printf '%s %s\n' "$(post "load-$1-$number")" "load-$1-$number"
    done >"/run/posted.$1"
}
running() { cat /run/posted.* 2>/dev/null | wc -l; }
for number in 1 2 3 4; do worker $number & done
until (($(running) > 40)); do read -rt 0.05 <> <(:) || true; done
before=$(handler) open=$(opened)
dpkg --install "$new"
count=$(running)
until (($(running) > count + 40)); do read -rt 0.05 <> <(:) || true; done
touch /run/enough
wait
[[ $(handler) != "$before" ]] || fail "the handler was not restarted"
expect "when the socket was opened" "$(opened)" "$open"
! grep -v '^200 ' /run/posted.* || fail "callbacks failed over the upgrade"
posted=$(cat /run/posted.* | wc -l)
while read -r _ name; do [[ -e $data/transactions/$name.json ]] || fail "$name has no record"; done < <(cat /run/posted.*)
expect "the token after the upgrade" "$(setting KHOINS_TOKEN)" "$token"
expect "the operator's line" "$(setting KHOINS_MAX_BODY)" 50000
printf '%s callbacks, none failed\n' "$posted"
as_service $program verify

step remove
before=$(kept)
dpkg --remove khoins-callback
[[ ! -e $program && ! -S $socket ]] || fail "something of it is left"
expect "what is kept after the removal" "$(kept)" "$before"

step "install again"
dpkg --install "$new"
expect "what is kept after the second installation" "$(kept)" "$before"
expect "the answer" "$(post coba-2)" 200

step purge
records=$(find $data -type f -name '*.json' | wc -l)
dpkg --purge khoins-callback | tee /run/purged
grep -qF "$data" /run/purged || fail "it does not say where the callbacks are"
[[ ! -e $settings && ! -e /etc/khoins-callback ]] || fail "the settings are left"
expect "the number of records after the purge" "$(find $data -type f -name '*.json' | wc -l)" "$records"
! find /etc/systemd /var/lib/systemd -name 'khoins-callback*' 2>/dev/null | grep . || fail "links to units are left"
! find /etc /usr /lib/systemd /var/lib -name '*khoins-callback*' -not -path "$data*" -not -name '*.htpasswd' 2>/dev/null |
    grep . || fail "files are left"
getent passwd khoins-callback >/dev/null || fail "the data's owner is gone"
step "where scripts/install was used before"
printf '[Unit]\n' >/etc/systemd/system/khoins-callback.service
install -d -m 0750 /etc/khoins-callback
printf 'KHOINS_DATA=%s\nKHOINS_TOKEN=%s\n' "$data" "$token" >$settings
before=$(kept)
dpkg --install "$new" 2>&1 | tee /run/installed
grep -q 'scripts/install --uninstall' /run/installed || fail "it does not say that an older unit is used"
expect "what is kept of it" "$(kept)" "$before"

step "all of it"
