package inforce

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"countersign/history"
	"countersign/policy"
)

// Digest is the SHA-256, in hexadecimal, of all that a Source gives besides what stands in commits: where the policy in
// the tree begins and the server's floor, or the server's own policy with its keys, lists and floors; and of the policy
// that [Source.Find] found. Two Sources of the same Digest, to which no keys were given, find the same policy at each
// commit of a history.
func (s *Source) Digest() (string, error) {
	of := struct {
		Introduction *policy.Introduction
		Rules        []string // the only ones that apply
		Profile      string
		Folder       string   // the tree that today's was read from
		Policies     []string // those of the first policy and of today's, each with its floor, and the server's floor
	}{Introduction: s.Introduction, Rules: s.o.Rules, Profile: s.o.Profile}
	policies := []*policy.Policy{s.floor}
	for _, p := range []*Policy{s.First, s.today} {
		if p != nil {
			policies = append(policies, p.Rules, p.floor)
		}
	}
	if s.today != nil && s.today.folder != (history.ID{}) {
		of.Folder = s.today.folder.String()
	}
	for _, p := range policies {
		says := ""
		if p != nil {
			var err error
			if says, err = p.Contents(); err != nil {
				return "", err
			}
		}
		of.Policies = append(of.Policies, says)
	}
	text, err := json.Marshal(of)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}
