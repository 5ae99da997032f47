#!/usr/bin/env bash
#
# Where git's init.defaultBranch isn't master, gitolite sets itself up on that branch, and takes no change of its rules.
#
# Software: gitolite3 3.6.12-1 and git 2.39.5, both of Debian 12.
# Expected: gitolite's rules are what lies on the branch that gitolite-admin has, whatever it is called. Or: gitolite
#   refuses a push to another branch than the one from which it reads.
# What it does: "gitolite setup" makes gitolite-admin with the branch that git makes by default. Its hook post-update
#   acts on refs/heads/master alone. A push to the branch that is there succeeds, without a word, and changes nothing.
# Why it matters: who takes somebody's access away in gitolite.conf believes that it is gone. A gate that a rule there
#   is to put in place is never put there. git 3.0 is to make main the default.
# Needs: git, perl, ssh-keygen, and apt-get, which fetches the package; nothing is installed.
#
# Seen on 2026-11-30:
#   init.defaultBranch is not set: gitolite-admin has master; the push is accepted; the repository added is made
#   init.defaultBranch is main: gitolite-admin has main; the push is accepted; the repository added is not made
set -euo pipefail

script=$(realpath "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GIT_CONFIG_NOSYSTEM=1
unset GIT_CONFIG_GLOBAL XDG_CONFIG_HOME

(cd "$tmp" && apt-get download gitolite3=3.6.12-1) >"$tmp/log" 2>&1
dpkg -x "$tmp"/gitolite3_*.deb "$tmp/package"
code=$tmp/package/usr/share/gitolite3
sed -i "s#/usr/share/gitolite3#$code#" "$tmp/package/usr/bin/gitolite"

# attempt NAME VALUE sets gitolite up with a default branch, adds a repository to its rules, and says what became of it.
attempt() {
	export HOME=$tmp/$1
	mkdir "$HOME"
	cd "$HOME"
	git config --global user.name Admin
	git config --global user.email admin@example.org
	[ -z "$2" ] || git config --global init.defaultBranch "$2"
	ssh-keygen -q -t ed25519 -N '' -f admin
	"$tmp/package/usr/bin/gitolite" setup -pk admin.pub
	git clone -q repositories/gitolite-admin.git work
	printf '\nrepo added\n    RW+ = @all\n' >>work/conf/gitolite.conf
	git -C work commit -q -a -m 'Add a repository'
	local pushed=refused made='not made'
	GL_BINDIR=$code GL_LIBDIR=$code/lib GL_USER=admin GL_BYPASS_ACCESS_CHECKS=1 \
		git -C work push -q origin HEAD && pushed=accepted
	[ ! -d repositories/added.git ] || made=made
	echo "init.defaultBranch is ${2:-not set}: gitolite-admin has $(git -C work branch --show-current);" \
		"the push is $pushed; the repository added is $made" >&4
} >>"$tmp/log" 2>&1

attempt unset '' 4>>"$tmp/got"
attempt main main 4>>"$tmp/got"
cat "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$script" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
