package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Earning is the SHA-256, in hexadecimal, of all that the policy says but for what only a judgement asks: its rules,
// its quorum, what it protects and wants of a push, and whose word counts for whom. Two policies with the same Earning
// make the same [Ledger] of a history. Remarks and the order of tables in the file don't change it, as long as the
// principals keep theirs.
func (p *Policy) Earning() string {
	c := *p
	c.Rules, c.Protect, c.Push, c.Quorum = nil, Protect{}, Push{}, Quorum{}
	c.Introductions, c.Journal, c.Digest, c.Notes = Introductions{}, Journal{}, "", nil
	c.Principals = slices.Clone(p.Principals)
	for i := range c.Principals {
		q := &c.Principals[i]
		q.Keys = slices.Clone(q.Keys)
		for j := range q.Keys {
			q.Keys[j].Source = "" // where it stands in the file
		}
	}
	text, err := json.Marshal(struct {
		Policy  Policy
		Classes map[string][]string
	}{c, p.Classes.byName()})
	if err != nil { // a date after the year 9999
		return p.Digest
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
