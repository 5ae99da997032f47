#!/usr/bin/env bash
#
# A merge of a signed tag of a signed tag keeps a signature that no longer leads to what was merged.
#
# Software: git 2.39.5 (merge, log --show-signature, fsck) of Debian 12, OpenSSH 9.2p1 for the signing.
# Expected: git merge copies a signed tag into the merge commit (mergetag), so that the signature
#   outlives the tag. What that tag is of is the second parent: log --show-signature says "merged tag".
#   A tag of a tag, which git makes with a hint that it may be a mistake, is merged like any other
#   and peels to a commit; so it should be kept as well.
# What it does: git copies the outer tag alone. That one names the inner tag, and the inner tag names the
#   commit; it is neither copied nor reachable from the merge, so who fetches the branch doesn't get it.
#   log --show-signature checks the outer signature, finds it good, and says in the same breath that the
#   tag "names a non-parent": it doesn't follow tags, not even where the inner one is there. verify-tag
#   says nothing of the kind about the outer tag, and fsck nothing about the merge.
# Why it matters: who takes the mergetag's signer for one who vouched for the merged commit must compare
#   its object with the parents, and so refuses an honest merge of a nested tag: the way from one to the
#   other is lost without the inner tag. Merge the inner tag itself.
# Needs: git, openssh-client. Takes a second.
#
# Seen on 2026-11-29:
#   merge of inner: object is the second parent, type commit
#     log: merged tag 'inner'
#   merge of outer: object is no parent, type tag
#     log: tag outer names a non-parent INNER
#     log, the tag's signature: good
#     verify-tag outer: exit 0
#   merge of outer^{}: no mergetag
#     log: nothing
#   where the branch with the merge of outer was fetched alone
#     log: tag outer names a non-parent INNER
#     log, the tag's signature: good
#     the object that it names: missing
#     fsck --full --strict: exit 0
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

ssh-keygen -q -t ed25519 -N '' -C '' -f "$tmp/key"
echo "dev@example.org $(cut -d' ' -f1,2 "$tmp/key.pub")" >"$tmp/allowed"
export GIT_CONFIG_COUNT=5
export GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=Dev
export GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=dev@example.org
export GIT_CONFIG_KEY_2=gpg.format GIT_CONFIG_VALUE_2=ssh
export GIT_CONFIG_KEY_3=user.signingKey GIT_CONFIG_VALUE_3=$tmp/key.pub
export GIT_CONFIG_KEY_4=gpg.ssh.allowedSignersFile GIT_CONFIG_VALUE_4=$tmp/allowed

repo=$tmp/repo
git init -q -b main "$repo"
git -C "$repo" commit -q --allow-empty -m 'Base'
git -C "$repo" checkout -q -b side
git -C "$repo" commit -q --allow-empty -m 'Side'
git -C "$repo" tag -s -m 'Inner' inner
git -C "$repo" -c advice.nestedTag=false tag -s -m 'Outer' outer inner
inner=$(git -C "$repo" rev-parse inner)

# said REPOSITORY has what log --show-signature says of the tag in its first commit. The commits
# aren't signed, so any verdict is the tag's.
said() {
	local line
	git -C "$1" log -1 --show-signature | sed '/^Merge: /,$d' | tail -n +2 >"$tmp/said"
	line=$(grep -v '^Good ' "$tmp/said" || echo nothing)
	echo "  log: ${line//$inner/INNER}"
}

# verdict says whether what was said has a good signature in it.
verdict() {
	if grep -q '^Good "git" signature for dev@example.org' "$tmp/said"; then echo good; else echo none; fi
}

# status COMMAND... is its exit status.
status() {
	local status=0
	"$@" >>"$tmp/log" 2>&1 || status=$?
	echo "exit $status"
}

# look TAG merges it and says what the merge has of it.
look() {
	local object what='is no parent'
	git -C "$repo" checkout -q -B merge main
	git -C "$repo" merge -q --no-ff -m 'Merge' "$1"
	git -C "$repo" cat-file commit HEAD | sed -n -e '/^mergetag /,/^[^ m]/p' >"$tmp/mergetag"
	if [[ ! -s $tmp/mergetag ]]; then
		echo "merge of $1: no mergetag"
	else
		object=$(sed -n 's/^mergetag object //p' "$tmp/mergetag")
		[[ $object != "$(git -C "$repo" rev-parse HEAD^2)" ]] || what='is the second parent'
		echo "merge of $1: object $what, type $(sed -n 's/^ type //p' "$tmp/mergetag")"
	fi
	said "$repo"
}

{
	look inner
	look outer
	echo "  log, the tag's signature: $(verdict)"
	echo "  verify-tag outer: $(status git -C "$repo" verify-tag outer)"
	git init -q "$tmp/clone"
	git -C "$tmp/clone" fetch -q --no-tags "file://$repo" merge
	git -C "$tmp/clone" checkout -q FETCH_HEAD
	look 'outer^{}'
	echo 'where the branch with the merge of outer was fetched alone'
	said "$tmp/clone"
	echo "  log, the tag's signature: $(verdict)"
	echo "  the object that it names: $(git -C "$tmp/clone" cat-file -t "$inner" 2>>"$tmp/log" || echo missing)"
	echo "  fsck --full --strict: $(status git -C "$tmp/clone" fsck --full --strict)"
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
