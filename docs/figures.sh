#!/bin/sh
# Prints what the built-in rules would have held in the repositories named, and how many commits of each touch which
# class: the tables of docs/profiles.md and docs/classes.md. Over the five years before the last commit of each, with committers
# taken for signers.
#
#	docs/figures.sh [--web-landing WORD] REPOSITORY...
#
# It needs a Go toolchain, git and GNU date.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -o "$work/countersign" .

web=second
if [ "${1-}" = --web-landing ]; then
	web=$2
	shift 2
fi
[ $# -gt 0 ] || { sed -n '2,9s/^# \{0,1\}//p' docs/figures.sh >&2; exit 2; }

# branch names the branch to read of a repository: HEAD's, or in a copy without one a usual name.
branch() {
	for ref in HEAD refs/heads/main refs/heads/master; do
		if git -C "$1" rev-parse -q --verify "$ref^{commit}" >/dev/null; then
			echo "$ref"
			return
		fi
	done
	echo "$1: neither HEAD nor main nor master is a commit" >&2
	exit 1
}

echo "| project | commits | calm | standard | strict | made by a forge's button |"
echo "|---|---:|---:|---:|---:|---:|"
for repository; do
	name=$(basename "$repository" .git)
	ref=$(branch "$repository")
	since=$(date -u -d "$(git -C "$repository" log -1 --format=%cI "$ref") -5 years" +%F)
	"$work/countersign" backtest --claimed --web-landing "$web" --compare --since "$since" -C "$repository" "$ref" \
		>"$work/$name.compared"
	"$work/countersign" backtest --claimed --web-landing "$web" --since "$since" -C "$repository" "$ref" \
		>"$work/$name.standard"
	awk -v name="$name" '
		NR == 1 { commits = $1 }
		/^made by a forge/ { web = $0; sub(/.*button: /, "", web); sub(/;.*/, "", web) }
		/^commits / { for (i = 2; i <= 4; i++) held[i] = $i }
		function share(n) { return sprintf("%d (%.2f %%)", n, 100 * n / commits) }
		END { printf "| %s | %d | %s | %s | %s | %d |\n", name, commits, share(held[2]), share(held[3]), share(held[4]), web }
	' "$work/$name.compared"
done

echo
echo "| class | commits that touch it | held by the standard profile | most in |"
echo "|---|---:|---:|---|"
for repository; do
	name=$(basename "$repository" .git)
	awk -v name="$name" '
		NR == 1 { commits = $1 }
		/^[a-z]/ && $2 == "commits" { table = $1; next }
		/^$/ { table = "" }
		table == "class" && NF >= 4 { print $1, $2, $3, name, commits }
	' "$work/$name.standard"
done | awk '
	{ touch[$1] += $2; held[$1] += $3; if ($2 / $5 > most[$1]) { most[$1] = $2 / $5; where[$1] = $4 } }
	END { for (c in touch) printf "| `%s` | %d | %d | %s (%.1f %%) |\n", c, touch[c], held[c], where[c], 100 * most[c] }
' | sort
