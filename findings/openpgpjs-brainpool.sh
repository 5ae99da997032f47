#!/usr/bin/env bash
#
# OpenPGP.js on Node calls every signature by a Brainpool key unverified, for want of a module.
#
# Software: openpgp 6.3.2 (npm), with eckey-utils 0.7.14 (npm) in the second run; node 20.20.2; git
#   2.39.5 and gpg 2.2.40 of Debian 12 beside them.
# Expected: the table in its README has Brainpool's three curves, native on Node ("Yes, when
#   available"), and node's crypto has them. npm install brings what a package needs: so the signature
#   is good, or else the curve is refused by name, as secp256k1 is.
# What it does: the key is read and the signature parsed. Then the native verifier asks for the package
#   eckey-utils, which openpgp lists for its developers only; so npm install leaves it out, and verify()
#   gives a signature whose verified promise rejects: "Cannot find module 'eckey-utils'". That
#   is how a forged one rejects as well. With the package beside it all is good. NIST's curves don't
#   need it, as they go another way.
# Why it matters: a verifier asks whether the promise rejects, not why, and then reports a bad signature.
#   Only people with such keys meet it (Germany's BSI recommends the curves), and a test with keys on
#   the usual curves doesn't. Install eckey-utils oneself, and tell a rejection whose error has a code
#   from a verdict.
# Needs: git, gnupg, node with npm. Takes seconds.
#
# Seen on 2026-11-29:
#   openpgp alone
#     ed25519: git good; openpgp good
#     nistp256: git good; openpgp good
#     brainpoolP256r1: git good; openpgp Cannot find module 'eckey-utils' (MODULE_NOT_FOUND)
#     brainpoolP384r1: git good; openpgp Cannot find module 'eckey-utils' (MODULE_NOT_FOUND)
#     brainpoolP512r1: git good; openpgp Cannot find module 'eckey-utils' (MODULE_NOT_FOUND)
#   with eckey-utils
#     ed25519: git good; openpgp good
#     nistp256: git good; openpgp good
#     brainpoolP256r1: git good; openpgp good
#     brainpoolP384r1: git good; openpgp good
#     brainpoolP512r1: git good; openpgp good
set -euo pipefail

tmp=$(mktemp -d)
trap 'gpgconf --kill all >/dev/null 2>&1 || true; rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GNUPGHOME=$tmp/gnupg GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export npm_config_cache=$tmp/npm npm_config_update_notifier=false
mkdir -m 700 "$GNUPGHOME"

# install PACKAGE... adds the packages and nothing that they don't depend on.
install() {
	npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$tmp/js" "$@" >>"$tmp/log" 2>&1
}

repo=$tmp/repo
git init -q "$repo"
git -C "$repo" config user.name Thea
git -C "$repo" config user.email thea@example.org
curves='ed25519 nistp256 brainpoolP256r1 brainpoolP384r1 brainpoolP512r1'
for curve in $curves; do
	gpg --batch --passphrase '' --quick-gen-key "$curve <$curve@example.org>" "$curve" sign 0 2>>"$tmp/log"
	gpg --armor --export "$curve@example.org" >"$tmp/$curve.key"
	git -C "$repo" -c user.signingKey="$curve@example.org" commit -q --allow-empty -S -m 'Signed' 2>>"$tmp/log"
	git -C "$repo" tag "$curve"
	git -C "$repo" cat-file commit HEAD >"$tmp/object"
	sed -e '/^gpgsig /,/^ -----END /d' "$tmp/object" >"$tmp/$curve.payload"
	sed -n -e '/^gpgsig /,/^ -----END /p' "$tmp/object" | sed -e 's/^gpgsig //' -e 's/^ //' >"$tmp/$curve.sig"
done

install openpgp@6.3.2
cat >"$tmp/js/verify.cjs" <<'JS'
const fs = require('fs')
const openpgp = require('openpgp')
const [tmp, curve] = process.argv.slice(2)
const file = (name) => fs.readFileSync(`${tmp}/${curve}.${name}`)
async function main() {
  const verificationKeys = await openpgp.readKey({armoredKey: file('key').toString()})
  const signature = await openpgp.readSignature({armoredSignature: file('sig').toString()})
  const message = await openpgp.createMessage({binary: file('payload')})
  const {signatures} = await openpgp.verify({message, signature, verificationKeys})
  await signatures[0].verified
  return 'good'
}
const reason = (err) => err.message.split('\n')[0] + (err.code ? ` (${err.code})` : '')
main().catch(reason).then(console.log)
JS

# look TITLE says what git and openpgp make of each commit.
look() {
	local curve git
	echo "$1"
	for curve in $curves; do
		git=bad
		if git -C "$repo" verify-commit "$curve" 2>>"$tmp/log"; then git=good; fi
		echo "  $curve: git $git; openpgp $(node "$tmp/js/verify.cjs" "$tmp" "$curve")"
	done
}

{
	look 'openpgp alone'
	install openpgp@6.3.2 eckey-utils@0.7.14
	look 'with eckey-utils'
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
