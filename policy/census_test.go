package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCensus(t *testing.T) {
	t.Parallel()
	var c Census
	for _, s := range []Signature{
		{Status: StatusGood, Principal: "ann", Kind: "ssh", Fingerprint: "A"},
		{Status: StatusGood, Principal: "ann", Kind: "openpgp", Fingerprint: "B"},
		{Status: StatusGood, Principal: "ben", Kind: "ssh", Fingerprint: "C"},
		{Status: StatusMissing},
		{}, // of what is no object that could be signed
		{Status: StatusUnknown, Kind: "ssh", Fingerprint: "D"},
		{Status: StatusUnknown, Kind: "openpgp", KeyID: "E"},
		{Status: StatusWeak, Kind: "openpgp", Fingerprint: "F", KeyOwner: "ann"},
	} {
		c.Commit(s)
	}
	c.Tag(Signature{Status: StatusBad, Kind: "x509"})
	got := c.Summary([]Finding{{Code: Unsigned}, {Code: SignatureBad}, {Code: Unsigned}})
	want := &Summary{
		Commits: Signed{
			Total:     8,
			Statuses:  []Count{{"good", 3}, {"missing", 2}, {"unknown-key", 2}, {"weak", 1}},
			Kinds:     []Count{{"openpgp", 3}, {"ssh", 3}},
			Signers:   []Count{{"ann", 2}, {"ben", 1}},
			Strangers: []Count{{"D", 1}, {"E", 1}},
		},
		Tags: Signed{
			Total: 1, Statuses: []Count{{"bad", 1}}, Kinds: []Count{{"x509", 1}}, Signers: []Count{}, Strangers: []Count{},
		},
		Findings: []Count{{"unsigned", 2}, {"signature-bad", 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
