package journal

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// rowOf gives the keys that a test's record has.
func rowOf(e Entry) []byte {
	var s said
	if json.Unmarshal(e.Record, &s) != nil {
		return nil
	}
	return []byte(strings.Join(s.Keys, " "))
}

func newTable(path string) *Table { return OpenTable(path+".rows", path, 1, rowOf) }

// answers gives the numbers of the records that a table finds for a key.
func answers(t failer, x *Table, key string) (got []string) {
	t.Helper()
	rows, err := x.Select(t.(interface{ Context() context.Context }).Context(), func(data []byte) bool {
		return slices.Contains(strings.Fields(string(data)), key)
	})
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range x.Entries(rows) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d:%s", e.Seq, e.Record))
	}
	return got
}

// wantTable holds a table's answers against the whole journal.
func wantTable(t failer, path string, keys ...string) {
	t.Helper()
	want := make(map[string][]string)
	for e, err := range Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		pairs, _ := pairsOf(e)
		for i, p := range pairs {
			if i == slices.IndexFunc(pairs, func(q Pair) bool { return q.Key == p.Key }) {
				want[p.Key] = append(want[p.Key], fmt.Sprintf("%d:%s", e.Seq, e.Record))
			}
		}
	}
	for _, key := range keys {
		if diff := cmp.Diff(want[key], answers(t, newTable(path), key)); diff != "" {
			t.Fatalf("%s (-journal +table):\n%s", key, diff)
		}
	}
}

// Whatever happens to journal and table, in any order, the table finds what the journal has.
func TestTableIsNeverTrustedOverTheJournal(t *testing.T) {
	keys := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "table")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		path, n := filepath.Join(dir, "journal"), 0
		var backup, other []byte
		grow := func(t *rapid.T) {
			l, err := Open(path, rapid.SampledFrom([]int64{0, 400}).Draw(t, "rotate"))
			if err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(1, 4).Draw(t, "records") {
				n++
				keys := rapid.SliceOfN(rapid.SampledFrom(keys), 0, 3).Draw(t, "keys")
				if err := l.Append(t.Context(), []byte(record(n, keys...))); err != nil {
					t.Fatal(err)
				}
			}
		}
		change := func(do func(b []byte) []byte) {
			if at, err := os.Lstat(path + ".rows"); err != nil || !at.Mode().IsRegular() {
				return
			}
			if b, err := os.ReadFile(path + ".rows"); err == nil && len(b) > 0 {
				os.WriteFile(path+".rows", do(b), 0o600)
			}
		}
		grow(t)
		t.Repeat(map[string]func(*rapid.T){
			"":     func(t *rapid.T) { wantTable(t, path, keys...) },
			"grow": grow,
			"flip": func(t *rapid.T) {
				change(func(b []byte) []byte {
					b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
					return b
				})
			},
			"cut": func(t *rapid.T) {
				change(func(b []byte) []byte { return b[:rapid.IntRange(0, len(b)).Draw(t, "cut")] })
			},
			"longer": func(*rapid.T) {
				change(func(b []byte) []byte { return append(b, "\x00\x00\x00\x01xxxx"...) })
			},
			"kept":              func(*rapid.T) { change(func(b []byte) []byte { other = b; return b }) },
			"an older one":      func(*rapid.T) { change(func(b []byte) []byte { return append(other[:0:0], other...) }) },
			"gone":              func(*rapid.T) { os.RemoveAll(path + ".rows") },
			"a folder in place": func(*rapid.T) { os.Remove(path + ".rows"); os.Mkdir(path+".rows", 0o700) },
			"a link in place": func(*rapid.T) {
				os.RemoveAll(path + ".rows")
				os.Symlink(path, path+".rows")
			},
			"backup": func(*rapid.T) { backup, _ = os.ReadFile(path) },
			"restored": func(*rapid.T) {
				if segments, _ := segmentsOf(path); len(backup) > 0 && len(segments) == 0 {
					os.WriteFile(path, backup, 0o600)
				}
			},
			"archived": func(*rapid.T) {
				if segments, _ := segmentsOf(path); len(segments) > 0 {
					os.Remove(segments[0].path)
				}
			},
			"begun anew": func(t *rapid.T) {
				all, _ := filepath.Glob(path + "*")
				for _, name := range all {
					if name != path+".rows" {
						os.Remove(name)
					}
				}
				backup = nil
				grow(t)
			},
		})
	})
}

// A second selection reads nothing of the journal twice, and another version all of it.
func TestTableReadsNothingTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	add(t, open(t, path), record(1, "a"), record(2, "b"))
	wantTable(t, path, "a")
	add(t, open(t, path), record(3, "a"))
	var read []uint64
	count := func(e Entry) []byte { read = append(read, e.Seq); return rowOf(e) }
	for _, c := range []struct {
		version uint32
		want    []uint64
	}{{1, []uint64{3}}, {1, nil}, {2, []uint64{1, 2, 3}}, {2, nil}} {
		read = nil
		if got := answers(t, OpenTable(path+".rows", path, c.version, count), "a"); len(got) != 2 {
			t.Errorf("version %d finds %v", c.version, got)
		}
		if !slices.Equal(read, c.want) {
			t.Errorf("version %d reads %v, want %v", c.version, read, c.want)
		}
	}
}

// Each block of a long journal counts, whatever was damaged behind it.
func TestTableOfManyBlocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	var all bytes.Buffer
	e, long := continuing(nil, end{}), strings.Repeat("k", 30_000)
	for i := range 40 {
		line := e.line([]byte(record(i+1, long, fmt.Sprint("n", i))))
		all.Write(line)
		e = continuing(line, end{seq: e.seq + 1, repaired: -int64(len(line))})
	}
	if err := os.WriteFile(path, all.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	wantTable(t, path, "n0", "n39", long)
	b := contents(t, path+".rows")
	b[len(b)/2]++
	if err := os.WriteFile(path+".rows", b, 0o600); err != nil {
		t.Fatal(err)
	}
	first := uint64(0)
	again := OpenTable(path+".rows", path, 1, func(e Entry) []byte {
		if first == 0 {
			first = e.Seq
		}
		return rowOf(e)
	})
	if got := answers(t, again, "n39"); len(got) != 1 || first < 2 || first > 30 {
		t.Errorf("found %d, read from record %d on", len(got), first)
	}
}

// A table whose sums are right, and whose rows lie, shows nothing that isn't in the journal; and a record that was
// changed since it was read isn't shown.
func TestTableThatLies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	add(t, open(t, path), record(1, "a"), record(2, "a"), record(3, "a"))
	wantTable(t, path, "a")
	honest := contents(t, path+".rows")
	rows := len(tableHead) + 4 + blockHead
	for name, lie := range map[string]func(b []byte){
		"number": func(b []byte) { b[rows] = 2 },
		"offset": func(b []byte) { b[rows+1]++ },
		"length": func(b []byte) { b[rows+2]-- },
		"sum":    func(b []byte) { b[rows+3+5]++ },
		"far":    func(b []byte) { b[rows+1] = 0x7f },
	} {
		b := bytes.Clone(honest)
		lie(b)
		head := len(tableHead) + 4
		binary.BigEndian.PutUint32(b[head+4:], crc32.Checksum(b[head+8:], castagnoli))
		wantFault(t, path, b, name)
	}
	journal := contents(t, path)
	if err := os.WriteFile(path, bytes.Replace(journal, []byte(`"N":2`), []byte(`"N":9`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	wantFault(t, path, honest, "a changed record")
}

func wantFault(t *testing.T, path string, table []byte, name string) {
	t.Helper()
	if err := os.WriteFile(path+".rows", table, 0o600); err != nil {
		t.Fatal(err)
	}
	x := newTable(path)
	rows, err := x.Select(t.Context(), func([]byte) bool { return true })
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for e, err := range x.Entries(rows) {
		if errors.As(err, new(*Fault)) {
			return
		} else if err != nil {
			t.Fatalf("%s: record %d: %v", name, e.Seq, err)
		}
	}
	t.Errorf("%s: nothing is found wrong", name)
}
