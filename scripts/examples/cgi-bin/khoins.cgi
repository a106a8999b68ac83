#!/bin/sh
# Answers KHOINS callbacks on a host that only runs CGI programs: goes to the directory that holds the
# executable, its settings and its data, which is not below public_html, and lets it answer.
# The callback's URL: https://HOST/cgi-bin/khoins.cgi/TOKEN, or as .htaccess names it.
#
#   ~/khoins-callback/khoins-callback          the executable, mode 0755
#   ~/khoins-callback/khoins-callback.env      its settings, mode 0600
#   ~/public_html/cgi-bin/khoins.cgi           this file, mode 0755
#
# Elsewhere? Change this line. A path that does not start with / counts from this file's directory.
home=../../khoins-callback

refuse() {
    echo "khoins.cgi: $1" >&2
    printf 'Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\nInternal Server Error\n'
    exit 0
}

case $0 in
    */*) cd -- "${0%/*}" || refuse "cannot enter its own directory" ;;
esac
cd -- "$home" || refuse "no directory $home: change home= in khoins.cgi"
[ -x ./khoins-callback ] || refuse "no executable khoins-callback in $home (mode 0755?)"
KHOINS_SETTINGS=./khoins-callback.env
export KHOINS_SETTINGS
exec ./khoins-callback
