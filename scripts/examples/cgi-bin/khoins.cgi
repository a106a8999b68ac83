#!/bin/sh
# Answers KHOINS callbacks on a host that only runs CGI programs: goes to the folder that holds the executable, its
# settings and its data, which is not below public_html, and lets it answer.
# The callback's URL: https://HOST/cgi-bin/khoins.cgi/TOKEN, or as .htaccess names it.
#
#   ~/khoins-callback/khoins-callback          the executable, mode 0755
#   ~/khoins-callback/khoins-callback.env      its settings, mode 0600
#   ~/khoins-callback/khoins-callback.log      why something was not filed; made by itself
#   ~/public_html/cgi-bin/khoins.cgi           this file, mode 0755
#
# It finds the folder khoins-callback itself, in its own folder or in one above it, the nearest first: below
# public_html, domains/HOST/public_html, httpdocs or an add-on domain's folder. Elsewhere? Name it here. A path that does
# not start with / counts from this file's folder.
home=

# log FOLDER LINE: the last reasons, for who cannot read the host's error log; readable for the account alone.
log() {
    umask 077
    # Two files of at most 64 KiB.
    if [ -s "$1/khoins-callback.log" ] && [ "$(wc -c <"$1/khoins-callback.log")" -gt 65536 ]; then
        mv -f -- "$1/khoins-callback.log" "$1/khoins-callback.log.1"
    fi
    printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$2" >>"$1/khoins-callback.log"
}

# refuse FOLDER REASON: as the program itself answers a wrong set-up: without details, which go to both logs.
refuse() {
    echo "khoins.cgi: $2" >&2
    printf 'Status: 500 Internal Server Error\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n\r\n'
    printf '{"status":"error","error":"internal error"}\n'
    log "$1" "khoins.cgi: $2" 2>/dev/null
    exit 0
}

# own FILE: whether it belongs to whoever owns this file, or to whoever runs it. On a host with many accounts a folder
# above ours may be another's.
own() {
    # shellcheck disable=SC3067 # no POSIX, but in every /bin/sh of a Linux
    if [ -O "$1" ] 2>/dev/null; then return 0; fi
    # shellcheck disable=SC2012,SC2046 # numbers and modes alone, and no name of a file that could hold a space
    set -- $(ls -nd -- "$1" "$place/$self" 2>/dev/null | awk '{ print $3 }')
    [ "$1" = "$2" ]
}

self=${0##*/}
case $0 in
    */*) cd -- "${0%/*}" || refuse . "cannot enter its own folder" ;;
esac
# The real path: public_html may be a link to a folder elsewhere in the account.
place=$(pwd -P)

if [ "$home" ]; then
    cd -- "$home" 2>/dev/null || refuse . "no folder $home: change home= in khoins.cgi"
else
    above=$place
    while :; do
        if [ -d "$above/khoins-callback" ] && [ -e "$above/khoins-callback/khoins-callback" ] &&
            own "$above/khoins-callback/khoins-callback"; then
            home=$above/khoins-callback
            break
        fi
        [ "$above" ] || refuse . "no folder khoins-callback with the executable, beside $place or above it: see home= in khoins.cgi"
        above=${above%/*}
    done
    cd -- "$home" 2>/dev/null || refuse . "cannot enter $home"
fi
[ -e ./khoins-callback ] || refuse . "no executable khoins-callback in $PWD"
[ -x ./khoins-callback ] || refuse . "$PWD/khoins-callback is not executable: give it the mode 0755"

# In case it lies below what is served all the same: nothing of it is for the web.
[ -e .htaccess ] || (
    umask 022
    {
        printf '<IfModule mod_authz_core.c>\n    Require all denied\n</IfModule>\n'
        printf '<IfModule !mod_authz_core.c>\n    Deny from all\n</IfModule>\n'
    } >.htaccess
) 2>/dev/null
[ -r ./khoins-callback.env ] || refuse . "no settings $PWD/khoins-callback.env, or they cannot be read"

KHOINS_SETTINGS=./khoins-callback.env
export KHOINS_SETTINGS
# The program's own reasons go to the same file, unless the settings name another, or none.
while IFS= read -r line || [ "$line" ]; do
    case $line in KHOINS_LOG=* | [!#]*KHOINS_LOG=*) break ;; esac
    line=
done <./khoins-callback.env
if [ -z "$line" ]; then
    KHOINS_LOG=./khoins-callback.log
    export KHOINS_LOG
fi
# Where exec fails, the shell ends.
trap 'refuse . "cannot run $PWD/khoins-callback: is it for this kind of machine, $(uname -m)?"' EXIT
exec ./khoins-callback
