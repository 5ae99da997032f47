#!/usr/bin/env bash
#
# Anybody can give a signed commit another id, and change neither what is signed nor the signature.
#
# Software: git 2.39.5, ssh-keygen of OpenSSH 9.2 and gpg 2.2.40, all of Debian 12.
# Expected: only who has the key can make another commit that says the same and verifies, so that the id of a signed
#   commit stands for what its signer signed.
# What it does: the signature lies in the commit as armored text, and neither program minds where its lines end. With
#   the base64 wrapped after 60 characters the commit has another id, and git verify-commit calls it good all the same.
# Why it matters: a list of commits that are taken back, used up, or to be refused for ever is a list of objects. Whoever
#   may push puts the signer's words into one that isn't on it. Compare what is signed.
# Needs: git, ssh-keygen, gpg.
#
# Seen on 2026-11-30:
#   ssh: another id, the same payload, good
#   openpgp: another id, the same payload, good
set -euo pipefail

tmp=$(mktemp -d)
trap 'gpgconf --kill all >/dev/null 2>&1; rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GNUPGHOME=$tmp/gnupg
mkdir -m 700 "$GNUPGHOME"
script=$(realpath "$0")
cd "$tmp"
{
	ssh-keygen -q -t ed25519 -N '' -f key
	echo "dev@example.org $(cat key.pub)" >allowed
	gpg --batch --passphrase '' --quick-generate-key 'Dev <dev@example.org>' ed25519 sign never
	git init -q repo
	git -C repo config user.name Dev
	git -C repo config user.email dev@example.org
	git -C repo config gpg.ssh.allowedSignersFile "$tmp/allowed"
} >log 2>&1

# payload COMMIT prints what is signed of it: all but the header gpgsig.
payload() { git -C repo cat-file commit "$1" | sed '/^gpgsig /,/-----END /d'; }

# wrapped wraps the base64 in the header gpgsig after 60 characters.
wrapped() {
	awk '/^gpgsig / { inside = 1; body = 0; text = ""; print; next }
		inside && /-----END / {
			for (; text != ""; text = substr(text, 61)) print " " substr(text, 1, 60)
			inside = 0
		}
		inside && /^ $/ { body = 1; print; next }
		inside && (ssh || body) && !/^ =/ { text = text substr($0, 2); next }
		inside && /^ =/ { for (; text != ""; text = substr(text, 61)) print " " substr(text, 1, 60) }
		{ print }' ssh="$1"
}

# attempt FORMAT KEY signs a commit, wraps the signature otherwise, and says what git makes of it.
attempt() {
	local signed other id=same said=different verdict=bad
	git -C repo -c gpg.format="$1" -c user.signingKey="$2" commit -q -S --allow-empty -m "$1" >>log 2>&1
	signed=$(git -C repo rev-parse HEAD)
	other=$(git -C repo cat-file commit HEAD | wrapped "$([ "$1" != ssh ] || echo 1)" |
		git -C repo hash-object -t commit -w --stdin)
	[ "$signed" = "$other" ] || id=another
	[ "$(payload "$signed")" != "$(payload "$other")" ] || said='the same'
	git -C repo -c gpg.format="$1" verify-commit "$other" >>log 2>&1 && verdict=good
	echo "$1: $id id, $said payload, $verdict"
}

{
	attempt ssh "$tmp/key"
	attempt openpgp dev@example.org
} | tee got

sed -n '/^# Seen on/,/^set/s/^#   //p' "$script" | diff - got || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
