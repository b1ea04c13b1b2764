#!/usr/bin/env bash
# Runs this folder's tests; see run-node.sh.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/../run-node.sh" jsforce
