#!/usr/bin/env bash
#
# One Go module, two verdicts: whether a commit outlives the renewal of the key that signed it.
#
# Software: github.com/ProtonMail/go-crypto v1.5.2, its packages openpgp and openpgp/v2; gpg 2.2.40
#   and git 2.39.5 of Debian 12 beside it.
# Expected: a new expiry date on a key is housekeeping. The key is the same, so are its commits, and
#   the two packages of one module, handed the same three files, agree about them.
# What it does: gpg --quick-set-expire does not add a self-signature, it replaces the old one; the
#   exported key then holds nothing that is older than the renewal. openpgp takes the newest
#   self-signature and finds the old commit good, as gpg and git do. openpgp/v2 asks for one that was
#   there when the commit was signed, finds none, and refuses: "no valid self signature found".
#   Commits from after the renewal are good to both.
# Why it matters: moving from openpgp to openpgp/v2 turns the old history of everybody who ever
#   renewed a key into refusals, one person at a time, and each renewal adds one, though no commit
#   changed. A copy of the key from before it, merged with the new one (gpg --import of both), brings
#   the old self-signature back, and both packages accept: so keep old exports, or keep openpgp.
# Needs: git, gnupg, Go 1.23 or newer. Takes a minute, most of it for the compiler.
#
# Seen on 2026-11-29:
#   before the renewal, 1 self-signature
#     old commit: git good; openpgp good; openpgp/v2 good
#   after it, 1 self-signature
#     old commit: git good; openpgp good; openpgp/v2 no valid self signature found
#     new commit: git good; openpgp good; openpgp/v2 good
#   both exports merged, 2 self-signatures
#     old commit: git good; openpgp good; openpgp/v2 good
#     new commit: git good; openpgp good; openpgp/v2 good
set -euo pipefail

tmp=$(mktemp -d)
trap 'gpgconf --kill all >/dev/null 2>&1 || true; rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GNUPGHOME=$tmp/owner GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GOTOOLCHAIN=local GOPATH=$tmp/go GOCACHE=$tmp/cache GOFLAGS=-modcacherw GOWORK=off
mkdir -m 700 "$GNUPGHOME" "$tmp/before" "$tmp/after" "$tmp/merged"

mkdir "$tmp/verify"
cat >"$tmp/verify/main.go" <<'GO'
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/ProtonMail/go-crypto/openpgp"
	v2 "github.com/ProtonMail/go-crypto/openpgp/v2"
)

func main() {
	var files [3][]byte // key, signature, data
	for i := range files {
		var err error
		if files[i], err = os.ReadFile(os.Args[i+1]); err != nil {
			panic(err)
		}
	}
	open := func(i int) *bytes.Reader { return bytes.NewReader(files[i]) }
	verdict := func(err error) string {
		if err != nil {
			return err.Error()
		}
		return "good"
	}
	keys, err := openpgp.ReadKeyRing(open(0))
	if err != nil {
		panic(err)
	}
	_, one := openpgp.CheckArmoredDetachedSignature(keys, open(2), open(1), nil)
	keysV2, err := v2.ReadKeyRing(open(0))
	if err != nil {
		panic(err)
	}
	_, _, two := v2.VerifyArmoredDetachedSignature(keysV2, open(2), open(1), nil)
	fmt.Printf("openpgp %s; openpgp/v2 %s\n", verdict(one), verdict(two))
}
GO
{
	go -C "$tmp/verify" mod init verify
	go -C "$tmp/verify" get github.com/ProtonMail/go-crypto/openpgp@v1.5.2 github.com/ProtonMail/go-crypto/openpgp/v2@v1.5.2
	go -C "$tmp/verify" build -o verify .
} >>"$tmp/log" 2>&1

repo=$tmp/repo
git init -q "$repo"
git -C "$repo" config user.name Thea
git -C "$repo" config user.email thea@example.org
git -C "$repo" config user.signingKey thea@example.org

# on DAY has gpg and git believe that it is that day.
on() {
	echo "faked-system-time ${1//-/}T120000" >"$GNUPGHOME/gpg.conf"
	export GIT_AUTHOR_DATE="$1T12:00:00Z" GIT_COMMITTER_DATE="$1T12:00:00Z"
}

# commit NAME signs one and keeps its parts.
commit() {
	git -C "$repo" commit -q --allow-empty -S -m "$1" 2>>"$tmp/log"
	git -C "$repo" tag "$1"
	git -C "$repo" cat-file commit HEAD >"$tmp/object"
	sed -e '/^gpgsig /,/^ -----END /d' "$tmp/object" >"$tmp/$1.payload"
	sed -n -e '/^gpgsig /,/^ -----END /p' "$tmp/object" | sed -e 's/^gpgsig //' -e 's/^ //' >"$tmp/$1.sig"
}

on 2020-01-01
gpg --batch --passphrase '' --quick-gen-key 'Thea <thea@example.org>' ed25519 sign 25y 2>>"$tmp/log"
fingerprint=$(gpg --with-colons -k 2>>"$tmp/log" | awk -F: '$1 == "fpr" { print $10; exit }')
on 2021-06-01
commit old
gpg --export "$fingerprint" >"$tmp/before.pgp" 2>>"$tmp/log"
on 2022-01-01
gpg --batch --passphrase '' --pinentry-mode loopback --quick-set-expire "$fingerprint" 30y 2>>"$tmp/log"
on 2022-06-01
commit new
gpg --export "$fingerprint" >"$tmp/after.pgp" 2>>"$tmp/log"

# look TITLE KEYRING COMMIT... is a verifier's view today: a home with that key alone.
look() {
	local title=$1 home=$tmp/$2 name git n
	shift 2
	n=$(gpg --homedir "$home" --export | gpg --homedir "$home" --list-packets | grep -c 'sigclass 0x13')
	echo "$title, $n self-signature$([[ $n == 1 ]] || echo s)"
	gpg --homedir "$home" --export >"$home/key.pgp"
	for name; do
		git=bad
		if GNUPGHOME=$home git -C "$repo" verify-commit "$name" 2>>"$tmp/log"; then git=good; fi
		echo "  $name commit: git $git; $("$tmp/verify/verify" "$home/key.pgp" "$tmp/$name.sig" "$tmp/$name.payload")"
	done
}
for home in before after; do
	gpg --homedir "$tmp/$home" --import "$tmp/$home.pgp" 2>>"$tmp/log"
	gpg --homedir "$tmp/merged" --import "$tmp/$home.pgp" 2>>"$tmp/log"
done

{
	look 'before the renewal' before old
	look 'after it' after old new
	look 'both exports merged' merged old new
} 2>>"$tmp/log" | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
