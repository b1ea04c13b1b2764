#!/usr/bin/env bash
# Runs a command with a throw-away PostgreSQL server: started on a free port in a temporary directory, told to the command as
# CASEBRIDGE_TEST_POSTGRES_URL, stopped and removed afterwards. Usage: scripts/with-postgres.sh COMMAND [ARG…]
set -euo pipefail
bin="$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -1 || command -v initdb)")"
[ -x "$bin/initdb" ] || { echo "PostgreSQL is missing: run scripts/setup.sh test" >&2; exit 1; }
work="$(mktemp -d)"
as_owner=()
# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then as_owner=(setpriv --reuid=postgres --regid=postgres --clear-groups); chown postgres "$work"; fi
chmod 755 "$work"
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
cd "$work"
stop() { "${as_owner[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$work"; }
trap stop EXIT
"${as_owner[@]}" "$bin/initdb" -D "$work/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
"${as_owner[@]}" "$bin/pg_ctl" -D "$work/data" -w -l "$work/log" \
  -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$work -c max_connections=300 -c fsync=off" start >/dev/null
cd "$OLDPWD"
export CASEBRIDGE_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
"$@"
