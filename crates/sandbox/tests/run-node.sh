#!/usr/bin/env bash
# Runs the node tests of a folder, with the unmodified client its package.json names, against a sandbox org started for them.
# Usage: run-node.sh FOLDER; see with-org.sh for what can be set.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/env.sh
source "$here/../../../scripts/env.sh"
folder="$here/$1"
if [ ! "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
  (cd "$folder" && npm ci --silent --ignore-scripts --no-audit --no-fund && touch node_modules/.package-lock.json)
fi
tests=("$folder"/*.test.js)
[ -f "${tests[0]}" ] || { echo "$folder holds no test." >&2; exit 1; }
# Node reads its authorities when it starts, so their file is named before. One file after another: each empties the org for itself.
# The gRPC client keeps its connection after a close, hence the forced exit.
# shellcheck disable=SC2016 # the inner shell expands it
exec "$here/with-org.sh" sh -c 'NODE_EXTRA_CA_CERTS="$SANDBOX_CA" exec node --test --test-force-exit --test-concurrency=1 "$@"' node "${tests[@]}"
