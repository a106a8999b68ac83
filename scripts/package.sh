# What is handed to others: the package for shared hosting, the Debian package, and their checksums. Sourced by
# scripts/build, never run. The same commit and the same executable make the same bytes: times are the commit's, names are
# sorted, owners are root, and nothing comes from this machine.
# shellcheck shell=bash disable=SC2154 # what is not set here, who sources this sets

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$project" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

# What is packaged are these: `executable`, a file for `machine` that says it is of the version `said`.

# What was packaged in this run: names in the folder `output`.
packages=()

# machine_of FILE: the architecture that an executable is for, as uname(1) names it. No other will do in a package.
machine_of() {
    case $(LC_ALL=C readelf -hW "$1" 2>/dev/null | sed -n 's/^ *Machine: *//p') in
        *X86-64) printf x86_64 ;;
        AArch64) printf aarch64 ;;
        *) fail "$1 is no executable for x86-64 or arm64" ;;
    esac
}

# version_of FILE: what an executable says of itself; what the sources say, where it is for another machine.
version_of() {
    local said
    said=$("$1" --version </dev/null 2>/dev/null) || said=$(version)
    [[ $said =~ ^[0-9][A-Za-z0-9.+~-]*$ ]] || fail "$1 does not say its version: $said"
    printf '%s' "$said"
}

# debian_version VERSION: the same as a Debian version. A version that is still to come sorts before it, and by the time
# of its commit, for a commit's name says nothing of the order.
debian_version() {
    local number=${1%%+*} commit=
    [[ $1 != *+* ]] || commit=.${1#*+}
    if [[ $number == *-* ]]; then
        printf '%s~%s+%s%s' "${number%%-*}" "${number#*-}" "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S)" "$commit"
    else
        printf '%s' "$number"
    fi
}

# set_times FOLDER: every file's and folder's time, for what keeps one.
set_times() { find "$1" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +; }

# put_documents FOLDER: the READMEs and what they lead to.
put_documents() (
    cd -- "$project" || exit
    for file in {README,README.id,ARCHITECTURE,CHANGELOG,CONTRIBUTING,SECURITY}.md LICENSE docs/*.md docs/*/*.{md,svg}; do
        [[ ! -f $file ]] || install -D -m 0644 -- "$file" "$1/$file"
    done
)

# pack_for_hosts: the package for a host without a shell, as .zip and .tar.gz. All of it lies in the handler's own
# folder, so that unpacking it in the home directory writes over nothing of a shop's.
pack_for_hosts() {
    local name staging folder examples=$project/scripts/examples
    name=khoins-callback${cluster:+-cluster}-$said-$machine
    temporary staging -d
    folder=$staging/khoins-callback
    install -d -m 0755 "$folder" "$folder/cgi-bin"
    install -m 0755 "$executable" "$folder/khoins-callback"
    # Data and log lie in this folder too: no path has to be found out, and what cron runs says its reasons there too.
    sed 's|^KHOINS_DATA=.*|KHOINS_DATA=./data|; s|^#KHOINS_LOG=.*|KHOINS_LOG=./khoins-callback.log|' "$examples/khoins-callback.env.example" >"$folder/khoins-callback.env.example"
    chmod 0600 "$folder/khoins-callback.env.example"
    install -m 0755 "$examples/cgi-bin/khoins.cgi" "$folder/cgi-bin/"
    # No dot in front: hosts' file managers hide such files, and uploading it must not replace a shop's own.
    install -m 0644 "$examples/htaccess" "$folder/htaccess.txt"
    put_documents "$folder"
    find "$folder" -type d -exec chmod 0755 {} +
    set_times "$staging"
    tar --sort=name --owner=0 --group=0 --numeric-owner --format=gnu --mtime="@$SOURCE_DATE_EPOCH" \
        -C "$staging" -cf - khoins-callback | gzip -n9 >"$staging/package.tar.gz"
    # A time in a zip file is a local one.
    (cd -- "$staging" && find khoins-callback | LC_ALL=C sort | TZ=UTC zip --quiet -X -9 -@ package.zip)
    hand_out "$staging/package.tar.gz" "$name.tar.gz"
    hand_out "$staging/package.zip" "$name.zip"
}

# pack_for_debian: the Debian package. It holds no settings: its postinst makes them, with a token of that machine's own.
pack_for_debian() {
    local staging root control architecture version size examples=$project/scripts/examples shell
    # Two builds of one program, with the same files: one at a time, and either takes the other's place.
    local package=khoins-callback${cluster:+-cluster} other=khoins-callback-cluster
    [[ -z ${cluster:-} ]] || other=khoins-callback
    case $machine in
        x86_64) architecture=amd64 ;;
        aarch64) architecture=arm64 ;;
    esac
    version=$(debian_version "$said")
    temporary staging -d
    root=$staging/root control=$staging/root/DEBIAN
    install -d -m 0755 "$root" "$control"
    install -D -m 0755 "$executable" "$root/usr/bin/khoins-callback"
    for unit in khoins-callback.socket khoins-callback{,-follow,-forward,-archive}.service khoins-callback-archive.timer; do
        # `Also=` would stop the socket with the service at an upgrade, where deb-systemd-helper reads it.
        sed -e 's|/usr/local/bin/|/usr/bin/|' -e '/^Also=/d' "$examples/$unit" |
            install -D -m 0644 /dev/stdin "$root/usr/lib/systemd/system/$unit"
    done
    install -D -m 0644 "$project/scripts/debian/sysusers" "$root/usr/lib/sysusers.d/khoins-callback.conf"
    install -D -m 0644 "$project/scripts/debian/tmpfiles" "$root/usr/lib/tmpfiles.d/khoins-callback.conf"
    sed -e 's|^#KHOINS_LISTEN=|KHOINS_LISTEN=|' "$examples/khoins-callback.env.example" |
        install -D -m 0644 /dev/stdin "$root/usr/share/khoins-callback/khoins-callback.env"
    gzip -n9 <"$examples/khoins-callback.1" |
        install -D -m 0644 /dev/stdin "$root/usr/share/man/man1/khoins-callback.1.gz"
    for shell in bash:bash-completion/completions/khoins-callback zsh:zsh/vendor-completions/_khoins-callback \
        fish:fish/vendor_completions.d/khoins-callback.fish; do
        if "$executable" --generate-completion-script "${shell%%:*}" </dev/null >"$staging/completion" 2>/dev/null; then
            # It is read by a shell, never run.
            sed '1{/^#!/d}' "$staging/completion" | install -D -m 0644 /dev/stdin "$root/usr/share/${shell#*:}"
        else
            say "No completion for ${shell%%:*}: $executable does not run on this machine"
        fi
    done
    local documents=$root/usr/share/doc/khoins-callback
    install -d -m 0755 "$documents/examples/cgi-bin"
    put_documents "$documents"
    # Debian's own forms of these two, where it looks for them; the documents are where they say that they are.
    local own=$root/usr/share/doc/$package
    install -d -m 0755 "$own"
    printf '%s (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' "$package" "$version" \
        "$(sed -n 's/^Maintainer: //p' "$project/scripts/debian/control")" \
        "$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" '+%a, %d %b %Y %H:%M:%S +0000')" |
        gzip -n9 >"$own/changelog.gz"
    sed -e "s|@YEAR@|$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y)|" "$project/scripts/debian/copyright" >"$own/copyright"
    sed '1,/^$/d; s/^/ /; s/^ $/ ./' "$project/LICENSE" >>"$own/copyright"
    rm -f -- "$documents/LICENSE"
    cp -- "$project/nginx.conf.example" "$examples"/*.conf "$examples/htaccess" "$documents/examples/"
    cp -- "$examples/cgi-bin/khoins.cgi" "$documents/examples/cgi-bin/"
    [[ -z ${cluster:-} ]] || cp -r -- "$examples/cluster" "$documents/examples/"
    sed "s|^khoins-callback:|$package:|" "$project/scripts/debian/lintian-overrides" |
        install -D -m 0644 /dev/stdin "$root/usr/share/lintian/overrides/$package"
    find "$root" -type d -exec chmod 0755 {} +
    find "$root/usr/share/doc" -type f -exec chmod 0644 {} +
    chmod 0755 "$documents/examples/cgi-bin/khoins.cgi"
    [[ -z ${cluster:-} ]] || chmod 0755 "$documents"/examples/cluster/{certificates,copy-from}
    # In KiB, each file and folder rounded up: what this machine's disk makes of it is no matter.
    size=$(find "$root" -path "$control" -prune -o -type f -printf '%s\n' -o -printf '1\n' |
        awk '{ total += int(($1 + 1023) / 1024) } END { print total }')
    sed -e "s|@VERSION@|$version|" -e "s|@ARCHITECTURE@|$architecture|" -e "s|@SIZE@|$size|" \
        -e "s|@PACKAGE@|$package|" -e "s|@OTHER@|$other|" "$project/scripts/debian/control" >"$control/control"
    [[ -z ${cluster:-} ]] || sed -i -e "/^Conflicts:/i Provides: $other (= $version)" \
        -e '/^Description:/s/, one JSON file.*/, agreed on by several servers/' "$control/control"
    (cd -- "$root" && find usr -type f | LC_ALL=C sort | xargs -d '\n' md5sum) >"$control/md5sums"
    chmod 0644 "$control"/*
    for script in preinst postinst prerm postrm; do
        [[ ! -e $project/scripts/debian/$script ]] || install -m 0755 "$project/scripts/debian/$script" "$control/"
    done
    set_times "$root"
    # One thread: how many there are decides where xz cuts.
    DPKG_DEB_THREADS_MAX=1 dpkg-deb --root-owner-group -Zxz -z6 --build "$root" "$staging/package.deb" >&2
    hand_out "$staging/package.deb" "${package}_${version}_$architecture.deb"
}

# hand_out FILE NAME: puts it where packages go, in one step.
hand_out() {
    mkdir -p -- "$output"
    install -m 0644 -- "$1" "$output/.$2.part"
    mv -f -- "$output/.$2.part" "$output/$2"
    packages+=("$2")
}

# sum_up: SHA256SUMS names what was packaged now, and of what it named before, what is still as it said.
sum_up() {
    local name sums=$output/SHA256SUMS
    (
        cd -- "$output" || exit
        {
            [[ ! -f $sums ]] || sha256sum --check SHA256SUMS 2>/dev/null | sed -n 's/: OK$//p'
            printf '%s\n' "${packages[@]}"
        } | LC_ALL=C sort -u | xargs -d '\n' sha256sum >"$sums.part"
    )
    mv -f -- "$sums.part" "$sums"
    for name in SHA256SUMS "${packages[@]}"; do printf '%s/%s\n' "$output" "$name"; done
}
