#!/usr/bin/env bash
#
# Git has SSH-signed commits of two kinds of time judged at another time than theirs.
#
# Software: git 2.39.5 (%G?) together with ssh-keygen of OpenSSH 9.2p1, both Debian 12's packages.
#   Nothing else is installed; the versions in use are printed first.
# Expected: the times on an allowed_signers line are compared with the committer's time, a number of
#   seconds, so the verdict is the same on every machine and on every day.
# What it does: git writes the number out as a local time without a zone (-Overify-time), and ssh-keygen
#   reads it back. In the hour that is repeated in autumn two seconds have the same local time, and
#   ssh-keygen takes one of them: commits from the other are judged an hour off, and one inside its line's
#   window is refused (U). And both programs take 0 for "no time given": git hands over none, and
#   ssh-keygen, told 1970-01-01 00:00:00 by hand, does not use it either. The commit is judged as of now;
#   one of the next second is judged as of 1970.
# Why it matters: a signed history is good on a server in UTC and not on its owner's laptop, from files
#   that are equal to the byte; and a commit with the date 0, as reproducible builds and imports make,
#   turns from good to unknown on the day when its key is retired. Run git with TZ=UTC0, which helps
#   with the hour; for the date 0 compare the times oneself.
# Needs: git, openssh-client (9.1 or newer). Takes a second. The zones are spelled out, so no tzdata.
#
# Seen on 2026-11-29:
#   2021-11-07 05:30Z, key good from 05:20Z to 05:40Z: ssh-keygen good
#     in UTC: git hands over 20211107053000, G
#     in New York: git hands over 20211107013000, U
#   2021-11-07 06:30Z, key good from 06:20Z to 06:40Z: ssh-keygen good
#     in UTC: git hands over 20211107063000, G
#     in New York: git hands over 20211107013000, G
#   2021-10-31 00:30Z, key good from 00:20Z to 00:40Z: ssh-keygen good
#     in UTC: git hands over 20211031003000, G
#     in Berlin: git hands over 20211031023000, U
#   second 1, key good until 2020: ssh-keygen good
#     in UTC: git hands over 19700101000001, G
#   second 0, key good until 2020: ssh-keygen bad
#     in UTC: git hands over nothing, U
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

# A stand-in for ssh-keygen that notes the time it is given, and asks the real one.
cat >"$tmp/noting" <<'SH2'
#!/bin/sh
for word; do
	case $word in -Overify-time=*) echo "${word#*=}" >>"$(dirname "$0")/times" ;; esac
done
exec ssh-keygen "$@"
SH2
chmod +x "$tmp/noting"

ssh-keygen -q -t ed25519 -N '' -C '' -f "$tmp/key"
repo=$tmp/repo
git init -q "$repo"
git -C "$repo" config user.name Dev
git -C "$repo" config user.email dev@example.org
git -C "$repo" config gpg.format ssh
git -C "$repo" config user.signingKey "$tmp/key.pub"
git -C "$repo" config gpg.ssh.allowedSignersFile "$tmp/allowed"

# look TITLE SECONDS OPTIONS ZONE... makes a commit of that time, gives its key a line with these
# options, and says what ssh-keygen, told the time, makes of it, and what git does in each zone.
# A zone is a name, then a rule for TZ.
look() {
	local title=$1 seconds=$2 options=$3 zone verify=bad
	shift 3
	echo "dev@example.org $options $(cut -d' ' -f1,2 "$tmp/key.pub")" >"$tmp/allowed"
	GIT_COMMITTER_DATE="@$seconds +0000" git -C "$repo" commit -q --allow-empty -S -m 'Signed'
	git -C "$repo" cat-file commit HEAD >"$tmp/object"
	sed -e '/^gpgsig /,/^ -----END /d' "$tmp/object" >"$tmp/payload"
	sed -n -e '/^gpgsig /,/^ -----END /p' "$tmp/object" | sed -e 's/^gpgsig //' -e 's/^ //' >"$tmp/sig"
	if ssh-keygen -Y verify -f "$tmp/allowed" -I dev@example.org -n git -s "$tmp/sig" \
		-O verify-time="$(date -u -d "@$seconds" +%Y%m%d%H%M%SZ)" <"$tmp/payload" >>"$tmp/log" 2>&1; then
		verify=good
	fi
	echo "$title: ssh-keygen $verify"
	for zone; do
		rm -f "$tmp/times"
		zone="$zone,$(TZ=${zone#*=} git -C "$repo" -c gpg.ssh.program="$tmp/noting" log -1 --format=%G? 2>>"$tmp/log")"
		[[ -e $tmp/times ]] || echo nothing >"$tmp/times"
		echo "  in ${zone%%=*}: git hands over $(sort -u "$tmp/times" | paste -sd,), ${zone##*,}"
	done
}

utc=UTC=UTC0
new_york='New York=EST5EDT,M3.2.0,M11.1.0'
berlin='Berlin=CET-1CEST,M3.5.0,M10.5.0/3'
{
	look '2021-11-07 05:30Z, key good from 05:20Z to 05:40Z' 1636263000 \
		'valid-after="202111070520Z",valid-before="202111070540Z"' "$utc" "$new_york"
	look '2021-11-07 06:30Z, key good from 06:20Z to 06:40Z' 1636266600 \
		'valid-after="202111070620Z",valid-before="202111070640Z"' "$utc" "$new_york"
	look '2021-10-31 00:30Z, key good from 00:20Z to 00:40Z' 1635640200 \
		'valid-after="202110310020Z",valid-before="202110310040Z"' "$utc" "$berlin"
	look 'second 1, key good until 2020' 1 'valid-before="20200101Z"' "$utc"
	look 'second 0, key good until 2020' 0 'valid-before="20200101Z"' "$utc"
} | tee "$tmp/got"

sed -n '/^# Seen on/,/^set/s/^#   //p' "$0" | diff - "$tmp/got" || {
	echo 'changed: < is what was seen, > is what is' >&2
	exit 1
}
echo 'as stated'
