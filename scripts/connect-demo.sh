#!/usr/bin/env bash
# Does what an admin does in the browser to connect the sandbox org: signs in, presses Connect, presses Allow.
# Usage: scripts/connect-demo.sh PORTAL_URL EMAIL PASSWORD
set -euo pipefail
portal=$1 email=$2 password=$3
jar="$(mktemp)"
trap 'rm -f "$jar"' EXIT
visit() { curl --silent --show-error --fail --cookie "$jar" --cookie-jar "$jar" --header "Origin: $portal" "$@"; }
location() { visit --output /dev/null --write-out '%{redirect_url}' "$@"; }

visit --output /dev/null --data-urlencode "email=$email" --data-urlencode "password=$password" "$portal/login"
consent="$(location --request POST "$portal/admin/salesforce/connect")"
[ -n "$consent" ] || { echo "The portal did not send us to the org's consent page." >&2; exit 1; }
# The consent page's form posts back to its own address with the button that was pressed.
callback="$(curl --silent --show-error --fail --output /dev/null --write-out '%{redirect_url}' --data "decision=allow" "$consent")"
[ -n "$callback" ] || { echo "The org's consent page did not send us back." >&2; exit 1; }
visit --output /dev/null "$callback"
