#!/usr/bin/env bash
# Judges a pull request before a forge merges it, or all protected refs as they stand: what a required check runs.
#
# It makes a repository of its own and fetches into it all that is judged, whole; nothing is checked out or run. So it
# doesn't matter what else the job has cloned, how deep, or with which filter. It reads these variables:
#
#   CS_URL      the repository to fetch
#   CS_USER     for whom CS_TOKEN is, both "" where nobody is asked
#   CS_TOKEN
#   CS_POLICY   COMMIT@FINGERPRINT, which introduces the policy in the tree: docs/ci.md
#   CS_MAIN     the branch that holds the policy
#   CS_BRANCH   the branch that a pull request is for
#   CS_REQUEST  the ref of the pull request's head, "" to judge the protected refs as they stand
#   CS_HEAD     the commit that it had when the check began
#   CS_SERVICE  the service that would merge it, "" where the policy has one
#   CS_FORMATS  what else to write than the text: NAME=FILE as verify --format takes it, one a line
#   COUNTERSIGN the program, "countersign" where that is ""
#
# Exit codes are countersign's: 0 accepted, 1 refused, 2 wrong usage or configuration, 3 undecided.
set -euo pipefail

wrong() {
	printf 'countersign: %s\n' "$*" >&2
	exit 2
}

undecided() {
	printf 'countersign: undecided: %s\n' "$*" >&2
	exit 3
}

for name in CS_URL CS_POLICY CS_MAIN; do
	[ -n "${!name:-}" ] || wrong "$name isn't set; see docs/ci.md"
done
refs=('+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*')
for kind in approvals withdrawals exceptions moves; do
	refs+=("+refs/$kind/*:refs/$kind/*")
done
if [ -n "${CS_REQUEST:-}" ]; then
	for name in CS_BRANCH CS_HEAD; do
		[ -n "${!name:-}" ] || wrong "$name isn't set; see docs/ci.md"
	done
	refs+=("+$CS_REQUEST:refs/request/head")
fi

repository=$(mktemp -d)
trap 'rm -rf "$repository"' EXIT
git init -q --bare "$repository"
git -C "$repository" symbolic-ref HEAD "refs/heads/$CS_MAIN"
(
	if [ -n "${CS_TOKEN:-}" ]; then # not on a command line, where others could read it
		export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.extraHeader
		GIT_CONFIG_VALUE_0="Authorization: Basic $(printf '%s:%s' "$CS_USER" "$CS_TOKEN" | base64 | tr -d '\n')"
		export GIT_CONFIG_VALUE_0
	fi
	git -C "$repository" fetch -q --no-tags --no-write-fetch-head "$CS_URL" "${refs[@]}"
) || undecided 'the refs could not be fetched'

judge=("${COUNTERSIGN:-countersign}" verify -C "$repository" --policy "$CS_POLICY" --format text)
while IFS= read -r format; do
	[ -z "$format" ] || judge+=(--format "$format")
done <<<"${CS_FORMATS:-}"
if [ -n "${CS_REQUEST:-}" ]; then
	git -C "$repository" cat-file -e "$CS_HEAD^{commit}" 2>/dev/null ||
		undecided "the request moved on from $CS_HEAD; its new head is judged by a check of its own"
	judge+=(--pull --ref "refs/heads/$CS_BRANCH")
	[ -z "${CS_SERVICE:-}" ] || judge+=(--service "$CS_SERVICE")
	judge+=("refs/heads/$CS_BRANCH..$CS_HEAD")
fi
"${judge[@]}"
