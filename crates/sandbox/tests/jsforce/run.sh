#!/usr/bin/env bash
# Runs the unmodified jsforce package against a sandbox org started for it: own port, temporary data.
# Usage: run.sh [FILE.test.js…]; SANDBOX_BIN or SANDBOX_ORG names the binary, else the newest build of sandbox-org is taken.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../../../scripts/env.sh"
here="$CASEBRIDGE_ROOT/crates/sandbox/tests/jsforce"
SANDBOX_BIN="${SANDBOX_BIN:-${SANDBOX_ORG:-}}"
if [ -z "$SANDBOX_BIN" ]; then
  # shellcheck disable=SC2012 # two known names, newest first
  SANDBOX_BIN="$(cd "$CASEBRIDGE_ROOT" && ls -t "$PWD"/target/release/sandbox-org "$PWD"/target/debug/sandbox-org 2>/dev/null | head -1 || true)"
fi
[ -x "$SANDBOX_BIN" ] || { echo "sandbox-org is not built: run cargo build -p sandbox" >&2; exit 1; }
if ! cmp --silent "$here/package-lock.json" "$here/node_modules/.installed-lock"; then
  npm --prefix "$here" ci --no-audit --no-fund --ignore-scripts --loglevel=error >&2
  cp "$here/package-lock.json" "$here/node_modules/.installed-lock"
fi

work="$(mktemp -d)"
org=""
stop() {
  trap - EXIT INT TERM
  [ -z "$org" ] || { kill -TERM "$org" 2>/dev/null || true; wait "$org" 2>/dev/null || true; }
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

# The org takes any free port and prints where it is.
"$SANDBOX_BIN" serve --listen 127.0.0.1:0 --data "$work/sandbox.db" --seed none --schema "$CASEBRIDGE_ROOT/salesforce" \
  >"$work/out" 2>"$work/log" &
org=$!
url=""
for _ in $(seq 1 150); do
  url="$(sed -n 's/^The sandbox org is at //p' "$work/out")"
  [ -z "$url" ] || break
  kill -0 "$org" 2>/dev/null || { cat "$work/log" >&2; echo "The sandbox org stopped while starting." >&2; exit 1; }
  sleep 0.2
done
[ -n "$url" ] || { echo "The sandbox org did not start." >&2; exit 1; }

cd "$here"
[ $# -gt 0 ] || set -- ./*.test.js
# One file at a time: they share the org.
SANDBOX_URL="$url" node --test --test-concurrency=1 "$@" || { code=$?; tail -20 "$work/log" >&2; exit "$code"; }
