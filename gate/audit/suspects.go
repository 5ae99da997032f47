package audit

import (
	"context"
	"errors"
	"strings"
	"time"

	"countersign/gate/attest"
	"countersign/gate/site"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Suspect is something here that was let in by a signature which counts no more: its key was revoked since, or was
// somebody else's by then.
type Suspect struct {
	// What is "commit", "policy" for one that changed the policy, "merged tag", "tag", "approval", "withdrawal",
	// "exception" or "move".
	What        string    `json:"what"`
	ID          string    `json:"id"` // of the commit or tag object
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

// suspectSearch looks for what was let in by revoked keys.
type suspectSearch struct {
	site     *site.Site
	visit    func(Suspect) error
	seen     map[string]int64 // when an object was first a ref's new value, by the journal, seconds since 1970
	attested map[history.ID][]attest.Ref
	told     map[string]bool
	waiting  []unsettled // until the journal says when they came in
}

// unsettled is a signature to be judged once it is known when it was received.
type unsettled struct {
	Suspect
	judge func(received time.Time) verify.Result
}

// Suspects judges every signature that landed since adoption by the keyring of today, and hands over those whose
// keys are revoked by it: commits, changes of the policy, attestations about what landed, and protected tags. What
// else was built on them is for people to find out.
func (a *Auditor) Suspects(ctx context.Context, visit func(Suspect) error) error {
	if !a.site.Readable() {
		return site.ErrUndecided
	}
	adopted, err := a.adopted(ctx)
	if err != nil {
		return site.Undecided(err)
	}
	audits, err := a.landedAudits(ctx, adopted)
	if errors.Is(err, ErrNoneProtected) {
		if tags, failed := a.site.ProtectedRefs(ctx); failed == nil && len(tags) > 0 {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	whole, err := a.site.WholeLog(ctx)
	if err != nil {
		return site.Undecided(err)
	}
	l := suspectSearch{
		site: a.site, seen: whole.FirstSeen(), visit: visit,
		attested: make(map[history.ID][]attest.Ref), told: make(map[string]bool),
	}
	if err := l.findAttestations(ctx); err != nil {
		return site.Undecided(err)
	}
	for _, of := range audits {
		if err := a.Audit(ctx, of, func(j Judged) error { return l.landing(ctx, of.Ref, j) }); err != nil {
			return err
		}
		if err := l.settle(l.waiting, 0); err != nil {
			return err
		}
		l.waiting = nil
	}
	return l.tags(ctx)
}

func (l *suspectSearch) findAttestations(ctx context.Context) error {
	var patterns []string
	for _, kind := range policy.AttestationKinds {
		patterns = append(patterns, kind.Prefix())
	}
	refs, err := l.site.Repo.Refs(ctx, patterns...)
	for _, r := range attest.Among(refs) {
		l.attested[r.Commit] = append(l.attested[r.Commit], r)
	}
	return err
}

// landing looks at what a landing brought. What came in one push came in when the journal first has its end.
func (l *suspectSearch) landing(ctx context.Context, ref string, j Judged) error {
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

func (l *suspectSearch) commit(ctx context.Context, ref string, j *Judged, e *history.Entry, landed time.Time) error {
	about := Suspect{
		What: "commit", ID: e.ID.String(), Ref: ref, About: walk.Subject(e.Message),
		Landing: j.read.Commit.ID.String(), Landed: landed,
	}
	if j.Landing.Amended != nil && e.ID == j.read.Commit.ID {
		about.What = "policy"
	}
	l.waiting = append(l.waiting, l.revoked(about, func(received time.Time) verify.Result {
		return l.site.InForce.Verify(e.Payload, e.Signature, e.Committer.When, verify.LandsNow(received).NoEarlier(landed))
	})...)
	for _, t := range e.MergeTags {
		merged := Suspect{
			What: "merged tag", ID: e.ID.String(), Ref: ref, About: t.Name, Landing: about.Landing, Landed: landed,
		}
		l.waiting = append(l.waiting, l.revoked(merged, func(received time.Time) verify.Result {
			return l.site.InForce.Verify(t.Payload, t.Signature, t.Tagger.When, verify.LandsNow(received).NoEarlier(landed))
		})...)
	}
	for _, v := range l.attested[e.ID] {
		if err := l.tag(ctx, strings.TrimSuffix(string(v.Kind), "s"), v.Called, v.Tag, e.Committer.When); err != nil {
			return err
		}
	}
	return nil
}

// tag looks at a tag object of its own, which the journal knows by its id; a lightweight tag is nobody's word.
func (l *suspectSearch) tag(ctx context.Context, what, ref string, id history.ID, committed int64) error {
	kind, err := l.site.Repo.Kind(ctx, id)
	if err != nil {
		return site.Undecided(err)
	}
	if kind != "tag" {
		return nil
	}
	tag, err := l.site.Repo.Tag(ctx, id)
	if err != nil {
		return site.Undecided(err)
	}
	landed := time.Unix(max(tag.Tagger.When, committed), 0)
	about := Suspect{What: what, ID: id.String(), Ref: ref, About: tag.Target.String(), Landed: landed}
	return l.settle(l.revoked(about, func(received time.Time) verify.Result {
		return l.site.InForce.Verify(tag.Payload, tag.Signature, tag.Tagger.When, verify.LandsNow(received).NoEarlier(landed))
	}), l.seen[about.ID])
}

// tags looks at the protected tags.
func (l *suspectSearch) tags(ctx context.Context) error {
	refs, err := l.site.Repo.Refs(ctx, "refs/tags/")
	if err != nil {
		return site.Undecided(err)
	}
	for _, r := range refs {
		if !l.site.Rules().Protects(r.Name) {
			continue
		}
		if err := l.tag(ctx, "tag", r.Name, r.ID, 0); err != nil {
			return err
		}
	}
	return nil
}

// latest is as late as something may have come in by its own account.
func (l *suspectSearch) latest(about *Suspect) time.Time {
	return about.Landed.Add(l.site.Rules().Tenure.MaxLandingAge)
}

// revoked gives a signature if it is revoked today, or could be if it came in late, and wasn't given before.
func (l *suspectSearch) revoked(about Suspect, judge func(received time.Time) verify.Result) []unsettled {
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
	return []unsettled{{about, judge}}
}

// settle judges those that were received at a time in seconds since 1970, 0 if nobody knows.
func (l *suspectSearch) settle(of []unsettled, received int64) error {
	for _, s := range of {
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
			r = s.judge(l.latest(&s.Suspect))
		}
		s.Reason = r.Reason
		if err := l.visit(s.Suspect); err != nil {
			return err
		}
	}
	return nil
}
