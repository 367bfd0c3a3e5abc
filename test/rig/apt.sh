#!/usr/bin/env bash
# Installs on Debian 12 what the suites with services need. PostgreSQL 15, PgBouncer, Redis, Valkey and Chromium are
# programs that the tests start themselves: no cluster is created and no service is started. Valkey comes from the
# backports. Two versions of Django are for the oracle: 3.2 is Debian's own and is installed; 4.2 comes from the
# backports and is unpacked into a folder. Needs root.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

packages=()
[ -x /usr/lib/postgresql/15/bin/initdb ] || packages+=(postgresql-15)
[ -x /usr/sbin/pgbouncer ] || packages+=(pgbouncer)
[ -x /usr/bin/redis-server ] || packages+=(redis-server)
/usr/bin/python3 -c "import redis" 2>/dev/null || packages+=(python3-redis)
/usr/bin/python3 -c "import django, psycopg2, gunicorn" 2>/dev/null || packages+=(python3-django python3-psycopg2 gunicorn)
[ -x /usr/bin/openssl ] || packages+=(openssl)
[ -x /usr/bin/curl ] || packages+=(curl)
[ -x /usr/bin/python3 ] || packages+=(python3)
[ -x /usr/bin/bash ] && [ -x /usr/bin/zsh ] && [ -x /usr/bin/fish ] || packages+=(bash zsh fish)
[ -x /usr/bin/chromium ] || packages+=(chromium)
[ -x /usr/bin/certutil ] || packages+=(libnss3-tools)

# install PACKAGE...: prints nothing but errors.
install() {
  local said
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  if [ ! -e /usr/sbin/policy-rc.d ]; then # what Debian asks before it starts a freshly installed service
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get -qq -o DPkg::Lock::Timeout=300 update
  said=$(apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" 2>&1) || {
    echo "$said" >&2
    exit 1
  }
}

[ ${#packages[@]} -eq 0 ] || install "${packages[@]}"

"$(dirname "$0")/../interop/oracle/django42.sh" # adds the backports to apt's sources

if [ ! -x /usr/bin/valkey-server ]; then
  if apt-cache policy valkey-server | grep -q "Candidate: [^(]"; then
    install valkey-server
  else
    echo "apt offers no Valkey: its suites are left out"
  fi
fi
