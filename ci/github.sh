#!/usr/bin/env bash
# Says what ci/judge.sh is to judge, in a job of GitHub Actions. See docs/github.md.
set -euo pipefail

export CS_URL=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY CS_USER=x-access-token
export CS_BRANCH='' CS_REQUEST='' CS_HEAD=''
case $GITHUB_EVENT_NAME in
pull_request | pull_request_target)
	export CS_BRANCH=$GITHUB_BASE_REF CS_REQUEST=refs/pull/$PULL_NUMBER/head CS_HEAD=$PULL_HEAD
	;;
push | schedule | workflow_dispatch) ;;
*)
	echo "countersign: nothing can be judged on $GITHUB_EVENT_NAME; see docs/github.md" >&2
	exit 2
	;;
esac
exec bash "$(dirname "${BASH_SOURCE[0]}")/judge.sh"
