package policy

import (
	"slices"
	"strings"
	"testing"
)

func TestLinksShown(t *testing.T) {
	links := map[string]string{
		"Makefile":        "tools/rules",
		"GNUmakefile":     "Makefile",       // a chain
		"tests/files":     "../tools/files", // a folder
		"samples":         "tests/files/",   // a link to a linked folder
		"tools/files/up":  "../../data/x",   // a link inside a linked folder
		"deep":            "tools/files",    // ".." of it is tools, not the top
		"configure":       "deep/../conf",   // so this is tools/conf
		"around":          "./tools/../",    // the whole tree
		"self":            "self",           // nowhere
		"out":             "../../etc/passwd",
		"root":            "/etc/passwd",
		"Rules.mk":        "TOOLS/Mixed", // where case doesn't matter
		"windows.mk":      `tools\win`,
		"\xff.mk":         "tools/odd\xfe",
		"through-nothing": "gone/../tools/lost",
	}
	l := NewLinks(links)
	for _, c := range []struct {
		path string
		want []string
	}{
		{"README", []string{"around/README"}},
		{"tools/rules", []string{"Makefile", "GNUmakefile", "around/tools/rules"}},
		{"tools/files/a/b", []string{"tests/files/a/b", "samples/a/b", "deep/a/b"}},
		{"data/x", []string{"tools/files/up", "tests/files/up", "samples/up", "deep/up"}},
		{"tools/conf", []string{"configure"}},
		{"conf", []string{"around/conf"}},
		{"etc/passwd", []string{"around/etc/passwd"}},
		{"tools/mixed", []string{"Rules.mk"}},
		{"tools/win", []string{"windows.mk"}},
		{"tools/odd\xfe", []string{"\xff.mk"}},
		{"tools/lost", []string{"through-nothing"}},
		{"tools/rules2", []string{"around/tools/rules2"}},
	} {
		got, more := l.Shown(c.path)
		for _, want := range c.want {
			if !slices.Contains(got, want) {
				t.Errorf("%q is shown as %q, which misses %q", c.path, got, want)
			}
		}
		for _, path := range got {
			if !slices.Contains(c.want, path) && !strings.HasPrefix(path, "around/") && !strings.Contains(path, "/around/") {
				t.Errorf("%q is shown as %q, too", c.path, path)
			}
		}
		if more {
			t.Errorf("%q is shown under too many paths: %q", c.path, got)
		}
	}
	l.Set("around", "")
	if got, _ := l.Shown("README"); got != nil {
		t.Errorf("README is shown as %q by a link that is gone", got)
	}
	l.Set("around", "tools")
	if got, _ := l.Shown("tools/conf"); !slices.Equal(got, []string{"around/conf", "configure"}) &&
		!slices.Equal(got, []string{"configure", "around/conf"}) {
		t.Errorf("tools/conf is shown as %q", got)
	}
}

// TestLinksAreBounded: links around their own folder multiply what they show.
func TestLinksAreBounded(t *testing.T) {
	targets := make(map[string]string)
	for _, name := range strings.Split("abcdefghijklmnopqrstuvwxyz", "") {
		targets[name] = "."
	}
	got, more := NewLinks(targets).Shown("src/x.c")
	if len(got) != maxShown || !more {
		t.Errorf("%d paths, and more: %v", len(got), more)
	}
	chain := map[string]string{"l0": "Makefile.real"}
	for i := range maxLinkHops + 10 {
		chain["l"+strings.Repeat("x", i+1)] = "l" + strings.Repeat("x", i)
	}
	if _, more := NewLinks(chain).Shown("Makefile.real"); more {
		t.Error("a chain is too many")
	}
	p := Default()
	classes := p.Classes.Of(Change{Path: "src/x.c", OldMode: 0o100644, NewMode: 0o100644, Also: got, Anywhere: true})
	for _, class := range []string{"build", "ci", "fixture", "git-meta", "lockfile", "policy", "vendored"} {
		if !slices.Contains(classes, class) {
			t.Errorf("what is shown everywhere isn't in class %s: %q", class, classes)
		}
	}
	if slices.Contains(classes, classBinary) {
		t.Error("and has content that it hasn't")
	}
}

func TestClassesOfWhatALinkShows(t *testing.T) {
	c := Default().Classes
	plain := Change{Path: "tools/rules", OldMode: 0o100644, NewMode: 0o100644}
	if got := c.Of(plain); len(got) != 0 {
		t.Errorf("%q", got)
	}
	plain.Also = []string{"doc/rules", "Makefile"}
	if got := c.Of(plain); !slices.Equal(got, []string{"build"}) {
		t.Errorf("%q", got)
	}
	if got := c.shownAs(&plain, []string{"build"}); !slices.Equal(got, []string{"Makefile"}) {
		t.Errorf("%q", got)
	}
	own := Change{Path: "Makefile", Also: []string{"sub/Makefile"}}
	if got := c.shownAs(&own, []string{"build"}); got != nil {
		t.Errorf("%q", got)
	}
}
