#!/usr/bin/env bash
# Runs a command against a sandbox org started for it: own ports, TLS, temporary data.
# Usage: with-org.sh COMMAND [ARG…]; SANDBOX_BIN names the binary, else the newest build of sandbox-org is taken.
# The command finds SANDBOX_URL, SANDBOX_TLS_URL and SANDBOX_CA, the file of the certificate authority, in its environment.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../../scripts/env.sh"
cd "$CASEBRIDGE_ROOT"
if [ -z "${SANDBOX_BIN:-}" ]; then
  built="${CARGO_TARGET_DIR:-target}"
  # shellcheck disable=SC2012 # two known names, newest first
  SANDBOX_BIN="$(ls -t "$built/release/sandbox-org" "$built/debug/sandbox-org" 2>/dev/null | head -1 || true)"
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

# The program takes free ports and says which; its second line comes when both are open.
"$SANDBOX_BIN" serve --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --data "$work/sandbox.db" --seed none \
  --schema salesforce >"$work/out" 2>"$work/log" &
org=$!
for _ in $(seq 1 150); do
  if grep -q 'certificate authority' "$work/out"; then break; fi
  kill -0 "$org" 2>/dev/null || { cat "$work/log" >&2; echo "The sandbox org stopped while starting." >&2; exit 1; }
  sleep 0.2
done
SANDBOX_URL="$(grep -o 'http://[0-9.:]*' "$work/out")"
SANDBOX_TLS_URL="$(grep -o 'https://[0-9.:]*' "$work/out")"
export SANDBOX_URL SANDBOX_TLS_URL SANDBOX_CA="$work/sandbox-ca.pem"
"$@" || { code=$?; tail -20 "$work/log" >&2; exit "$code"; }
