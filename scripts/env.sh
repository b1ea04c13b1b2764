# Sourced by every script and by make: puts the tools that scripts/setup.sh installed on PATH and names the toolchain.
# Nothing here installs; an absent tool is scripts/setup.sh's business.

CASEBRIDGE_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
CASEBRIDGE_TOOLS="${CASEBRIDGE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/casebridge-tools}"
export CASEBRIDGE_ROOT CASEBRIDGE_TOOLS
export PATH="$CASEBRIDGE_TOOLS/bin:$CASEBRIDGE_TOOLS/node/node_modules/.bin:$HOME/.cargo/bin:$PATH"
# Tailwind looks for its own stylesheet from the file that imports it, and style/ has no node_modules above it.
export NODE_PATH="$CASEBRIDGE_TOOLS/node/node_modules${NODE_PATH:+:$NODE_PATH}"
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"

# The linked Debian compiler is used only where rustup could not provide the wasm standard library.
if [ -f "$CASEBRIDGE_TOOLS/toolchain" ]; then
  RUSTUP_TOOLCHAIN="$(cat "$CASEBRIDGE_TOOLS/toolchain")"
  export RUSTUP_TOOLCHAIN
fi

# wasm needs an lld; rustup ships one, Debian packages one.
if [ -z "${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:-}" ]; then
  for candidate in "${RUSTUP_HOME:-$HOME/.rustup}"/toolchains/*/lib/rustlib/*/bin/rust-lld "$(command -v rust-lld || true)" "$(command -v wasm-ld || true)" /usr/lib/llvm-*/bin/wasm-ld; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
      export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$candidate"
      break
    fi
  done
fi

# mold links the server in about a second where it is installed; without it the system linker works too.
if command -v mold >/dev/null 2>&1; then
  export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C link-arg=-fuse-ld=mold"
  export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS="-C link-arg=-fuse-ld=mold"
fi
