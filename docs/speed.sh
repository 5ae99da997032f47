#!/bin/sh
# Runs all benchmarks of the program in one run, and prints the tables of docs/speed.md: processor time, user and system,
# of the program and all that it starts, and how many times that of git's command it is, in turns.
#
#	docs/speed.sh [HISTORIES [CLONE...]]
#
# HISTORIES is a folder with streams of git fast-export (xz.fi.gz) and bare repositories whose branch is main (git.git);
# without it the small ones in testdata serve. Each CLONE is a repository for a backtest. COUNTERSIGN_BENCH names the
# benchmarks to run, and COUNTERSIGN_TIMES says how often each measures, 10 times where it doesn't.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ $# -eq 0 ] || { COUNTERSIGN_HISTORIES=$(cd "$1" && pwd) && export COUNTERSIGN_HISTORIES && shift; }
times=${COUNTERSIGN_TIMES:-10}x
go test -run '^$' -timeout 0 -bench "${COUNTERSIGN_BENCH:-.}" -benchtime "$times" . >"$work/raw" 2>"$work/errors" ||
	{ cat "$work/raw" "$work/errors" >&2; exit 1; }
for clone; do
	COUNTERSIGN_CLONES=$(cd "$clone" && pwd) go test -run '^$' -timeout 0 -bench Backtest -benchtime 3x . >>"$work/raw"
done

# What a benchmark measures, and git's command that it is compared with. $1 and $2 are parts of its name.
cat >"$work/names" <<'EOF'
PushOneCommit/(.*)|push of one commit, $1|git rev-list of it
ReleaseBranches/(.*)/(.*)/commit|push of one commit beside $2 protected branches that were adopted, $1|git rev-list of it
ReleaseBranches/(.*)/(.*)/branch|a new protected branch beside $2 of them, after `--prepare`, $1|git rev-list of one commit
PolicyComment/(.*)|the first push of one commit after a remark in the policy, $1|git rev-list of it
Principals/(.*)|push of one commit where $1 people may sign|git rev-list of it
PushInAFortnight/(.*)|push of one commit onto $1 of the last days|git rev-list of it
LongJournal/(.*)|a new protected branch where the journal has $1 records|git rev-list of one commit
PushThousandCommits/(.*)|push of 1,000 SSH-signed commits in a pack, $1|git rev-list of them
PushMerges/(.*)|push of $1 merges with 800 more commits|git log --raw -z
PushTopics/(.*)|push of 100 merges of topics that began up to 5,000 commits below the tip, $1|git log --raw -z
PushTags/(.*)/tags|push of 971 signed tags all over $1|git rev-list --count
PushTags/(.*)/branches|push of 971 branches that nobody protects, all over $1|git rev-list --count
Verify/(.*)/all|`verify` of all of $1 SSH-signed commits|git rev-list and git cat-file --batch of them
Verify/(.*)/last|`verify` of the last of $1|git rev-list and git cat-file --batch of all
VerifyAdopted/(.*)|`verify` of one commit on a history that was adopted, $1|git rev-list of it
VerifyNothingNew/(.*)|`verify --since-verified` with nothing new, $1|git rev-list --count --all
Prepare/(.*)|`policy check --prepare` after a change of people, 101 branches, $1|git rev-list --count --all
Backtest/(.*)|`backtest` of $1|git log --raw -z
EOF
awk -F '|' '
	function amount(ms) { return ms < 1000 ? sprintf("%.3g ms", ms) : sprintf("%.3g s", ms / 1000) }
	function said(text, one, two) { gsub(/\$1/, one, text); gsub(/\$2/, two, text); return text }
	BEGIN {
		print "| what | processor time | times git'\''s | memory | git'\''s command |"
		print "|---|---:|---:|---:|---|"
	}
	FILENAME ~ /names$/ { n++; name[n] = $1; text[n] = $2; git[n] = $3; next }
	/^Benchmark/ {
		split($0, field, /[ \t]+/)
		called = substr(field[1], 10)
		sub(/-[0-9]+$/, "", called)
		delete m
		for (i = 3; i < 30; i += 2) m[field[i + 1]] = field[i]
		ms = "cpu-s" in m ? 1000 * m["cpu-s"] : m["cpu-ms"]
		ratio = "cpu/git" in m ? m["cpu/git"] : m["cpu/rev-list"]
		for (k = 1; k <= n; k++) {
			if (called !~ "^" name[k] "$") continue
			count = split(called, part, "/")
			one = part[2]
			if (name[k] ~ /^Backtest/) one = part[count] == "repo" ? part[count - 1] : part[count]
			row = "| " said(text[k], one, part[3])
			if ("log-G/cpu" in m) row = row sprintf(", %.3g times faster than `git log --format=%%G?`", m["log-G/cpu"])
			if ("floor/cpu" in m) row = row sprintf("; %.2g of it are git'\''s reading and the bare signatures", m["floor/cpu"])
			printf "%s | %s | %.3g | %s | %s |\n", row, amount(ms), ratio,
				"MiB" in m ? sprintf("%.0f MiB", m["MiB"]) : "", git[k]
		}
	}
' "$work/names" "$work/raw"
