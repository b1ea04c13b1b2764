#!/usr/bin/env bash
# Random histories of portal and org, with what breaks between them. SEED, RUNS, STEPS and MINUTES say which and for how long.
set -euo pipefail
here="$(dirname "${BASH_SOURCE[0]}")"
"$here/setup.sh" test
"$here/build.sh"
# shellcheck source=scripts/env.sh
source "$here/env.sh"
cd "$CASEBRIDGE_ROOT/end2end"
exec npx --no-install playwright test --config chaos.config.ts "$@"
