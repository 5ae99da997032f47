package shape

import "testing"

func TestPins(t *testing.T) {
	for _, c := range []struct {
		old, now string
		want     bool
	}{
		{"^1.2.3", "*", true},
		{"1.2.3", "", true},
		{"~1.2", "latest", true},
		{"1.2.3", "next", true},
		{
			"^1.2.3", ">=1.2.3",
			true,
		},
		{"1.2.3", "x", true},
		{"31.0-jre", "31.+", true},
		{"1.0", "[1.0,)", true},
		{"^1.0", "^1 || *", true},
		{"^2.0", "dev-main", true},
		{
			"1.2", "> 1",
			true,
		},
		{"1.2.3", "^1.2.3", false},
		{"1.2.3", "~1.2", false},
		{"1.2.3", "1.x", false},
		{"*", "latest", false},
		{
			">=1",
			">=1.2", false,
		},
		{"^1.0", ">=1 <3", false},
		{"^1.0", "^1 || ^2", false},
		{"^1.0", "1 - 3", false},
		{"1.0", "v1.1", false},
		{"^1.0", "workspace:*", false},
		{"^1.0", "npm:a@1", false},
		{"1.0", "$v", false},
		{"", "*", false},
	} {
		if got := loosened(c.old, c.now); got != c.want {
			t.Errorf("from %q to %q: %t", c.old, c.now, got)
		}
	}
	const peer = "{\"peerDependencies\": {\"a\": \"^1.0\"}}"
	const gitlab = "image: debian:12\na:\n  script: x\n"
	const gradle = "implementation 'a.b:c:1.0'\n"
	const digest = "FROM a@sha256:0123456789012345678901234567890123456789012345678901234567890123\n"
	edits{
		"what others install":  {"package.json", peer, replaceOnce(t, peer, "^1.0", "*"), Plain},
		"an image's tag":       {"Dockerfile", "FROM a:1.2\n", "FROM a:latest\n", Risky},
		"no tag":               {"Dockerfile", "FROM a:1.2\n", "FROM a\n", Risky},
		"no digest":            {"Dockerfile", digest, "FROM a:1\n", Risky},
		"an older image":       {"Dockerfile", "FROM a:1.2\n", "FROM a:1.1\n", Plain},
		"an image of a runner": {".gitlab-ci.yml", gitlab, replaceOnce(t, gitlab, ":12", ":latest"), Risky},
		"Gradle":               {"build.gradle", gradle, replaceOnce(t, gradle, "1.0", "1.+"), Risky},
		"Python": {
			"pyproject.toml", "[project]\ndependencies = ['a==1']\n",
			"[project]\ndependencies = ['a']\n", Risky,
		},
		"a range of Python": {
			"pyproject.toml", "[project]\ndependencies = ['a>=1,<2']\n",
			"[project]\ndependencies = ['a>=1']\n", Plain,
		},
		"requirements":      {"requirements.txt", "a==1\n", "a>=1\n", Risky},
		"more requirements": {"requirements.txt", "a==1\n", "a==1\n-r docs/x.txt\n", Risky},
	}.check(t)
}
