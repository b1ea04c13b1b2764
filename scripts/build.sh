#!/usr/bin/env bash
# Builds what is run: the portal (server, hashed and precompressed assets) and the sandbox org, in release.
# Does nothing when no source is newer than the last build.
set -euo pipefail
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$CASEBRIDGE_ROOT"
stamp=target/release/.casebridge-built
sources=(Cargo.toml Cargo.lock Leptos.toml src crates style public scripts/build.sh)
if [ -f "$stamp" ] && [ -x target/release/casebridge ] && [ -x target/release/sandbox-org ] &&
  [ -z "$(find "${sources[@]}" -newer "$stamp" -type f -not -path '*/tests/*' -print -quit)" ]; then
  exit 0
fi
started="$(mktemp)"
printf '\033[2m[build]\033[0m building in release (the first time takes some minutes)\n' >&2
# Both binaries in one cargo call would unify features with the sandbox's; two calls keep the portal's own.
cargo leptos build --release --precompress
cargo build --release --quiet -p sandbox --bin sandbox-org
# The build began before this moment, so a file saved meanwhile counts as newer.
mkdir -p "$(dirname "$stamp")"
touch -r "$started" "$stamp"
rm -f "$started"
