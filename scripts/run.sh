#!/usr/bin/env bash
# Starts the sandbox org with demo data and the portal on its embedded database; Ctrl-C stops both. Data stays in ./data.
set -euo pipefail
here="$(dirname "${BASH_SOURCE[0]}")"
"$here/setup.sh" run
"$here/build.sh"
# shellcheck source=scripts/env.sh
source "$here/env.sh"
cd "$CASEBRIDGE_ROOT"

portal_port="${PORT:-3000}"
org_port="${SANDBOX_PORT:-8180}"
portal="http://127.0.0.1:$portal_port"
org="http://127.0.0.1:$org_port"
password="casebridge-demo"

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }
taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
taken "$portal_port" && die "Port $portal_port is in use. Stop what listens there, or choose another: PORT=3005 make run"
taken "$org_port" && die "Port $org_port is in use. Stop what listens there, or choose another: SANDBOX_PORT=8185 make run"

export CASEBRIDGE_LISTEN="127.0.0.1:$portal_port" CASEBRIDGE_PUBLIC_URL="$portal" CASEBRIDGE_DATA_DIR="$PWD/data" \
  CASEBRIDGE_SALESFORCE_LOGIN_URL="$org" CASEBRIDGE_SALESFORCE_CLIENT_ID=casebridge-dev \
  CASEBRIDGE_SALESFORCE_CLIENT_SECRET=casebridge-dev-secret CASEBRIDGE_SALESFORCE_POLL_SECONDS="${CASEBRIDGE_SALESFORCE_POLL_SECONDS:-5}"

mkdir -p data
echo $$ >data/run.pid
children=()
# Asks both to stop, waits for them, and never leaves one behind.
stop() {
  trap - EXIT INT TERM
  [ ${#children[@]} -eq 0 ] || kill -TERM "${children[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -f data/run.pid
}
trap stop EXIT
trap 'say ""; say "Stopping."; exit 0' INT TERM

# A log of the last start; each service writes plain lines.
await() { # URL NAME LOG PID
  for _ in $(seq 1 300); do
    curl --silent --fail --output /dev/null "$1" && return
    kill -0 "$4" 2>/dev/null || { tail -20 "$3" >&2; die "$2 stopped while starting; its last lines are above (all of them in $3)."; }
    sleep 0.1
  done
  die "$2 did not answer on $1 within 30 seconds; its log is $3."
}

target/release/sandbox-org serve --listen "127.0.0.1:$org_port" --data data/sandbox.db --seed demo --schema salesforce >data/sandbox.log 2>&1 &
children+=($!)
await "$org/services/data" "The sandbox org" data/sandbox.log "${children[0]}"

step() { # NAME COMMAND…: done once per data folder
  local marker="data/.demo-$1"; shift
  if [ ! -f "$marker" ]; then "$@" >>data/setup.log 2>&1 || { tail -5 data/setup.log >&2; die "Setting up the demo data failed; see data/setup.log. make reset starts afresh."; }; touch "$marker"; fi
}
add_user() { printf '%s' "$password" | target/release/casebridge user add "$@" --password-stdin; }
step migrated target/release/casebridge migrate
step catalogue target/release/casebridge import catalogue demo/harvard-mitx-runs.csv
step mitx add_user mia@mitx.test --role partner --name "Mia Torres" --organization MITx
step harvardx add_user harper@harvardx.test --role partner --name "Harper Lin" --organization HarvardX
step staff add_user sam@casebridge.test --role staff --name "Sam Okafor"
step admin add_user ada@casebridge.test --role admin --name "Ada Novak"

target/release/casebridge serve >data/casebridge.log 2>&1 &
children+=($!)
await "$portal/health/live" "The portal" data/casebridge.log "${children[1]}"
step connected scripts/connect-demo.sh "$portal" ada@casebridge.test "$password"

say ""
say "  Casebridge is running:  $portal"
say ""
say "    a partner of MITx       mia@mitx.test"
say "    a partner of HarvardX   harper@harvardx.test"
say "    internal staff          sam@casebridge.test"
say "    an admin                ada@casebridge.test      (connects Salesforce: $portal/admin/salesforce)"
say "    password for each       $password"
say ""
say "  The sandbox org, with what arrived in it:  $org"
say "  Logs and data are in ./data; make reset clears it. Ctrl-C stops both."
say ""
wait -n "${children[@]}" || true
die "One of the two stopped by itself; see data/casebridge.log and data/sandbox.log."
