package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// said is what a test's record says: its number, of each of its keys.
type said struct {
	N    int
	Keys []string
}

func record(n int, keys ...string) string {
	b, _ := json.Marshal(said{n, keys})
	return string(b)
}

func pairsOf(e Entry) ([]Pair, error) {
	var s said
	if err := json.Unmarshal(e.Record, &s); err != nil {
		return nil, err
	}
	var pairs []Pair
	for _, k := range s.Keys {
		pairs = append(pairs, Pair{k, fmt.Append(nil, s.N)})
	}
	return pairs, nil
}

// newIndex gives an index that keeps one or two records in memory.
func newIndex(path string) *Index {
	x := OpenIndex(path+".index", path, 1, pairsOf)
	x.few = 300
	return x
}

type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// look gives what an index says of a key: record and value.
func look(t failer, x *Index, key string) []string {
	t.Helper()
	found, err := x.Lookup(t.(interface{ Context() context.Context }).Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%d:%s", f.Seq, f.Value))
	}
	return got
}

// wantIndex holds an index's answers against those of the whole journal.
func wantIndex(t failer, x *Index, path string, keys ...string) {
	t.Helper()
	want := make(map[string][]string)
	for e, err := range Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		pairs, _ := pairsOf(e)
		for _, p := range pairs {
			want[p.Key] = append(want[p.Key], fmt.Sprintf("%d:%s", e.Seq, p.Value))
		}
	}
	if err := x.Update(t.(interface{ Context() context.Context }).Context()); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if diff := cmp.Diff(want[key], look(t, x, key)); diff != "" {
			t.Fatalf("%s (-journal +index):\n%s", key, diff)
		}
	}
}

func TestIndexFindsWhatTheJournalSays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	x, l := newIndex(path), open(t, path)
	add(t, l, record(1, "a"), record(2, "b", "a"), record(3))
	wantIndex(t, x, path, "a", "b", "none")
	add(t, l, record(4, "a", "a"))
	if got := look(t, x, "a"); len(got) != 2 {
		t.Errorf("%v before the next update", got)
	}
	wantIndex(t, x, path, "a", "b")
	wantIndex(t, newIndex(path), path, "a", "b")
}

// Updates read what was appended and no more: a second Index with a function that fails reads nothing.
func TestIndexReadsNothingTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	add(t, open(t, path), record(1, "a"))
	wantIndex(t, newIndex(path), path, "a")
	again := OpenIndex(path+".index", path, 1, func(e Entry) ([]Pair, error) {
		if e.Seq == 1 {
			t.Error("record 1 is read again")
		}
		return pairsOf(e)
	})
	wantIndex(t, again, path, "a")
	add(t, open(t, path), record(2, "a"))
	wantIndex(t, again, path, "a")
}

// Little that was appended is read again each time, and nothing is written for it.
func TestIndexStoresNoSingleRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	add(t, open(t, path), record(1, "a"))
	wantIndex(t, newIndex(path), path, "a")
	stored := func() string {
		b, err := os.ReadFile(path + ".index/position")
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := stored()
	add(t, open(t, path), record(2, "a"))
	wantIndex(t, newIndex(path), path, "a")
	if stored() != first {
		t.Error("one record more is stored")
	}
	add(t, open(t, path), record(3, "a"), record(4, "a"))
	wantIndex(t, newIndex(path), path, "a")
	if stored() == first {
		t.Error("three records more are not stored")
	}
}

func TestIndexOfAnotherVersionIsMadeAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	add(t, open(t, path), record(1, "a"), record(2, "a"))
	wantIndex(t, newIndex(path), path, "a")
	x := OpenIndex(path+".index", path, 2, func(e Entry) ([]Pair, error) { return []Pair{{"new", nil}}, nil })
	if err := x.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1:", "2:"}, look(t, x, "new")); diff != "" {
		t.Error(diff)
	}
}

// Whatever happens to journal and folder, in any order, the index says what the journal says.
func TestIndexIsNeverTrustedOverTheJournal(t *testing.T) {
	keys := []string{"a", "b", "c", "d"}
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "index")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "journal")
		n := 0
		var backup []byte
		grow := func(t *rapid.T) {
			l, err := Open(path, rapid.SampledFrom([]int64{0, 400}).Draw(t, "rotate"))
			if err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(1, 4).Draw(t, "records") {
				n++
				if err := l.Append(t.Context(), []byte(record(n,
					rapid.SliceOfN(rapid.SampledFrom(keys), 0, 3).Draw(t, "keys")...))); err != nil {
					t.Fatal(err)
				}
			}
		}
		files := func() (all []string) { // of the folder
			found, _ := filepath.Glob(path + ".index/*")
			return found
		}
		change := func(t *rapid.T, do func(name string, b []byte)) {
			if all := files(); len(all) > 0 {
				name := rapid.SampledFrom(all).Draw(t, "file")
				b, err := os.ReadFile(name)
				if err == nil {
					do(name, b)
				}
			}
		}
		kept := newIndex(path)
		grow(t)
		t.Repeat(map[string]func(*rapid.T){
			"":     func(t *rapid.T) { wantIndex(t, newIndex(path), path, keys...) },
			"kept": func(t *rapid.T) { wantIndex(t, kept, path, keys...) },
			"grow": grow,
			"flip": func(t *rapid.T) {
				change(t, func(name string, b []byte) {
					if len(b) > 0 {
						b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
						os.WriteFile(name, b, 0o600)
					}
				})
			},
			"cut": func(t *rapid.T) {
				change(t, func(name string, b []byte) {
					os.WriteFile(name, b[:rapid.IntRange(0, len(b)).Draw(t, "cut")], 0o600)
				})
			},
			"longer": func(t *rapid.T) {
				change(t, func(name string, b []byte) { os.WriteFile(name, append(b, "\x01\x01a\x01x"...), 0o600) })
			},
			"gone": func(t *rapid.T) { change(t, func(name string, _ []byte) { os.Remove(name) }) },
			"swapped": func(t *rapid.T) {
				change(t, func(a string, was []byte) {
					change(t, func(b string, other []byte) {
						os.WriteFile(a, other, 0o600)
						os.WriteFile(b, was, 0o600)
					})
				})
			},
			"a folder in place": func(t *rapid.T) {
				change(t, func(name string, _ []byte) {
					os.Remove(name)
					os.Mkdir(name, 0o700)
				})
			},
			"a link in place": func(t *rapid.T) {
				change(t, func(name string, b []byte) {
					os.Rename(name, path+".elsewhere")
					os.Symlink(path+".elsewhere", name)
				})
			},
			"no folder":  func(*rapid.T) { os.RemoveAll(path + ".index") },
			"file there": func(*rapid.T) { os.RemoveAll(path + ".index"); os.WriteFile(path+".index", nil, 0o600) },
			"backup":     func(*rapid.T) { backup, _ = os.ReadFile(path) },
			"restored": func(t *rapid.T) {
				if segments, _ := segmentsOf(path); len(backup) > 0 && len(segments) == 0 {
					os.WriteFile(path, backup, 0o600)
				}
			},
			"archived": func(t *rapid.T) {
				if segments, _ := segmentsOf(path); len(segments) > 0 {
					os.Remove(segments[0].path)
				}
			},
			"begun anew": func(t *rapid.T) {
				all, _ := filepath.Glob(path + "*")
				for _, name := range all {
					if !strings.HasPrefix(name, path+".index") {
						os.Remove(name)
					}
				}
				backup = nil
				grow(t)
			},
		})
	})
}
