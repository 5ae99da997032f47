package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/gate/record"
	"countersign/gate/tenure"
	"countersign/gate/translog"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

var received = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// broken is a repository that fails as it is told to.
type broken struct {
	Repository
	refs func(ctx context.Context) ([]history.Ref, error)
}

func (b broken) Refs(ctx context.Context, _ ...string) ([]history.Ref, error) { return b.refs(ctx) }
func (b broken) Symbolic(context.Context, string) (string, error)             { return "", nil }
func (b broken) Dir() string                                                  { return "/nowhere" }

// memory is a journal that keeps what it is given, or fails.
type memory struct {
	records [][]byte
	err     error
}

func (m *memory) Append(_ context.Context, record []byte) error {
	if m.err == nil {
		m.records = append(m.records, record)
	}
	return m.err
}

func brokenGate(refs func(context.Context) ([]history.Ref, error)) (*Gate, *memory) {
	m := new(memory)
	return &Gate{
		o: Options{
			Now:    func() time.Time { return received },
			Record: func(string, policy.Journal) (Recorder, error) { return m, nil },
			Encode: func(d policy.Decision) ([]byte, error) { return json.Marshal(d) },
		},
		repo: broken{refs: refs}, tenure: tenure.Open("/nowhere", ""),
		inForce: &policyInForce{policy: policy.Default(), keys: new(verify.Keyring)}, logs: new(translog.Client),
	}, m
}

func request() Request {
	id, err := history.ParseID(strings.Repeat("a1", 20))
	if err != nil {
		panic(err)
	}
	return Request{Updates: []history.RefUpdate{{New: id, Name: "refs/heads/main"}}, Received: received}
}

// refusedUndecided asks that a push was refused as undecided, for a reason, and recorded so.
func refusedUndecided(t *testing.T, d policy.Decision, err error, m *memory, reason string) {
	t.Helper()
	if !errors.Is(err, ErrUndecided) || !strings.Contains(d.Undecided, reason) ||
		d.Verdict != policy.Refused || d.Reference == "" {
		t.Errorf("decision %+v, error %v; want undecided for %q", d, err, reason)
	}
	if len(m.records) != 1 || !strings.Contains(string(m.records[0]), d.Reference) {
		t.Errorf("records %q, want one with the reference %s", m.records, d.Reference)
	}
	want := []policy.RefDecision{{Ref: "refs/heads/main", New: strings.Repeat("a1", 20), Protected: true}}
	if diff := cmp.Diff(want, d.Refs); diff != "" {
		t.Errorf("what was asked for (-want +got):\n%s", diff)
	}
}

func TestPanicIsUndecidedAndRecorded(t *testing.T) {
	g, m := brokenGate(func(context.Context) ([]history.Ref, error) { panic("a bug") })
	d, err := g.Judge(context.Background(), request())
	refusedUndecided(t, d, err, m, "internal error: a bug")
}

func TestErrorIsUndecidedAndRecorded(t *testing.T) {
	g, m := brokenGate(func(context.Context) ([]history.Ref, error) { return nil, history.ErrUnreadable })
	d, err := g.Judge(context.Background(), request())
	refusedUndecided(t, d, err, m, history.ErrUnreadable.Error())
}

func TestTimeLimitIsUndecidedAndRecorded(t *testing.T) {
	g, m := brokenGate(func(ctx context.Context) ([]history.Ref, error) { <-ctx.Done(); return nil, ctx.Err() })
	g.inForce.policy.Limits.Time = time.Millisecond
	d, err := g.Judge(context.Background(), request())
	refusedUndecided(t, d, err, m, "time = 1ms is used up")
}

func TestPusherWhoLeavesIsRecordedAllTheSame(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	g, m := brokenGate(func(ctx context.Context) ([]history.Ref, error) { cancel(); return nil, ctx.Err() })
	d, err := g.Judge(ctx, request())
	refusedUndecided(t, d, err, m, "canceled")
}

func TestNoRecordNoPass(t *testing.T) {
	g, m := brokenGate(func(context.Context) ([]history.Ref, error) { return nil, nil })
	req := request()
	req.Updates[0].Name = "refs/heads/topic" // nothing to judge: it would pass
	if d, err := g.Judge(context.Background(), req); err != nil || d.Verdict != policy.Accepted {
		t.Fatalf("%+v, %v; want accepted", d, err)
	}
	for name, spoil := range map[string]func(){
		"not written": func() { m.err = errors.New("disk full") },
		"no recorder": func() { g.recorder, g.o.Record = nil, nil },
		"not encoded": func() {
			g.recorder = m
			m.err = nil
			g.o.Encode = func(policy.Decision) ([]byte, error) { return nil, errors.New("no") }
		},
	} {
		spoil()
		d, err := g.Judge(context.Background(), req)
		if !errors.Is(err, ErrUndecided) || d.Verdict != policy.Refused || d.Undecided == "" {
			t.Errorf("%s: %+v, %v; want undecided", name, d, err)
		}
	}
}

// A push whose record no journal takes is refused, and that is recorded.
func TestAttackMoreRefsThanARecordHolds(t *testing.T) {
	g, m := brokenGate(nil)
	req := request()
	var d policy.Decision
	for i := range 5000 {
		name := fmt.Sprintf("refs/heads/%d/%s", i, strings.Repeat("x", 4000))
		req.Updates = append(req.Updates, history.RefUpdate{Name: name})
		d.Refs = append(d.Refs, policy.RefDecision{Ref: name})
	}
	g.repo = nil
	d, err := g.conclude(t.Context(), req, d, nil)
	if !errors.Is(err, ErrUndecided) || d.Verdict != policy.Refused ||
		!strings.Contains(d.Undecided, "push fewer refs at once") {
		t.Errorf("verdict %s for %q, error %v", d.Verdict, d.Undecided, err)
	}
	if len(m.records) != 1 || len(m.records[0]) > 64<<10 {
		t.Errorf("%d records, the first of %d bytes", len(m.records), len(m.records[0]))
	}
}

// testRepo is a bare repository whose main branch ann has worked on for some months.
func testRepo(t *testing.T) (g *Gate, tip history.ID, more func(date string) history.ID) {
	t.Helper()
	dir := t.TempDir()
	git := func(input string, args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("", "init", "-q", "--bare", ".")
	n := 0
	more = func(date string) history.ID {
		n++
		when, err := time.Parse(time.DateOnly, date)
		if err != nil {
			t.Fatal(err)
		}
		who := fmt.Sprintf(" Ann <ann@example.org> %d +0000\n", when.Unix())
		stream := "commit refs/heads/main\nauthor" + who + "committer" + who + "data 2\nm\n"
		if n > 1 {
			stream += "from refs/heads/main^0\n"
		}
		stream += "M 644 inline configure.ac\ndata 2\n" + string(rune('a'+n)) + "\n\n"
		git(stream, "fast-import", "--quiet")
		id, err := history.ParseID(git("", "rev-parse", "refs/heads/main"))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for _, date := range []string{"2025-01-10", "2025-02-10", "2025-03-10"} {
		tip = more(date)
	}
	ann := policy.Principal{Name: "ann", Role: policy.Maintainer, Emails: []string{"ann@example.org"}}
	p := policy.Default().WithPrincipals([]policy.Principal{ann})
	p.Adoption.Commits = []string{tip.String()}
	g = &Gate{o: Options{Dir: dir, Getenv: os.Getenv}, inForce: &policyInForce{policy: p}, logs: new(translog.Client)}
	g.server = g.inForce
	var err error
	if g.repo, err = g.o.openRepo(history.Limits{}); err != nil {
		t.Fatal(err)
	}
	g.openTenure()
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g, tip, more
}

func annsBuildTenure(t *testing.T, g *Gate, l *policy.Ledger) policy.TenureFigures {
	t.Helper()
	return l.Tenure(g.inForce.policy, "ann", "build", received.Unix())
}

func TestLedgerIsKeptAndNeverTrusted(t *testing.T) {
	g, tip, more := testRepo(t)
	ctx := context.Background()
	want := policy.TenureFigures{Days: 507, Commits: 3, Months: 3} // 2025-01-10 to 2026-06-01

	at := func(tip history.ID) policy.TenureFigures {
		t.Helper()
		l, err := g.ledgerAt(ctx, "refs/heads/main", tip)
		if err != nil {
			t.Fatal(err)
		}
		return annsBuildTenure(t, g, l)
	}
	if got := at(tip); got != want {
		t.Fatalf("worked out: %+v, want %+v", got, want)
	}
	if err := g.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(g.GitDir(), "countersign/tenure/*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("kept in %q, %v", files, err)
	}
	file := files[0]
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := at(tip); got != want {
		t.Errorf("kept: %+v, want %+v", got, want)
	}

	// What is kept is never trusted: without it, it is worked out anew.
	if err := os.WriteFile(file, kept[:len(kept)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if got := at(tip); got != want {
		t.Errorf("cut: %+v, want %+v", got, want)
	}

	// A ledger of an earlier tip is carried on; what landed since is judged by signature, and nobody
	// signed it.
	if err := os.WriteFile(file, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	later := more("2025-06-10")
	if got := at(later); got != want {
		t.Errorf("carried on: %+v, want %+v", got, want)
	}
}

func TestClaimsCountOnlyIfThePolicySaysSo(t *testing.T) {
	g, tip, _ := testRepo(t)
	g.inForce.policy.Adoption.CreditClaims = false
	l, err := g.ledgerAt(context.Background(), "refs/heads/main", tip)
	if err != nil {
		t.Fatal(err)
	}
	if got := annsBuildTenure(t, g, l); got != (policy.TenureFigures{}) {
		t.Errorf("%+v, want nothing", got)
	}
	if want := time.Date(2025, 3, 10, 0, 0, 0, 0, time.UTC).Unix(); l.Last() != want {
		t.Errorf("landing time %d, want %d", l.Last(), want)
	}
}

// What was made through a symbolic ref is told by the ref behind it, as it was when it was decided; and
// what can't be looked up is recorded all the same.
func TestAppliedThroughASymbolicRef(t *testing.T) {
	main := history.Ref{Name: "refs/heads/main", ID: request().Updates[0].New}
	for name, c := range map[string]struct {
		refs []history.Ref
		err  error
		want policy.RefDecision
	}{
		"looked up": {
			[]history.Ref{{Name: "refs/heads/trunk", Target: main.Name, ID: main.ID}, main},
			nil,
			policy.RefDecision{Ref: "refs/heads/trunk", Resolved: main.Name, Protected: true},
		},
		"not looked up": {nil, history.ErrUnreadable, policy.RefDecision{Ref: "refs/heads/trunk"}},
	} {
		g, m := brokenGate(func(context.Context) ([]history.Ref, error) { return c.refs, c.err })
		req := request()
		req.Updates[0].Name = "refs/heads/trunk"
		if err := g.Applied(context.Background(), req); err != nil || len(m.records) != 1 {
			t.Fatalf("%s: error %v, records %q", name, err, m.records)
		}
		var r record.Record
		var d policy.Decision
		if err := errors.Join(json.Unmarshal(m.records[0], &r), json.Unmarshal(r.Decision, &d)); err != nil {
			t.Fatal(err)
		}
		c.want.Old, c.want.New = strings.Repeat("0", 40), strings.Repeat("a1", 20)
		if diff := cmp.Diff([]policy.RefDecision{c.want}, d.Refs); diff != "" || r.Schema != record.Applied {
			t.Errorf("%s: schema %s (-want +got):\n%s", name, r.Schema, diff)
		}
	}
}

// TestBaselineOfWhatCantBeRead: an installation that couldn't look says so.
func TestBaselineOfWhatCantBeRead(t *testing.T) {
	g, err := Open(Options{Dir: t.TempDir(), Getenv: os.Getenv})
	if err == nil {
		t.Fatal("an empty folder is no repository")
	}
	if err := g.Baseline(t.Context(), Request{}); !errors.Is(err, ErrUndecided) {
		t.Error(err)
	}
}
