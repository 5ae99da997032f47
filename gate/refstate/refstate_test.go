package refstate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/gate/record"
	"countersign/history"
	"countersign/policy"
)

const (
	main, topic, hidden = "refs/heads/main", "refs/heads/topic", "refs/pull/1/head"
	zero                = "0"
)

// id makes an id of a letter: "a" is aaaa…
func id(letter string) string { return strings.Repeat(letter, 40) }

func parsed(t *testing.T, letter string) history.ID {
	t.Helper()
	v, err := history.ParseID(id(letter))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// told is a record of one change of a ref: ids by their letters.
type told struct {
	schema    string
	refused   bool
	ref       string
	old, new  string
	protected bool
	landings  int
}

// pushed tells of a change of main that was accepted and made.
func pushed(old, new string) []told {
	push := told{schema: record.Push, ref: main, old: old, new: new, protected: true}
	applied := push
	applied.schema = record.Applied
	return []told{push, applied}
}

// journal makes the records, the first of second 1, the next of second 2.
func journal(t *testing.T, all []told) [][]byte {
	t.Helper()
	var records [][]byte
	for i, c := range all {
		ref := policy.RefDecision{Ref: c.ref, Old: id(c.old), New: id(c.new), Protected: c.protected, Landings: c.landings}
		d := policy.Decision{Verdict: policy.Accepted, Refs: []policy.RefDecision{ref}}
		if c.refused {
			d.Verdict = policy.Refused
		}
		r := record.Record{Schema: c.schema, Time: time.Unix(int64(i+1), 0)}
		b, err := r.Encode(d, func(d policy.Decision) ([]byte, error) { return json.Marshal(d) })
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, b)
	}
	return records
}

func each(records [][]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// index is one in memory.
type index struct {
	records [][]byte
	entries map[string][][]byte
}

func (x *index) Update(context.Context) error {
	x.entries = make(map[string][][]byte)
	for _, r := range x.records {
		entries, err := Entries(r)
		if err != nil {
			return err
		}
		for _, e := range entries {
			x.entries[e.Key] = append(x.entries[e.Key], e.Value)
		}
	}
	return nil
}

func (x *index) Lookup(_ context.Context, key string) ([][]byte, error) { return x.entries[key], nil }

// repository has refs, and commits with one parent each, by their letters; "" is for a root.
type repository struct {
	refs    map[string]string
	parents map[string]string
}

func (r repository) Refs(context.Context, ...string) (refs []history.Ref, err error) {
	for _, name := range slices.Sorted(maps.Keys(r.refs)) {
		v, err := history.ParseID(id(r.refs[name]))
		if err != nil {
			return nil, err
		}
		refs = append(refs, history.Ref{Name: name, ID: v})
	}
	return refs, nil
}

func (r repository) Kind(_ context.Context, id history.ID) (string, error) {
	if _, ok := r.parents[id.String()[:1]]; !ok {
		return "", history.ErrMissing
	}
	return "commit", nil
}

func (r repository) Reaches(_ context.Context, tips, ids []history.ID) ([][]bool, error) {
	reached := make([][]bool, len(tips))
	for i, tip := range tips {
		reached[i] = make([]bool, len(ids))
		for at := tip.String()[:1]; at != ""; at = r.parents[at] {
			if j := slices.IndexFunc(ids, func(v history.ID) bool { return v.String()[:1] == at }); j >= 0 {
				reached[i][j] = true
			}
		}
	}
	return reached, nil
}

// opened gives the log of a journal in both ways.
func opened(t *testing.T, records [][]byte, repo Repository, received int64) map[string]*Log {
	t.Helper()
	logs := make(map[string]*Log)
	for way, j := range map[string]Journal{
		"whole": {Records: each(records)}, "by an index": {each(records), &index{records: records}},
	} {
		l, err := Open(t.Context(), j, repo, received)
		if err != nil {
			t.Fatal(err)
		}
		logs[way] = l
	}
	return logs
}

func TestStateOfARef(t *testing.T) {
	t.Parallel()
	push := func(old, new string) told {
		return told{schema: record.Push, ref: main, old: old, new: new, protected: true, landings: 1}
	}
	applied := func(old, new string) told {
		return told{schema: record.Applied, ref: main, old: old, new: new, protected: true}
	}
	found := told{schema: record.Baseline, ref: main, old: "a", new: "a", protected: true}
	stands := told{schema: record.Move, ref: main, old: "a", new: "b", protected: true}
	operator := told{schema: record.Operator, ref: main, old: zero, new: "a", protected: true}
	refused := push("a", "b")
	refused.refused = true
	made := push(zero, "a")
	made.landings = 0
	unprotected, unprotectedMade, unprotectedRefused := push("a", "b"), applied("a", "b"), refused
	unprotectedNew, unprotectedNewMade := made, applied(zero, "a")
	for _, c := range []*told{&unprotected, &unprotectedMade, &unprotectedRefused, &unprotectedNew, &unprotectedNewMade} {
		c.protected = false
	}

	type state struct {
		Known, Moves, Pending, Unjudged string // letters
		Awaits, Always, OnlyMade        bool
	}
	for _, c := range []struct {
		what    string
		records []told
		now     string // what the ref has now, when a push comes in
		want    state
	}{
		{"nothing", nil, "a", state{Always: true}},
		{"accepted, and made", []told{push(zero, "a"), applied(zero, "a")}, "", state{Known: "a", Moves: "a", Always: true}},
		{
			"made where nothing had to be judged",
			[]told{made, applied(zero, "a")},
			"",
			state{Known: "a", Moves: "a", Always: true, OnlyMade: true},
		},
		{"accepted only", []told{push(zero, "a")}, "", state{Known: zero, Pending: "a", Awaits: true}},
		{"accepted, and found so", []told{push(zero, "a")}, "a", state{Known: "a", Moves: "a", Awaits: true, Always: true}},
		{
			"found so by the next push",
			[]told{push(zero, "a"), push("a", "b")},
			"",
			state{Known: "a", Moves: "a", Pending: "b", Awaits: true, Always: true},
		},
		{
			"Git's word comes after the next push",
			[]told{push(zero, "a"), push("a", "b"), applied(zero, "a"), applied("a", "b")},
			"",
			state{Known: "b", Moves: "ab"},
		},
		{"refused", []told{push(zero, "a"), applied(zero, "a"), refused}, "", state{Known: "a", Moves: "a", Always: true}},
		{
			"made without a decision",
			[]told{push(zero, "a"), applied(zero, "a"), applied("a", "b")},
			"",
			state{Known: "a", Moves: "ab", Unjudged: "b", Always: true},
		},
		{
			"which an operator lets stand",
			[]told{push(zero, "a"), applied(zero, "a"), applied("a", "b"), stands},
			"",
			state{Known: "b", Moves: "abb"},
		},
		{
			"while it wasn't protected",
			[]told{push(zero, "a"), applied(zero, "a"), unprotected, unprotectedMade},
			"",
			state{Moves: "ab"},
		},
		{
			"found at the installation",
			[]told{found},
			"",
			state{Known: "a", Always: true},
		},
		{
			"a push goes on from there",
			[]told{found, push("a", "b"), applied("a", "b")},
			"b",
			state{Known: "b", Moves: "b"},
		},
		{
			"tried again",
			[]told{push(zero, "a"), push(zero, "a"), applied(zero, "a")},
			"",
			state{Known: "a", Moves: "a", Always: true},
		},
		{
			"an operator's word for the guard",
			[]told{operator, applied(zero, "a")},
			"",
			state{Known: "a", Moves: "a", Always: true, OnlyMade: true},
		},
		{
			"accepted from where it wasn't",
			[]told{found, push("b", "c")},
			"c",
			state{Known: "a", Pending: "c", Awaits: true, Always: true},
		},
		{"nothing was there to delete", []told{push(zero, zero)}, "", state{Known: zero}},
		{"not protected any more", []told{found, unprotectedRefused}, "", state{Always: true}},
		{"protected while it was moved", []told{unprotected, refused, unprotectedMade}, "", state{Moves: "b"}},
		{
			"protected later",
			[]told{unprotectedNew, unprotectedNewMade, found},
			"",
			state{Known: "a", Moves: "a", OnlyMade: true},
		},
		{"a review", []told{{schema: record.Review, ref: main, old: zero, new: "a"}}, "", state{Always: true}},
		{
			"of another version",
			[]told{{schema: "countersign-other/1", ref: main, old: zero, new: "a"}},
			"",
			state{Always: true},
		},
	} {
		repo, received, now := repository{}, int64(0), history.ID{}
		if c.now != "" {
			repo.refs, received, now = map[string]string{main: c.now}, 100, parsed(t, c.now)
		}
		for way, l := range opened(t, journal(t, c.records), repo, received) {
			s, err := l.State(t.Context(), main, now)
			if err != nil {
				t.Fatal(err)
			}
			letters := func(changes []Change) (all string) {
				for _, m := range changes {
					all += m.New[:1]
				}
				return all
			}
			got := state{
				Moves: letters(s.moves), Pending: letters(s.Pending()), Unjudged: letters(s.Unjudged()),
				Awaits: s.Awaits(), Always: s.AlwaysJudged(parsed(t, "a")), OnlyMade: s.OnlyMade(id("a")),
			}
			if s.Known() != "" {
				got.Known = s.Known()[:1]
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s, read %s (-want +got):\n%s", c.what, way, diff)
			}
		}
	}
}

// Which values a judged push gave a ref, and what they stand on.
func TestJudgedValues(t *testing.T) {
	t.Parallel()
	found := []told{{schema: record.Baseline, ref: main, old: "a", new: "a", protected: true}}
	past := []told{{schema: record.Applied, ref: main, old: "a", new: "b", protected: true}}
	for _, c := range []struct {
		what    string
		records []told
		value   string
		judged  bool
		roots   string // letters
	}{
		{"found, and never pushed to", found, "a", false, ""},
		{"pushed to", slices.Concat(found, pushed("a", "b"), pushed("b", "c")), "c", true, "a"},
		{"what it was", slices.Concat(found, pushed("a", "b"), pushed("b", "c")), "b", true, "a"},
		{"made by a push", slices.Concat(pushed(zero, "a"), pushed("a", "b")), "b", true, ""},
		{"made anew", slices.Concat(found, pushed("a", "b"), pushed("b", zero), pushed(zero, "c")), "c", true, ""},
		{"moved past the hook", slices.Concat(found, past), "b", false, ""},
		{"and brought back", slices.Concat(found, past, pushed("b", "a")), "a", false, ""},
		{"pushed from another line", slices.Concat(found, pushed("a", "b"), pushed("d", "e")), "e", true, "ad"},
	} {
		for way, l := range opened(t, journal(t, c.records), repository{}, 0) {
			s, err := l.State(t.Context(), main, history.ID{})
			if err != nil {
				t.Fatal(err)
			}
			roots, judged := s.Judged(id(c.value))
			var letters string
			for _, r := range roots {
				letters += r[:1]
			}
			if judged != c.judged || letters != c.roots {
				t.Errorf("%s, read %s: judged %v, standing on %q", c.what, way, judged, letters)
			}
		}
	}
}

// What a ref was given, when, and whether it has that now.
func TestStateKnowsTimes(t *testing.T) {
	t.Parallel()
	records := journal(t, slices.Concat(pushed(zero, "a"), pushed("a", "b"), pushed("b", "a"), pushed("a", "c")))
	for way, l := range opened(t, records, repository{}, 0) {
		s, err := l.State(t.Context(), main, history.ID{})
		if err != nil {
			t.Fatal(err)
		}
		for value, want := range map[string]int64{"a": 2, "b": 4, "c": 8, "d": 0} {
			if got := s.FirstSeen(id(value)); got != want {
				t.Errorf("%s: %s was first seen at %d, want %d", way, value, got, want)
			}
		}
		if got := s.MovedOn(id("a"), id("b")); got != 4 {
			t.Errorf("%s: moved from a to b, and on, at %d", way, got)
		}
		if got := s.MovedOn(id("a"), id("c")); got != 0 {
			t.Errorf("%s: moved from a to c, and on, at %d", way, got)
		}
		known, moved, err := s.Moved(parsed(t, "b"))
		if known != parsed(t, "c") || !moved || err != nil {
			t.Errorf("%s: known to be at %s, moved %v, %v", way, known, moved, err)
		}
		if _, moved, err := s.Moved(parsed(t, "c")); moved || err != nil {
			t.Errorf("%s: not moved: %v, %v", way, moved, err)
		}
		whole, err := l.Whole(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int64{id("a"): 2, id("b"): 4, id("c"): 8}
		if diff := cmp.Diff(want, whole.FirstSeen()); diff != "" {
			t.Errorf("%s: first seen (-want +got):\n%s", way, diff)
		}
		if !whole.Made || !slices.Equal(whole.Refs(), []string{main}) {
			t.Errorf("%s: made %v, %v", way, whole.Made, whole.Refs())
		}
	}
}

// The history is a <- b <- c; main goes a, c, and topic has b for a while.
func TestInSight(t *testing.T) {
	t.Parallel()
	parents := map[string]string{"a": "", "b": "a", "c": "b"}
	applied := func(ref, old, new string) told { return told{schema: record.Applied, ref: ref, old: old, new: new} }
	records := journal(t, []told{
		applied(main, zero, "a"),   // 1
		applied(hidden, zero, "c"), // 2
		applied(topic, zero, "b"),  // 3
		applied(topic, "b", zero),  // 4
		applied(topic, zero, "b"),  // 5
		applied(main, "a", "c"),    // 6
		applied(topic, "b", "d"),   // 7: gone since (git gc)
	})
	repo := repository{refs: map[string]string{main: "c", topic: "d", hidden: "c"}, parents: parents}
	commits := []string{id("a"), id("b"), id("c")}
	for way, l := range opened(t, records, repo, 0) {
		v := View{Log: l, Repository: repo, Visible: func(ref string) bool { return ref != hidden }}
		for until, want := range map[int64]map[string]int64{
			0: {id("a"): 1, id("b"): 6, id("c"): 6},
			7: {id("a"): 1, id("b"): 5, id("c"): 6},
			6: {id("a"): 1, id("b"): 5},
			5: {id("a"): 1},
			4: {id("a"): 1, id("b"): 3},
			1: {},
		} {
			got, err := v.Before(t.Context(), until, commits)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: before %d: error %v (-want +got):\n%s", way, until, err, diff)
			}
		}
		got, err := v.Now(t.Context(), commits)
		if diff := cmp.Diff(map[string]int64{id("a"): 1, id("b"): 6, id("c"): 6}, got); err != nil || diff != "" {
			t.Errorf("%s: now: error %v (-want +got):\n%s", way, err, diff)
		}
		// What a ref has now and the journal doesn't know has been in sight since nobody knows when.
		v.Repository = repository{refs: map[string]string{main: "b"}, parents: parents}
		if got, err = v.Now(t.Context(), commits); err != nil || len(got) != 0 {
			t.Errorf("%s: moved past the journal: %v, %v", way, got, err)
		}
		for commit, want := range map[string]int64{"a": 1, "b": 6, "c": 6, "e": 0} {
			if at, err := v.FirstWith(t.Context(), main, history.ID{}, id(commit)); err != nil || at != want {
				t.Errorf("%s: main first had %s at %d, %v; want %d", way, commit, at, err, want)
			}
		}
	}
}

func TestTellsMade(t *testing.T) {
	t.Parallel()
	push := told{schema: record.Push, ref: main, old: zero, new: "a"}
	applied := told{schema: record.Applied, ref: topic, old: zero, new: "b"}
	for _, c := range []struct {
		what    string
		records []told
		want    bool
	}{
		{"nothing was accepted", nil, true},
		{"accepted, and never made", []told{push}, false},
		{"something was made", []told{push, applied}, true},
	} {
		for way, l := range opened(t, journal(t, c.records), repository{}, 0) {
			if _, err := l.State(t.Context(), main, history.ID{}); err != nil {
				t.Fatal(err)
			}
			if got, err := l.TellsMade(t.Context()); got != c.want || err != nil {
				t.Errorf("%s, read %s: %v, %v", c.what, way, got, err)
			}
		}
	}
}

// Where there is no journal nothing is known, and that is no error.
func TestNoJournal(t *testing.T) {
	t.Parallel()
	var l *Log
	s, err := l.State(t.Context(), main, parsed(t, "a"))
	if err != nil || s.Known() != "" || s.FirstSeen(id("a")) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	whole, err := l.Whole(t.Context())
	if err != nil || whole != nil || whole.Refs() != nil || whole.State(main).Known() != "" {
		t.Errorf("%+v, %v", whole, err)
	}
	if first := whole.FirstSeen(); len(first) != 0 {
		t.Errorf("first seen: %v", first)
	}
	if made, err := l.TellsMade(t.Context()); !made || err != nil {
		t.Errorf("%v, %v", made, err)
	}
}

// What can't be read or understood is an error, and no log.
func TestBrokenJournal(t *testing.T) {
	t.Parallel()
	missing := func(yield func([]byte, error) bool) { yield(nil, fs.ErrNotExist) }
	l, err := Open(t.Context(), Journal{Records: missing}, repository{}, 0)
	if l != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none there: %v, %v", l, err)
	}
	gone, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the pusher has left")
	cancel(why)
	whole := journal(t, []told{{schema: record.Push, ref: main, old: zero, new: "a"}})
	if l, err := Open(gone, Journal{Records: each(whole)}, repository{}, 0); l != nil || !errors.Is(err, why) {
		t.Errorf("broken off: %v, %v", l, err)
	}
	for _, text := range []string{
		"", "[]", `{"schema":"countersign-push/1"}`, `{"schema":"countersign-push/1","decision":[]}`,
	} {
		records := [][]byte{[]byte(text)}
		for _, j := range []Journal{{Records: each(records)}, {each(records), &index{records: records}}} {
			if l, err := Open(t.Context(), j, repository{}, 0); l != nil || err == nil {
				t.Errorf("%q is taken for a record", text)
			}
		}
	}
	for _, value := range []string{"", "+p", "+p 1 1 a", "+ 1 1 a b", "+p x 1 a b", "+p 1 x a b"} {
		x := &kept{map[string][][]byte{refKey + main: {[]byte(value)}}}
		l, err := Open(t.Context(), Journal{Index: x}, repository{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.State(t.Context(), main, history.ID{}); err == nil {
			t.Errorf("%q is taken for an entry", value)
		}
	}
}

// kept is an index with entries that nobody knows where they come from.
type kept struct{ entries map[string][][]byte }

func (x *kept) Update(context.Context) error { return nil }

func (x *kept) Lookup(_ context.Context, key string) ([][]byte, error) { return x.entries[key], nil }

// A ref is told by its own bytes, and by the ref behind it.
func TestNamesOfEntries(t *testing.T) {
	t.Parallel()
	const one = `{"schema":"countersign-applied/1","time":"1970-01-01T00:00:09Z",
"decision":{"verdict":"accepted","refs":[{"ref":"refs/heads/x","old":"%s","new":"%s"%s}]%s}}`
	for rest, want := range map[[2]string]string{
		{"", ""}:                                "ref refs/heads/x",
		{`,"resolved":"refs/heads/main"`, ""}:   "ref refs/heads/main",
		{"", `,"exact":{"/refs/0/ref":"eP8="}`}: "ref x\xff",
	} {
		got, err := Entries(fmt.Appendf(nil, one, id("a"), id("b"), rest[0], rest[1]))
		entries := []Entry{{Key: madeKey}, {want, fmt.Appendf(nil, "=- 9 0 %s %s", id("a"), id("b"))}}
		if diff := cmp.Diff(entries, got); err != nil || diff != "" {
			t.Errorf("%q: error %v (-want +got):\n%s", rest, err, diff)
		}
	}
	const unknown = `{"schema":"countersign-push/1",
"decision":{"verdict":"refused","refs":[{"ref":"refs/heads/x","new":"%s"}]}}`
	if got, err := Entries(fmt.Appendf(nil, unknown, id("a"))); err != nil || got != nil {
		t.Errorf("nothing was looked up: %q, %v", got, err)
	}
}
