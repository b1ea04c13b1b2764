#!/usr/bin/env bash
# Licences, sources and duplicate versions always; advisories where their database is on this machine or can be fetched.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$CASEBRIDGE_ROOT"
cargo deny --offline --log-level error check licenses bans sources
# Nothing has fetched these yet: the fuzz targets are built later.
cargo fetch --quiet --locked --manifest-path crates/sandbox/fuzz/Cargo.toml
cargo deny --offline --log-level error --manifest-path crates/sandbox/fuzz/Cargo.toml --locked --config deny.toml check licenses sources
if timeout 60 cargo deny fetch db >/dev/null 2>&1; then
  cargo deny --log-level error check advisories
else
  echo "advisories: not checked, their database can't be reached from here"
fi
