package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
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
		q.Keys = placeless(q.Keys)
	}
	sum, err := c.Contents()
	if err != nil {
		return p.Digest
	}
	return sum
}

// Contents is the SHA-256, in hexadecimal, of all that the policy says, the bytes of its files among that. The error is
// about a date after the year 9999, which no file can have.
func (p *Policy) Contents() (string, error) {
	text, err := json.Marshal(struct {
		Policy  Policy
		Classes map[string][]string
		Floor   bool `json:",omitempty"`
	}{*p, p.Classes.byName(), p.floor})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

// Verifying is the SHA-256, in hexadecimal, of all that says whose a signature on a commit is: the keys, and the
// settings for signatures and certificates. It is "" where a transparency log is asked, which may answer otherwise
// tomorrow.
func (p *Policy) Verifying() string {
	type person struct {
		Name   string
		Emails []string
		Keys   []Key
	}
	if p.X509.Transparency == "online" {
		return ""
	}
	var people []person
	for _, q := range p.Principals {
		if len(q.Keys) == 0 {
			continue
		}
		who := person{Name: q.Name, Keys: placeless(q.Keys)}
		if slices.ContainsFunc(q.Keys, func(k Key) bool { return k.Kind == "allowed-signers" }) {
			who.Emails = q.Emails // by which its keys are found
		}
		people = append(people, who)
	}
	text, err := json.Marshal(struct {
		People     []person
		Signatures Signatures
		X509       X509
		LandingAge time.Duration
	}{people, p.Signatures, p.X509, p.Tenure.MaxLandingAge})
	if err != nil { // a date after the year 9999
		return p.Digest
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// placeless gives keys without where they stand in the file.
func placeless(keys []Key) []Key {
	keys = slices.Clone(keys)
	for i := range keys {
		keys[i].Source = ""
	}
	return keys
}
