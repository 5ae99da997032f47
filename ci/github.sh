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

annotations=$(mktemp)
trap 'rm -f "$annotations"' EXIT
export CS_FORMATS=github=$annotations
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || CS_FORMATS+=$'\n'markdown=$GITHUB_STEP_SUMMARY
if [ -n "${CS_SARIF:-}" ]; then
	rm -f "$CS_SARIF" # of another run
	CS_FORMATS+=$'\n'sarif=$CS_SARIF
fi

# GitHub obeys lines of a job that look like its commands, and a file or a subject may be called like one. Between these
# two lines it obeys none (its documentation, "Stopping and starting workflow commands"). What is to be obeyed comes after.
word=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
code=0
echo "::stop-commands::$word"
bash "$(dirname "${BASH_SOURCE[0]}")/judge.sh" 2>&1 || code=$?
echo "::$word::"
cat "$annotations"
exit "$code"
