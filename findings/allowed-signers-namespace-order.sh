#!/usr/bin/env bash
#
# The order of two lines in an allowed_signers file makes a good commit "bad" to git.
#
# Software: git 2.39.5 (verify-commit, %G?) together with ssh-keygen of OpenSSH 9.2p1, both Debian
#   12's packages; git 2.55.0 with OpenSSH 10.6p1 did the same that day. Nothing else is installed; the
#   versions in use are printed first.
# Expected: one key stands on two lines, as one principal for the namespace "file" (releases) and as
#   another for the namespace "git". The lines are alternatives, so their order is a matter of taste:
#   any line that allows the signature is enough. That is how a line that has expired, or one that is
#   for a certificate authority, behaves when it stands first: it is passed over.
# What it does: a line for another namespace is not passed over. Git asks ssh-keygen -Y find-principals
#   who the key belongs to, without a namespace; it names those of the first line only. Git then
#   verifies as that principal alone, in the namespace "git", and the second line is never tried. The
#   commit is not merely of an unknown signer: verify-commit exits 1 and %G? says B, as for a forgery.
#   ssh-keygen -Y verify, asked for the second principal, finds the same signature good in both orders.
#   Two lines with the same principal do no harm.
# Why it matters: whoever adds a line above, for signing files with the same key, turns all of that
#   person's history bad, and a verifier that asks git disagrees with one that reads the file itself.
#   Put lines with git's namespace first, or one line with namespaces="git,file".
# Needs: git, openssh-client. Takes a second.
#
# Seen on 2026-11-29:
#   git's line only: find-principals dev@example.org; verify as dev good; git exit 0, G
#   git's line, file's line: find-principals dev@example.org; verify as dev good; git exit 0, G
#   file's line, git's line: find-principals release@example.org; verify as dev good; git exit 1, B
#   file's line, git's line, both dev: find-principals dev@example.org; verify as dev good; git exit 0, G
#   expired line, git's line: find-principals dev@example.org; verify as dev good; git exit 0, G
#   authority's line, git's line: find-principals dev@example.org; verify as dev good; git exit 0, G
#   one line, both namespaces: find-principals dev@example.org; verify as dev good; git exit 0, G
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
touch "$tmp/log"
{
	git --version
	ssh -V
} 2>&1

ssh-keygen -q -t ed25519 -N '' -C '' -f "$tmp/key"
key=$(cut -d' ' -f1,2 "$tmp/key.pub")
repo=$tmp/repo
git init -q "$repo"
git -C "$repo" config user.name Dev
git -C "$repo" config user.email dev@example.org
git -C "$repo" config gpg.format ssh
git -C "$repo" config user.signingKey "$tmp/key.pub"
git -C "$repo" config gpg.ssh.allowedSignersFile "$tmp/allowed"
git -C "$repo" commit -q --allow-empty -S -m 'Signed'

git -C "$repo" cat-file commit HEAD >"$tmp/object"
sed -e '/^gpgsig /,/^ -----END /d' "$tmp/object" >"$tmp/payload"
sed -n -e '/^gpgsig /,/^ -----END /p' "$tmp/object" | sed -e 's/^gpgsig //' -e 's/^ //' >"$tmp/sig"

# look TITLE LINE... writes the lines, each less its key, and says what the programs make of them.
look() {
	local title=$1 found verify=bad status=0
	shift
	printf "%s $key\n" "$@" >"$tmp/allowed"
	found=$(ssh-keygen -Y find-principals -f "$tmp/allowed" -s "$tmp/sig" 2>>"$tmp/log")
	if ssh-keygen -Y verify -f "$tmp/allowed" -I dev@example.org -n git -s "$tmp/sig" <"$tmp/payload" >>"$tmp/log" 2>&1; then
		verify=good
	fi
	git -C "$repo" verify-commit HEAD 2>>"$tmp/log" || status=$?
	echo "$title: find-principals ${found//$'\n'/, }; verify as dev $verify; git exit $status, $(git -C "$repo" log -1 --format=%G? 2>>"$tmp/log")"
}

dev='dev@example.org namespaces="git"'
{
	look "git's line only" "$dev"
	look "git's line, file's line" "$dev" 'release@example.org namespaces="file"'
	look "file's line, git's line" 'release@example.org namespaces="file"' "$dev"
	look "file's line, git's line, both dev" 'dev@example.org namespaces="file"' "$dev"
	look "expired line, git's line" 'release@example.org valid-before="20200101"' "$dev"
	look "authority's line, git's line" 'release@example.org cert-authority' "$dev"
	look 'one line, both namespaces' 'dev@example.org namespaces="git,file"'
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
