package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/cli"
)

// TestXzIsHeld judges xz's history by the default policy. Its files are stand-ins, but those of the attack are shaped
// as the real ones were: two archives, a character that breaks the check for a sandbox, and a check that a backdoor
// needed.
func TestXzIsHeld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	repo := filepath.Join(dir, "xz.git")
	run(t, dir, "git", "init", "-q", "--bare", repo)
	importStream(t, repo, xzWithAttack(t))
	backtest := func(args ...string) string {
		var out, errs bytes.Buffer
		env := environment()
		env.Args = append([]string{
			"backtest", "--claimed", "--all", "-C", repo, "--since", "2019-03-29", "--until",
			"2024-03-29", "main",
		}, args...)
		env.Stdout, env.Stderr, env.Now = &out, &errs, time.Now
		if code := cli.Run(context.Background(), env); code != 0 {
			t.Fatalf("backtest %v: exit code %d\n%s", args, code, errs.Bytes())
		}
		return out.String()
	}
	log, err := exec.Command("git", "-C", repo, "log", "--format=%h %s", "--abbrev=10", "main").Output()
	if err != nil {
		t.Fatal(err)
	}
	commits := strings.Split(string(log), "\n")
	all := backtest()
	for _, attack := range xzAttack {
		i := slices.IndexFunc(commits, func(s string) bool { return strings.HasSuffix(s, " original "+attack.commit) })
		if i < 0 {
			t.Fatalf("no commit is the stand-in of %s", attack.commit)
		}
		id, _, _ := strings.Cut(commits[i], " ")
		if want := "\n" + id + "  " + attack.rule + "  jiat0218@gmail.com  " + attack.path; !strings.Contains(all, want) {
			t.Errorf("%s, which is %s, isn't held by %s for %s", id, attack.commit, attack.rule, attack.path)
		}
	}
	held := all[strings.Index(all, "\nheld  "):]
	if strings.Contains(held, "lasse.collin") {
		t.Errorf("the founder is held:\n%s", held)
	}
	if n := strings.Count(held, "jiat0218@gmail.com"); n < len(xzAttack) || n > 35 {
		t.Errorf("%d findings against the attacker:\n%s", n, held)
	}
}

// xzAttack are the commits of the attack on xz, each with the rule that holds it, and what stood in its files before
// and after. Path is the first of those that are held.
var xzAttack = []struct {
	commit, rule, path string
	files              map[string][2]string
}{
	{"cf44e4b7f5dfdbf8c78aef377c10f71e274f63c0", "opaque-files", "tests/files/bad-3-corrupt_lzma2.xz", map[string][2]string{
		"tests/files/bad-3-corrupt_lzma2.xz":     {"", xzHeader + "one"},
		"tests/files/good-large_compressed.lzma": {"", lzmaHeader + "one"},
	}},
	{"6e636819e8f070330d835fce46289a3ff72a7b89", "opaque-files", "tests/files/bad-3-corrupt_lzma2.xz", map[string][2]string{
		"tests/files/bad-3-corrupt_lzma2.xz":     {xzHeader + "one", xzHeader + "two"},
		"tests/files/good-large_compressed.lzma": {lzmaHeader + "one", lzmaHeader + "two"},
	}},
	{"328c52da8a2bbb81307644efdb58db2c422d9ba7", "build-and-ci", "CMakeLists.txt", map[string][2]string{
		"CMakeLists.txt": {
			"check_c_source_compiles(\"\n    #include <linux/landlock.h>\n    int main(void) { return 0; }\n\" " +
				"HAS_LANDLOCK)\n",
			"check_c_source_compiles(\"\n    #include <linux/landlock.h>\n.\n    int main(void) { return 0; }\n\" " +
				"HAS_LANDLOCK)\n",
		},
	}},
	{"e5faaebbcf02ea880cfc56edc702d4f7298788ad", "build-and-ci", "configure.ac", map[string][2]string{
		"configure.ac": {
			"AC_INIT([x], [1])\nAC_COMPILE_IFELSE([AC_LANG_SOURCE([[\n__attribute__((__ifunc__(\"f\")))\n" +
				"void g(void);\n]])],\n[have_ifunc=yes])\n",
			"AC_INIT([x], [1])\nAC_COMPILE_IFELSE([AC_LANG_SOURCE([[\n__attribute__((__ifunc__(\"f\")))\n" +
				"__attribute__((__no_profile_instrument_function__))\nvoid g(void);\n]])],\n[have_ifunc=yes])\n",
		},
	}},
}

const (
	xzHeader   = "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F"                        // The .xz File Format, 2.1.1
	lzmaHeader = "\x5d\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00" // doc/lzma-file-format.txt
)

// xzWithAttack gives the stream of xz's history with those contents.
func xzWithAttack(t *testing.T) []byte {
	t.Helper()
	f, err := os.Open("testdata/history/xz.fi.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	change := regexp.MustCompile(`(?m)^M \d+ :(\d+) "([^"]+)"$`)
	for _, attack := range xzAttack {
		at := bytes.Index(stream, []byte("\noriginal "+attack.commit))
		if at < 0 {
			t.Fatalf("the stream lacks %s", attack.commit)
		}
		marks := make(map[string][]string) // of each path, in order, up to and with this commit
		end := at + bytes.Index(stream[at:], []byte("\n\n"))
		for _, m := range change.FindAllSubmatch(stream[:end], -1) {
			marks[string(m[2])] = append(marks[string(m[2])], string(m[1]))
		}
		for path, texts := range attack.files {
			of := marks[path]
			for i, text := range texts {
				if n := len(of) - 2 + i; n >= 0 {
					stream = withBlob(stream, of[n], text)
				}
			}
		}
	}
	return stream
}

// withBlob gives a stream in which the blob of a mark has another content.
func withBlob(stream []byte, mark, content string) []byte {
	blob := regexp.MustCompile(`(?s)\nmark :` + mark + `\ndata (\d+)\n`)
	at := blob.FindSubmatchIndex(stream)
	size, err := strconv.Atoi(string(stream[at[2]:at[3]]))
	if err != nil {
		panic(err)
	}
	data := fmt.Sprintf("%d\n%s", len(content), content)
	return slices.Concat(stream[:at[2]], []byte(data), stream[at[1]+size:])
}

func importStream(t *testing.T, repo string, stream []byte) {
	t.Helper()
	cmd := exec.Command("git", "-C", repo, "fast-import", "--quiet")
	cmd.Stdin = bytes.NewReader(stream)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
