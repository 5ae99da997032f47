#!/usr/bin/env bash
#
# To git, a commit whose X.509 signer is named by a key identifier has no signature at all.
#
# Software: gpgsm 2.2.40 with libksba 1.6.3, and git 2.39.5, of Debian 12. OpenSSL 3.0.19 beside them
#   makes the signatures and checks them.
# Expected: CMS lets a signature name its signer in two ways, by the issuer and the serial number of the
#   certificate, or by the certificate's key identifier (RFC 5652 section 5.3), and wants both to be
#   understood. OpenSSL writes the second with -keyid. What gpgsm can't verify should be an error, and
#   git has a letter for that: "E: the signature cannot be checked" (git-log(1), %G?).
# What it does: libksba can't read the message ("BER error"), so gpgsm ends without one status line
#   about a signature. Git makes the letter from those lines alone, and shows N, "no signature", with
#   an empty signer. The same signature with issuer and serial number, over other content, gets a B.
# Why it matters: an audit that counts %G? puts such commits with the unsigned ones, and nobody looks
#   at them again. Whether a commit has a signature is better asked of the object: is there a gpgsig
#   header? And a signer that wants to be verified by gpgsm names itself by issuer and serial number.
# Needs: git, gnupg, gpgsm, openssl. Takes seconds.
#
# Seen on 2026-11-30:
#   issuer and serial number: OpenSSL good; gpgsm GOODSIG; git exit 0, G by /CN=Thea
#   issuer and serial number, over other content: OpenSSL bad; gpgsm BADSIG; git exit 1, B by /CN=Thea
#   key identifier: OpenSSL good; gpgsm no word of a signature; git exit 1, N by nobody
#     gpgsm: ksba_cms_parse failed: BER error
#   key identifier, over other content: OpenSSL bad; gpgsm no word of a signature; git exit 1, N by nobody
#     gpgsm: ksba_cms_parse failed: BER error
#   unsigned: git exit 1, N by nobody
set -euo pipefail

tmp=$(mktemp -d)
trap 'gpgconf --kill all >/dev/null 2>&1 || true; rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GNUPGHOME=$tmp/gnupg GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
mkdir -m 700 "$GNUPGHOME"
printf '%s\n' disable-crl-checks disable-dirmngr >"$GNUPGHOME/gpgsm.conf"
: >"$tmp/log"

# A certificate that stands for itself, and is trusted.
openssl req -x509 -newkey rsa:3072 -nodes -keyout "$tmp/key" -out "$tmp/cert" -subj /CN=Thea -days 30 \
	-addext keyUsage=critical,digitalSignature,keyCertSign -addext subjectKeyIdentifier=hash 2>>"$tmp/log"
gpgsm --batch --import "$tmp/cert" 2>>"$tmp/log"
fingerprint=$(gpgsm --batch --with-colons --list-keys 2>>"$tmp/log" | awk -F: '/^fpr/ { print $10; exit }')
echo "$fingerprint S relax" >"$GNUPGHOME/trustlist.txt"

git init -q "$tmp/repo"
git -C "$tmp/repo" config gpg.format x509
git -C "$tmp/repo" write-tree >/dev/null
who='Thea <thea@example.org> 1767225600 +0000'
printf 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor %s\ncommitter %s\n\nA change\n' "$who" "$who" >"$tmp/commit"
sed 's/A change/Another change/' "$tmp/commit" >"$tmp/other"

# by TITLE says what git makes of the commit in the file "object".
by() {
	local commit code=0 letter signer
	# hash-object checks the form, as a push would.
	commit=$(git -C "$tmp/repo" hash-object -t commit -w "$tmp/object")
	git -C "$tmp/repo" verify-commit "$commit" 2>>"$tmp/log" || code=$?
	letter=$(git -C "$tmp/repo" log -1 --format=%G? "$commit" 2>>"$tmp/log")
	signer=$(git -C "$tmp/repo" log -1 --format=%GS "$commit" 2>>"$tmp/log")
	echo "$1 git exit $code, $letter by ${signer:-nobody}"
}

# look TITLE CONTENT OPTION... signs the commit, puts the signature on CONTENT, and asks all three.
look() {
	local title=$1 content=$2 openssl=bad word
	shift 2
	openssl cms -sign -binary -md sha256 -signer "$tmp/cert" -inkey "$tmp/key" -in "$tmp/commit" -outform PEM \
		-out "$tmp/cms" "$@"
	if openssl cms -verify -binary -in "$tmp/cms" -inform PEM -content "$content" -CAfile "$tmp/cert" -purpose any \
		>>"$tmp/log" 2>&1; then openssl=good; fi
	sed 's/ CMS-/ SIGNED MESSAGE-/' "$tmp/cms" >"$tmp/sig"
	gpgsm --batch --status-fd 1 --verify "$tmp/sig" "$content" >"$tmp/status" 2>"$tmp/said" || true
	word=$(grep -o -E 'GOODSIG|BADSIG|ERRSIG|EXPKEYSIG|REVKEYSIG' "$tmp/status" || true)
	{
		head -n 3 "$content"
		sed '1s/^/gpgsig /; 2,$s/^/ /' "$tmp/sig"
		tail -n +4 "$content"
	} >"$tmp/object"
	by "$title: OpenSSL $openssl; gpgsm ${word:-no word of a signature};"
	if [ -z "$word" ]; then sed -n 's/^gpgsm: ksba/  &/p' "$tmp/said"; fi
}

{
	look 'issuer and serial number' "$tmp/commit"
	look 'issuer and serial number, over other content' "$tmp/other"
	look 'key identifier' "$tmp/commit" -keyid
	look 'key identifier, over other content' "$tmp/other" -keyid
	cp "$tmp/commit" "$tmp/object"
	by 'unsigned:'
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
