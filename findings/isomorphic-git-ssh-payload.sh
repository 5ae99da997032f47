#!/usr/bin/env bash
#
# isomorphic-git hands out an SSH-signed commit's signature beside a payload that nobody signed.
#
# Software: isomorphic-git 1.44.19 (npm); git 2.39.5, gpg 2.2.40 and OpenSSH 9.2p1 of Debian 12
#   beside it.
# Expected: readCommit gives a commit's signature (commit.gpgsig) and the bytes it is over (payload),
#   and leaves the checking to others. So the kind of signature should be nothing to it: it gives both
#   for SSH as it does for OpenPGP, or else neither.
# What it does: gpgsig is right, to the byte. The payload is made by cutting behind the last line of
#   an OpenPGP armor; where there is none, the cut lands at the commit's 28th byte. So the payload is
#   the headers, then the whole commit again from there, the signature included. No error is raised.
#   With a tag it is otherwise wrong: readTag has no gpgsig at all, and the armor is in the message.
# Why it matters: who checks (gpgsig, payload) with an SSH library gets "bad signature" for every
#   good commit, and looks for the fault in the key, the namespace or the SSH library. Who shows
#   tags prints the armor to people and calls the tag unsigned. Take the raw object
#   (readObject with format 'content') and cut it oneself.
# Needs: git, gnupg, openssh-client, node with npm. Takes seconds.
#
# Seen on 2026-11-29:
#   OpenPGP commit: git good; gpgsig as stored; payload as signed, 1 author line, 0 armors in it
#   SSH commit: git good; gpgsig as stored; payload other than signed, 2 author lines, 1 armor in it
#     ssh-keygen over the payload: bad; over the commit less its header: good
#     the payload is the headers, then the commit from its 28th byte on: yes
#   OpenPGP tag: git good; gpgsig there; message "Tagged"
#   SSH tag: git good; gpgsig missing; message "Tagged\n-----BEGIN SSH SIGNATURE-----\n...
set -euo pipefail

tmp=$(mktemp -d)
trap 'gpgconf --kill all >/dev/null 2>&1 || true; rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GNUPGHOME=$tmp/gnupg GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export npm_config_cache=$tmp/npm npm_config_update_notifier=false
mkdir -m 700 "$GNUPGHOME"
npm install --silent --ignore-scripts --no-audit --no-fund --prefix "$tmp/js" isomorphic-git@1.44.19 >>"$tmp/log" 2>&1

gpg --batch --passphrase '' --quick-gen-key 'Thea <thea@example.org>' ed25519 sign 0 2>>"$tmp/log"
ssh-keygen -q -t ed25519 -N '' -C '' -f "$tmp/key"
echo "thea@example.org $(cut -d' ' -f1,2 "$tmp/key.pub")" >"$tmp/allowed"

repo=$tmp/repo
git init -q "$repo"
git -C "$repo" config user.name Thea
git -C "$repo" config user.email thea@example.org
git -C "$repo" config gpg.ssh.allowedSignersFile "$tmp/allowed"

# sign FORMAT KEY makes a commit and a tag of that name, and the commit less its signature.
sign() {
	git -C "$repo" -c gpg.format="$1" -c user.signingKey="$2" commit -q --allow-empty -S -m "Signed" 2>>"$tmp/log"
	git -C "$repo" -c gpg.format="$1" -c user.signingKey="$2" tag -s -m 'Tagged' "$1" 2>>"$tmp/log"
	git -C "$repo" cat-file commit HEAD >"$tmp/$1.object"
	sed -e '/^gpgsig /,/^ -----END /d' "$tmp/$1.object" >"$tmp/$1.payload"
	sed -n -e '/^gpgsig /,/^ -----END /p' "$tmp/$1.object" | sed -e 's/^gpgsig //' -e 's/^ //' >"$tmp/$1.sig"
}
sign openpgp thea@example.org
sign ssh "$tmp/key.pub"

cat >"$tmp/js/look.cjs" <<'JS'
const fs = require('fs')
const git = require('isomorphic-git')
const [tmp, format] = process.argv.slice(2)
const dir = `${tmp}/repo`
const file = (name) => fs.readFileSync(`${tmp}/${format}.${name}`, 'utf8')
async function main() {
  const tag = await git.readTag({fs, dir, oid: await git.resolveRef({fs, dir, ref: format})})
  const {commit, payload} = await git.readCommit({fs, dir, oid: tag.tag.object})
  fs.writeFileSync(`${tmp}/${format}.given`, payload)
  const count = (part, one) => {
    const n = payload.split(part).length - 1
    return `${n} ${one}${n === 1 ? '' : 's'}`
  }
  const object = file('object')
  const headers = object.slice(0, object.indexOf('gpgsig '))
  const write = (name, text) => fs.writeFileSync(`${tmp}/${format}.${name}`, text)
  write('said-commit', `gpgsig ${commit.gpgsig + '\n' === file('sig') ? 'as stored' : 'other'}; ` +
    `payload ${payload === file('payload') ? 'as signed' : 'other than signed'}, ` +
    `${count('\nauthor ', 'author line')}, ${count('-----BEGIN ', 'armor')} in it`)
  write('said-cut', payload === headers + object.slice(27) ? 'yes' : 'no')
  const message = JSON.stringify(tag.tag.message).replace(/(SIGNATURE-----\\n).*/s, '$1...')
  write('said-tag', `gpgsig ${tag.tag.gpgsig ? 'there' : 'missing'}; message ${message}`)
}
main()
JS

# verdict COMMAND... runs it and says how it went.
verdict() {
	if "$@" >>"$tmp/log" 2>&1; then echo good; else echo bad; fi
}

# ssh_check FILE checks the SSH signature over the file, whoever made it.
ssh_check() {
	ssh-keygen -Y check-novalidate -n git -s "$tmp/ssh.sig" <"$1"
}

{
	for format in openpgp ssh; do
		node "$tmp/js/look.cjs" "$tmp" "$format"
		name=OpenPGP
		[[ $format == openpgp ]] || name=SSH
		echo "$name commit: git $(verdict git -C "$repo" verify-commit "$format^{commit}"); $(cat "$tmp/$format.said-commit")"
		[[ $format == ssh ]] || continue
		echo "  ssh-keygen over the payload: $(verdict ssh_check "$tmp/ssh.given"); over the commit less its header: $(verdict ssh_check "$tmp/ssh.payload")"
		echo "  the payload is the headers, then the commit from its 28th byte on: $(cat "$tmp/ssh.said-cut")"
	done
	echo "OpenPGP tag: git $(verdict git -C "$repo" verify-tag openpgp); $(cat "$tmp/openpgp.said-tag")"
	echo "SSH tag: git $(verdict git -C "$repo" verify-tag ssh); $(cat "$tmp/ssh.said-tag")"
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
