package attest

import (
	"context"
	"strings"
	"testing"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

func TestParse(t *testing.T) {
	id := strings.Repeat("ab", 20)
	r, err := Parse("refs/approvals/"+id+"/lasse", history.ID{})
	if err != nil || r.Commit.String() != id || r.Principal != "lasse" || r.Kind.Ref(id, r.Principal) != r.Called {
		t.Errorf("%+v, %v", r, err)
	}
	for _, name := range []string{
		"refs/heads/" + id + "/lasse", "refs/approvals/", "refs/approvals/" + id, "refs/approvals/" + id + "/",
		"refs/approvals/" + id + "/a/b", "refs/approvals/" + strings.ToUpper(id) + "/lasse",
		"refs/approvals/" + id[:39] + "/lasse", "refs/approvals/" + strings.Repeat("0", 40) + "/lasse",
	} {
		if _, err := Parse(name, history.ID{}); err == nil {
			t.Errorf("%s is taken for an approval", name)
		}
	}
}

func TestLine(t *testing.T) {
	for message, want := range map[string]string{
		"Approve x\n": "",
		"Approve x\n\nApproved-ref: refs/heads/main\n":  "refs/heads/main",
		"Approve x\n\nApproved-ref: refs/heads/main":    "refs/heads/main",
		"Approve x\n\nNot-Approved-ref: refs/heads/a\n": "",
	} {
		if got := (&Statement{Message: []byte(message)}).Line(RefLine); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}

func TestExceptionSaysWhenItEnds(t *testing.T) {
	for line, want := range map[string]int64{
		"Expires: 2025-01-02T03:04:05Z\n": time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC).Unix(),
		"Expires: tomorrow\n":             0,
		"":                                0,
	} {
		s := Statement{Message: []byte("Exception\n\nReason: a fire\n" + line)}
		if e := s.Exception(); e.Expires != want || e.Reason != "a fire" {
			t.Errorf("%q: %+v, want %d", line, e, want)
		}
	}
}

// one is a repository of one object.
type one struct {
	kind string
	tag  history.Tag
}

func (o one) Kind(context.Context, history.ID) (string, error)     { return o.kind, nil }
func (o one) Tag(context.Context, history.ID) (history.Tag, error) { return o.tag, nil }

// What is no signed tag of that commit by that principal has no good signature.
func TestReadTakesNothingElse(t *testing.T) {
	commit, err := history.ParseID(strings.Repeat("ab", 20))
	if err != nil {
		t.Fatal(err)
	}
	made := verify.LandedThen(time.Unix(2000, 0))
	right := history.Tag{
		Target: commit, Name: policy.Approves.Tag(commit.String(), "lasse"),
		Tagger: history.Identity{When: 3000}, Message: []byte("Approve\n"),
	}
	excepts := history.Tag{Target: commit, Name: policy.Excepts.Tag(commit.String(), "lasse")}
	var landed verify.Arrival
	by := func(who string) Verify {
		return func(_, _ []byte, _ int64, at verify.Arrival) policy.Signature {
			landed = at
			return policy.Signature{Status: policy.StatusGood, Principal: who}
		}
	}
	bad := func([]byte, []byte, int64, verify.Arrival) policy.Signature {
		return policy.Signature{Status: "revoked"}
	}
	unsigned := func([]byte, []byte, int64, verify.Arrival) policy.Signature {
		return policy.Signature{Status: "missing"}
	}
	for name, c := range map[string]struct {
		repo one
		by   Verify
		want string
	}{
		"right":            {one{"tag", right}, by("lasse"), policy.StatusGood},
		"lightweight":      {one{"commit", right}, by("lasse"), policy.StatusMissing},
		"another commit":   {one{"tag", history.Tag{Name: right.Name}}, by("lasse"), policy.StatusBad},
		"another name":     {one{"tag", history.Tag{Target: commit, Name: "v1.0"}}, by("lasse"), policy.StatusWrongPurpose},
		"another signer":   {one{"tag", right}, by("jia"), policy.StatusBad},
		"no good at all":   {one{"tag", right}, bad, "revoked"},
		"another kind":     {one{"tag", excepts}, by("lasse"), policy.StatusWrongPurpose},
		"nobody signed it": {one{"tag", right}, unsigned, "missing"},
	} {
		s, err := Read(t.Context(), c.repo, Named(policy.Approves, commit, "lasse", history.ID{}), made, c.by)
		if err != nil || s.Signature.Status != c.want || (s.Signature.Principal != "") != (c.want == policy.StatusGood) {
			t.Errorf("%s: %+v, %v, want %s", name, s.Signature, err, c.want)
		}
	}
	if landed != verify.LandedThen(time.Unix(3000, 0)) {
		t.Errorf("verified as of %v: want when it says it was made, which is after the commit", landed)
	}
}
