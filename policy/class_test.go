package policy

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"countersign/policy/content"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// realPaths are as they stand in real trees, each with the classes it must fall in by its path.
const realPaths = `
.countersign/policy.toml                         policy
.countersign/keys/alice.asc                      policy
keys/alice.gpg                                   -
keys/trustedkeys.kbx                             policy
keys/alice.asc                                   -
release.tar.gz.asc                               -
docs/manual.asc                                  -
.github/setup.js                                 ci
.github/scripts/spelling.words                   -
.github/scripts/check.py                         ci
dist/index.js                                    ci
.gitlab-ci.d/build.yml                           ci
.gitlab/ci/test.yaml                             ci
.azuredevops/pr.yml                              ci
buildspec.yml                                    ci
.woodpecker.yaml                                 ci
.readthedocs.yaml                                ci
.asf.yaml                                        ci
vars/deploy.groovy                               ci
.claude/settings.json                            agent
packages/x/.claude/settings.json                 agent
.factory/settings.json                           agent
.openhands/pre-commit.sh                         agent
crush.json                                       agent
WARP.md                                          agent
.mcp.json                                        agent
.cursor/rules/setup.mdc                          agent
.gemini/settings.json                            agent
AGENTS.md                                        agent
web/CLAUDE.md                                    agent
docs/AGENTS.txt                                  -
.github/copilot-instructions.md                  agent
sub/.vscode/settings.json                        agent
.idea/workspace.xml                              agent
x.code-workspace                                 agent
.devcontainer/devcontainer.json                  agent
.tool-versions                                   agent
.gitpod.yml                                      agent
hooks/pre-commit                                 git-meta
templates/hooks/post-update.sample               git-meta
src/hooks/useState.ts                            -
.hooks/anything                                  git-meta
web/.husky/pre-push                              git-meta
.pnp.cjs                                         git-meta
.Rprofile                                        git-meta
win32/Makefile.vc                                build
po/Makefile.in.in                                build
Make.rules                                       build
configure.py                                     build
build.sh                                         build
macosx/build.sh                                  build
src/build.py                                     -
install.sh                                       build
docker/entrypoint.sh                             build
tailwind.config.js                               build
src/app.config.ts                                build
karma.conf.js                                    build
.mocharc.cjs                                     build
bunfig.toml                                      build
docs/conf.py                                     build
tasks.py                                         build
app/tasks.py                                     -
DEPS                                             build
src/x/DEPS                                       -
patches/left-pad@1.3.0.patch                     build
Formula/x.rb                                     build
libfoo.sym                                       build
libfoo.map.in                                    build
App.sln                                          build
app/third_party/zlib/inflate.c                   vendored
src/3rdparty/x.c                                 vendored
deps/lua/lua.c                                   vendored
src/deps/x.c                                     -
ext/curl/curl.c                                  -
benches/data/x.bin                               fixture
tests/compress/x                                 fixture
tests/unit/samples/x                             fixture
src/__snapshots__/x.snap                         -
KEYS                                             policy
.github/CODEOWNERS                               policy
docs/CODEOWNERS                                  policy
allowed_signers                                  policy
pkg/api/OWNERS                                   policy
.github/settings.yml                             policy
.github/workflows/ci.yml                         ci
.github/actions/setup/action.yml                 ci
.github/dependabot.yml                           ci
.github/ISSUE_TEMPLATE/bug.md                    -
action.yaml                                      ci
.gitlab-ci.yml                                   ci
Jenkinsfile                                      ci
jenkins/Jenkinsfile.release                      ci
.travis.yml                                      ci
.circleci/config.yml                             ci
azure-pipelines-release.yml                      ci
.builds/debian.yml                               ci
ci/install-dependencies.sh                       ci
src/ci/notes.txt                                 -
.gitattributes                                   git-meta
docs/.gitattributes                              git-meta
.gitmodules                                      git-meta
.gitignore                                       -
.husky/pre-commit                                git-meta
.vscode/tasks.json                               agent
.envrc                                           agent
.npmrc                                           git-meta
crates/x/.cargo/config.toml                      git-meta
site/sitecustomize.py                            git-meta
.exrc                                            agent
.nvim.lua                                        agent
.autoenv.zsh                                     agent
.ddev/config.yaml                                agent
pip.conf                                         git-meta
web/.pylintrc                                    git-meta
src/.dir-locals.el                               agent
.ghci                                            git-meta
.mise.toml                                       agent
app/app.pro                                      build
app/app.pri                                      build
ar-lib                                           build
py-compile                                       build
pdm_build.py                                     build
hatch.toml                                       build
deno.json                                        build
configure.win                                    build
project.clj                                      build
configure.ac                                     build
configure                                        build
Makefile                                         build
src/Makefile.am                                  build
src/Makefile.in                                  build
po/Makevars                                      build
GNUmakefile                                      build
m4/ax_pthread.m4                                 build
m4/build-to-host.m4                              build
CMakeLists.txt                                   build
cmake/tuklib_common.cmake                        build
cmake/remove-ordinals.txt                        build
meson.build                                      build
subprojects/zlib.wrap                            build
build-aux/version.sh                             build
autogen.sh                                       build
config.mak.uname                                 build
GIT-VERSION-GEN                                  build
src/liblzma/liblzma.pc.in                        build
src/liblzma/liblzma_linux.map                    build
BUILD                                            build
pkg/BUILD.bazel                                  build
WORKSPACE                                        build
defs.bzl                                         build
build.gradle.kts                                 build
gradle/wrapper/gradle-wrapper.jar                build
gradlew                                          build
pom.xml                                          build
package.json                                     build
web/vite.config.ts                               build
.eslintrc.cjs                                    build
setup.py                                         build
pyproject.toml                                   build
tests/conftest.py                                build
Rakefile                                         build
mygem.gemspec                                    build
ext/x/extconf.rb                                 build
build.rs                                         build
crates/x/Cargo.toml                              build
Dockerfile                                       build
docker/Dockerfile.alpine                         build
docker-compose.override.yml                      build
flake.nix                                        build
debian/rules                                     build
xz.spec                                          build
.goreleaser.yaml                                 build
link.ld                                          build
App.csproj                                       build
Directory.Build.props                            build
go.mod                                           lockfile
go.sum                                           lockfile
Cargo.lock                                       lockfile
package-lock.json                                lockfile
requirements.txt                                 lockfile
requirements-dev.txt                             lockfile
requirements/prod.txt                            lockfile
dev-requirements.in                              lockfile
Gemfile.lock                                     lockfile
flake.lock                                       lockfile
vendor/github.com/x/y/z.go                       vendored
third_party/zlib/inflate.c                       vendored
app/vendor/modules.txt                           vendored
app/vendor/x.go                                  vendored
web/node_modules/left-pad/index.js               vendored
tests/files/bad-3-corrupt_lzma2.xz               fixture
tests/files/good-large_compressed.lzma           fixture
testdata/x.golden                                fixture
internal/x/testdata/fuzz/F/1                     fixture
spec/fixtures/a.json                             fixture
t/data/x                                         fixture
src/test/resources/a.p12                         fixture
fuzz/seed_corpus/1                               fixture
tests/deep/down/files/x.bin                      fixture
tests/test_files.c                               -
tests/files.c                                    -
tests/test_compress.sh                           -
src/liblzma/check/crc64_fast.c                   -
src/xz/sandbox.c                                 -
README.md                                        -
COPYING                                          -
Documentation/RelNotes/2.43.0.txt                -
t/t5501-fetch-push-alternates.sh                 -
po/de.po                                         -
src/main.go                                      -
lib/index.js                                     -
configure.md                                     -
makefiles/readme.txt                             -
docs/Makefile/x.txt                              -
go.module                                        -
vendors/x.c                                      -
src/vendor/x.c                                   vendored
`

func pathClasses(c *Classes, path string) string {
	names := c.ofPath(path)
	if len(names) == 0 {
		return "-"
	}
	return strings.Join(names, " ")
}

func readRealPaths() map[string]string {
	want := make(map[string]string)
	for line := range strings.Lines(strings.TrimSpace(realPaths)) {
		path, classes, _ := strings.Cut(strings.TrimSpace(line), " ")
		want[path] = strings.TrimSpace(classes)
	}
	return want
}

func TestClassesOfRealPaths(t *testing.T) {
	c := builtInClasses()
	for path, want := range readRealPaths() {
		if got := pathClasses(c, path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// plainMatch asks every glob, braces and all, about every form of a path.
func plainMatch(globs map[string][]string, path string) string {
	var names []string
	for _, class := range slices.Sorted(maps.Keys(globs)) {
		if slices.ContainsFunc(globs[class], func(glob string) bool {
			return slices.ContainsFunc(checkoutForms(path), func(form string) bool {
				return doublestar.MatchUnvalidated(foldASCII(glob), form)
			})
		}) {
			names = append(names, class)
		}
	}
	if names == nil {
		return "-"
	}
	return strings.Join(names, " ")
}

func TestIndexAgreesWithEveryGlob(t *testing.T) {
	globs := builtInGlobs()
	globs["odd"] = []string{
		"**", "a*/**/b?c/[d-f]x{,.{y,z}}", "{x,y/**}/z.*", "**/*.tar.gz", "**/.hidden*", "[!a]bc", "x/**/y", "x.d/*",
		"**/{a,b/c}/**/d", "*", "?", "**/*.", "a/{}b",
	}
	c, err := newClasses(globs)
	if err != nil {
		t.Fatal(err)
	}
	var parts []string // of the globs themselves, with what stands for a special character filled in
	for _, of := range globs {
		for _, glob := range of {
			for _, g := range expandBraces(glob) {
				for part := range strings.SplitSeq(g, "/") {
					parts = append(parts, strings.NewReplacer("**", "a", "*", "-x", "?", "b", "[", "", "]", "").Replace(part))
				}
			}
		}
	}
	slices.Sort(parts)
	parts = slices.Compact(parts)
	ends := []string{"", "", "", "", ".", " ", "::$DATA", "\u200c", ".bak", ".gz", ".YML", "ß", "\xff", "~"}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "depth")
		path := make([]string, n)
		for i := range path {
			part := rapid.SampledFrom(parts).Draw(t, "part") + rapid.SampledFrom(ends).Draw(t, "end")
			if rapid.Bool().Draw(t, "upper") {
				part = strings.ToUpper(part)
			}
			path[i] = part
		}
		p := strings.Join(path, rapid.SampledFrom([]string{"/", "/", "/", "\\"}).Draw(t, "separator"))
		if got, want := pathClasses(c, p), plainMatch(globs, p); got != want {
			t.Fatalf("%q: %s, one by one %s", p, got, want)
		}
	})
	for path := range readRealPaths() {
		for _, p := range []string{path, strings.ToUpper(path), "a/" + path, path + "/x", path + ".gz", path + "."} {
			if got, want := pathClasses(c, p), plainMatch(globs, p); got != want {
				t.Errorf("%q: %s, one by one %s", p, got, want)
			}
		}
	}
}

func TestBuiltInGlobsAreSound(t *testing.T) {
	for class, globs := range builtInGlobs() {
		seen := make(map[string]string)
		for _, glob := range globs {
			if err := checkGlob(glob); err != nil {
				t.Errorf("%s: %v", class, err)
			}
			for _, g := range expandBraces(foldASCII(glob)) {
				if seen[g] != "" {
					t.Errorf("%s: %s is in %s and in %s", class, g, seen[g], glob)
				}
				seen[g] = glob
			}
		}
	}
}

// The name that a path has in a commit is not always the one that a checkout gives it.
func TestAttackBuildFileUnderAnotherName(t *testing.T) {
	c := builtInClasses()
	for name, path := range map[string]string{
		"case":                              "CMAKELISTS.TXT",
		"case of a folder":                  "Build-Aux/helper",
		"case of an extension":              "m4/evil.M4",
		"trailing dot":                      "Makefile.",
		"trailing dots and spaces":          "src/Makefile . .",
		"trailing space of a folder":        "build-aux /helper",
		"NTFS stream":                       "configure.ac::$DATA",
		"NTFS stream of a folder":           "cmake:$I30:$INDEX_ALLOCATION/x",
		"backslash":                         `src\Makefile`,
		"backslash after a slash":           `src/deep\configure.ac`,
		"zero-width non-joiner":             "Make\u200cfile",
		"right-to-left mark":                "configure\u200f.ac",
		"byte order mark":                   "\ufeffMakefile",
		"inhibit symmetric swapping":        "config\u206aure",
		"soft hyphen":                       "config\u00adure",
		"variation selector":                "Makefile\ufe0f",
		"Kelvin sign":                       "Ma\u212aefile",
		"long s":                            "me\u017fon.build",
		"ligature":                          "Make\ufb01le",
		"ligature and case":                 "CON\ufb01GURE",
		"full-width letters":                "\uff2d\uff21\uff2b\uff25file",
		"full-width dot":                    "configure\uff0eac",
		"full-width slash":                  "x\uff0fMakefile",
		"ignorable and colon":               "x:.m\u200c4",
		"colon that HFS+ keeps":             "a:b.m4",
		"ignorable in the middle and end":   "con\u200dfigure.a\u200ec",
		"doubled backslash":                 `build-aux\\x`,
		"full-width and trailing dot":       "\uff23MakeLists.txt.",
		"everything at once":                "SRC\\\uff2da\u212a\u200ceFi\u200dLE. ::$DATA",
		"invalid UTF-8 elsewhere":           "\xff\xfe/Makefile",
		"newline, tab and quotes elsewhere": "a\n\"b\"\t/Makefile",
	} {
		if got := pathClasses(c, path); got != "build" {
			t.Errorf("%s: %q is %s", name, path, got)
		}
	}
	// What merely looks like it is another name to every file system.
	for _, path := range []string{
		"Mаkefile" /* Cyrillic a */, "Makefíle", "Make file", "Makefile~", "xMakefile", "Makefile\xff", "Ma.kefile",
	} {
		if got := pathClasses(c, path); got != "-" {
			t.Errorf("%q is %s", path, got)
		}
	}
	// A decomposed and a composed form of the same name are in the same classes.
	for _, pair := range [][2]string{{"caf\u00e9/x.m4", "cafe\u0301/x.m4"}, {"testdata/\u00fc", "testdata/u\u0308"}} {
		if a, b := pathClasses(c, pair[0]), pathClasses(c, pair[1]); a != b || a == "-" {
			t.Errorf("%q is %s, %q is %s", pair[0], a, pair[1], b)
		}
	}
}

// TestAttackShortNameOfWindows: a checkout on NTFS writes GITHUB~1 into .github, where that is there.
func TestAttackShortNameOfWindows(t *testing.T) {
	c := builtInClasses()
	all := pathClasses(c, "x~1")
	for _, class := range []string{"build", "ci", "git-meta", "policy", "fixture"} {
		if !strings.Contains(all, class) {
			t.Errorf("x~1 is %s, not %s", all, class)
		}
	}
	for path, want := range map[string]bool{
		"GITHUB~1/x.yml": true, "src/CONFIG~1.AC": true, "a/MAKEF~12": true, "src\\GI7EBA~1": true,
		"Config~1.ac.": true, "COUNTE~1/policy.toml": true,
		"Makefile~": false, "x.c.~1~": false, "longername~1": false, "a~1b": false, "x~1.html": false, "~1": false,
		"a/~user/1": false,
	} {
		if got := pathClasses(c, path); (got == all) != want {
			t.Errorf("%q is %s", path, got)
		}
	}
}

const (
	fileMode, execMode = 0o100644, 0o100755
	linkMode, subMode  = 0o120000, 0o160000
)

func TestClassesOfModes(t *testing.T) {
	c := builtInClasses()
	for _, m := range []struct {
		was, is uint32
		want    string
	}{
		{0, fileMode, ""},
		{0, execMode, "exec-bit"},
		{fileMode, execMode, "exec-bit"},
		{execMode, execMode, ""},
		{execMode, fileMode, ""},
		{execMode, 0, ""},
		{0o100664, fileMode, ""}, // of old trees
		{0o100664, 0o100775, "exec-bit"},
		{0, linkMode, "symlink"},
		{linkMode, linkMode, "symlink"}, // to elsewhere
		{linkMode, 0, ""},
		{fileMode, linkMode, "symlink type-change"},
		{linkMode, execMode, "exec-bit type-change"},
		{linkMode, fileMode, "type-change"},
		{0, subMode, "submodule"},
		{subMode, subMode, "submodule"},
		{subMode, 0, "submodule"},
		{subMode, fileMode, "submodule type-change"},
		{fileMode, subMode, "submodule type-change"},
		{subMode, linkMode, "submodule symlink type-change"},
	} {
		if got := strings.Join(c.Of(Change{Path: "x", OldMode: m.was, NewMode: m.is}), " "); got != m.want {
			t.Errorf("%o to %o: %q, want %q", m.was, m.is, got, m.want)
		}
	}
}

// A change is classed by the new content, whatever kind of change it is.
func TestAttackBinaryChangedRatherThanAdded(t *testing.T) {
	c := builtInClasses()
	for name, ch := range map[string]struct {
		change Change
		want   string
	}{
		"added":    {Change{Path: "x.c", NewMode: fileMode, Traits: Traits(content.Binary)}, "binary"},
		"modified": {Change{Path: "x.c", OldMode: fileMode, NewMode: fileMode, Traits: Traits(content.Binary)}, "binary"},
		"mode only": {
			Change{Path: "x.c", OldMode: fileMode, NewMode: execMode, Traits: Traits(content.Binary)}, "binary exec-bit",
		},
		"mode back": {Change{Path: "x.c", OldMode: execMode, NewMode: fileMode, Traits: Traits(content.Binary)}, "binary"},
		"type-changed": {
			Change{Path: "x.c", OldMode: linkMode, NewMode: fileMode, Traits: Traits(content.Binary)},
			"binary type-change",
		},
		"renamed, old name": {Change{Path: "tests/files/x.xz", OldMode: fileMode}, "fixture"},
		"renamed, new name": {
			Change{Path: "src/x.c", NewMode: fileMode, Traits: Traits(content.Archive | content.Binary)}, "archive binary",
		},
		"everything it shows": {
			Change{
				Path: "tests/files/Makefile", NewMode: execMode,
				Traits: contentTraits,
			},
			"archive bidi binary build encoded exec-bit executable fixture keys large",
		},
	} {
		if got := strings.Join(c.Of(ch.change), " "); got != ch.want {
			t.Errorf("%s: %q, want %q", name, got, ch.want)
		}
	}
}

// Git's attributes can call a binary text and hide it from diffs. No class asks them, and they are
// in a class themselves.
func TestAttackAttributesHideABinary(t *testing.T) {
	elf := []byte("\x7fELF\x02\x01\x01\x00" + strings.Repeat("\x00", 56))
	c := builtInClasses()
	for _, path := range []string{"x.txt", "src/x.c", "po/x.po"} {
		traits := Inspect(Content{Path: path, Head: elf, Size: int64(len(elf))})
		got := c.Of(Change{Path: path, NewMode: fileMode, Traits: traits})
		if diff := cmp.Diff([]string{"binary", "executable"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if got := pathClasses(c, "src/.GitAttributes"); got != "git-meta" {
		t.Errorf("attributes are %s", got)
	}
}

func TestMatchNamesTheFirstGlob(t *testing.T) {
	c, err := newClasses(map[string][]string{"a": {"**/x.{c,h}", "src/**"}, "b": {"src/*.H", "**"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Match{{"a", "**/x.{c,h}"}, {"b", "src/*.H"}}
	if diff := cmp.Diff(want, c.Match("src/X.h")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRememberedClassesStayTheSame(t *testing.T) {
	c := builtInClasses()
	for range 2 {
		c.Of(Change{Path: "Makefile", NewMode: execMode, Traits: Traits(content.Binary | content.Bidi)})
		if got := c.Of(Change{Path: "Makefile", NewMode: fileMode}); !slices.Equal(got, []string{"build"}) {
			t.Fatalf("classes %q", got)
		}
		for i := range rememberedPaths {
			c.Of(Change{Path: fmt.Sprint("x/", i), NewMode: fileMode})
		}
		if len(c.seen) > rememberedPaths {
			t.Fatalf("%d paths are remembered", len(c.seen))
		}
	}
}

// BenchmarkOf classes 300,000 paths, each new, as of a first push; COUNTERSIGN_BENCH_REPO names a
// repository whose history gives them instead.
func BenchmarkOf(b *testing.B) {
	var paths []string
	if repo := os.Getenv("COUNTERSIGN_BENCH_REPO"); repo != "" {
		out, err := exec.Command("git", "-C", repo, "log", "--format=", "--name-only", "-z", "--no-renames", "--all").Output()
		if err != nil {
			b.Fatal(err)
		}
		for path := range bytes.SplitSeq(out, []byte{0}) {
			if len(path) > 0 {
				paths = append(paths, string(path))
			}
		}
	} else {
		real := slices.Sorted(maps.Keys(readRealPaths()))
		for i := range 300_000 {
			paths = append(paths, fmt.Sprintf("%s/%d/%s", []string{"src", "lib/deep", "tests/unit"}[i%3], i, real[i%len(real)]))
		}
	}
	c := builtInClasses()
	for b.Loop() {
		for _, path := range paths {
			c.Of(Change{Path: path, NewMode: fileMode})
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(paths)), "ns/path")
	b.ReportMetric(float64(len(paths)), "paths")
}
