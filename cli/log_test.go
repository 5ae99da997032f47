package cli

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/gate/record"
	"countersign/gate/ticket"
	"countersign/policy"
)

// newLog is a server whose journal has three pushes: alice's signed one, an unsigned one of
// somebody's on the next day, and one that couldn't be judged.
func newLog(t *testing.T) (s *server, good, unsigned string) {
	t.Helper()
	s = newServer(t)
	who := "alice"
	s.env.Getenv = func(name string) string { return map[string]string{"PATH": os.Getenv("PATH"), "GL_USER": who}[name] }
	good, unsigned = s.commit("-S"), s.commit()
	push := func(commit string, want int) {
		t.Helper()
		line := s.base + " " + commit + " refs/heads/main\n"
		if code, _, errs := s.run(line, "hook", "pre-receive", "--pusher-from=gitolite"); code != want {
			t.Fatalf("exit code %d\n%s", code, errs)
		}
	}
	push(good, exitAccepted)
	who = "mal\x1b[2Jlory"
	s.env.Now = func() time.Time { return noon.AddDate(0, 0, 1) }
	push(unsigned, exitRefused)
	s.env.Now = func() time.Time { return noon.AddDate(0, 0, 2) }
	push(strings.Repeat("1", 40), exitUndecided)
	return s, good, unsigned
}

// lines gives the words of each line that a command prints, without the reference.
func lines(s *server, args ...string) []string {
	s.Helper()
	var got []string
	for line := range strings.Lines(s.must(args...)) {
		words := strings.Fields(line)
		got = append(got, strings.Join(append(words[:1:1], words[2:]...), " "))
	}
	return got
}

func TestLog(t *testing.T) {
	s, good, unsigned := newLog(t)
	found := "2026-06-01T12:00:00Z found what protected refs hold: 1"
	accepted := "2026-06-01T12:00:00Z accepted refs/heads/main by alice"
	refused := `2026-06-02T12:00:00Z refused refs/heads/main by mal\x1b[2Jlory unsigned`
	undecided := `2026-06-03T12:00:00Z undecided refs/heads/main by mal\x1b[2Jlory`
	for _, c := range []struct {
		args string
		want []string
	}{
		{"", []string{found, accepted, refused, undecided}},
		{"--refused", []string{refused, undecided}},
		{"--since 2026-06-02", []string{refused, undecided}},
		{"--since 2026-06-02T12:00:01Z", []string{undecided}},
		{"--principal alice", []string{accepted}},
		{"--principal nobody", nil},
		{"--commit " + good[:10], []string{accepted}},
		{"--commit " + unsigned, []string{refused}},
		{"--refused --since 2026-06-03", []string{undecided}},
		{"--until 2026-06-02", []string{found, accepted}},
		{"--since 2026-06-01T12:00:01Z --until 2026-06-03T12:00:00Z", []string{refused}},
		{"--ref refs/heads/main", []string{found, accepted, refused, undecided}},
		{"--ref refs/heads/mai", nil},
		{"--ref refs/heads/main --last 2", []string{refused, undecided}},
		{"--ref refs/heads/main --first 2", []string{found, accepted}},
		{"--first 1", []string{found}},
		{"--last 1", []string{undecided}},
		{"--last 99", []string{found, accepted, refused, undecided}},
		{"--code unsigned", []string{refused}},
		{"--code unsign", nil},
		{"--became found", []string{found}},
		{"--became undecided --refused", []string{undecided}},
		{"--became accepted --refused", nil},
		{"--commit " + s.base[:4], []string{found, accepted, refused, undecided}},
		{"--principal alice --ref refs/heads/main --until 2026-06-02 --commit " + good, []string{accepted}},
	} {
		got := lines(s, append([]string{"log"}, strings.Fields(c.args)...)...)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("log %s (-want +got):\n%s", c.args, diff)
		}
	}
	if n := strings.Count(s.must("log", "--format", "json", "--refused"), "\n{"); n != 1 {
		t.Errorf("%d records after the first, want 1", n)
	}
}

func TestLogShow(t *testing.T) {
	s, good, _ := newLog(t)
	reference := strings.Fields(s.must("log", "--commit", good))[1]
	wantOutput(t, "log show", s.must("log", "show", reference),
		"received: 2026-06-01T12:00:00Z", "pusher:   alice (GL_USER)\n", "countersign: accepted refs/heads/main",
		"ref: "+reference)
	if code, _, errs := s.run("", "log", "show", "00000000"); code != exitUsage ||
		!strings.Contains(errs, "no push has the reference") {
		t.Errorf("no such reference: exit code %d\n%s", code, errs)
	}
	// The operator is told what the pusher isn't.
	last := strings.Fields(s.must("log", "--since", "2026-06-03"))[1]
	wantOutput(t, "log show", s.must("log", "show", last), "because: ", strings.Repeat("1", 40))
}

func TestLogCheck(t *testing.T) {
	s, _, _ := newLog(t)
	wantOutput(t, "log check", s.must("log", "check"), "4 records, all whole\nlast: ")
	name := repo + "/countersign/journal.jsonl"
	whole := s.read(name)

	s.write(name, strings.Replace(whole, "unsigned", "Unsigned", 1))
	// What isn't damaged is shown all the same, where all is read.
	s.tool("rm", "-f", filepath.Join(s.dir, name+rowsSuffix))
	code, out, errs := s.run("", "log", "--became", "undecided", "--last", "1")
	if code != exitRefused || !strings.Contains(out, "undecided") || !strings.Contains(errs, "line 3: changed") {
		t.Errorf("a question after a change: exit code %d\n%s%s", code, out, errs)
	}
	for _, args := range [][]string{{"log", "check"}, {"log"}, {"log", "show", "x"}} {
		code, _, errs := s.run("", args...)
		if code != exitRefused || !strings.Contains(errs, "journal.jsonl: line 3: changed") {
			t.Errorf("%v after a change: exit code %d\n%s", args, code, errs)
		}
	}
	s.write(name, strings.Join(append(strings.SplitAfter(whole, "\n")[:1], strings.SplitAfter(whole, "\n")[2:]...), ""))
	if code, _, errs := s.run("", "log", "check"); code != exitRefused || !strings.Contains(errs, "removed") {
		t.Errorf("a record is gone: exit code %d\n%s", code, errs)
	}
	if err := os.Remove(filepath.Join(s.dir, name)); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"log", "log check", "log compare"} {
		code, _, errs := s.run("", strings.Fields(args)...)
		if code != exitUndecided || !strings.Contains(errs, "journal.jsonl: no such file") {
			t.Errorf("%s without the journal that was there: exit code %d, want %d\n%s", args, code, exitUndecided, errs)
		}
	}
}

// TestOperatorIsRecorded: who lets the guard pass a move is recorded as who accepts one is.
func TestOperatorIsRecorded(t *testing.T) {
	s := newServer(t)
	if err := os.MkdirAll(filepath.Join(s.dir, repo, ticket.Dir), 0o750); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"root", ""} {
		s.env.Getenv = func(name string) string { return map[string]string{"PATH": os.Getenv("PATH"), "USER": user}[name] }
		s.must("move", "refs/tags/v1", zeros, s.base, "--reason", "by hand")
	}
	got := s.records()
	root := record.Pusher{Name: "root", Source: "USER"}
	if len(got) != 2 || got[0].Pusher != root || got[1].Pusher != (record.Pusher{}) {
		t.Errorf("records: %+v", got)
	}
}

// Whoever reads a part of a listing, as head does, has seen no fault.
func TestOutputThatNobodyReads(t *testing.T) {
	s, _, _ := newLog(t)
	for _, args := range [][]string{{"log"}, {"log", "--format", "json"}, {"log", "check"}, {"verify"}, {"--help"}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		env, errs := s.env, new(strings.Builder)
		env.Args, env.Stdout, env.Stderr = args, w, errs
		Run(t.Context(), env)
		w.Close()
		if errs.Len() > 0 {
			t.Errorf("%v: %s", args, errs)
		}
	}
}

func TestPercentilesByNearestRank(t *testing.T) {
	seconds := func(n ...time.Duration) (all []time.Duration) {
		for _, s := range n {
			all = append(all, s*time.Second)
		}
		return all
	}
	for _, c := range []struct {
		sorted      []time.Duration
		median, p90 int64
	}{
		{nil, 0, 0},
		{seconds(7), 7, 7},
		{seconds(1, 9), 1, 9},
		{seconds(1, 2, 3), 2, 3},
		{seconds(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 5, 9},
		{seconds(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), 6, 10},
	} {
		if median, p90 := rank(c.sorted, 50), rank(c.sorted, 90); median != c.median || p90 != c.p90 {
			t.Errorf("%v: median %d, 90th percentile %d; want %d and %d", c.sorted, median, p90, c.median, c.p90)
		}
	}
}

// What log stats keeps is bounded, whatever is pushed, and says what it left out.
func TestStatisticsAreBounded(t *testing.T) {
	c := newStatistics(time.Time{}, time.Time{})
	r := logged{Record: record.Record{Schema: record.Push}}
	for i := range mostHeld + 5 {
		ref := "refs/heads/release/" + strconv.Itoa(i)
		r.Decision.Refs = []policy.RefDecision{{Ref: ref, New: "1", Protected: true}}
		r.Decision.Findings = []policy.Finding{{Code: policy.ApprovalMissing, Ref: ref}}
		c.add(r)
	}
	c.end()
	if len(c.Refs) != mostRefs || c.MoreRefs != mostHeld+5-mostRefs || c.Approvals.Unfollowed != 5 {
		t.Errorf("%d refs and %d more, %d not followed", len(c.Refs), c.MoreRefs, c.Approvals.Unfollowed)
	}
	if c.Approvals.NotAccepted != mostHeld || c.Pushes != mostHeld+5 {
		t.Errorf("%+v", c.Approvals)
	}
}
