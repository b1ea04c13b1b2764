#!/usr/bin/env bash
# Makes sure of everything `make run`, `make test` or `make bench` needs; quick when nothing is missing.
# Usage: scripts/setup.sh run|test|bench
set -euo pipefail
purpose="${1:-run}"
# shellcheck source=scripts/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

RUST_VERSION=1.96.0
CARGO_LEPTOS_VERSION=0.3.11
NEXTEST_VERSION=0.9.143
CARGO_DENY_VERSION=0.20.2
WASM_BINDGEN_VERSION="$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' "$CASEBRIDGE_ROOT/Cargo.lock")"

say() { printf '\033[2m[setup]\033[0m %s\n' "$*" >&2; }
die() { printf '[setup] %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; elif have sudo; then sudo "$@"; else die "needs root for: $*. Run it as root, then try again."; fi; }

apt_updated=""
apt_install() {
  have apt-get || die "missing: $*. This machine has no apt-get; install these with your package manager and run the command again."
  [ -n "$apt_updated" ] || { as_root apt-get update -qq; apt_updated=1; }
  say "installing Debian packages: $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# A tool is a binary of ours in $CASEBRIDGE_TOOLS/bin of exactly the version asked for.
# These are developer tools: compiled for a quick build, not for speed.
cargo_tool() {
  local binary=$1 crate=$2 version=$3; shift 3
  if have "$binary" && "$binary" --version 2>/dev/null | grep -qF "$version"; then return; fi
  if have cargo-binstall && cargo binstall --no-confirm --root "$CASEBRIDGE_TOOLS" "$crate@$version" >/dev/null 2>&1; then return; fi
  say "building $crate $version (once per machine; minutes)"
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=256 CARGO_PROFILE_RELEASE_DEBUG=0 \
    CARGO_TARGET_DIR="$CASEBRIDGE_TOOLS/build" cargo install --quiet --root "$CASEBRIDGE_TOOLS" "$crate" --version "$version" "$@"
}

ensure_rust() {
  have rustup || die "Rust is missing. Install rustup (see rustup.rs), open a new shell and run the command again."
  have cc || apt_install gcc libc6-dev
  mkdir -p "$CASEBRIDGE_TOOLS"
  if ! have mold && have apt-get; then apt_install mold || say "mold is not to be had; linking with the system linker"; fi
  if [ -n "${RUSTUP_TOOLCHAIN:-}" ] && wasm_std_present; then return; fi
  use_rustup_toolchain || use_debian_toolchain || die "no Rust $RUST_VERSION with a wasm32 standard library could be set up. On a machine with access to rustup's downloads, 'rustup toolchain install $RUST_VERSION --target wasm32-unknown-unknown' does it."
  # shellcheck source=scripts/env.sh
  source "$CASEBRIDGE_ROOT/scripts/env.sh"
}

wasm_std_present() { compgen -G "$(rustc --print sysroot 2>/dev/null)/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib" >/dev/null; }

use_rustup_toolchain() {
  say "asking rustup for Rust $RUST_VERSION and its wasm32 standard library"
  rustup toolchain install "$RUST_VERSION" --profile minimal --component rustfmt --component clippy \
    --target wasm32-unknown-unknown --no-self-update >/dev/null 2>&1 || return 1
  export RUSTUP_TOOLCHAIN="$RUST_VERSION"
  wasm_std_present || return 1
  echo "$RUST_VERSION" >"$CASEBRIDGE_TOOLS/toolchain"
}

# Where rustup's downloads cannot be reached: Debian's compiler of the same version, and a standard library built
# from the source that Debian ships with it.
use_debian_toolchain() {
  say "rustup could not; building the wasm32 standard library with Debian's compiler (about a minute)"
  apt_install rustc-web cargo-web rust-web-src rustfmt-web rust-web-clippy lld
  local rustlib=/usr/lib/rustlib/wasm32-unknown-unknown/lib work
  work="$(mktemp -d)"
  (
    cd "$work"
    export PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    unset RUSTUP_TOOLCHAIN
    /usr/bin/cargo init --quiet --lib --name stdlib_seed --vcs none .
    # The final link may fail where no wasm linker is configured; only the rlibs matter.
    /usr/bin/cargo build --quiet -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown --release || true
  )
  as_root mkdir -p "$rustlib"
  as_root cp "$work"/target/wasm32-unknown-unknown/release/deps/*.rlib "$rustlib/"
  as_root rm -f "$rustlib"/libstdlib_seed*
  rm -rf "$work"
  rustup toolchain link casebridge /usr
  export RUSTUP_TOOLCHAIN=casebridge
  wasm_std_present || return 1
  echo casebridge >"$CASEBRIDGE_TOOLS/toolchain"
}

ensure_node_tools() {
  have node && have npm || apt_install nodejs npm
  local lock="$CASEBRIDGE_ROOT/scripts/node/package-lock.json" seal="$CASEBRIDGE_TOOLS/node/.installed"
  if ! cmp -s "$lock" "$seal"; then
    say "installing wasm-opt and Tailwind from npm"
    mkdir -p "$CASEBRIDGE_TOOLS/node"
    cp "$CASEBRIDGE_ROOT"/scripts/node/package*.json "$CASEBRIDGE_TOOLS/node/"
    (cd "$CASEBRIDGE_TOOLS/node" && npm install --silent --no-save --no-audit --no-fund)
    cp "$lock" "$seal"
  fi
}

ensure_web_build() {
  ensure_node_tools
  cargo_tool cargo-leptos cargo-leptos "$CARGO_LEPTOS_VERSION" --locked --features no_downloads
  cargo_tool wasm-bindgen wasm-bindgen-cli "$WASM_BINDGEN_VERSION"
}

ensure_tests() {
  cargo_tool cargo-nextest cargo-nextest "$NEXTEST_VERSION" --locked
  cargo_tool cargo-deny cargo-deny "$CARGO_DENY_VERSION" --locked
  compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || have initdb || apt_install postgresql
  have chromium || have chromium-browser || have google-chrome || apt_install chromium
  have c++ || apt_install g++
  have python3 || apt_install python3
  python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || apt_install python3-venv
  local venv="$CASEBRIDGE_TOOLS/python" requirements="$CASEBRIDGE_ROOT/crates/sandbox/tests/python/requirements.txt"
  if ! cmp -s "$requirements" "$venv/.installed"; then
    say "installing simple-salesforce from PyPI"
    rm -rf "$venv"; python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$venv/.installed"
  fi
  venv="$CASEBRIDGE_TOOLS/schemathesis" requirements="$CASEBRIDGE_ROOT/tests/schemathesis/requirements.txt"
  if ! cmp -s "$requirements" "$venv/.installed"; then
    say "installing schemathesis from PyPI"
    rm -rf "$venv"; python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$requirements"
    cp "$requirements" "$venv/.installed"
  fi
  local lock="$CASEBRIDGE_ROOT/end2end/package-lock.json" seal="$CASEBRIDGE_ROOT/end2end/node_modules/.installed"
  if ! cmp -s "$lock" "$seal"; then
    say "installing Playwright from npm"
    (cd "$CASEBRIDGE_ROOT/end2end" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund)
    cp "$lock" "$seal"
  fi
}

ensure_rust
ensure_web_build
case "$purpose" in
  run) ;;
  test | bench) ensure_tests ;;
  *) die "usage: scripts/setup.sh run|test|bench" ;;
esac
