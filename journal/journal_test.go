package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func open(t *testing.T, path string) *Log {
	t.Helper()
	l, err := Open(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func add(t *testing.T, l *Log, records ...string) {
	t.Helper()
	for _, r := range records {
		if err := l.Append(t.Context(), []byte(r)); err != nil {
			t.Fatalf("Append(%s): %v", r, err)
		}
	}
}

func contents(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// records gives what Read finds and fails on any fault.
func records(t *testing.T, path string) []string {
	t.Helper()
	var all []string
	for e, err := range Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(e.Record))
	}
	return all
}

// readFrom goes through a journal that is one stream.
func readFrom(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		c := newChain(nil)
		c.read(r, 0)
		c.each(yield)
	}
}

func noSegment() (*piece, error) { return nil, nil }

// appendAlone appends to a file without segments.
func appendAlone(f file, size int64, body []byte) error {
	e, err := endOf(f, size, noSegment)
	if err != nil {
		return err
	}
	return appendTo(f, size, e, body)
}

// repaired.jsonl was made with printf and sha256sum alone.
const repairedHead = "ab052fc77e1603a45393bd3cf3b5106c1a6696ee28c577d6f7ab44952752b49c"

func TestCheckReadsWhatSha256sumChained(t *testing.T) {
	got, err := Check("../testdata/journal/repaired.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Head{First: 1, Seq: 4, Hash: repairedHead, Repaired: 94}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAppendContinuesWhatSha256sumChained(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	before := contents(t, "../testdata/journal/repaired.jsonl")
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
	add(t, open(t, path), "{ \"a\" :\n [1,\t2] }")
	want := string(before) + `{"v":1,"seq":5,"prev":"` + repairedHead + `","record":{"a":[1,2]}}` + "\n"
	if diff := cmp.Diff(want, string(contents(t, path))); diff != "" {
		t.Error(diff)
	}
}

func TestAppendRefusesWhatIsNoRecord(t *testing.T) {
	for name, tc := range map[string]struct{ record, want string }{
		"nothing":     {"", "not JSON"},
		"two":         {`{} {}`, "not JSON"},
		"half":        {`{"a":`, "not JSON"},
		"array":       {`[]`, "not a JSON object"},
		"string":      {`"{}"`, "not a JSON object"},
		"raw newline": {"{\"a\":\"\n\"}", "not JSON"},
		"too long":    {`{"a":"` + strings.Repeat("x", MaxRecord) + `"}`, "16777216 are allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			err := open(t, path).Append(t.Context(), []byte(tc.record))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("a file was made all the same")
			}
		})
	}
}

func TestAppendTakesTheLongestRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	l := open(t, path)
	longest := `{"a":"` + strings.Repeat("x", MaxRecord-8) + `"}`
	add(t, l, `{}`, longest, longest, `{}`)
	if got := records(t, path); len(got) != 4 || got[2] != longest || got[3] != "{}" {
		t.Errorf("%d records, want 4 as they were given", len(got))
	}
	add(t, l, longest)
	tear(t, path, `{"v":1,"seq":6,"prev":"`+strings.Repeat("x", MaxRecord))
	add(t, l, `{}`)
	if got := records(t, path); len(got) != 6 {
		t.Errorf("%d records, want 6: the longest record and the longest torn line after it", len(got))
	}
}

func tear(t *testing.T, path, torn string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(torn); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesWhatIsNoRegularFile(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link, dangling := filepath.Join(dir, "link"), filepath.Join(dir, "dangling")
	for name, to := range map[string]string{link: target, dangling: filepath.Join(dir, "new")} {
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{link, dangling, dir, "/dev/null"} {
		if _, err := Open(path, 0); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("Open(%s): %v, want a refusal", path, err)
		}
	}
	_, err := Open(filepath.Join(dir, "missing", "journal"), 0)
	if err == nil || !strings.Contains(err.Error(), "no folder") {
		t.Errorf("Open in a missing folder: %v, want a refusal", err)
	}
}

func TestAppendRefusesALinkPutInPlaceAfterOpen(t *testing.T) {
	dir := t.TempDir()
	path, target := filepath.Join(dir, "journal"), filepath.Join(dir, "config")
	l := open(t, path)
	if err := os.WriteFile(target, []byte("[core]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(t.Context(), []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("error %v, want one about a symbolic link", err)
	}
	if got := string(contents(t, target)); got != "[core]\n" {
		t.Errorf("the link's target was changed to %q", got)
	}
}

func TestAppendRefusesAFileOfOtherThings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	for _, other := range []string{
		"[core]\n\tbare = true\n", "\n", "{}\n", "\x00\x00\x00",
		strings.Repeat("log line\n", 20000), strings.Repeat("x", 3*maxLine),
	} {
		if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := open(t, path).Append(t.Context(), []byte(`{}`)); err == nil {
			t.Errorf("a record was written after %.20q", other)
		}
		if got := string(contents(t, path)); got != other {
			t.Errorf("%.20q was changed to %.20q", other, got)
		}
	}
}

func TestAppendGoesToTheNewFileOnceTheOldIsRenamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	l := open(t, path)
	add(t, l, `{"n":1}`)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	add(t, l, `{"n":2}`)
	got := [][]string{records(t, path+".1"), records(t, path)}
	if diff := cmp.Diff([][]string{{`{"n":1}`}, {`{"n":2}`}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestDiscardKeepsNothing(t *testing.T) {
	if err := Discard.Append(t.Context(), []byte("no record at all")); err != nil {
		t.Error(err)
	}
}

// memory is a journal file that lives in memory.
type memory struct{ *bytes.Buffer }

func (m memory) ReadAt(p []byte, off int64) (int, error) {
	return bytes.NewReader(m.Bytes()).ReadAt(p, off)
}
func (m memory) Truncate(size int64) error { m.Buffer.Truncate(int(size)); return nil }
func (m memory) Sync() error               { return nil }

// Whatever mixture of records and crashes, each record that was acknowledged is there once, in
// order, and the chain holds.
func TestRecordsSurviveAnyCrashes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := memory{new(bytes.Buffer)}
		var want []string
		for i := range rapid.IntRange(1, 12).Draw(t, "steps") {
			pad := strings.Repeat("x", rapid.SampledFrom([]int{0, 9, 70_000}).Draw(t, "pad"))
			record := fmt.Sprintf(`{"n":%d,"pad":"%s"}`, i, pad)
			if rapid.Bool().Draw(t, "crash") {
				at, err := endOf(m, int64(m.Len()), noSegment)
				if err != nil {
					t.Fatal(err)
				}
				line := at.line([]byte(record))
				written := rapid.IntRange(0, len(line)).Draw(t, "written")
				m.Write(line[:written])
				if written >= len(line)-1 {
					want = append(want, record) // whole, though nobody was told
				}
				continue
			}
			if err := appendAlone(m, int64(m.Len()), []byte(record)); err != nil {
				t.Fatal(err)
			}
			want = append(want, record)
		}
		if err := appendAlone(m, int64(m.Len()), []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		var got []string
		for e, err := range readFrom(m) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(e.Record))
		}
		if diff := cmp.Diff(append(want, `{}`), got); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzAppend puts a record after anything: either that is refused and nothing changes, or nothing
// that was there is touched, and the chain holds afterwards if it did before.
func FuzzAppend(f *testing.F) {
	whole := contents(f, "../testdata/journal/repaired.jsonl")
	for _, seed := range [][]byte{
		nil, whole, whole[:200], whole[150:], bytes.ReplaceAll(whole, []byte("\n"), nil), bytes.ToUpper(whole),
		[]byte("{\"v\":1,\"seq\":\n\n\x00"), []byte(`{"v":1,"seq":1,"prev":"` + repairedHead + `","record":{}}`),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, before []byte) {
		m := memory{bytes.NewBuffer(bytes.Clone(before))}
		_, fault := check(readFrom(bytes.NewReader(before)))
		if err := appendAlone(m, int64(len(before)), []byte(`{}`)); err != nil {
			if !bytes.Equal(m.Bytes(), before) {
				t.Fatal("refused, and changed all the same")
			}
			return
		}
		if !bytes.HasPrefix(m.Bytes(), before) {
			t.Fatal("bytes that were there are gone")
		}
		var torn *Fault
		if fault == nil || errors.As(fault, &torn) && torn.Damage == Torn {
			if _, err := check(readFrom(m)); err != nil {
				t.Errorf("the chain held before (%v), and now: %v", fault, err)
			}
		}
	})
}

// BenchmarkAppend is what a push pays: open, lock, find the end, write, fsync.
func BenchmarkAppend(b *testing.B) {
	l, err := Open(filepath.Join(b.TempDir(), "journal"), 0)
	if err != nil {
		b.Fatal(err)
	}
	record := []byte(`{"a":"` + strings.Repeat("x", 1000) + `"}`)
	for b.Loop() {
		if err := l.Append(context.Background(), record); err != nil {
			b.Fatal(err)
		}
	}
}

// unsynced is a file whose fsync costs nothing.
type unsynced struct{ *os.File }

func (unsynced) Sync() error { return nil }

// BenchmarkAppendWithoutSync is the same less fsync, from the locked file on.
func BenchmarkAppendWithoutSync(b *testing.B) {
	l, err := Open(filepath.Join(b.TempDir(), "journal"), 0)
	if err != nil {
		b.Fatal(err)
	}
	record := []byte(`{"a":"` + strings.Repeat("x", 1000) + `"}`)
	for b.Loop() {
		f, err := l.lock(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		at, err := f.Stat()
		if err != nil {
			b.Fatal(err)
		}
		if err := appendAlone(unsynced{f}, at.Size(), record); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}
