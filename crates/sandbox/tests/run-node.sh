#!/usr/bin/env bash
# Runs the node tests of a folder, with the unmodified client its package.json names, against a sandbox org started for them:
# own ports, TLS, temporary data.
# Usage: run-node.sh FOLDER; SANDBOX_ORG names the binary, else the newest build of sandbox-org is taken.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/env.sh
source "$here/../../../scripts/env.sh"
cd "$CASEBRIDGE_ROOT"
folder="$here/$1"
if [ ! "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
  (cd "$folder" && npm ci --silent --ignore-scripts --no-audit --no-fund && touch node_modules/.package-lock.json)
fi
if [ -z "${SANDBOX_ORG:-}" ]; then
  # shellcheck disable=SC2012 # two known names, newest first
  SANDBOX_ORG="$(ls -t target/release/sandbox-org target/debug/sandbox-org 2>/dev/null | head -1 || true)"
fi
[ -x "$SANDBOX_ORG" ] || { echo "sandbox-org is not built: run cargo build -p sandbox" >&2; exit 1; }

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
"$SANDBOX_ORG" serve --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --data "$work/sandbox.db" --seed none \
  --schema salesforce >"$work/out" 2>"$work/log" &
org=$!
for _ in $(seq 1 150); do
  if grep -q 'certificate authority' "$work/out"; then break; fi
  kill -0 "$org" 2>/dev/null || { cat "$work/log" >&2; echo "The sandbox org stopped while starting." >&2; exit 1; }
  sleep 0.2
done
SANDBOX_URL="$(grep -o 'http://[0-9.:]*' "$work/out")"
SANDBOX_TLS_URL="$(grep -o 'https://[0-9.:]*' "$work/out")"
export SANDBOX_URL SANDBOX_TLS_URL NODE_EXTRA_CA_CERTS="$work/sandbox-ca.pem"
tests=("$folder"/*.test.js)
[ -f "${tests[0]}" ] || { echo "$folder holds no test." >&2; exit 1; }
# One file after another: each empties the org for itself. The gRPC client keeps its connection after a close, hence the forced exit.
node --test --test-force-exit --test-concurrency=1 "${tests[@]}" || { code=$?; tail -20 "$work/log" >&2; exit "$code"; }
