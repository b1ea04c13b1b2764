#!/usr/bin/env bash
# Runs schemathesis over the REST API of a portal started for it, connected to a sandbox org of its own: own ports, temporary data, fixed seed, bounded
# examples. First with whatever it makes up, as staff; then as a partner with ids that exist, so that what goes well is checked as much as what doesn't.
# Usage: run.sh [SCHEMATHESIS ARG…]; CASEBRIDGE_BIN and SANDBOX_BIN name the binaries, else the newest builds are taken. SEED and EXAMPLES may be set.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/env.sh"
cd "$CASEBRIDGE_ROOT"
schemathesis="$CASEBRIDGE_TOOLS/schemathesis/bin/schemathesis"
[ -x "$schemathesis" ] || { echo "schemathesis is missing: run scripts/setup.sh test" >&2; exit 1; }
newest() { # NAME
  # shellcheck disable=SC2012 # two known names, newest first
  ls -t "target/release/$1" "target/debug/$1" 2>/dev/null | head -1 || true
}
CASEBRIDGE_BIN="$(realpath "${CASEBRIDGE_BIN:-$(newest casebridge)}" 2>/dev/null || true)"
SANDBOX_BIN="$(realpath "${SANDBOX_BIN:-$(newest sandbox-org)}" 2>/dev/null || true)"
[ -x "$CASEBRIDGE_BIN" ] && [ -x "$SANDBOX_BIN" ] || { echo "casebridge or sandbox-org is not built: run scripts/build.sh" >&2; exit 1; }

work="$(mktemp -d)"
started=()
stop() {
  trap - EXIT INT TERM
  for pid in ${started[@]+"${started[@]}"}; do kill -TERM "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM
wait_for() { # URL PID LOG
  for _ in $(seq 1 150); do
    if curl --silent --fail --output /dev/null "$1"; then return; fi
    kill -0 "$2" 2>/dev/null || { cat "$3" >&2; echo "It stopped while starting." >&2; exit 1; }
    sleep 0.2
  done
  cat "$3" >&2; echo "Nothing answers at $1." >&2; exit 1
}

# All sockets are open at once, so the ports differ.
read -r org_port portal_port < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(2)]
for one in sockets: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in sockets))')
"$SANDBOX_BIN" serve --listen "127.0.0.1:$org_port" --data "$work/sandbox.db" --seed none --schema salesforce >"$work/org.log" 2>&1 &
started+=($!)
wait_for "http://127.0.0.1:$org_port/services/data" "${started[0]}" "$work/org.log"

# The program's own assets play no part here.
mkdir -p "$work/portal/site/pkg"
printf '[leptos]\noutput-name = "casebridge"\nsite-root = "site"\nsite-pkg-dir = "pkg"\n' >"$work/portal/Leptos.toml"
cp demo/harvard-mitx-runs.csv "$work/portal/runs.csv"
cd "$work/portal"
while read -r name; do unset "$name"; done < <(compgen -e CASEBRIDGE_ | grep -vE '^CASEBRIDGE_(ROOT|TOOLS|BIN)$' || true)
export CASEBRIDGE_LISTEN="127.0.0.1:$portal_port" CASEBRIDGE_PUBLIC_URL="http://127.0.0.1:$portal_port" CASEBRIDGE_SALESFORCE_LOGIN_URL="http://127.0.0.1:$org_port"
export CASEBRIDGE_SALESFORCE_CLIENT_ID=casebridge-dev CASEBRIDGE_SALESFORCE_CLIENT_SECRET=casebridge-dev-secret CASEBRIDGE_SALESFORCE_GRANT=client_credentials
portal() { env -u CASEBRIDGE_ROOT -u CASEBRIDGE_TOOLS -u CASEBRIDGE_BIN "$CASEBRIDGE_BIN" "$@"; }
{
  # Without the org, so that the catalogue doesn't wait to be sent.
  env -u CASEBRIDGE_SALESFORCE_CLIENT_ID -u CASEBRIDGE_SALESFORCE_CLIENT_SECRET -u CASEBRIDGE_SALESFORCE_GRANT -u CASEBRIDGE_SALESFORCE_LOGIN_URL \
    -u CASEBRIDGE_ROOT -u CASEBRIDGE_TOOLS -u CASEBRIDGE_BIN "$CASEBRIDGE_BIN" import catalogue runs.csv
  printf 'correct horse' | portal user add sam@casebridge.test --role staff --name "Sam Okafor" --password-stdin
  printf 'correct horse' | portal user add mia@mitx.test --role partner --organization MITx --name "Mia Torres" --password-stdin
} >"$work/setup.log" 2>&1 || { cat "$work/setup.log" >&2; exit 1; }
staff="$(portal token create sam@casebridge.test --ttl 1h 2>/dev/null)"
partner="$(portal token create mia@mitx.test --ttl 1h 2>/dev/null)"
env -u CASEBRIDGE_ROOT -u CASEBRIDGE_TOOLS -u CASEBRIDGE_BIN "$CASEBRIDGE_BIN" serve >"$work/portal.log" 2>&1 &
started+=($!)
base="http://127.0.0.1:$portal_port"
wait_for "$base/health/ready" "${started[1]}" "$work/portal.log"

# A course of the partner's, one of its runs, and a case.
run="$(python3 -c '
import csv
rows = csv.DictReader(open("runs.csv"))
row = next(row for row in rows if row["institution"] == "MITx")
month, day, year = row["launch_date"].split("/")
print("course-v1:MITx+%s+%s-%s-%s" % (row["course_number"], year, month.zfill(2), day.zfill(2)))')"
ask() { curl --silent --show-error --fail -H "Authorization: Bearer $partner" -H 'Content-Type: application/json' "$@"; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
course="$(ask "$base/api/v1/course-runs/$run" | field course)"
case_id="$(ask "$base/api/v1/cases" -d "{\"course\": \"$course\", \"subject\": \"Captions\", \"body\": \"First\"}" | field id)"

cat >"$work/known.toml" <<TOML
[parameters]
"path.uuid" = "$course"
"path.id" = "$case_id"
"path.key" = "$run"
"query.course_uuid" = "$course"

[[operations]]
include-path = "/api/v1/organizations/{key}"
parameters = { "path.key" = "MITx" }
TOML
checks="not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,allow_header_conformance,ignored_auth"
over() { # TOKEN ARG…
  local token=$1; shift
  COLUMNS=140 "$schemathesis" "$@" --header "Authorization: Bearer $token" --checks "$checks" --seed "${SEED:-20261120}" --max-examples "${EXAMPLES:-40}" \
    --no-color --generation-database none --suppress-health-check all --warnings off --request-timeout 40 "$base/api/openapi.json" || {
    code=$?; grep -E '"level":"(ERROR|WARN)"|ERROR|WARN' "$work/portal.log" | tail -20 >&2; return "$code"; }
}
over "$staff" run "$@"
over "$partner" --config-file "$work/known.toml" run "$@"
