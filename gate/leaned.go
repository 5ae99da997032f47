package gate

import (
	"context"
	"strings"
	"time"

	"countersign/history"
	"countersign/verify"
)

// Leaned is something here that leaned on a signature which counts no more: its key was revoked since, or was
// somebody else's by then.
type Leaned struct {
	What        string    `json:"what"` // "commit", "policy" for one that changed the policy, "merged tag", "tag", "approval", "withdrawal" or "exception"
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
	vouchers map[history.ID][]voucher
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
	audits, err := g.Audits(ctx, "", false)
	if err != nil {
		return err
	}
	if _, err := g.sighted(ctx); err != nil {
		return undecided(err)
	}
	l := leaning{Gate: g, visit: visit, vouchers: make(map[history.ID][]voucher), told: make(map[string]bool)}
	if err := l.findVouchers(ctx); err != nil {
		return undecided(err)
	}
	for _, a := range audits {
		if err := g.Audit(ctx, a, func(j Judged) error { return l.landing(ctx, a.Ref, j) }); err != nil {
			return err
		}
		if err := l.settle(time.Time{}); err != nil {
			return err
		}
	}
	return l.tags(ctx)
}

func (l *leaning) findVouchers(ctx context.Context) error {
	var patterns []string
	for _, kind := range voucherKinds {
		patterns = append(patterns, kind.refs())
	}
	refs, err := l.repo.Refs(ctx, patterns...)
	for _, r := range refs {
		if v, err := parseVoucher(r.Name, r.ID); err == nil {
			l.vouchers[v.commit] = append(l.vouchers[v.commit], v)
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
	if at := l.seen(j.read.Commit.ID.String()); at != 0 {
		return l.settle(time.Unix(at, 0))
	}
	return nil
}

func (l *leaning) commit(ctx context.Context, ref string, j *Judged, e *history.Entry, landed time.Time) error {
	about := Leaned{What: "commit", ID: e.ID.String(), Ref: ref, About: subject(e.Message), Landing: j.read.Commit.ID.String(), Landed: landed}
	if j.Landing.Amended != nil && e.ID == j.read.Commit.ID {
		about.What = "policy"
	}
	l.suspect(about, func(received time.Time) verify.Result {
		return l.now.verify(e.Payload, e.Signature, e.Committer.When, arrival{landed, received})
	})
	for _, t := range e.MergeTags {
		l.suspect(Leaned{What: "merged tag", ID: e.ID.String(), Ref: ref, About: t.Name, Landing: about.Landing, Landed: landed}, func(received time.Time) verify.Result {
			return l.now.verify(t.Payload, t.Signature, t.Tagger.When, arrival{landed, received})
		})
	}
	for _, v := range l.vouchers[e.ID] {
		if err := l.voucher(ctx, v, e.Committer.When); err != nil {
			return err
		}
	}
	return nil
}

func (l *leaning) voucher(ctx context.Context, v voucher, committed int64) error {
	kind, err := l.repo.Kind(ctx, v.tag)
	if err != nil || kind != "tag" {
		return err
	}
	tag, err := l.repo.Tag(ctx, v.tag)
	if err != nil {
		return undecided(err)
	}
	return l.tag(strings.TrimSuffix(string(v.kind), "s"), v.name, v.commit.String(), &tag, committed)
}

// tag looks at a tag object of its own, which the journal knows by its id.
func (l *leaning) tag(what, ref, about string, tag *history.Tag, committed int64) error {
	landed := time.Unix(max(tag.Tagger.When, committed), 0)
	waiting := l.waiting
	l.waiting = nil
	l.suspect(Leaned{What: what, ID: tag.ID.String(), Ref: ref, About: about, Landed: landed}, func(received time.Time) verify.Result {
		return l.now.verify(tag.Payload, tag.Signature, tag.Tagger.When, arrival{landed, received})
	})
	var received time.Time
	if at := l.seen(tag.ID.String()); at != 0 {
		received = time.Unix(at, 0)
	}
	err := l.settle(received)
	l.waiting = waiting
	return err
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
		kind, err := l.repo.Kind(ctx, r.ID)
		if err != nil {
			return undecided(err)
		}
		if kind != "tag" {
			continue
		}
		tag, err := l.repo.Tag(ctx, r.ID)
		if err != nil {
			return undecided(err)
		}
		if err := l.tag("tag", r.Name, tag.Target.String(), &tag, 0); err != nil {
			return err
		}
	}
	return nil
}

// suspect notes a signature if it is revoked today, or could be if it came in late.
func (l *leaning) suspect(about Leaned, judge func(received time.Time) verify.Result) {
	if key := about.What + about.ID + about.About; l.told[key] {
		return
	} else if r := judge(about.Landed.Add(l.now.policy.Tenure.MaxLandingAge)); r.Status == verify.Revoked {
		l.told[key] = true
		about.Principal, about.Fingerprint = r.KeyOwner, r.Fingerprint
		l.waiting = append(l.waiting, suspect{about, judge})
	}
}

// settle judges what waits, received at that time, zero if nobody knows.
func (l *leaning) settle(received time.Time) error {
	for _, s := range l.waiting {
		at := received
		if at.IsZero() {
			at = s.Landed
		}
		s.Received = received
		r := s.judge(at)
		if r.Status != verify.Revoked {
			if !received.IsZero() {
				continue // it was here before the revocation
			}
			s.Perhaps = true
			r = s.judge(s.Landed.Add(l.now.policy.Tenure.MaxLandingAge))
		}
		s.Reason = r.Reason
		if err := l.visit(s.Leaned); err != nil {
			return err
		}
	}
	l.waiting = nil
	return nil
}
