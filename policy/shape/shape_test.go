package shape

import (
	"strings"
	"testing"

	"countersign/policy/edit"
)

// edits are changes, each of one file: what stood there, and what lands.
type edits map[string]struct {
	path, old, now string
	want           Shape
}

// of tells the shape of a change, of which before is nothing for a new file.
func of(path string, before [][]byte, now []byte) Shape {
	return Of(path, &edit.Change{Before: before, Now: now})
}

// explain gives the reasons of a change from one text to another.
func explain(path, old, now string) []Reason {
	return Explain(path, &edit.Change{Before: [][]byte{[]byte(old)}, Now: []byte(now)})
}

// decide gives the shape that reasons make.
func decide(reasons []Reason) Shape {
	shape := Harmless
	for _, r := range reasons {
		switch r.Shape {
		case Risky:
			return Risky
		case Plain:
			shape = Plain
		}
	}
	return shape
}

func (all edits) check(t *testing.T) {
	t.Helper()
	for name, c := range all {
		reasons := explain(c.path, c.old, c.now)
		if got := decide(reasons); got != c.want {
			t.Errorf("%s: %s, want %s: %+v", name, got, c.want, reasons)
		}
	}
}

func TestString(t *testing.T) {
	for shape, want := range map[Shape]string{Plain: "plain", Harmless: "harmless", Risky: "risky", 7: "Shape(7)"} {
		if got := shape.String(); got != want {
			t.Errorf("%d is %q, want %q", shape, got, want)
		}
	}
}

func TestExplain(t *testing.T) {
	const old = "{\n  \"name\": \"a\",\n  \"dependencies\": {\n    \"b\": \"^1.0.0\"\n  }\n}\n"
	now := strings.Replace(old, "^1.0.0", "^1.2.0", 1)
	reasons := explain("package.json", old, now)
	want := Reason{4, `    "b": "^1.2.0"`, Harmless, "a newer version of a dependency"}
	if len(reasons) != 1 || reasons[0] != want {
		t.Errorf("%+v, want %+v", reasons, want)
	}
	now = strings.Replace(old, "    \"b\"", "    \"c\": \"1.0.0\",\n    \"b\"", 1)
	reasons = explain("package.json", old, now)
	want = Reason{4, `    "c": "1.0.0",`, Risky, "a new dependency"}
	if len(reasons) != 1 || reasons[0] != want {
		t.Errorf("%+v, want %+v", reasons, want)
	}
	reasons = explain("CMakeLists.txt", "check_c_source_compiles(\"pledge()\" X)\n", "")
	if len(reasons) == 0 || reasons[0].Line != 0 || reasons[0].Text == "" || reasons[0].Shape != Risky {
		t.Errorf("a check that is taken out: %+v", reasons)
	}
}

func TestOfNewAndLong(t *testing.T) {
	manifest := func(versions string) []byte { return []byte(`{"dependencies": {` + versions + "}}\n") }
	for name, c := range map[string]struct {
		before [][]byte
		now    []byte
		want   Shape
	}{
		"a new file that needs nothing":   {nil, manifest(""), Plain},
		"a new file that needs something": {nil, manifest(`"a": "1.0.0"`), Risky},
		"nothing changed":                 {[][]byte{manifest("")}, manifest(""), Harmless},
		"a file that is too long":         {[][]byte{manifest("")}, manifest(strings.Repeat(" ", maxSize)), Plain},
		"a file that was too long":        {[][]byte{manifest(strings.Repeat(" ", maxSize))}, manifest(""), Plain},
		"a long one that is the same as ever": {
			[][]byte{manifest(strings.Repeat(" ", maxSize))},
			manifest(strings.Repeat(" ", maxSize)), Harmless,
		},
	} {
		if got := of("package.json", c.before, c.now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	old, now := "A_VERSION = 1.2\n# a\n", "A_VERSION = 1.3\n# b\n"
	for path, want := range map[string]Shape{
		"Makefile": Harmless, "a/b/MAKEFILE": Harmless, "src/makefile.am": Harmless, "rules.mk": Harmless,
		"GNUmakefile": Harmless, ".npmrc": Plain, "a.c": Plain, "": Plain, "/": Plain, "Makefile.PL": Plain,
		`a\Makefile`: Harmless,
	} {
		if got := of(path, [][]byte{[]byte(old)}, []byte(now)); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}

// Whatever the format, a text with something that can't be seen is never harmless.
func TestUnseen(t *testing.T) {
	const old = "a: 1\n# one\nb: 2\n"
	for name, now := range map[string]string{
		"a carriage return":             "a: 1\n# one\rc: 3\nb: 2\n",
		"carriage returns at some ends": "a: 1\r\n# two\nb: 2\n",
		"carriage returns at all ends":  "a: 1\r\n# two\r\nb: 2\r\n",
		"next line":                     "a: 1\n# one\u0085c: 3\nb: 2\n",
		"a line separator":              "a: 1\n# one\u2028c: 3\nb: 2\n",
		"right to left":                 "a: 1\n# one\u202e\nb: 2\n",
		"a byte order mark":             "\ufeffa: 1\n# one\nb: 2\n",
		"a variation selector":          "a: 1\n# one\ufe0f\nb: 2\n",
		"tags":                          "a: 1\n# one\U000e0041\nb: 2\n",
		"a Hangul filler":               "a: 1\n# one\u3164\nb: 2\n",
		"an escape":                     "a: 1\n# one\x1b[2K\nb: 2\n",
		"a NUL":                         "a: 1\n# one\x00\nb: 2\n",
		"not UTF-8":                     "a: 1\n# one\xff\nb: 2\n",
	} {
		if got := of(".github/workflows/a.yml", [][]byte{[]byte(old)}, []byte(now)); got == Harmless {
			t.Errorf("%s is harmless", name)
		}
	}
	letters := []byte("a: 1\n# été 中文\nb: 2\n")
	if got := of(".github/workflows/a.yml", [][]byte{[]byte(old)}, letters); got != Harmless {
		t.Error("letters of other languages in a comment aren't harmless")
	}
}

func TestCommentsThatToolsObey(t *testing.T) {
	for _, comment := range []string{
		"# syntax=docker/dockerfile:1", "# escape=`", "# zizmor: ignore[template-injection]", "# hadolint ignore=DL3008",
		"# shellcheck disable=SC2086", "# renovate: datasource=github-releases", "# -*- coding: utf-7 -*-",
	} {
		for _, pair := range [][2]string{{"FROM a:1\n", comment + "\nFROM a:1\n"}, {comment + "\nFROM a:1\n", "FROM a:1\n"}} {
			if got := of("Dockerfile", [][]byte{[]byte(pair[0])}, []byte(pair[1])); got == Harmless {
				t.Errorf("%q more or less is harmless", comment)
			}
		}
	}
}

// TestWordsHad asks for words in the case that they are written in, in another one and in characters whose small letter
// is one of ASCII.
func TestWordsHad(t *testing.T) {
	for _, text := range []string{"", "Run ./Build.SH\n", "\u212aERNEL \u0130nit", "\xe2\x80\xa8", "a\xffb", "A\ufffdB"} {
		for _, word := range []string{
			"", "build.sh", "Build.SH", "BUILD.sh", "other", "kernel", "\u212aernel", "init", "\u0130NIT", "\xe2", "\x80\xa8",
			"\xff", "a\xffb", "\ufffd", "\u2028",
		} {
			had := wordsHad{old: []byte(text)}
			if got, want := had.has(word), strings.Contains(strings.ToLower(text), strings.ToLower(word)); got != want {
				t.Errorf("%q in %q: %t, want %t", word, text, got, want)
			}
		}
	}
}
