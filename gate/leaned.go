package gate

import (
	"context"
	"strings"
	"time"

	"countersign/gate/attest"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Leaned is something here that leaned on a signature which counts no more: its key was revoked since, or was
// somebody else's by then.
type Leaned struct {
	What        string    `json:"what"` // "commit", "policy" for one that changed the policy, "merged tag", "tag", "approval", "withdrawal", "exception" or "move"
	ID          string    `json:"id"`   // of the commit or tag object
	Ref         string    `json:"ref"`
	About       string    `json:"about"`             // what a tag is about, or the first line of a commit's message
	Landing     string    `json:"landing,omitempty"` // the landing commit that brought it
	Landed      time.Time `json:"landed"`            // by its own account
	Received    time.Time `json:"received,omitzero"` // by the journal; zero where that doesn't say
	Principal   string    `json:"principal"`
	Fingerprint string    `json:"fingerprint"`
	Reason      string    `json:"reason"`
	// Perhaps says that it was older than the revocation by its own account, and could have been dated back:
	// no journal knows when it came in.
	Perhaps bool `json:"perhaps"`
}

// leaning looks for what leaned on revoked keys.
type leaning struct {
	*Gate
	visit    func(Leaned) error
	seen     map[string]int64 // when an object was first a ref's new value, by the journal, seconds since 1970
	vouchers map[history.ID][]attest.Ref
	told     map[string]bool
	waiting  []suspect // until the journal says when they came in
}

// suspect is a signature to be judged once it is known when it was received.
type suspect struct {
	Leaned
	judge func(received time.Time) verify.Result
}

// Leaned judges every signature that landed since adoption by the keyring of today, and hands over those whose
// keys are revoked by it: commits, changes of the policy, vouchers for what landed, and protected tags. What
// else was built on them is for people to find out.
func (g *Gate) Leaned(ctx context.Context, visit func(Leaned) error) error {
	if g.repo == nil || g.now == nil {
		return ErrUndecided
	}
	adopted, err := adoption(g.now.policy)
	if err != nil {
		return err
	}
	audits, err := g.branchAudits(ctx, adopted)
	if err != nil {
		return undecided(err)
	}
	whole, err := g.wholeLog(ctx)
	if err != nil {
		return undecided(err)
	}
	l := leaning{Gate: g, seen: whole.FirstSeen(), visit: visit, vouchers: make(map[history.ID][]attest.Ref), told: make(map[string]bool)}
	if err := l.findVouchers(ctx); err != nil {
		return undecided(err)
	}
	for _, a := range audits {
		if err := g.Audit(ctx, a, func(j Judged) error { return l.landing(ctx, a.Ref, j) }); err != nil {
			return err
		}
		if err := l.settle(l.waiting, 0); err != nil {
			return err
		}
		l.waiting = nil
	}
	return l.tags(ctx)
}

func (l *leaning) findVouchers(ctx context.Context) error {
	var patterns []string
	for _, kind := range policy.AttestationKinds {
		patterns = append(patterns, kind.Prefix())
	}
	refs, err := l.repo.Refs(ctx, patterns...)
	for _, r := range refs {
		if v, err := attest.Parse(r.Name, r.ID); err == nil {
			l.vouchers[v.Commit] = append(l.vouchers[v.Commit], v)
		}
	}
	return err
}

// landing looks at what a landing brought. What came in one push came in when the journal first has its end.
func (l *leaning) landing(ctx context.Context, ref string, j Judged) error {
	landed := time.Unix(j.Ledger.LandingTime(j.read.Commit.Committer.When), 0)
	for i := range j.read.Brought {
		if err := l.commit(ctx, ref, &j, &j.read.Brought[i], landed); err != nil {
			return err
		}
	}
	if err := l.commit(ctx, ref, &j, &j.read.Commit, landed); err != nil {
		return err
	}
	at := l.seen[j.read.Commit.ID.String()]
	if at == 0 {
		return nil
	}
	waiting := l.waiting
	l.waiting = nil
	return l.settle(waiting, at)
}

func (l *leaning) commit(ctx context.Context, ref string, j *Judged, e *history.Entry, landed time.Time) error {
	about := Leaned{What: "commit", ID: e.ID.String(), Ref: ref, About: subject(e.Message), Landing: j.read.Commit.ID.String(), Landed: landed}
	if j.Landing.Amended != nil && e.ID == j.read.Commit.ID {
		about.What = "policy"
	}
	l.waiting = append(l.waiting, l.suspects(about, func(received time.Time) verify.Result {
		return l.now.verify(e.Payload, e.Signature, e.Committer.When, arrival{landed, received})
	})...)
	for _, t := range e.MergeTags {
		merged := Leaned{What: "merged tag", ID: e.ID.String(), Ref: ref, About: t.Name, Landing: about.Landing, Landed: landed}
		l.waiting = append(l.waiting, l.suspects(merged, func(received time.Time) verify.Result {
			return l.now.verify(t.Payload, t.Signature, t.Tagger.When, arrival{landed, received})
		})...)
	}
	for _, v := range l.vouchers[e.ID] {
		if err := l.tag(ctx, strings.TrimSuffix(string(v.Kind), "s"), v.Called, v.Tag, e.Committer.When); err != nil {
			return err
		}
	}
	return nil
}

// tag looks at a tag object of its own, which the journal knows by its id; a lightweight tag is nobody's word.
func (l *leaning) tag(ctx context.Context, what, ref string, id history.ID, committed int64) error {
	kind, err := l.repo.Kind(ctx, id)
	if err != nil {
		return undecided(err)
	}
	if kind != "tag" {
		return nil
	}
	tag, err := l.repo.Tag(ctx, id)
	if err != nil {
		return undecided(err)
	}
	landed := time.Unix(max(tag.Tagger.When, committed), 0)
	about := Leaned{What: what, ID: id.String(), Ref: ref, About: tag.Target.String(), Landed: landed}
	return l.settle(l.suspects(about, func(received time.Time) verify.Result {
		return l.now.verify(tag.Payload, tag.Signature, tag.Tagger.When, arrival{landed, received})
	}), l.seen[about.ID])
}

// tags looks at the protected tags.
func (l *leaning) tags(ctx context.Context) error {
	refs, err := l.repo.Refs(ctx, "refs/tags/")
	if err != nil {
		return undecided(err)
	}
	for _, r := range refs {
		if !l.now.policy.Protects(r.Name) {
			continue
		}
		if err := l.tag(ctx, "tag", r.Name, r.ID, 0); err != nil {
			return err
		}
	}
	return nil
}

// latest is as late as something may have come in by its own account.
func (l *leaning) latest(about *Leaned) time.Time {
	return about.Landed.Add(l.now.policy.Tenure.MaxLandingAge)
}

// suspects gives a signature if it is revoked today, or could be if it came in late, and wasn't given before.
func (l *leaning) suspects(about Leaned, judge func(received time.Time) verify.Result) []suspect {
	key := about.What + about.ID + about.About
	if l.told[key] {
		return nil
	}
	r := judge(l.latest(&about))
	if r.Status != verify.Revoked {
		return nil
	}
	l.told[key] = true
	about.Principal, about.Fingerprint = r.KeyOwner, r.Fingerprint
	return []suspect{{about, judge}}
}

// settle judges suspects that were received at a time in seconds since 1970, 0 if nobody knows.
func (l *leaning) settle(suspects []suspect, received int64) error {
	for _, s := range suspects {
		at := s.Landed
		if received != 0 {
			at = time.Unix(received, 0)
			s.Received = at
		}
		r := s.judge(at)
		if r.Status != verify.Revoked {
			if received != 0 {
				continue // it was here before the revocation
			}
			s.Perhaps = true
			r = s.judge(l.latest(&s.Leaned))
		}
		s.Reason = r.Reason
		if err := l.visit(s.Leaned); err != nil {
			return err
		}
	}
	return nil
}
