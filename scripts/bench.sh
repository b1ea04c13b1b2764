#!/usr/bin/env bash
# Measures the release binaries against the aims in docs/BENCHMARKS.md and rewrites its table.
set -euo pipefail
here="$(dirname "${BASH_SOURCE[0]}")"
"$here/setup.sh" bench
"$here/build.sh"
# shellcheck source=scripts/env.sh
source "$here/env.sh"
cd "$CASEBRIDGE_ROOT"
cargo build --release --quiet -p bench
exec target/release/casebridge-bench run "$@"
