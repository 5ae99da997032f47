package audit

import (
	"cmp"
	"slices"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// keyStates gives what each key of a keyring is at a time, by its fingerprint.
func keyStates(keys *verify.Keyring, now time.Time) map[string]string {
	states := make(map[string]string)
	ended := func(end time.Time) bool { return !end.IsZero() && !now.Before(end) }
	for _, entry := range keys.List() {
		for _, k := range entry.Keys {
			state := policy.KeyValid
			switch {
			case entry.Revoked == verify.Compromised:
				state = policy.KeyCompromised
			case entry.Revoked == verify.Retired:
				state = policy.KeyRetired
			case k.Revoked != "":
				state = policy.KeyOwnerRevoked
			case ended(entry.Until) || ended(k.Expires):
				state = policy.KeyEnded
			}
			if states[k.Fingerprint] != policy.KeyValid { // of several entries, one that counts
				states[k.Fingerprint] = state
			}
		}
	}
	return states
}

// signed fills in what a signature says.
func signed(row *policy.Row, s policy.Signature, states map[string]string) {
	row.Status, row.Principal = cmp.Or(s.Status, policy.StatusMissing), s.Principal
	row.Identity, row.Kind = s.Identity, s.Kind
	row.Fingerprint, row.KeyID, row.KeyOwner = s.Fingerprint, s.KeyID, s.KeyOwner
	row.KeyState, row.Reason = states[s.Fingerprint], s.Reason
	if s.SignedAt != 0 {
		row.SignedAt = moment(s.SignedAt)
	}
}

// unjudged gives the row of a ref that can't be judged to its end.
func unjudged(ref string, tip history.ID, why error) policy.Row {
	return policy.Row{
		Object: "ref", ID: tip.String(), Refs: []string{ref}, Status: policy.RowUndecided, Reason: because(why),
	}
}

func moment(when int64) time.Time { return time.Unix(when, 0).UTC() }

// said fills in what a commit says of itself.
func said(row *policy.Row, c *policy.Commit) {
	row.Object, row.ID, row.Subject = "commit", c.ID, c.Subject
	if c.Malformed != "" {
		row.Reason = c.Malformed
		return
	}
	row.Author, row.AuthorAt = claim(c.Author)
	row.Committer, row.CommitAt = claim(c.Committer)
}

// claim gives who an identity says it is, and when; a time before 1970 or after 9999 is none that JSON has.
func claim(i policy.Identity) (who string, when time.Time) {
	if when = moment(i.When); when.Year() < 1970 || when.Year() > 9999 {
		when = time.Time{}
	}
	return i.Name + " <" + i.Email + ">", when
}

// rows gives a row of each commit of a landing that wasn't given before.
func (v *verification) rows(i int, j *Judged) error {
	var steps []policy.Step
	asked := false
	refs := refsOf(v.audits, v.shared, []held{{i, j.read.Commit.ID}})
	one := func(e *history.Entry, c *policy.Commit) error {
		if v.counted[e.ID] {
			return nil
		}
		if !asked {
			asked, steps = true, j.explain()
		}
		row := policy.Row{Refs: refs, Landing: j.read.Commit.ID.String()}
		row.LandedAt = moment(j.Ledger.LandingTime(j.Landing.Commit.Committer.When))
		said(&row, c)
		signed(&row, c.Signature, v.states)
		v.judged(&row, j, c, steps)
		return v.Row(row)
	}
	for n := range j.read.Brought {
		if err := one(&j.read.Brought[n], &j.Landing.Brought[n]); err != nil {
			return err
		}
	}
	return one(&j.read.Commit, &j.Landing.Commit)
}

// judged fills in what the policy says of a commit.
func (v *verification) judged(row *policy.Row, j *Judged, c *policy.Commit, steps []policy.Step) {
	for _, t := range c.Touched(j.Policy) {
		row.Classes = append(row.Classes, t.Classes...)
	}
	slices.Sort(row.Classes)
	row.Classes = slices.Compact(row.Classes)
	for _, s := range steps {
		if name := s.Rule(); name != "" && s.Commit == c.ID {
			row.Rules = append(row.Rules, policy.RowRule{Name: name, Met: s.Holds, How: s.Text})
		}
	}
	for _, a := range j.Landing.Approvals {
		if a.Commit == c.ID && a.Signature.Principal != "" && !slices.Contains(row.Approvals, a.Signature.Principal) {
			row.Approvals = append(row.Approvals, a.Signature.Principal)
		}
	}
	for _, f := range slices.Concat(append(j.also, j.Findings)...) {
		if f.Commit == c.ID && !slices.Contains(row.Findings, f.Code) {
			row.Findings = append(row.Findings, f.Code)
		}
	}
}
