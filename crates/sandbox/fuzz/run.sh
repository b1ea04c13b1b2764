#!/usr/bin/env bash
# Runs every fuzz target for a bounded number of runs from its seeds: fuzz/run.sh [TARGET [RUNS]]. What ends a target is left in
# fuzz/artifacts; put it among the seeds once it is mended. Needs a C++ compiler, for libFuzzer; the Rust compiler is the stable one.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
# shellcheck source=scripts/env.sh
source "$here/../../../scripts/env.sh"
# With the rest, so that what was compiled for the tests serves here too.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$CASEBRIDGE_ROOT/target}"
if ! command -v c++ >/dev/null 2>&1; then
  echo "A C++ compiler is needed to build libFuzzer: install g++ or clang++ (on Debian: apt-get install g++)." >&2
  exit 1
fi
cd "$here"
RUSTC_WRAPPER="$here/instrument.sh" cargo build --locked --quiet --bins
runs=${2:-20000}
for target in ${1:-soql sosl rows events records}; do
  mkdir -p "artifacts/$target"
  # A fixed seed, so that no machine has much more luck than another; an input that takes 10 s is wrong too.
  work="$(mktemp -d)"
  if ! "$CARGO_TARGET_DIR/debug/$target" -runs="$runs" -seed=1 -max_len=4096 -timeout=10 -rss_limit_mb=1024 -verbosity=0 \
    -artifact_prefix="artifacts/$target/" "$work" "seeds/$target" >"$work.log" 2>&1; then
    tail -n 40 "$work.log" >&2
    echo "fuzz target $target failed; the input is in $here/artifacts/$target" >&2
    exit 1
  fi
  echo "fuzz target $target: $runs runs, $(find "$work" -type f | wc -l) inputs that reached something new"
  rm -rf "$work" "$work.log"
done
