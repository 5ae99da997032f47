#!/usr/bin/env bash
#
# go-git resolves main@{upstream}, and some other revisions that it doesn't know, to main itself.
#
# Software: github.com/go-git/go-git/v5 v5.19.3 (Repository.ResolveRevision); git 2.39.5 of Debian 12
#   beside it. github.com/go-git/go-git/v6 v6.0.0-beta.1 gave the same that day.
# Expected: its comment lists what it resolves, and that is a part of gitrevisions(7). So the rest is
#   an error, as it is for :/text, and a caller can fall back on git. The parser indeed refuses
#   what it can't read.
# What it does: the parser reads @{upstream}, @{push}, @{N} and :path as well. The resolver has no case
#   for them, and passes over what it has no case for: it gives the commit named before them, and no
#   error. Even a path that isn't there is found. With nothing before them, they are errors.
# Why it matters: main@{upstream}..main is what a push would bring. To go-git both ends are one commit,
#   so a tool that lists these commits lists none, and HEAD@{1}, as the state before, is the state after.
#   A fall-back on git that waits for an error never comes. Give go-git full names of refs, and take
#   only revisions of the forms that its comment lists.
# Needs: git, Go 1.26 or newer. Takes a minute on a machine that is not busy, most of it for the compiler.
#
# Seen on 2026-11-29:
#   main~1: git OLD; go-git OLD
#   origin/main: git UPSTREAM; go-git UPSTREAM
#   main@{upstream}: git UPSTREAM; go-git MAIN
#   main@{push}: git UPSTREAM; go-git MAIN
#   main@{1}: git OLD; go-git MAIN
#   HEAD@{2}: git UPSTREAM; go-git MAIN
#   main:file: git a blob; go-git MAIN
#   main:none: git none; go-git MAIN
#   @{upstream}: git UPSTREAM; go-git reference not found
#   :/Upstream: git UPSTREAM; go-git reference not found
#   commits in main@{upstream}..main: git 2; from go-git's main@{upstream} 0
set -euo pipefail

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
exec 3>&2
trap 'cat "$tmp/log" >&3' ERR
export LC_ALL=C GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GOTOOLCHAIN=local GOPATH=$tmp/go GOCACHE=$tmp/cache GOFLAGS='-mod=mod -modcacherw' GOWORK=off

mkdir "$tmp/resolve"
cat >"$tmp/resolve/go.mod" <<'MOD'
module resolve

go 1.26.0

require github.com/go-git/go-git/v5 v5.19.3
MOD
cat >"$tmp/resolve/main.go" <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
)

// main prints what the revision is resolved to.
func main() {
	repo, err := git.PlainOpen(os.Args[1])
	if err != nil {
		panic(err)
	}
	if hash, err := repo.ResolveRevision(plumbing.Revision(os.Args[2])); err != nil {
		fmt.Println(err)
	} else {
		fmt.Println(hash)
	}
}
GO
# Neither the C compiler nor the optimizer is of use here, and both take time.
CGO_ENABLED=0 go -C "$tmp/resolve" build -gcflags='all=-N -l' -o resolve . >>"$tmp/log" 2>&1

export GIT_CONFIG_COUNT=2
export GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=Dev
export GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=dev@example.org
git init -q -b main "$tmp/origin"
echo text >"$tmp/origin/file"
git -C "$tmp/origin" add file
git -C "$tmp/origin" commit -q -m 'Upstream'
repo=$tmp/repo
git clone -q "$tmp/origin" "$repo"
git -C "$repo" commit -q --allow-empty -m 'One'
git -C "$repo" commit -q --allow-empty -m 'Two'

# name replaces the ids of the three commits by names.
name() {
	sed -e "s/$(git -C "$repo" rev-parse main)/MAIN/g" -e "s/$(git -C "$repo" rev-parse main~1)/OLD/g" \
		-e "s/$(git -C "$repo" rev-parse origin/main)/UPSTREAM/g" -e "s/$(git -C "$repo" rev-parse main:file)/a blob/g"
}

# look REVISION says what git and go-git resolve it to.
look() {
	local git
	git=$(git -C "$repo" rev-parse -q --verify "$1" 2>>"$tmp/log" || echo none)
	echo "$1: git $git; go-git $("$tmp/resolve/resolve" "$repo" "$1")" | name
}

# count FROM TO says how many commits the second has that the first lacks.
count() {
	git -C "$repo" rev-list --count "$1..$2"
}

{
	look 'main~1'
	look 'origin/main'
	look 'main@{upstream}'
	look 'main@{push}'
	look 'main@{1}'
	look 'HEAD@{2}'
	look 'main:file'
	look 'main:none'
	look '@{upstream}'
	look ':/Upstream'
	from=$("$tmp/resolve/resolve" "$repo" 'main@{upstream}')
	echo "commits in main@{upstream}..main: git $(count 'main@{upstream}' main); from go-git's main@{upstream} $(count "$from" main)"
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
