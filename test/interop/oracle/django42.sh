#!/usr/bin/env bash
# Unpacks Django 4.2 (Debian 12's backports) into the given folder; prints nothing but errors. Its package is not
# installed: it is used through PYTHONPATH with /usr/bin/python3. Installs what it needs from Debian: psycopg2, asgiref,
# sqlparse, gunicorn. Needs root, and the network only for apt.
set -euo pipefail
into=${1:-${LATCHKEY_DJANGO:-/var/tmp/latchkey-django42}}

# Runs a command silently. When it fails, tries again after a pause, because another apt may hold the lock of the lists;
# then prints the error.
quietly() {
  local said attempt
  for attempt in 1 2 3; do
    said=$("$@" 2>&1) && return
    sleep $((attempt * 5))
  done
  echo "$*: $said" >&2
  return 1
}

exec 9>"/var/tmp/latchkey-django42.lock" && flock 9
. /etc/os-release
export DEBIAN_FRONTEND=noninteractive
apt() { quietly apt-get -qq -o DPkg::Lock::Timeout=300 "$@"; }

backports=$VERSION_CODENAME-backports
if ! grep -rqs "$backports" /etc/apt/sources.list /etc/apt/sources.list.d; then
  uri=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
  [ -n "$uri" ] || uri=$(awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^http/) {print $i; exit}}' /etc/apt/sources.list)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $backports main" \
    >"/etc/apt/sources.list.d/$backports.list"
fi

if ! /usr/bin/python3 -c "import psycopg2, asgiref, sqlparse, gunicorn" 2>/dev/null; then
  apt update
  apt install -y python3-psycopg2 python3-asgiref python3-sqlparse python3-tz gunicorn
fi

[ -d "$into/django" ] && exit
apt update
work=$(mktemp -d)
chmod 755 "$work" # apt downloads as its own user
trap 'rm -rf "$work"' EXIT
cd "$work"
apt download "python3-django/$backports"
dpkg -x python3-django_*.deb .
mkdir -p "$into"
rm -rf "$into/django.part"
cp -r usr/lib/python3/dist-packages/django "$into/django.part" && mv "$into/django.part" "$into/django"
