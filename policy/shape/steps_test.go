package shape

import "testing"

func TestSteps(t *testing.T) {
	const ci, hooks = ".github/workflows/a.yml", ".pre-commit-config.yaml"
	const steps = "on:\n  push:\njobs:\n  a:\n    steps:\n      - run: make\n"
	const config = "repos:\n  - repo: local\n    hooks:\n      - id: a\n        entry: make\n"
	edits{
		"an action of the tree":   {ci, steps, steps + "      - uses: ./tests/x\n", Risky},
		"a script of the tree":    {ci, steps, steps + "          script: require('./x.js')()\n", Risky},
		"an event of strangers":   {ci, steps, replaceOnce(t, steps, "  push:\n", "  push:\n  issues:\n"), Risky},
		"events in a list":        {ci, "on: [push]\n", "on: [push, issues]\n", Risky},
		"an event of maintainers": {ci, "on: [push]\n", "on: [push, release]\n", Plain},
		"another thing said":      {ci, steps + "# ${{ inputs.a }}\n", steps + "      - run: echo ${{ inputs.ab }}\n", Risky},
		"a command in pieces":     {ci, steps, steps + "      - run: ${{ format('a{0}', 'b') }}\n", Risky},
		"a tunnel":                {ci, steps, steps + "      - run: ngrok tcp 22\n", Risky},
		"escaped letters":         {ci, steps, steps + "      - run: $'\\x65cho' a\n", Risky},
		"a program of Git":        {ci, steps, steps + "      - run: git config alias.a '!b'\n", Risky},
		"a name of Git":           {ci, steps, steps + "      - run: git config user.name a\n", Plain},
		"a folder of programs":    {ci, steps, steps + "      - run: echo x >> $GITHUB_PATH\n", Risky},
		"options for later steps": {ci, steps, steps + "      - run: echo NODE_OPTIONS=x >> $GITHUB_ENV\n", Risky},
		"a setting for them":      {ci, steps, steps + "      - run: echo \"A_PATH=x\" >> $GITHUB_ENV\n", Plain},
		"what somebody calls":     {ci, steps, steps + "      - run: echo ${{ inputs.x }}\n", Risky},
		"as a setting":            {ci, steps, steps + "        env:\n          A: ${{ inputs.x }}\n", Plain},
		"another project":         {".gitlab-ci.yml", "a:\n", "include:\n  - project: evil/x\na:\n", Risky},
		"more for a hook":         {hooks, config, config + "        additional_dependencies: [evil]\n", Risky},
		"another hook":            {hooks, config, config + "      - id: b\n        entry: python x\n", Risky},
		"a file from elsewhere":   {"CMakeLists.txt", "a()\n", "a()\nset(URL https://x.test/a.tar.gz)\n", Risky},
		"an archive of a tag":     {"x.spec", "a\n", "a\nSource1: https://x.test/a/b/archive/v1\n", Risky},
		"a newer one of the same": {
			"CMakeLists.txt", "set(URL https://x.test/a/1.tar.gz)\n",
			"set(URL https://x.test/a/2.tar.gz)\n", Plain,
		},
		"a page": {"CMakeLists.txt", "a()\n", "a()\nset(URL https://jq.github.io/jq)\n", Plain},
	}.check(t)
}
