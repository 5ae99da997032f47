package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"countersign/policy"
)

// waits are the findings that a look into the journal may answer: they ask since when something has been
// in sight here.
var waits = []policy.Code{policy.OnHold, policy.CoolDown}

// withSights judges a landing once more, knowing when the receiver first saw its commits and approvals,
// if a finding asks for that. The journal is read once, and only then: it is as long as it is.
func (g *Gate) withSights(ctx context.Context, st *standing, ledger *policy.Ledger, landing *policy.Landing, findings []policy.Finding) ([]policy.Finding, error) {
	waiting := slices.ContainsFunc(findings, func(f policy.Finding) bool { return slices.Contains(waits, f.Code) })
	if g.o.Records == nil || !waiting && landing.Unproven == nil {
		return findings, nil
	}
	journal, err := g.sighted(ctx)
	if err != nil {
		return nil, err
	}
	if !journal && landing.Received == 0 {
		return findings, nil // no server, no journal
	}
	landing.Unproven = nil
	if landing.Seen = g.sights; !journal {
		landing.Seen = map[string]int64{} // this is the first push
	}
	for i := range landing.Approvals {
		landing.Approvals[i].Seen = g.sights[landing.Approvals[i].Object]
	}
	return st.judge(ledger, landing), nil
}

// sighted sees to it that sights is read, and says whether there is a journal.
func (g *Gate) sighted(ctx context.Context) (bool, error) {
	if g.sights != nil || g.o.Records == nil {
		return g.sights != nil, nil
	}
	sights, err := g.readSights(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("when the push was first seen: %w", err)
	}
	g.sights = sights
	return true, nil
}

// readSights reads from the journal when each object was first accepted as the new value of a ref.
func (g *Gate) readSights(ctx context.Context) (map[string]int64, error) {
	sights := make(map[string]int64)
	for b, err := range g.o.Records(g.GitDir(), g.now.policy.Journal) {
		if err != nil {
			return sights, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var r Record
		var d struct {
			Verdict policy.Verdict `json:"verdict"`
			Refs    []struct {
				New string `json:"new"`
			} `json:"refs"`
		}
		if err := json.Unmarshal(b, &r); err != nil {
			return nil, err
		}
		if r.Schema != RecordSchema {
			continue
		}
		if err := json.Unmarshal(r.Decision, &d); err != nil {
			return nil, err
		}
		if d.Verdict != policy.Accepted {
			continue // it was turned away, and nobody else could see it
		}
		for _, ref := range d.Refs {
			if _, ok := sights[ref.New]; !ok {
				sights[ref.New] = r.Time.Unix()
			}
		}
	}
	return sights, nil
}
