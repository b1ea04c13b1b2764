#!/usr/bin/env bash
# The bytes a browser loads after brotli, against the budget: 100 KB of wasm, 40 KB of style and script.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
weigh() { # LIMIT NAME FILE…
  local limit=$1 name=$2; shift 2
  local bytes
  bytes="$(cat "$@" | wc -c)"
  printf '%-18s %7d bytes of %d\n' "$name" "$bytes" "$limit"
  [ "$bytes" -gt 0 ] && [ "$bytes" -le "$limit" ] || { echo "$name is over its budget (or missing)." >&2; exit 1; }
}
weigh 102400 "wasm" target/site/pkg/*.wasm.br
weigh 40960 "style and script" target/site/pkg/*.css.br target/site/pkg/*.js.br
