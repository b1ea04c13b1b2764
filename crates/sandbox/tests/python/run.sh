#!/usr/bin/env bash
# Runs the unmodified simple-salesforce package against a sandbox org started for it.
# Usage: run.sh [PYTEST ARG…]; see with-org.sh for what can be set.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/env.sh
source "$here/../../../../scripts/env.sh"
python="$CASEBRIDGE_TOOLS/python/bin/python"
[ -x "$python" ] || { echo "simple-salesforce is missing: run scripts/setup.sh test" >&2; exit 1; }
export PYTHONDONTWRITEBYTECODE=1
# pytest answers 5 when it found no test, so an empty run fails too.
exec "$here/../with-org.sh" "$python" -m pytest -p no:cacheprovider --strict-markers -q "$here" "$@"
