//go:build unix

package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// childRole is the variable that makes this test binary a pushing process, or one that is stuck.
const childRole = "JOURNAL_TEST_CHILD"

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		if err := child(role, os.Args[1], os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// smallSegments is at what size a pushing process makes a segment: after every few records.
const smallSegments = 500

// child says on standard output what was acknowledged, one line each.
func child(role, path string, args []string) error {
	l, err := Open(path, smallSegments)
	if err != nil {
		return err
	}
	number := func(i int) int { n, _ := strconv.Atoi(args[i]); return n }
	push := func(id string, n int, pad string) error {
		if err := l.Append(context.Background(), fmt.Appendf(nil, `{"by":"%s","n":%d,"pad":"%s"}`, id, n, pad)); err != nil {
			return err
		}
		_, err := fmt.Println(n)
		return err
	}
	switch role {
	case "pusher": // ID COUNT
		for n := range number(1) {
			if err := push(args[0], n, ""); err != nil {
				return err
			}
		}
		return nil
	case "busy": // ID: until killed
		for n := 0; ; n++ {
			if err := push(args[0], n, strings.Repeat("x", 200_000)); err != nil {
				return err
			}
		}
	case "stuck": // holds the lock until its standard input ends
		f, err := l.lock(context.Background())
		if err != nil {
			return err
		}
		defer f.Close()
		fmt.Println("locked")
		_, err = io.Copy(io.Discard, os.Stdin)
		return err
	case "full": // BYTES: no file may grow beyond
		signal.Ignore(syscall.SIGXFSZ)
		limit := syscall.Rlimit{Cur: uint64(number(0)), Max: uint64(number(0))}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		return push("full", 0, strings.Repeat("x", 100_000))
	case "unprivileged": // as a user who may only read the journal
		if os.Getuid() == 0 {
			if err := errors.Join(syscall.Setgid(65534), syscall.Setuid(65534)); err != nil {
				return err
			}
		}
		return push("unprivileged", 0, "")
	default:
		return errors.New("no such role")
	}
}

func start(t *testing.T, role, path string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, append([]string{path}, args...)...)
	cmd.Env = append(os.Environ(), childRole+"="+role)
	return cmd
}

// counts says how often each record of each pusher is in a journal, which must be sound.
func counts(t *testing.T, path string) map[string]map[int]int {
	t.Helper()
	all := make(map[string]map[int]int)
	for e, err := range Read(path) {
		if err != nil {
			t.Fatal(err)
		}
		var r struct {
			By string
			N  int
		}
		if err := json.Unmarshal(e.Record, &r); err != nil {
			t.Fatal(err)
		}
		if all[r.By] == nil {
			all[r.By] = make(map[int]int)
		}
		all[r.By][r.N]++
	}
	return all
}

func TestAttackDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	l := open(t, path)
	add(t, l, `{"n":1}`, `{"n":2}`)
	before := contents(t, path)
	// Room for none, a part and nearly all of the record.
	for _, room := range []int{0, 1, 4096, 50_000, 100_000} {
		out, err := start(t, "full", path, strconv.Itoa(len(before)+room)).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "record 3 is not written") {
			t.Errorf("room for %d bytes: %v, %s", room, err, out)
		}
		if after := contents(t, path); !bytes.Equal(before, after) {
			t.Fatalf("room for %d bytes: %d bytes became %d", room, len(before), len(after))
		}
	}
	add(t, l, `{"n":3}`)
	if got := records(t, path); len(got) != 3 {
		t.Errorf("%d records, want 3", len(got))
	}
}

func TestAttackReadOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "journal")
	add(t, open(t, path), `{"n":1}`)
	before := contents(t, path)
	// The folder and those it is in may be entered by the other user, but not written to.
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"journal", "new"} {
		cmd := start(t, "unprivileged", filepath.Join(dir, name))
		if os.Getuid() != 0 && name == "new" {
			if err := os.Chmod(dir, 0o555); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod(dir, 0o755) })
		}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), fs.ErrPermission.Error()) {
			t.Errorf("%s: %v, %s", name, err, out)
		}
	}
	if !bytes.Equal(before, contents(t, path)) {
		t.Error("the journal was changed")
	}
}

// endsOnceWaited is a context that has ended as soon as somebody waits for that, and not before.
type endsOnceWaited struct {
	context.Context
	waited bool
}

func (c *endsOnceWaited) Done() <-chan struct{} {
	c.waited = true
	return c.Context.Done()
}

func (c *endsOnceWaited) Deadline() (time.Time, bool) { return time.Now().Add(time.Hour), true }

func (c *endsOnceWaited) Err() error {
	if !c.waited {
		return nil
	}
	return c.Context.Err()
}

func TestAttackLockedByAStuckProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	l := open(t, path)
	add(t, l, `{"n":1}`)
	cmd := start(t, "stuck", path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "locked\n" {
		t.Fatalf("%q, %v", line, err)
	}
	refused := func(ctx context.Context, want string) {
		t.Helper()
		err := l.Append(ctx, []byte(`{"n":2}`))
		if err == nil || !strings.Contains(err.Error(), "locked by another process") || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about the lock and %q", err, want)
		}
	}
	// However slow the machine is, the first try comes before the context ends: it ends with that try.
	tried := func(ctx context.Context) context.Context { return &endsOnceWaited{Context: ctx} }
	expired, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	refused(tried(expired), "deadline exceeded")
	gone, hangUp := context.WithCancelCause(t.Context())
	hangUp(errors.New("the client hung up"))
	refused(tried(gone), "the client hung up")
	l.wait = time.Millisecond // where the machine is busy it ends before the first try
	if err := l.Append(t.Context(), []byte(`{"n":2}`)); err == nil || !strings.Contains(err.Error(), "waited 1ms") {
		t.Errorf("error %v, want one about the wait", err)
	}
	l.wait = lockWait
	if got := records(t, path); len(got) != 1 {
		t.Errorf("%d records, want 1", len(got))
	}
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	add(t, l, `{"n":2}`)
	if got := records(t, path); len(got) != 2 {
		t.Errorf("%d records, want 2", len(got))
	}
}

func TestAppendRefusesAPipePutInPlaceAfterOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	l := open(t, path)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(t.Context(), []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error %v", err)
	}
}

// Between opening and locking, whoever had the lock may have renamed the file away.
func TestLockIsWorthNothingOnARenamedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	l := open(t, path)
	for _, again := range []bool{false, true} { // without and with a new file in its place
		add(t, l, `{}`)
		f, err := openFile(path, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		if again {
			add(t, l, `{}`)
		}
		if err := l.holds(f); !errors.Is(err, errLocked) {
			t.Errorf("error %v, want one that makes the caller try again", err)
		}
	}
}

func TestAppendDoesNothingForAContextThatHasEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := open(t, path).Append(ctx, []byte(`{}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
}

// Whatever the byte at which the last line ends, no byte is lost and the next record stands.
func TestAttackTornLine(t *testing.T) {
	whole := []byte(strings.Join(lines(t, 3), ""))
	path := filepath.Join(t.TempDir(), "journal")
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range bytes.Count(append(whole[:cut:cut], '\n'), []byte("}}\n")) {
			want = append(want, fmt.Sprintf(`{"n":%d}`, i+1)) // whole, if need be but for its newline
		}
		add(t, open(t, path), `{"n":"next"}`)
		if !bytes.HasPrefix(contents(t, path), whole[:cut]) {
			t.Fatalf("cut at %d: bytes that were there are gone", cut)
		}
		if got := records(t, path); strings.Join(got, "") != strings.Join(want, "")+`{"n":"next"}` {
			t.Fatalf("cut at %d: %s, want %s and the next", cut, got, want)
		}
	}
}

// failing is a file whose writes stop after some bytes and whose fsync or truncation fails.
type failing struct {
	*os.File
	room           int
	sync, truncate error
}

func (f failing) Write(b []byte) (int, error) {
	if len(b) <= f.room {
		return f.File.Write(b)
	}
	n, err := f.File.Write(b[:f.room])
	return n, errors.Join(err, syscall.ENOSPC)
}

func (f failing) Sync() error { return errors.Join(f.sync, f.File.Sync()) }

func (f failing) Truncate(size int64) error {
	if f.truncate != nil {
		return f.truncate
	}
	return f.File.Truncate(size)
}

func TestAttackFailedWritesLeaveNothingOrAreRepaired(t *testing.T) {
	const n = 400
	for name, f := range map[string]failing{
		"full":                    {},
		"full and append-only":    {truncate: syscall.EPERM},
		"fsync":                   {room: n, sync: syscall.EIO},
		"fsync and then truncate": {room: n, sync: syscall.EIO, truncate: syscall.EIO},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "journal")
			l := open(t, path)
			add(t, l, `{"n":1}`)
			for f.room < n { // each time a byte more
				fail(t, l, f)
				f.room += 7
			}
			fail(t, l, f)
			add(t, l, `{"n":2}`)
			got := records(t, path)
			want := 2
			if f.truncate != nil && f.sync != nil {
				want = 3 // the one that fsync failed for is whole, though nobody was told
			}
			if len(got) != want || got[0] != `{"n":1}` || got[want-1] != `{"n":2}` {
				t.Errorf("%d records, want %d: the first, the last, nothing lost", len(got), want)
			}
		})
	}
}

func fail(t *testing.T, l *Log, f failing) {
	t.Helper()
	var err error
	if f.File, err = l.lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	at, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"pad":"` + strings.Repeat("x", 150) + `"}`)
	if f.sync == nil {
		body = []byte(`{"pad":"` + strings.Repeat("x", 1000) + `"}`)
	}
	if err := appendAlone(f, at.Size(), body); err == nil {
		t.Fatal("no error")
	}
	if after, err := f.Stat(); err != nil || f.truncate == nil && after.Size() != at.Size() {
		t.Fatalf("%d bytes became %d (%v)", at.Size(), after.Size(), err)
	}
}

func TestAttackFiftyPushesAtOnce(t *testing.T) {
	const processes, goroutines, each = 25, 25, 4
	path := filepath.Join(t.TempDir(), "journal")
	l := open(t, path)
	var all sync.WaitGroup
	for i := range processes {
		cmd := start(t, "pusher", path, fmt.Sprintf("process %d", i), strconv.Itoa(each))
		all.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("process %d: %v, %s", i, err, out)
			}
		})
	}
	for i := range goroutines {
		all.Go(func() {
			for n := range each {
				if err := l.Append(t.Context(), fmt.Appendf(nil, `{"by":"goroutine %d","n":%d}`, i, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got := counts(t, path)
	if len(got) != processes+goroutines {
		t.Errorf("records of %d pushers, want %d", len(got), processes+goroutines)
	}
	for by, ns := range got {
		for n := range each {
			if ns[n] != 1 {
				t.Errorf("%s: record %d is there %d times", by, n, ns[n])
			}
		}
	}
}

func TestAttackKilledAtAnyPoint(t *testing.T) {
	const kills = 20
	path := filepath.Join(t.TempDir(), "journal")
	l := open(t, path)
	acknowledged := make([]int, kills) // records of each child
	for i := range kills {
		cmd := start(t, "busy", path, strconv.Itoa(i))
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := 1 + rand.IntN(4)
		for said := bufio.NewScanner(stdout); said.Scan(); {
			if acknowledged[i]++; acknowledged[i] == last {
				// The child is writing its next record by now, or will be when the signal arrives.
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil || acknowledged[i] < last {
			t.Fatalf("child %d: %v after %d records", i, err, acknowledged[i])
		}
		if i%3 == 0 { // the others find what a child left
			add(t, l, fmt.Sprintf(`{"by":"parent","n":%d}`, i))
		}
	}
	add(t, l, fmt.Sprintf(`{"by":"parent","n":%d}`, kills))
	got := counts(t, path)
	for i, n := range acknowledged {
		for r := range n {
			if got[strconv.Itoa(i)][r] != 1 {
				t.Errorf("child %d: record %d was acknowledged and is there %d times", i, r, got[strconv.Itoa(i)][r])
			}
		}
	}
	head, err := Check(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d records, %d torn bytes repaired", head.Seq, head.Repaired)
}
