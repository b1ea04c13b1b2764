#!/usr/bin/env bash
# Runs the unmodified simple-salesforce package against a sandbox org started for it: own ports, TLS, temporary data.
# Usage: run.sh [PYTEST ARG…]; SANDBOX_BIN names the binary, else the newest build of sandbox-org is taken.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../../../scripts/env.sh"
cd "$CASEBRIDGE_ROOT"
python="$CASEBRIDGE_TOOLS/python/bin/python"
[ -x "$python" ] || { echo "simple-salesforce is missing: run scripts/setup.sh test" >&2; exit 1; }
if [ -z "${SANDBOX_BIN:-}" ]; then
  # shellcheck disable=SC2012 # two known names, newest first
  SANDBOX_BIN="$(ls -t target/release/sandbox-org target/debug/sandbox-org 2>/dev/null | head -1 || true)"
fi
[ -x "$SANDBOX_BIN" ] || { echo "sandbox-org is not built: run cargo build -p sandbox" >&2; exit 1; }

work="$(mktemp -d)"
org=""
stop() {
  trap - EXIT INT TERM
  [ -z "$org" ] || { kill -TERM "$org" 2>/dev/null || true; wait "$org" 2>/dev/null || true; }
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

# Both sockets are open at once, so the two ports differ.
read -r plain tls < <("$python" -c '
import socket
a, b = socket.socket(), socket.socket()
a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
"$SANDBOX_BIN" serve --listen "127.0.0.1:$plain" --tls-listen "127.0.0.1:$tls" --data "$work/sandbox.db" --seed none \
  --schema salesforce >"$work/log" 2>&1 &
org=$!
for _ in $(seq 1 150); do
  if curl --silent --fail --output /dev/null --cacert "$work/sandbox-ca.pem" "https://127.0.0.1:$tls/services/data" 2>/dev/null; then break; fi
  kill -0 "$org" 2>/dev/null || { cat "$work/log" >&2; echo "The sandbox org stopped while starting." >&2; exit 1; }
  sleep 0.2
done
export SANDBOX_URL="http://127.0.0.1:$plain" SANDBOX_TLS_URL="https://127.0.0.1:$tls" SANDBOX_CA="$work/sandbox-ca.pem"
# pytest answers 5 when it found no test, so an empty run fails too.
PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -p no:cacheprovider --strict-markers -q "$CASEBRIDGE_ROOT/crates/sandbox/tests/python" "$@" ||
  { code=$?; tail -20 "$work/log" >&2; exit "$code"; }
