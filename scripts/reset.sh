#!/usr/bin/env bash
# Clears the demo data. Refuses while `make run` is using it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ -f data/run.pid ] && kill -0 "$(cat data/run.pid)" 2>/dev/null; then
  echo "Casebridge is running on this data. Stop it with Ctrl-C first, then run make reset again." >&2
  exit 1
fi
rm -rf data
echo "The demo data is gone; the next make run starts afresh."
