#!/usr/bin/env bash
#
# A push to a path on the same machine by libgit2 or dulwich runs no hook; by git and go-git it does.
#
# Software: libgit2 1.5.0 by pygit2 1.11.1, dulwich 0.21.2, git 2.39.5, all of Debian 12;
#   github.com/go-git/go-git/v5 v5.19.3. libgit2 1.9.0, dulwich 0.22.7 and git 2.47.3 of Debian 13 gave the same.
# Expected: a push is a push, and pre-receive may refuse it. Or: a library that writes repositories by itself, as these
#   three can, runs no hook of git's.
# What it does: libgit2 and dulwich write the objects and the ref into the other repository by themselves. go-git starts
#   "git receive-pack" for a path, which runs the hooks.
# Why it matters: who may write to the folder of a guarded repository is past the gate with an ordinary push of an
#   ordinary program, as an editor's, and nothing refuses it. Let only the server's user write there.
# Needs: git, Go 1.26 or newer, and Debian's python3-dulwich and python3-pygit2.
#
# Seen on 2026-11-30:
#   git: the hook refused it
#   go-git: the hook refused it
#   libgit2: no hook was run, the branch is there
#   dulwich: no hook was run, the branch is there
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GOTOOLCHAIN=local GOPATH=$tmp/go GOCACHE=$tmp/cache GOFLAGS='-mod=mod -modcacherw' GOWORK=off

mkdir "$tmp/push"
cat >"$tmp/push/go.mod" <<'MOD'
module push

go 1.26.0

require github.com/go-git/go-git/v5 v5.19.3
MOD
cat >"$tmp/push/main.go" <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
)

// main pushes main of the first repository to the branch go-git of the second.
func main() {
	repo, err := git.PlainOpen(os.Args[1])
	if err != nil {
		panic(err)
	}
	remote := git.NewRemote(repo.Storer, &config.RemoteConfig{Name: "server", URLs: []string{os.Args[2]}})
	spec := config.RefSpec("refs/heads/main:refs/heads/go-git")
	fmt.Println(remote.Push(&git.PushOptions{RemoteName: "server", RefSpecs: []config.RefSpec{spec}}))
}
GO
CGO_ENABLED=0 go -C "$tmp/push" build -gcflags='all=-N -l' -o push . >>"$tmp/log" 2>&1

repo=$tmp/repo server=$tmp/server.git
git init -q -b main "$repo"
git -C "$repo" -c user.name=Dev -c user.email=dev@example.org commit -q --allow-empty -m 'One'
git init -q --bare "$server"
printf '#!/bin/sh\ntouch %q\nexit 1\n' "$tmp/ran" >"$server/hooks/pre-receive"
chmod +x "$server/hooks/pre-receive"

# attempt NAME COMMAND... pushes to the branch of that name, and says what became of it.
attempt() {
	local name=$1
	shift
	rm -f "$tmp/ran"
	"$@" >>"$tmp/log" 2>&1 || true
	if [ -e "$tmp/ran" ]; then
		echo -n "$name: the hook refused it"
	else
		echo -n "$name: no hook was run"
	fi
	if git -C "$server" rev-parse -q --verify "refs/heads/$name" >>"$tmp/log"; then
		echo ', the branch is there'
	else
		echo
	fi
}

{
	attempt git git -C "$repo" push -q "$server" main:git
	attempt go-git "$tmp/push/push" "$repo" "$server"
	attempt libgit2 /usr/bin/python3 -c 'import pygit2, sys
pygit2.Repository(sys.argv[1]).remotes.create("server", sys.argv[2]).push(["refs/heads/main:refs/heads/libgit2"])' \
		"$repo" "$server"
	attempt dulwich /usr/bin/python3 -c 'import sys; from dulwich import porcelain
porcelain.push(sys.argv[1], sys.argv[2], b"refs/heads/main:refs/heads/dulwich")' "$repo" "$server"
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
