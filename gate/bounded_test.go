package gate

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/gate/record"
	"countersign/history"
	"countersign/policy"
)

// stuck is a repository that doesn't answer and doesn't look at the context.
type stuck struct {
	Repository
	asked chan struct{}
	until chan struct{}
}

func (s stuck) Refs(context.Context, ...string) ([]history.Ref, error) {
	close(s.asked)
	<-s.until
	return nil, errors.New("at last")
}

func (s stuck) Dir() string  { return "the repository" }
func (s stuck) Close() error { return nil }

// late is a repository that answers when no time is left, as if nothing were wrong.
type late struct{ Repository }

func (late) Refs(ctx context.Context, _ ...string) ([]history.Ref, error) {
	<-ctx.Done()
	return nil, nil
}

func (late) Symbolic(context.Context, string) (string, error) { return "", nil }
func (late) Dir() string                                      { return "the repository" }
func (late) Close() error                                     { return nil }

// What was decided when no time was left is no decision: it may be half of one.
func TestAttackDecidedTooLate(t *testing.T) {
	p := policy.Default()
	p.Protect.Refs, p.Limits.Time = []string{"refs/heads/other"}, 20*time.Millisecond
	g := gateOf(late{}, p, Options{
		Now:    func() time.Time { return time.Unix(0, 0) },
		Encode: func(d policy.Decision) ([]byte, error) { return json.Marshal(d) },
	})
	g.recorder = new(keeping)
	id, err := history.ParseID(strings.Repeat("1", 40))
	if err != nil {
		t.Fatal(err)
	}
	d, err := g.Judge(t.Context(), Request{Updates: []history.RefUpdate{{New: id, Name: "refs/heads/main"}}})
	if !errors.Is(err, ErrUndecided) || !strings.Contains(err.Error(), "limit time = 20ms is used up") ||
		d.Verdict != policy.Refused {
		t.Errorf("%v, %v", d.Verdict, err)
	}
}

// keeping keeps what is recorded.
type keeping struct{ records []record.Record }

func (k *keeping) Append(_ context.Context, b []byte) error {
	var r record.Record
	err := json.Unmarshal(b, &r)
	k.records = append(k.records, r)
	return err
}

// Whatever doesn't come back, the push is refused and recorded when its time is used up.
func TestAttackNeverAnswers(t *testing.T) {
	p := policy.Default()
	p.Limits.Time = 20 * time.Millisecond
	repo, journal := stuck{asked: make(chan struct{}), until: make(chan struct{})}, new(keeping)
	defer close(repo.until)
	g := gateOf(repo, p, Options{
		Now:    func() time.Time { return time.Unix(0, 0) },
		Encode: func(d policy.Decision) ([]byte, error) { return json.Marshal(d) },
	})
	g.recorder = journal
	id, err := history.ParseID(strings.Repeat("1", 40))
	if err != nil {
		t.Fatal(err)
	}
	d, err := g.Judge(t.Context(), Request{Updates: []history.RefUpdate{{New: id, Name: "refs/heads/main"}}})
	<-repo.asked
	const says = "limit time = 20ms is used up"
	if !errors.Is(err, ErrUndecided) || !strings.Contains(err.Error(), says) || d.Verdict != policy.Refused {
		t.Errorf("%v, %v", d.Verdict, err)
	}
	if len(journal.records) != 1 || !strings.Contains(string(journal.records[0].Decision), says) ||
		journal.records[0].Repository != "the repository" {
		t.Errorf("recorded: %+v", journal.records)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}
