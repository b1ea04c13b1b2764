#!/usr/bin/env bash
# Stands before rustc, and lets libFuzzer watch what is the sandbox's own but not what it depends on. The pass and its options are
# in the stable compiler, where a sanitizer would need another.
set -euo pipefail
case "${CARGO_PKG_NAME:-}" in
  sandbox | sandbox-fuzz)
    set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
      -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
      -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
esac
exec "$@"
