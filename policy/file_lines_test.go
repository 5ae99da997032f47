package policy

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
)

func TestLinesOfKeys(t *testing.T) {
	const text = `# version = 7
version = 1 # version = 8

a.b . "c d" = [ # a.b = 1
  1, { x = 2,
  y = '#' }, [
  3 ],
]
[ t.'u' ]
s = """
k = 1
[[r]] \"""
"""""
k = 2
l = '''
[r]''' # '''
[[r]]
k = 1
[r.in]
k = 2
[[r.list]]
[[r.list]]
k = 3
[[r]]
k = 4
[[r.list]]
k = 5
date = 1979-05-27 07:32:00
z = {}
last = []`
	got, deep, _ := scanLines(text)
	want := keyLines{
		"\x00version": 2,
		"\x00a":       4, "\x00a\x00b": 4, "\x00a\x00b\x00c d": 4,
		"\x00a\x00b\x00c d\x000": 5, "\x00a\x00b\x00c d\x001": 5,
		"\x00a\x00b\x00c d\x001\x00x": 5, "\x00a\x00b\x00c d\x001\x00y": 6,
		"\x00a\x00b\x00c d\x002": 6, "\x00a\x00b\x00c d\x002\x000": 7,
		"\x00t": 9, "\x00t\x00u": 9, "\x00t\x00u\x00s": 10, "\x00t\x00u\x00k": 14, "\x00t\x00u\x00l": 15,
		"\x00r": 17, "\x00r\x000": 17, "\x00r\x000\x00k": 18, "\x00r\x000\x00in": 19, "\x00r\x000\x00in\x00k": 20,
		"\x00r\x000\x00list": 21, "\x00r\x000\x00list\x000": 21, "\x00r\x000\x00list\x001": 22,
		"\x00r\x000\x00list\x001\x00k": 23,
		"\x00r\x001":                   24, "\x00r\x001\x00k": 25, "\x00r\x001\x00list": 26, "\x00r\x001\x00list\x000": 26,
		"\x00r\x001\x00list\x000\x00k": 27, "\x00r\x001\x00list\x000\x00date": 28,
		"\x00r\x001\x00list\x000\x00z": 29, "\x00r\x001\x00list\x000\x00last": 30,
	}
	if diff := cmp.Diff(want, got); diff != "" || deep != 0 {
		t.Errorf("deep %d, lines (-want +got):\n%s", deep, diff)
	}
	for path, line := range map[string]int{
		at("", "r", 1, "list", 0, "missing"): 26, at("", "r", 1, "none", 3, "x"): 24, at("", "missing"): 0,
		at("", "t", "u", "k", 4): 14, "": 0,
	} {
		if got.find(path) != line {
			t.Errorf("%q is at %d, want %d", path, got.find(path), line)
		}
	}
}

func TestNestingIsBounded(t *testing.T) {
	for _, text := range []string{
		"x = " + strings.Repeat("[", 1<<19), "x = " + strings.Repeat("{a=", 1<<18),
		strings.Repeat("a.", 1<<18) + "b = 1", "[" + strings.Repeat("a.", 1<<18) + "b]",
		"s = \"[[[\"\nx = " + strings.Repeat("[{a=", 1<<10),
	} {
		_, err := Load(folder(text))
		if err == nil || !strings.HasSuffix(err.Error(), "tables and lists are nested too deeply") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	deepest := "x = " + strings.Repeat("[", maxNesting-1) + strings.Repeat("]", maxNesting-1)
	if _, deep, _ := scanLines(deepest); deep != 0 {
		t.Errorf("%s is too deep", deepest)
	}
}

// FuzzLoad: whatever the file, Load gives a policy or says what is wrong and where, the same each
// time, and the line of every key of valid TOML is a line that has the key.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"*.toml", "bad/*.toml"} {
		names, err := filepath.Glob(filepath.Join("..", "testdata", "policy", pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(b))
		}
	}
	bare := regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Load(folder(text))
		lines := strings.Split(text, "\n")
		if err != nil {
			var bad *FileError
			if p != nil || !errors.As(err, &bad) || len(bad.Problems) == 0 || len(bad.Problems) > maxProblems+1 {
				t.Fatalf("policy %v, error %#v", p, err)
			}
			for _, problem := range bad.Problems {
				if problem.File == FileName && problem.Line > len(lines) {
					t.Errorf("%d lines, and a problem at %d", len(lines), problem.Line)
				}
			}
		}
		if p != nil && len(p.Principals) == 0 {
			t.Error("a policy without principals")
		}
		if _, again := Load(folder(text)); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Errorf("%v, then %v", err, again)
		}
		found, deep, _ := scanLines(text)
		var raw map[string]any
		if deep != 0 || control([]byte(text)) >= 0 {
			return
		}
		if _, err := toml.Decode(text, &raw); err != nil {
			return
		}
		var walk func(path string, v any)
		walk = func(path string, v any) {
			switch v := v.(type) {
			case map[string]any:
				for key, inner := range v {
					if !bare.MatchString(key) {
						continue
					}
					path := at(path, key)
					line := found[path]
					if line == 0 || !strings.Contains(lines[line-1], key) && !strings.Contains(lines[line-1], `\`) {
						t.Errorf("key %q is at line %d", path, line)
					}
					walk(path, inner)
				}
			case []map[string]any:
				for i, inner := range v {
					walk(at(path, i), inner)
				}
			case []any:
				for i, inner := range v {
					if found[at(path, i)] == 0 {
						t.Errorf("element %d of %q has no line", i, path)
					}
					walk(at(path, i), inner)
				}
			}
		}
		walk("", raw)
	})
}
