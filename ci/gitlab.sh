#!/usr/bin/env bash
# Says what ci/judge.sh is to judge, in a job of GitLab CI. See docs/ci.md.
set -euo pipefail

export CS_URL=$CI_PROJECT_URL.git CS_USER=gitlab-ci-token CS_TOKEN=$CI_JOB_TOKEN CS_MAIN=$CI_DEFAULT_BRANCH
export CS_BRANCH='' CS_REQUEST='' CS_HEAD='' CS_FORMATS=''
if [ "$CI_PIPELINE_SOURCE" = merge_request_event ]; then
	if [ "${CI_MERGE_REQUEST_EVENT_TYPE:-}" = merge_train ]; then
		echo 'countersign: a merge train lands several requests at once, which can not be judged before; see docs/ci.md' >&2
		exit 2
	fi
	# A request from a fork is of the project that it is for. In a pipeline of merged results CI_COMMIT_SHA is the merge
	# that GitLab made for tests.
	export CS_URL=$CI_MERGE_REQUEST_PROJECT_URL.git
	export CS_BRANCH=$CI_MERGE_REQUEST_TARGET_BRANCH_NAME CS_REQUEST=refs/merge-requests/$CI_MERGE_REQUEST_IID/head
	export CS_HEAD=${CI_MERGE_REQUEST_SOURCE_BRANCH_SHA:-$CI_COMMIT_SHA}
fi
reports=(junit=countersign-junit.xml gitlab=gl-code-quality-report.json)
for report in "${reports[@]}"; do
	rm -f "$CI_PROJECT_DIR/${report#*=}" # of another run
	export CS_FORMATS=${CS_FORMATS:+$CS_FORMATS$'\n'}${report%%=*}=$CI_PROJECT_DIR/${report#*=}
done
exec bash "$(dirname "${BASH_SOURCE[0]}")/judge.sh"
