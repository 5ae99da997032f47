package ticket

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const main = "refs/heads/main"

var (
	zero, one  = strings.Repeat("0", 40), strings.Repeat("1", 40)
	two, three = strings.Repeat("2", 40), strings.Repeat("3", 40)
)

func folder(t *testing.T) Folder {
	t.Helper()
	dir := t.TempDir()
	if In(dir).Wanted() {
		t.Error("tickets are wanted where no guard is installed")
	}
	if err := os.MkdirAll(filepath.Join(dir, Dir), 0o750); err != nil {
		t.Fatal(err)
	}
	if !In(dir).Wanted() {
		t.Error("tickets aren't wanted where the guard is installed")
	}
	return In(dir)
}

// A push's ticket is good for what was decided, and for nothing else.
func TestPushsTicket(t *testing.T) {
	t.Parallel()
	d := folder(t)
	decided := []Move{{one, two, main}, {one, zero, "refs/heads/a"}, {one, two, "refs/heads/a/b"}}
	if err := d.Write("7-7", decided); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, process string
		move          Move
		has           bool
	}{
		{"as decided", "7-7", Move{one, two, main}, true},
		{"another new value", "7-7", Move{one, three, main}, false},
		{"another old value", "7-7", Move{three, two, main}, false},
		{"another ref", "7-7", Move{one, two, "refs/heads/topic"}, false},
		{"another process", "7-8", Move{one, two, main}, false},
		{"no process", "", Move{one, two, main}, false},
		{"a deletion", "7-7", Move{one, zero, "refs/heads/a"}, true},
		{"the packed half of it", "7-7", Move{zero, zero, "refs/heads/a"}, true},
		{"the packed half of a deletion that wasn't decided", "7-7", Move{zero, zero, main}, false},
		{"below a name", "7-7", Move{one, two, "refs/heads/a/b"}, true},
		{"no ref", "7-7", Move{one, two, "HEAD"}, true},
	} {
		if lacks := d.Lacks(c.process, []Move{c.move}); (lacks == nil) != c.has {
			t.Errorf("%s: lacks %v", c.what, lacks)
		}
	}
	if err := d.Write("7-7", []Move{{two, three, main}}); err != nil {
		t.Fatal(err)
	}
	if d.Lacks("7-7", []Move{{one, two, main}}) == nil {
		t.Error("what the process was allowed before is still allowed")
	}
	d.Remove("7-7")
	if d.Lacks("7-7", []Move{{two, three, main}}) == nil {
		t.Error("a ticket that was taken away is still good")
	}
	if err := d.Write("", nil); err == nil {
		t.Error("a ticket of no process is written")
	}
	if err := d.Write("refs", []Move{{one, two, "heads/main"}}); err != nil {
		t.Fatal(err)
	}
	if d.Lacks("", []Move{{one, two, main}}) == nil {
		t.Error("what lies in the place of no process is taken for a ticket")
	}
}

// A ticket that can't be written whole isn't there.
func TestHalfATicket(t *testing.T) {
	t.Parallel()
	d := folder(t)
	if err := d.Write("7-7", []Move{{one, two, main}, {one, two, main}}); err == nil {
		t.Fatal("two values of one ref are written")
	}
	if d.Lacks("7-7", []Move{{one, two, main}}) == nil {
		t.Error("half of a ticket is good")
	}
}

// An operator's ticket is good once and for a while.
func TestOperatorsTicket(t *testing.T) {
	t.Parallel()
	d, m := folder(t), Move{one, two, main}
	now := time.Now()
	if d.Use(m, now) {
		t.Error("used without a ticket")
	}
	for range 2 { // anew, each time
		if err := d.Let(m); err != nil {
			t.Fatal(err)
		}
		for _, other := range []Move{{one, three, main}, {three, two, main}, {one, two, "refs/heads/topic"}} {
			if d.Use(other, now) {
				t.Errorf("%s is let through by a ticket for %s", other, m)
			}
		}
		if d.Use(m, now.Add(OperatorTime+time.Minute)) {
			t.Error("used too late")
		}
		if !d.Use(m, now) || !d.Use(m, now.Add(usedTime/2)) {
			t.Error("not good for one deletion, which is announced twice")
		}
		if d.Use(m, now.Add(usedTime+time.Minute)) {
			t.Error("used twice")
		}
	}
	if err := d.Let(m); err != nil {
		t.Fatal(err)
	}
	if !d.Use(m, now.Add(usedTime+time.Minute)) {
		t.Error("a new ticket is taken for a used one")
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	d, m := folder(t), Move{one, two, main}
	for _, process := range []string{"7-7", "8-8"} {
		if err := d.Write(process, []Move{m}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Let(m); err != nil {
		t.Fatal(err)
	}
	alive := func(process string) bool { return process == "7-7" }
	d.Sweep(alive, time.Now())
	if d.Lacks("7-7", []Move{m}) != nil || d.Lacks("8-8", []Move{m}) == nil || !d.Use(m, time.Now()) {
		t.Error("only the ticket of the process that is gone goes")
	}
	d.Sweep(alive, time.Now().Add(OperatorTime+time.Minute))
	left, err := os.ReadDir(string(d))
	if err != nil || len(left) != 1 || left[0].Name() != "7-7" {
		t.Errorf("left: %v, %v", left, err)
	}
}

// What no deletion is takes nothing away.
func TestMoving(t *testing.T) {
	t.Parallel()
	gone, moved := Move{one, zero, main}, Move{one, two, main}
	for _, c := range []struct {
		what, file string
		command    []string
		want       []Move
	}{
		{"a deletion", "packed-refs.lock", []string{"git", "update-ref"}, []Move{gone, moved}},
		{"no lock", "config", []string{"git", "update-ref"}, []Move{moved}},
		{"git pack-refs", "packed-refs.lock", []string{"git", "pack-refs", "--all"}, []Move{moved}},
		{"reftable", "reftable", []string{"git", "pack-refs"}, []Move{gone, moved}},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, c.file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, Transaction{Moves: []Move{gone, moved}, Command: c.command}.Moving(dir)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

func TestChanging(t *testing.T) {
	t.Parallel()
	held := map[string]Value{main: {ID: one}, "refs/heads/alias": {ID: one, Target: main}}
	for _, c := range []struct {
		what string
		move Move
		want []Move
	}{
		{"moves", Move{one, two, main}, []Move{{one, two, main}}},
		{"from what it holds", Move{zero, two, main}, []Move{{one, two, main}}},
		{"stays", Move{zero, one, main}, nil},
		{"begins", Move{zero, two, "refs/heads/new"}, []Move{{zero, two, "refs/heads/new"}}},
		{"goes", Move{one, zero, main}, []Move{{one, zero, main}}},
		{"was never there", Move{zero, zero, "refs/heads/new"}, nil},
		{"the alias stays", Move{"ref:" + main, "ref:" + main, "refs/heads/alias"}, nil},
		{
			"the alias leads elsewhere",
			Move{"ref:" + main, "ref:refs/heads/b", "refs/heads/alias"},
			[]Move{{one, "ref:refs/heads/b", "refs/heads/alias"}},
		},
		{"the alias becomes a ref of its own", Move{zero, one, "refs/heads/alias"}, []Move{{one, one, "refs/heads/alias"}}},
	} {
		if diff := cmp.Diff(c.want, Changing([]Move{c.move}, held)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	gone := []Move{{one, zero, main}}
	for command, want := range map[string]bool{
		"git branch -m main trunk": true, "git branch -fM main trunk": true, "git -c a=b branch --move main trunk": true,
		"git branch -D main": false, "git branch -d trunk": false, "git branch -m trunk main": false,
		"git update-ref -m x -d main": false,
	} {
		m, renames := Transaction{Moves: gone, Command: strings.Fields(command)}.Rename()
		if renames != want || want && m != (Move{zero, one, "refs/heads/trunk"}) {
			t.Errorf("%s: %v, %v", command, m, renames)
		}
	}
}
