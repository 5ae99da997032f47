#!/usr/bin/env bash
#
# gpg's ready-made revocation certificate is dated when the key was made, and gives no reason.
#
# Software: gpg 2.2.40 of Debian 12.
# Expected: gpg writes a revocation certificate beside each new key (openpgp-revocs.d). Who imports and
#   publishes it years later has revoked the key then: what it signed before was signed by a good key.
# What it does: the certificate is a signature made together with the key, and bears that date. Its reason
#   is 0, "No reason specified". Once it is imported, the key is one that was revoked on the day it was
#   made, whatever the day of the loss.
# Why it matters: a verifier that lets stand what was signed before the date of a revocation lets nothing
#   stand here; and one that trusts the date can't be told by it when the key was lost. Only the project
#   knows that. So its policy says it, and wins over a revocation that gives no reason.
# Needs: gnupg. Takes a second.
#
# Seen on 2026-11-30:
#   made 2020-01-01, reason 0x00
#   signed 2021-01-01, imported today: REVKEYSIG
set -euo pipefail

tmp=$(mktemp -d)
trap 'gpgconf --kill all >/dev/null 2>&1 || true; rm -rf "$tmp"' EXIT
export LC_ALL=C GNUPGHOME=$tmp/gnupg
mkdir -m 700 "$GNUPGHOME"
{
	gpg --batch --quiet --faked-system-time 20200101T000000 --passphrase '' --quick-generate-key alice ed25519 sign never 2>/dev/null
	echo x >"$tmp/x"
	gpg --batch --quiet --faked-system-time 20210101T000000 --detach-sign "$tmp/x" 2>/dev/null
	sed 's/^:-----BEGIN/-----BEGIN/' "$GNUPGHOME"/openpgp-revocs.d/*.rev >"$tmp/rev"
	gpg --list-packets "$tmp/rev" 2>/dev/null >"$tmp/packets"
	made=$(sed -n 's/.*created \([0-9]*\),.*/\1/p' "$tmp/packets")
	reason=$(sed -n 's/.*revocation reason \(0x[0-9a-f]*\).*/\1/p' "$tmp/packets")
	echo "made $(date -ud "@$made" +%F), reason $reason"
	gpg --batch --quiet --import "$tmp/rev" 2>/dev/null
	gpg --batch --status-fd 1 --verify "$tmp/x.sig" "$tmp/x" 2>/dev/null >"$tmp/status" || true
	echo "signed 2021-01-01, imported today: $(grep -o 'REVKEYSIG\|GOODSIG' "$tmp/status")"
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
