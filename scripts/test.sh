#!/usr/bin/env bash
# Everything CI checks, in the order in which it fails soonest. Each stage says what it is and how long it took.
set -euo pipefail
here="$(dirname "${BASH_SOURCE[0]}")"
"$here/setup.sh" test
# shellcheck source=scripts/env.sh
source "$here/env.sh"
cd "$CASEBRIDGE_ROOT"

stage() { # NAME COMMAND…
  local name=$1 from=$SECONDS; shift
  printf '\n\033[1m== %s\033[0m\n' "$name"
  "$@" || { printf '\n== %s failed after %ss\n' "$name" $((SECONDS - from)) >&2; exit 1; }
  printf '== %s: passed in %ss\n' "$name" $((SECONDS - from))
}

for_browser=(--lib --no-default-features --features hydrate --target wasm32-unknown-unknown)
stage "formatting" cargo fmt --all --check
stage "lints, server" cargo clippy --workspace --all-targets --quiet -- --deny warnings
stage "lints, browser" cargo clippy "${for_browser[@]}" --quiet -- --deny warnings
stage "licences and duplicates" "$here/deny.sh"
stage "unit and integration tests, SQLite and PostgreSQL" "$here/with-postgres.sh" cargo nextest run --workspace
stage "fuzz targets of the sandbox" crates/sandbox/fuzz/run.sh
stage "release build" "$here/build.sh"
stage "weight of the pages" "$here/check-weight.sh"
stage "schemathesis over the REST API" tests/schemathesis/run.sh
stage "simple-salesforce" crates/sandbox/tests/python/run.sh
stage "jsforce" crates/sandbox/tests/jsforce/run.sh
stage "salesforce-pubsub-api-client" crates/sandbox/tests/pubsub/run.sh
stage "jsforce streaming" crates/sandbox/tests/jsforce-streaming/run.sh
stage "random histories" npm --prefix end2end run chaos
stage "browser" npm --prefix end2end test
printf '\nAll stages passed in %s min.\n' $(((SECONDS + 59) / 60))
