package history

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRefs(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	main, topic := r.id("main"), r.id("topic")
	r.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
	r.git("symbolic-ref", "refs/heads/alias-of-alias", "refs/heads/alias")
	r.git("symbolic-ref", "refs/heads/dangling", "refs/heads/nowhere")
	r.git("pack-refs", "--all")
	r.git("update-ref", "refs/heads/topic", main.String()) // loose, over the packed one
	r.git("update-ref", "refs/heads/oct-z", topic.String())
	r.git("update-ref", "-d", "refs/heads/cc")
	r.git("update-ref", "refs/heads/release/1", topic.String())
	r.git("update-ref", "refs/headstrong", topic.String())
	r.git("update-ref", "refs/heads/\xff\xfe", topic.String())
	r.write("refs/heads/left.lock", main.String()+"\n") // a dead process left it; no ref
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open)
		for _, patterns := range [][]string{
			nil,
			{"refs/heads/"},
			{"refs/heads/release/", "refs/tags/"},
			{"refs/heads/main"},
			{"refs/heads/main", "refs/heads/"}, // each ref once
			{"refs/heads/rel"},                 // a name, not a prefix
			{"refs/heads/release"},             // a folder without its slash is no prefix
			{"refs/heads/*"},                   // no glob
			{"refs/nothing/"},
		} {
			var want []Ref
			lines := r.git("for-each-ref", "--format=%(objectname) %(refname) %(symref)")
			for line := range strings.SplitSeq(lines, "\n") {
				field := strings.Split(line, " ")
				if len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool {
					return field[1] == p || strings.HasSuffix(p, "/") && strings.HasPrefix(field[1], p)
				}) {
					want = append(want, Ref{Name: field[1], ID: mustID(t, field[0]), Target: field[2]})
				}
			}
			got, err := repo.Refs(t.Context(), patterns...)
			if diff := compare(want, got); diff != "" || err != nil {
				t.Errorf("%q: %v\n%s", patterns, err, diff)
			}
		}
		got, err := repo.Refs(t.Context(), "refs/heads/alias-of-alias", "refs/heads/dangling", "refs/heads/cc",
			"refs/heads/topic")
		want := []Ref{
			{Name: "refs/heads/alias-of-alias", ID: main, Target: "refs/heads/main"},
			{Name: "refs/heads/topic", ID: main},
		}
		if diff := compare(want, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

// TestRefsAreReadAnew: a gate asks for the real old values after the push began.
func TestRefsAreReadAnew(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open)
		for _, rev := range []string{"main", "topic", "oct-x"} {
			r.git("update-ref", "refs/heads/moving", rev)
			got, err := repo.Refs(t.Context(), "refs/heads/moving")
			if err != nil || len(got) != 1 || got[0].ID != r.id(rev) {
				t.Errorf("%s: %v, %v", rev, got, err)
			}
		}
	})
}

func TestResolve(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	r.git("update-ref", "refs/heads/both", "main")
	r.git("update-ref", "refs/tags/both", "topic")
	r.git("update-ref", "refs/remotes/origin/far", "oct-x")
	r.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/far")
	tip, octopus := r.git("rev-parse", "main"), r.named("an octopus merge").String()
	r.git("update-ref", "refs/heads/"+tip[:10], "topic") // Git takes the ref before the beginning of an id
	r.git("gc", "-q")
	loose := r.feed([]byte("a loose object"), "hash-object", "-w", "--stdin")
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open)
		for _, rev := range []string{
			"HEAD", "@", "main", "heads/main", "refs/heads/main", "v1", "nested", "heads/both",
			"origin", "origin/far", tip, strings.ToUpper(tip), tip[:12], "heads/" + tip[:10],
			"main~", "main~3", "main^^^", "main~0^0", "HEAD~2^", "@~1", "nested~2", "v1^0", "v1^2",
			"refs/heads/main~4^1~2", tip + "~5", octopus + "^3", octopus + "^3~1", octopus + "^^0^",
		} {
			want := r.git("rev-parse", "--verify", "-q", rev+"^{commit}")
			if got, err := repo.Resolve(t.Context(), rev); err != nil || got.String() != want {
				t.Errorf("%q: %s, %v; want %s", rev, got, err, want)
			}
		}
		for _, rev := range []string{"both", tip[:10]} {
			if got, err := repo.Resolve(t.Context(), rev); !errors.Is(err, ErrAmbiguous) {
				t.Errorf("%q: %s, %v; want ErrAmbiguous", rev, got, err)
			}
		}
		for _, rev := range []string{
			loose, loose[:8], r.git("rev-parse", "main^{tree}"), strings.Repeat("12", 20), strings.Repeat("12", 32),
			"", "nothing", "refs/heads", "refs/heads/", "-h", "--all", "main\nHEAD", "main topic", "^main", "main..topic", "abc",
			"../config", "refs/heads/../../config", "0123456789abcdef0123", "\x00",
			"main~9999", "main~99999999999999999999", octopus + "^5", "main^x", "main~-1", "main~1x", "nothing~1",
			"main^2^2^2^2^2^2", loose + "^0", strings.Repeat("12", 20) + "~1",
		} {
			if got, err := repo.Resolve(t.Context(), rev); !errors.Is(err, ErrUnreadable) {
				t.Errorf("%q: %s, %v; want ErrUnreadable", rev, got, err)
			}
		}
	})
}

func TestResolveRefusesAnAmbiguousBeginning(t *testing.T) {
	r := newTestRepo(t)
	one := r.feed([]byte("one"), "hash-object", "-w", "--stdin")
	other := one[:39] + "0"
	if other == one {
		other = one[:39] + "1"
	}
	content, err := os.ReadFile(filepath.Join(r.dir, "objects", one[:2], one[2:]))
	if err != nil {
		t.Fatal(err)
	}
	r.write("objects/"+other[:2]+"/"+other[2:], string(content))
	eachReader(t, func(t *testing.T, open opener) {
		if got, err := r.open(open).Resolve(t.Context(), one[:20]); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s, %v; want ErrUnreadable", got, err)
		}
	})
}

func TestFirstParentsAndReaches(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	commits := strings.Fields(r.git("rev-list", "--all"))
	main, root, fox := r.id("main"), r.named("a root commit"), r.named("a foxtrot merge")
	reached := strings.Fields(r.git("rev-list", "main"))
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open)
		line := func(stop func(ID) bool) (hex []string) {
			ids, err := repo.FirstParents(t.Context(), main, stop)
			if err != nil {
				t.Error(err)
			}
			for _, id := range ids {
				hex = append(hex, id.String())
			}
			return hex
		}
		want := strings.Fields(r.git("rev-list", "--first-parent", "main"))
		if got := line(func(ID) bool { return false }); !slices.Equal(got, want) || got[len(got)-1] != root.String() {
			t.Errorf("the line is %q, want %q", got, want)
		}
		if got := line(func(id ID) bool { return id == fox }); len(got) != 5 || got[4] != fox.String() {
			t.Errorf("the line to the foxtrot merge is %q", got)
		}
		if got := line(func(ID) bool { return true }); !slices.Equal(got, want[:1]) {
			t.Errorf("the shortest line is %q, want %q", got, want[:1])
		}
		var ids []ID
		for _, hex := range commits {
			ids = append(ids, mustID(t, hex))
		}
		got, err := repo.Reaches(t.Context(), []ID{main, root}, ids)
		if err != nil || len(got) != 2 || len(got[0]) != len(ids) {
			t.Fatal(got, err)
		}
		for i, hex := range commits {
			if got[0][i] != slices.Contains(reached, hex) {
				t.Errorf("main reaches %s: %v", hex, got[0][i])
			}
			if got[1][i] != (hex == root.String()) {
				t.Errorf("the root reaches %s: %v", hex, got[1][i])
			}
		}
		if got, err := repo.Reaches(t.Context(), []ID{root}, nil); err != nil || len(got[0]) != 0 {
			t.Errorf("of nothing: %v, %v", got, err)
		}
	})
}
