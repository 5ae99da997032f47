package gate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"countersign/gate/audit"
	"countersign/gate/inforce"
	"countersign/gate/record"
	"countersign/gate/review"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

var received = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// broken is a repository that fails as it is told to.
type broken struct {
	Repository
	refs func(ctx context.Context) ([]history.Ref, error)
	dir  string
}

func (b broken) Refs(ctx context.Context, _ ...string) ([]history.Ref, error) { return b.refs(ctx) }
func (b broken) Symbolic(context.Context, string) (string, error)             { return "", nil }
func (b broken) Dir() string                                                  { return cmp.Or(b.dir, "/nowhere") }

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
	return gateOf(broken{refs: refs}, policy.Default(), Options{
		Now:    func() time.Time { return received },
		Record: func(string, policy.Journal) (Recorder, error) { return m, nil },
		Encode: func(d policy.Decision) ([]byte, error) { return json.Marshal(d) },
	}), m
}

// gateOf is a gate at a repository by a policy beside it, with a keyring that has no keys.
func gateOf(repo Repository, p *policy.Policy, o Options) *Gate {
	g := closed(o)
	g.site.Repo, g.site.InForce = repo, &inforce.Policy{Rules: p, Keys: new(verify.Keyring)}
	g.site.Source = &inforce.Source{First: g.site.InForce}
	g.site.OpenTenure()
	return g
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
	if diff := gocmp.Diff(want, d.Refs); diff != "" {
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
	g.site.Rules().Limits.Time = time.Millisecond
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
	g, _ := brokenGate(func(context.Context) ([]history.Ref, error) { return nil, nil })
	req := request()
	req.Updates[0].Name = "refs/heads/topic" // nothing to judge: it would pass
	if d, err := g.Judge(context.Background(), req); err != nil || d.Verdict != policy.Accepted {
		t.Fatalf("%+v, %v; want accepted", d, err)
	}
	for name, spoil := range map[string]func(g *Gate, m *memory){
		"not written": func(_ *Gate, m *memory) { m.err = errors.New("disk full") },
		"no recorder": func(g *Gate, _ *memory) { g.o.Record = nil },
		"not encoded": func(g *Gate, _ *memory) {
			g.o.Encode = func(policy.Decision) ([]byte, error) { return nil, errors.New("no") }
		},
	} {
		g, m := brokenGate(func(context.Context) ([]history.Ref, error) { return nil, nil })
		spoil(g, m)
		d, err := g.Judge(context.Background(), req)
		if !errors.Is(err, ErrUndecided) || d.Verdict != policy.Refused || d.Undecided == "" {
			t.Errorf("%s: %+v, %v; want undecided", name, d, err)
		}
	}
}

// What an auditor can't read is undecided, too.
func TestAuditorErrorIsUndecided(t *testing.T) {
	g, _ := brokenGate(func(context.Context) ([]history.Ref, error) { return nil, history.ErrUnreadable })
	if _, err := g.Auditor().Audits(t.Context(), "", false); !errors.Is(err, ErrUndecided) {
		t.Errorf("error %v", err)
	}
	if _, err := g.Auditor().Verify(t.Context(), audit.Wanted{}); !errors.Is(err, ErrUndecided) {
		t.Errorf("error %v", err)
	}
}

// A push that passes by an exception waits for a review, but not if it is refused because it couldn't be recorded.
func TestWhatIsRefusedWaitsForNoReview(t *testing.T) {
	for name, c := range map[string]struct {
		full error
		want int
	}{"recorded": {nil, 1}, "not recorded": {errors.New("disk full"), 0}} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "countersign"), 0o750); err != nil {
			t.Fatal(err)
		}
		g, m := brokenGate(nil)
		g.site.Repo = broken{dir: dir}
		m.err = c.full
		d, err := g.conclude(t.Context(), request(), policy.Decision{Notes: []string{policy.ExceptionNote + "x"}}, nil)
		if (d.Verdict == policy.Accepted) != (c.full == nil) || (err == nil) != (c.full == nil) {
			t.Errorf("%s: %s, %v", name, d.Verdict, err)
		}
		if waiting, err := review.In(dir).Waiting(); err != nil || len(waiting) != c.want {
			t.Errorf("%s: waiting are %q, %v; want %d", name, waiting, err, c.want)
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
	g.site.Repo = nil
	d, err := g.conclude(t.Context(), req, d, nil)
	if !errors.Is(err, ErrUndecided) || d.Verdict != policy.Refused ||
		!strings.Contains(d.Undecided, "push fewer refs at once") {
		t.Errorf("verdict %s for %q, error %v", d.Verdict, d.Undecided, err)
	}
	if len(m.records) != 1 || len(m.records[0]) > 64<<10 {
		t.Errorf("%d records, the first of %d bytes", len(m.records), len(m.records[0]))
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
		if diff := gocmp.Diff([]policy.RefDecision{c.want}, d.Refs); diff != "" || r.Schema != record.Applied {
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
