package history

import (
	"fmt"
	"strings"
	"testing"
)

// TestLinks compares what the readers say of symbolic links with what was stored.
func TestLinks(t *testing.T) {
	r := newTestRepo(t)
	long := strings.Repeat("x", maxTarget+1)
	r.feed([]byte(linksStream(long)), "fast-import", "--quiet")
	one, two, merge := r.id("one"), r.id("two"), r.id("merge")
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open)
		for _, c := range []struct {
			name          string
			commit, since ID
			want          []Link
		}{
			{"all", one, ID{}, []Link{{"\xff", "a\nb"}, {"Makefile", "tools/rules"}, {"long", ""}, {"tests/files", "../tools"}}},
			{
				"one became a file, one another, one is gone", two, one,
				[]Link{{"Makefile", ""}, {"long", "short"}, {"tests/files", ""}},
			},
			{"what the merge brought", merge, two, []Link{{"new", "tools"}}},
			{"nothing", merge, merge, nil},
			{"and all again", merge, ID{}, []Link{{"\xff", "a\nb"}, {"long", "short"}, {"new", "tools"}}},
		} {
			got, err := repo.Links(t.Context(), c.commit, c.since)
			want := map[string]string{}
			for _, l := range c.want {
				want[l.Path] = l.Target
			}
			if err != nil || len(got) != len(want) {
				t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
			}
			for i, l := range got {
				if target, ok := want[l.Path]; !ok || target != l.Target || i > 0 && got[i-1].Path >= l.Path {
					t.Errorf("%s: %q; want %q", c.name, got, c.want)
				}
			}
		}
		missing := mustID(t, strings.Repeat("12", 20))
		if _, err := repo.Links(t.Context(), missing, ID{}); err == nil {
			t.Error("a missing commit has links")
		}
		if _, err := repo.Links(t.Context(), missing, one); err == nil {
			t.Error("a missing commit was compared")
		}
		if got, err := repo.Links(t.Context(), two, one); err != nil || len(got) != 3 {
			t.Errorf("after an error: %q, %v", got, err)
		}
	})
}

// linksStream is a history: one, then two; and merge, which brings a link made beside two.
func linksStream(long string) string {
	var b strings.Builder
	commit := func(branch, from, merge string, lines ...string) {
		b.WriteString("commit refs/heads/" + branch + "\ncommitter a <a@example.org> 1700000000 +0000\ndata 1\nx\n")
		if from != "" {
			b.WriteString("from " + from + "\n")
		}
		if merge != "" {
			b.WriteString("merge " + merge + "\n")
		}
		for _, l := range lines {
			b.WriteString(l + "\n")
		}
		b.WriteString("\n")
	}
	file := func(mode, path, content string) string {
		return "M " + mode + " inline " + path + "\ndata <<END\n" + content + "\nEND"
	}
	link := func(path, target string) string {
		return fmt.Sprintf("M 120000 inline %s\ndata %d\n%s", path, len(target), target)
	}
	commit("one", "", "", file("100644", "tools/rules", "all:"), link("Makefile", "tools/rules"),
		link("tests/files", "../tools"), link(`"\377"`, "a\nb"), link("long", long))
	commit("two", "refs/heads/one", "", file("100644", "Makefile", "all:"), "D tests/files", link("long", "short"))
	commit("side", "refs/heads/one", "", link("new", "tools"))
	commit("merge", "refs/heads/two", "refs/heads/side", link("new", "tools"))
	return b.String()
}
