#!/usr/bin/env bash
#
# A good X.509 signature by a P-521 key is "bad" to gpgsm, and so to git.
#
# Software: gpgsm 2.2.40 and git 2.39.5 of Debian 12. OpenSSL 3.0.19 beside them makes the signatures
#   and checks them; github.com/smallstep/pkcs7 v0.2.3 agreed with it about each that day.
# Expected: P-521 is one of the three NIST curves that gpgsm knows, and gpg, on the same libgcrypt,
#   verifies with all three. So does gpgsm; a curve that it couldn't use would be an error, not a verdict.
# What it does: it refuses every signature by a P-521 key, with each hash: "DSA requires the hash length
#   to be a multiple of 8 bits". The 521 is the length that it means; the hash is sound. And the word
#   is BADSIG, the one for a forgery, so %G? is B. An authority with such a key can't even be imported:
#   its self-signature is "BAD", too, and all whom it certified, on whatever curve, stay untrusted (U).
# Why it matters: a project whose company has a P-521 authority, or one person with a P-521 card, gets
#   alarms for honest commits from whoever verifies by git, while a verifier on OpenSSL or Go finds them
#   good. Look at the curve before believing such a B, or issue certificates for P-256 or P-384.
# Needs: git, gnupg, gpgsm, openssl. Takes seconds.
#
# Seen on 2026-11-29:
#   P-256 key, SHA-256, RSA authority: OpenSSL good; gpgsm GOODSIG TRUST_FULLY; git exit 0, G
#   P-384 key, SHA-384, RSA authority: OpenSSL good; gpgsm GOODSIG TRUST_FULLY; git exit 0, G
#   P-384 key, SHA-384, P-384 authority: OpenSSL good; gpgsm GOODSIG TRUST_FULLY; git exit 0, G
#   P-521 key, SHA-256, RSA authority: OpenSSL good; gpgsm BADSIG; git exit 1, B
#   P-521 key, SHA-512, RSA authority: OpenSSL good; gpgsm BADSIG; git exit 1, B
#   P-256 key, SHA-256, P-521 authority: OpenSSL good; gpgsm GOODSIG TRUST_UNDEFINED; git exit 1, U
#     import of the authority: self-signed certificate has a BAD signature: Internal error
#   gpg itself, nistp521 key: git exit 0, G
set -euo pipefail

tmp=$(mktemp -d)
trap 'gpgconf --kill all >/dev/null 2>&1 || true; rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GNUPGHOME=$tmp/gnupg GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
mkdir -m 700 "$GNUPGHOME"
printf '%s\n' disable-crl-checks disable-dirmngr >"$GNUPGHOME/gpgsm.conf"

repo=$tmp/repo
git init -q "$repo"
git -C "$repo" config user.name Thea
git -C "$repo" config user.email thea@example.org
tree=$(git -C "$repo" write-tree)
who='Thea <thea@example.org> 1767225600 +0000'
printf 'tree %s\nauthor %s\ncommitter %s\n\nSigned\n' "$tree" "$who" "$who" >"$tmp/payload"

# make_key KIND FILE makes a private key.
make_key() {
	case $1 in
	RSA) openssl genrsa -out "$2" 3072 ;;
	P-256) openssl ecparam -name prime256v1 -genkey -noout -out "$2" ;;
	P-384) openssl ecparam -name secp384r1 -genkey -noout -out "$2" ;;
	P-521) openssl ecparam -name secp521r1 -genkey -noout -out "$2" ;;
	esac 2>>"$tmp/log"
}

# make_authority KIND makes a self-signed certificate and has gpgsm trust it.
make_authority() {
	make_key "$1" "$tmp/$1.pem"
	openssl req -x509 -new -sha512 -key "$tmp/$1.pem" -subj "/CN=$1 authority" -days 30 -out "$tmp/$1.crt" 2>>"$tmp/log"
	gpgsm --batch --import "$tmp/$1.crt" >>"$tmp/log" 2>"$tmp/$1.import" || true
	cat "$tmp/$1.import" >>"$tmp/log"
	echo "$(openssl x509 -in "$tmp/$1.crt" -noout -fingerprint -sha1 | cut -d= -f2) S relax" >>"$GNUPGHOME/trustlist.txt"
}

# verdict COMMIT is git's exit status and letter.
verdict() {
	local status=0
	git -C "$repo" verify-commit "$1" 2>>"$tmp/log" || status=$?
	echo "git exit $status, $(git -C "$repo" log -1 --format=%G? "$1" 2>>"$tmp/log")"
}

serial=1
printf '%s\n' keyUsage=critical,digitalSignature extendedKeyUsage=emailProtection \
	subjectAltName=email:thea@example.org >"$tmp/extensions"

# look KEY HASH AUTHORITY signs the payload by a certificate of its own and says what becomes of it.
look() {
	local commit openssl=bad
	serial=$((serial + 1))
	make_key "$1" "$tmp/key.pem"
	openssl req -new -key "$tmp/key.pem" -subj /CN=Thea -out "$tmp/key.csr" 2>>"$tmp/log"
	openssl x509 -req -sha512 -in "$tmp/key.csr" -CA "$tmp/$3.crt" -CAkey "$tmp/$3.pem" -set_serial "$serial" \
		-days 30 -extfile "$tmp/extensions" -out "$tmp/key.crt" 2>>"$tmp/log"
	openssl cms -sign -binary -md "${2/-/}" -signer "$tmp/key.crt" -inkey "$tmp/key.pem" -outform PEM \
		-in "$tmp/payload" -out "$tmp/cms"
	if openssl cms -verify -binary -inform PEM -in "$tmp/cms" -content "$tmp/payload" -CAfile "$tmp/$3.crt" \
		-out /dev/null 2>>"$tmp/log"; then
		openssl=good
	fi
	{
		head -n 3 "$tmp/payload"
		# Git knows gpgsm's name for the armor alone.
		sed -e 's/ CMS-/ SIGNED MESSAGE-/' -e '1s/^/gpgsig /' -e '2,$s/^/ /' "$tmp/cms"
		tail -n +4 "$tmp/payload"
	} >"$tmp/object"
	commit=$(git -C "$repo" hash-object -t commit -w "$tmp/object")
	gpgsm --batch --status-fd 1 --verify "$tmp/cms" "$tmp/payload" >"$tmp/status" 2>>"$tmp/log" || true
	echo "$1 key, $2, $3 authority: OpenSSL $openssl; gpgsm $(awk '$2 ~ /^(GOODSIG|BADSIG|ERRSIG|TRUST_)/ { print $2 }' "$tmp/status" | paste -sd' '); $(verdict "$commit")"
}

for kind in RSA P-384 P-521; do make_authority "$kind"; done
{
	look P-256 SHA-256 RSA
	look P-384 SHA-384 RSA
	look P-384 SHA-384 P-384
	look P-521 SHA-256 RSA
	look P-521 SHA-512 RSA
	look P-256 SHA-256 P-521
	echo "  import of the authority: $(sed -n 's/^gpgsm: \(self-signed.*\)/\1/p' "$tmp/P-521.import")"
	gpg --batch --passphrase '' --quick-gen-key 'Thea <thea@example.org>' nistp521 sign 0 2>>"$tmp/log"
	git -C "$repo" commit -q --allow-empty -S -m 'Signed' 2>>"$tmp/log"
	echo "gpg itself, nistp521 key: $(verdict HEAD)"
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
