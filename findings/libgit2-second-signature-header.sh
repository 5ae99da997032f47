#!/usr/bin/env bash
#
# libgit2 takes one signature header out of a commit and leaves a torn second one in.
#
# Software: libgit2 1.9.0, as linked into the npm package es-git 0.6.0 (Repository.extractSignature,
#   which is git_commit_extract_signature); git 2.39.5 and gpg 2.2.40 of Debian 12 beside it.
#   es-git 0.7.0, with libgit2 1.9.2, gave the same; it needs a newer glibc than Debian 12's.
# Expected: a commit may carry gpgsig and gpgsig-sha256, one signature for each hash that its
#   repository may be written in. Neither covers the other, so what was signed is the commit without
#   both. A library with a function that gives a signature and the data it is over leaves out both, as
#   git does, and does not mind which header comes first.
# What it does: it takes out gpgsig alone. The other header stays in what it calls the signed data,
#   so a signature that git finds good is bad over it. And where gpgsig-sha256 stands first, libgit2
#   also eats the six letters that the two names share: the header that stays is called "-sha256".
# Why it matters: a verifier on libgit2 refuses every commit that has both signatures, however good
#   they are, and its log shows a header that is nowhere in the repository. Strip both headers from
#   the raw object instead.
# Needs: git, gnupg, node with npm. Takes seconds. x86-64 or arm64 with glibc.
#
# Seen on 2026-11-29:
#   gpgsig only: git good; libgit2: signature as made, data as signed, gpg on both good
#   gpgsig, then gpgsig-sha256: git good; libgit2: signature as made, data other than signed, gpg on both bad
#     4th line of the data: gpgsig-sha256 -----BEGIN PGP SIGNATURE-----
#   gpgsig-sha256, then gpgsig: git good; libgit2: signature as made, data other than signed, gpg on both bad
#     4th line of the data: -sha256 -----BEGIN PGP SIGNATURE-----
set -euo pipefail

tmp=$(mktemp -d)
trap 'gpgconf --kill all >/dev/null 2>&1 || true; rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GNUPGHOME=$tmp/gnupg GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export npm_config_cache=$tmp/npm npm_config_update_notifier=false
mkdir -m 700 "$GNUPGHOME"
npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$tmp/js" es-git@0.6.0 >>"$tmp/log" 2>&1

gpg --batch --passphrase '' --quick-gen-key 'Thea <thea@example.org>' ed25519 sign 0 2>>"$tmp/log"

# The same commit under either hash, each signed by itself.
for hash in sha1 sha256; do
	git init -q --object-format="$hash" "$tmp/$hash"
	tree=$(git -C "$tmp/$hash" write-tree)
	who='Thea <thea@example.org> 1767225600 +0000'
	printf 'tree %s\nauthor %s\ncommitter %s\n\nTwo signatures\n' "$tree" "$who" "$who" >"$tmp/$hash.commit"
	gpg --batch --armor --detach-sign --output "$tmp/$hash.sig" "$tmp/$hash.commit" 2>>"$tmp/log"
done

# header NAME FILE writes the file as a header of many lines.
header() {
	printf '%s ' "$1"
	sed '2,$s/^/ /' "$2"
}

cat >"$tmp/js/extract.cjs" <<'JS'
const fs = require('fs')
const {openRepository} = require('es-git')
const [dir, commit, sig, data] = process.argv.slice(2)
openRepository(dir).then((repo) => {
  const found = repo.extractSignature(commit)
  fs.writeFileSync(sig, found.signature + '\n')
  fs.writeFileSync(data, found.signedData)
})
JS

# look TITLE HEADER... makes the commit with these headers and says what git and libgit2 make of it.
look() {
	local title=$1 name commit git=bad sig='other than made' data='other than signed' gpg=bad
	shift
	{
		head -n 3 "$tmp/sha1.commit"
		for name; do
			case $name in
			gpgsig) header gpgsig "$tmp/sha1.sig" ;;
			gpgsig-sha256) header gpgsig-sha256 "$tmp/sha256.sig" ;;
			esac
		done
		tail -n +4 "$tmp/sha1.commit"
	} >"$tmp/object"
	# hash-object checks the form, as a push would.
	commit=$(git -C "$tmp/sha1" hash-object -t commit -w "$tmp/object")
	if git -C "$tmp/sha1" verify-commit "$commit" 2>>"$tmp/log"; then git=good; fi
	node "$tmp/js/extract.cjs" "$tmp/sha1" "$commit" "$tmp/out.sig" "$tmp/out.data"
	if cmp -s "$tmp/out.sig" "$tmp/sha1.sig"; then sig='as made'; fi
	if cmp -s "$tmp/out.data" "$tmp/sha1.commit"; then data='as signed'; fi
	if gpg --batch --verify "$tmp/out.sig" "$tmp/out.data" 2>>"$tmp/log"; then gpg=good; fi
	echo "$title: git $git; libgit2: signature $sig, data $data, gpg on both $gpg"
	if [[ $data != 'as signed' ]]; then echo "  4th line of the data: $(sed -n 4p "$tmp/out.data")"; fi
}

{
	look 'gpgsig only' gpgsig
	look 'gpgsig, then gpgsig-sha256' gpgsig gpgsig-sha256
	look 'gpgsig-sha256, then gpgsig' gpgsig-sha256 gpgsig
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
