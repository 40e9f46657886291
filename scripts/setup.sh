#!/usr/bin/env bash
# Installs the Debian packages that are missing. setup.sh PART...: parts as in packages.txt.
# TOLLGATE_SKIP_SETUP=1 trusts the machine as it is.
source "$(dirname "$0")/lib.sh"

[ "${TOLLGATE_SKIP_SETUP:-0}" = 1 ] && exit 0

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
while read -r package part command; do
    case $package in '' | '#'*) continue ;; esac
    [[ " $* " == *" $part "* ]] || continue
    if [ -n "$command" ] && command -v "$command" >/dev/null; then continue; fi
    installed "$package" || missing+=("$package")
done <"$root/scripts/packages.txt"
[ ${#missing[@]} = 0 ] && exit 0

command -v apt-get >/dev/null ||
    die "This machine has no apt-get. Install what scripts/packages.txt lists and set TOLLGATE_SKIP_SETUP=1."
as_root=()
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "Missing packages: ${missing[*]}
Neither root nor sudo here. As root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
fi
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"; }

# No service starts and no database cluster is made by an installation: the tests start servers of their own.
keep_quiet=()
quieten() {
    local file=$1 content=$2
    [ -e "$file" ] && return
    "${as_root[@]}" mkdir -p "$(dirname "$file")"
    printf '%s\n' "$content" | "${as_root[@]}" tee "$file" >/dev/null
    "${as_root[@]}" chmod 755 "$file"
    keep_quiet+=("$file")
}
restore() { for file in "${keep_quiet[@]}"; do "${as_root[@]}" rm -f "$file"; done; }
trap restore EXIT
quieten /usr/sbin/policy-rc.d $'#!/bin/sh\nexit 101'
quieten /etc/postgresql-common/createcluster.d/tollgate.conf 'create_main_cluster = false'

say "installing: ${missing[*]}"
apt install --no-install-recommends -y "${missing[@]}" 2>/dev/null ||
    { apt update && apt install --no-install-recommends -y "${missing[@]}"; }
