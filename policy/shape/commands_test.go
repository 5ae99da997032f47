package shape

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestOtherPrograms(t *testing.T) {
	const ci, mk = ".github/workflows/a.yml", "Makefile"
	const steps = "jobs:\n  a:\n    steps:\n      - run: make\n"
	const list = "a:\n  script:\n    - make\n"
	const makefile = "X_SOURCES = a.c \\\n\tb.c\ntest:\n\tprove tests/run\n"
	const npm = "{\n\"exports\": {\"./a\": \"./a.js\"},\n\"scripts\": {\"test\": \"jest\"}\n}\n"
	step := func(run string) string { return steps + "      - run: " + run + "\n" }
	edits{
		"a script of a step":           {ci, steps, step("./tests/x"), Risky},
		"without a sign of here":       {ci, steps, step("tests/x"), Risky},
		"by a shell":                   {ci, steps, step("sh tests/x.sh"), Risky},
		"by Python, with an option":    {ci, steps, step("python3 -u tools/x.py a"), Risky},
		"behind another command":       {ci, steps, step("make && tests/x"), Risky},
		"behind a setting":             {ci, steps, step("A=1 sudo tests/x"), Risky},
		"in a block":                   {ci, steps, step("|\n          make\n          ./x"), Risky},
		"a list of commands":           {".gitlab-ci.yml", list, list + "    - ./x\n", Risky},
		"another makefile":             {ci, steps, step("make -f docs/x"), Risky},
		"a recipe":                     {mk, makefile, makefile + "\t@tests/x\n", Risky},
		"a recipe, by a shell":         {mk, makefile, makefile + "\tsh $(srcdir)/tests/x\n", Risky},
		"a recipe of two lines":        {mk, makefile, makefile + "\tcd a && \\\n\ttests/x\n", Risky},
		"a shell's line in configure":  {"configure.ac", "AC_INIT\n", "AC_INIT\n. $srcdir/tests/env\n", Risky},
		"of an image":                  {"Dockerfile", "FROM a\n", "FROM a\nRUN tests/x\n", Risky},
		"a script of npm":              {"package.json", npm, replaceOnce(t, npm, "jest", "jest && node tests/x.js"), Risky},
		"of CMake":                     {"CMakeLists.txt", "a()\n", "a()\nb(x COMMAND sh tests/x)\n", Risky},
		"of Meson":                     {"meson.build", "a = 1\n", "a = 1\nb = find_program('tests/x')\n", Risky},
		"a target of Meson":            {"meson.build", "a = 1\n", "a = 1\nc('x', command: ['tests/x'])\n", Risky},
		"a file of Meson":              {"meson.build", "a = 1\n", "a = 1\nb = d(files('./x'))\n", Plain},
		"the only command of a script": {"package.json", npm, replaceOnce(t, npm, `"jest"`, `"node tests/x.js"`), Risky},
		"a script that is a path":      {"package.json", npm, replaceOnce(t, npm, `"jest"`, `"tests/x && jest"`), Risky},
		"a list of a matrix":           {ci, steps, steps + "    cmd: ['bash tests/x']\n", Risky},
		"behind a wrapper":             {ci, steps, step("timeout -k 1 5 tests/x"), Risky},
		"by a path of the system":      {ci, steps, step("/usr/bin/env -i python3 tests/x"), Risky},
		"in brackets":                  {ci, steps, step("(tests/x)"), Risky},
		"a module of Python":           {ci, steps, step("python -m tools.gen"), Risky},
		"a module before":              {ci, steps, step("node --require=./tests/x src"), Risky},
		"a script of awk":              {ci, steps, step("awk -f tests/x"), Risky},
		"a script of CMake":            {ci, steps, step("cmake -P tests/x.cmake"), Risky},
		"settings of a tool":           {ci, steps, step("jest --config tests/x.js"), Risky},
		"a folder's makefile":          {ci, steps, step("make -C tests/x"), Risky},
		"by the shell of make":         {mk, makefile, makefile + "\t$(SHELL) tests/x\n", Risky},
		"by make's Python":             {mk, makefile, makefile + "\t+$(PYTHON) tests/x\n", Risky},
		"commands of tox":              {"tox.ini", "[testenv]\n", "[testenv]\ncommands = python tests/x.py\n", Risky},
		"the health of an image":       {"Dockerfile", "FROM a\n", "FROM a\nHEALTHCHECK CMD tests/x\n", Risky},
		"by CMake's Python":            {"CMakeLists.txt", "a()\n", "a()\nb(COMMAND ${P} ${CMAKE_SOURCE_DIR}/a/x)\n", Risky},
		"a module of the system":       {ci, steps, step("python -m build"), Plain},
		"a pattern of awk":             {ci, steps, step("awk '/a/' src/x"), Plain},
		"a folder of node's":           {ci, steps, step("export PATH=$HOME/x:$PATH"), Plain},
		"an interpreter that reads":    {mk, makefile, makefile + "\tpython3 - < a\n", Risky},
		"which the text names already": {mk, makefile, makefile + "\ttests/run -v\n", Plain},
		"make as it is":                {ci, steps, step("make test"), Plain},
		"configure":                    {ci, steps, step("./configure --prefix=/usr"), Plain},
		"a program of the system":      {ci, steps, step("/usr/bin/true"), Plain},
		"a word of Python":             {ci, steps, step("python -m pytest"), Plain},
		"a file to work on":            {ci, steps, step("grep -r x src/y"), Plain},
		"a remark":                     {ci, steps, steps + "# ./tests/x\n", Harmless},
		"paths of an event":            {ci, steps, "on:\n  push:\n    paths:\n      - 'tests/x'\n" + steps, Plain},
		"a folder":                     {ci, steps, steps + "        working-directory: ./web\n", Plain},
		"a source in a list":           {mk, makefile, replaceOnce(t, makefile, "\tb.c", "\tb.c \\\n\tsrc/c.c"), Harmless},
		"a part of a package":          {"package.json", npm, replaceOnce(t, npm, `a.js"`, `a.js", "./b": "./b.js"`), Plain},
	}.check(t)
}

// A path of the tree is a program where a line is a command, and a name of a file elsewhere.
func TestPathsAmongCommands(t *testing.T) {
	const ci, lab, ac = ".github/workflows/a.yml", ".gitlab-ci.yml", "configure.ac"
	const steps = "jobs:\n  a:\n    steps:\n      - run: |\n          make\n"
	const list = "a:\n  script:\n    - make\n"
	const shell = "#!/bin/sh\nmake\n"
	const files = "AC_INIT\nAC_CONFIG_FILES([Makefile\n  src/Makefile\n"
	edits{
		"first in a block":         {ci, steps, steps + "          tests/x\n", Risky},
		"deeper in it":             {ci, steps, steps + "          if a; then\n\n            tests/x\n          fi\n", Risky},
		"in a list of commands":    {lab, list, list + "    - tests/x\n", Risky},
		"in one that isn't deeper": {lab, "a:\n  script:\n  - b\n", "a:\n  script:\n  - b\n  - tests/x a\n", Risky},
		"in a block of a list":     {lab, list, list + "    - |\n      tests/x\n", Risky},
		"below the key":            {ci, steps, steps + "      - run:\n          tests/x\n", Risky},
		"of Cirrus":                {".cirrus.yml", "a:\n  b_script: |\n    c\n", "a:\n  b_script: |\n    tests/x\n", Risky},
		"of tox":                   {"tox.ini", "[testenv]\ncommands =\n  a\n", "[testenv]\ncommands =\n  tests/x\n", Risky},
		"a script":                 {"build.sh", shell, shell + "tests/x\n", Risky},
		"one by its first line":    {"bootstrap", shell, shell + "A=b tests/x\n", Risky},
		"what a command prints":    {ci, steps, steps + "          A=$(\n            tests/x\n          )\n", Risky},
		"in configure":             {ac, "AC_INIT\n", "AC_INIT\ntests/x\n", Risky},
		"what a check does":        {ac, "AC_INIT\n", "AC_INIT\nAC_CHECK_LIB([a], [b],\n  [\n  tests/x\n  ])\n", Risky},
		"a document of an image":   {"Dockerfile", "FROM a\n", "FROM a\nRUN <<E\ntests/x\nE\n", Risky},
		"files of configure":       {ac, files, files + "  tests/Makefile a/b \\\n  a/Makefile])\n", Plain},
		"a variable":               {"build.sh", shell, shell + "A=\"b c/d\"\n", Plain},
		"paths of the same":        {ci, steps, steps + "        with:\n          path: |\n            a/b\n", Plain},
		"paths of an event":        {ci, steps, "on:\n  push:\n    paths:\n      - tests/x\n" + steps, Plain},
		"what the text has":        {ci, steps + "          x/y\n", steps + "          x/y\n          x/y -v\n", Plain},
		"an included file":         {lab, list, list + "include:\n  - ci/a.yml\n", Plain},
		"a description":            {"x.spec", "a: b\n", "a: b\n  c/d\n", Plain},
	}.check(t)
}

// Whatever a program of the tree is written or wrapped in, and wherever its interpreter has it.
func TestWaysToRunPrograms(t *testing.T) {
	const ci = ".github/workflows/a.yml"
	const steps = "jobs:\n  a:\n    steps:\n      - run: make x/y -C z $a\n"
	risky := []string{
		"while tests/x; do :; done", "trap tests/x EXIT", "coproc tests/x", "sudo -u root tests/x", "exec -a b tests/x",
		">a tests/x", "> a tests/x", "2>a tests/x", "valgrind -q tests/x", "wine tests/x.exe", "env A=1 tests/x",
		"sh -e tests/x", "bash -euo pipefail tests/x", "bash -o pipefail x", "python -W ignore tests/x",
		"python -u -X dev tests/x", "perl -w tests/x", "sh +x tests/x", "sh x", "cd tests && sh x",
		"node x", "sh $a", "sh tests/*.sh", "sh $D/x", "sh ${D}x", "for f in tests/*; do sh $f; done", "$D/x",
		"true && ${D}/x a",
		`"tests"/x`, `te"st"s/x`, `sh 'tests'/x`, `A="b c" tests/x`, `.\tests\x`, `sh tests\x`,
		"${{ github.workspace }}/tests/x", "sh <tests/x", "bash <<< $a", "/home/runner/work/a/a/tests/x", "/src/tests/x",
		"find tests -exec sh {} +", "find . -exec tests/x {} +", "ls tests/* | xargs sh", "xargs -I{} sh {}",
		"cp tests/x .git/hooks/a", "install -m755 tests/x /usr/local/bin/a", "awk 'BEGIN{system(\"tests/x\")}'",
	}
	plain := []string{
		"[ -d tests/x ]", "if [ -d tests/x ]; then make; fi", "A=\"b/c d/e\" make", "sh x/y",
		"sh $HOME/x", ". ${HOME}/.cargo/env", "sh /x/$a", "python setup.py", "python -m build", "deno test",
		"echo a >tests/x", "sudo cp a/b c", "sed 's/\\n/./' a", "make a/$B", "command -v python3 python",
		"$SRC/configure -q", "/usr/lib/a/b c", "cp tests/x a", "find . -exec rm {} +", "xargs perl -v", "echo /a/b",
		"python3 python", "bun test",
	}
	for want, runs := range map[Shape][]string{Risky: risky, Plain: plain} {
		for _, run := range runs {
			now := steps + "      - run: |\n          " + run + "\n"
			if got := of(ci, [][]byte{[]byte(steps)}, []byte(now)); got != want {
				t.Errorf("%s: %s, want %s: %+v", run, got, want, explain(ci, steps, now))
			}
		}
	}
}

func TestPackagesOfCommands(t *testing.T) {
	const ci = ".github/workflows/a.yml"
	const steps = "jobs:\n  a:\n    steps:\n      - run: pip install black\n      - run: npx vite build\n"
	risky := []string{
		"pip install evil", "python3 -m pip install -U evil", "pip3.12 install black evil", "pip install 'evil[x]==1.0'",
		"pip install git+https://x.test/e", "pip install $X", "pipx run evil", "uvx evil", "uv tool run evil",
		"uv run --with evil a.py", "npx evil", "npx -y evil@1", "npx --package evil x", "npm i -g evil", "npm exec evil",
		"pnpm dlx evil", "yarn add evil", "bunx evil", "go run x.test/evil@latest", "go install x.test/evil@v1",
		"cargo install evil --locked", "gem install evil", "docker run --rm -v a:b evil/x:1 y", "docker run evil",
		"brew tap evil/x", "gh extension install evil/x", "deno run npm:evil", "make && npx evil",
		"python -mpip install evil", "poetry add evil", "gem i evil", "nix-shell -p evil", `pip inst""all evil`,
		"xargs pip install evil", "singularity exec docker://evil x", "hg clone https://x.test/a", "aws s3 cp s3://a/b .",
	}
	plain := []string{
		"pip install", "pip install -e .", "pip install -r requirements.txt", "pip install black==23.1",
		"pip install .[test]",
		"pip install --upgrade pip setuptools", "npx vite preview", "npm ci", "npm install", "npm install -g npm@10",
		"npm run evil", "go install ./...", "go run .", "go run main.go", "cargo install --path .", "cargo build",
		"docker build -t x .", "echo pip install evil", "apt-get install evil", "yarn", "pnpm install",
	}
	for want, runs := range map[Shape][]string{Risky: risky, Plain: plain} {
		for _, run := range runs {
			now := steps + "      - run: " + run + "\n"
			if got := of(ci, [][]byte{[]byte(steps)}, []byte(now)); got != want {
				t.Errorf("%s: %s, want %s: %+v", run, got, want, explain(ci, steps, now))
			}
		}
	}
	edits{
		"in a recipe, on two lines": {"Makefile", "a:\n", "a:\n\tpip install \\\n\t  evil\n", Risky},
		"a list of Docker's":        {"Dockerfile", "FROM a\n", "FROM a\nRUN [\"pip\", \"install\", \"evil\"]\n", Risky},
		"a program of Python":       {"noxfile.py", "a\n", "a\nrun(['pip', 'install', 'evil'])\n", Risky},
		"a known one, elsewhere":    {"Makefile", "a:\n\tnpx x\n", "a:\n\tnpx x\nb:\n\tnpx x -y\n", Plain},
		"a remark":                  {"Makefile", "a:\n", "a:\n# pip install evil\n", Harmless},
	}.check(t)
}

// A line of any length takes a bounded time.
func TestLongCommands(t *testing.T) {
	long := "a:\n\t" + strings.Repeat("pip install x; sh a/", 40_000) + "\n"
	if got := of("Makefile", [][]byte{[]byte("a:\n")}, []byte(long)); got != Risky {
		t.Error(got)
	}
	// Of many lines it isn't asked what each stands in.
	paths := []byte("on:\n")
	for i := range 50_000 {
		paths = fmt.Appendf(paths, "  - a/%d\n", i)
	}
	if got := of(".github/workflows/a.yml", [][]byte{[]byte("on:\n")}, paths); got != Risky {
		t.Error(got)
	}
}

// TestJoinedAt asks of each line of some texts which lines it belongs to, as reading them all tells it.
func TestJoinedAt(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		var text []byte
		for range r.IntN(30) {
			text = append(text, []string{"a", "b", `\`, "\n", "\\\n", "\r\n", "\\\r\n"}[r.IntN(7)]...)
		}
		want := make(map[int]string) // by the number of each line
		for l := range joinLines(text, '\\') {
			for i := range strings.Count(l.text, "\n") + 1 {
				want[l.line+i] = l.text
			}
		}
		at, number := 0, 1
		for line := range bytes.Lines(text) {
			start, end := joinedAt(text, at)
			if got := unixLines(text[start:end]); strings.TrimSuffix(want[number], "\r") != got {
				t.Errorf("line %d of %q is of %q, want %q", number, text, got, want[number])
			}
			at, number = at+len(line), number+1
		}
	}
}
