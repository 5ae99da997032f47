package gate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// approvalRefs is where approvals live: refs/approvals/<commit>/<principal>.
const approvalRefs = "refs/approvals/"

// ApprovalRef gives the ref name of a principal's approval of a commit.
func ApprovalRef(commit history.ID, principal string) string {
	return approvalRefs + commit.String() + "/" + principal
}

// ApprovalTag gives the name that the tag object of an approval carries.
func ApprovalTag(commit history.ID, principal string) string {
	return strings.TrimPrefix(ApprovalRef(commit, principal), "refs/")
}

// comingApproval is an approval that comes in the same push as what it approves.
type comingApproval struct {
	id        history.ID
	principal string
}

// parseApprovalRef reads what ApprovalRef wrote.
func parseApprovalRef(name string) (commit history.ID, principal string, err error) {
	id, principal, ok := strings.Cut(strings.TrimPrefix(name, approvalRefs), "/")
	if !ok || principal == "" || strings.Contains(principal, "/") {
		return history.ID{}, "", errors.New("want refs/approvals/COMMIT/PRINCIPAL")
	}
	commit, err = history.ParseID(id)
	if err == nil && commit.IsZero() {
		err = errors.New("all zeros name no commit")
	}
	return commit, principal, err
}

// withApprovals judges a landing; approvals are only looked up where one is missing.
func (g *Gate) withApprovals(ctx context.Context, ledger *policy.Ledger, landing *policy.Landing, tags []mergeTag, coming map[string][]comingApproval) ([]policy.Finding, error) {
	findings := g.policy.Judge(ledger, landing)
	if !slices.ContainsFunc(findings, func(f policy.Finding) bool {
		return f.Code == policy.ApprovalMissing || f.Code == policy.ApprovalNotFetched
	}) {
		return findings, nil
	}
	if err := g.findApprovals(ctx, landing, tags, coming); err != nil {
		return nil, err
	}
	return g.policy.Judge(ledger, landing), nil
}

// manyCommits is the number of commits from which listing all approvals beats asking for each.
const manyCommits = 64

// findApprovals adds to a landing the approvals of its commits: those stored, those that come in the
// same push, and the tags its merges embed.
func (g *Gate) findApprovals(ctx context.Context, landing *policy.Landing, tags []mergeTag, coming map[string][]comingApproval) error {
	repo, err := g.aside()
	if err != nil {
		return err
	}
	commits := map[string]int64{landing.Commit.ID: landing.Commit.Committer.When}
	for i := range landing.Brought {
		commits[landing.Brought[i].ID] = landing.Brought[i].Committer.When
	}
	patterns := []string{approvalRefs}
	if len(commits) <= manyCommits {
		patterns = nil
		for id := range commits {
			patterns = append(patterns, approvalRefs+id+"/")
		}
		slices.Sort(patterns)
	}
	refs, err := repo.Refs(ctx, patterns...)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		commit, principal, err := parseApprovalRef(ref.Name)
		if err != nil {
			continue // no approval, whatever else it is
		}
		when, here := commits[commit.String()]
		if !here {
			continue
		}
		a, err := g.approval(ctx, repo, ref.ID, commit, principal, when)
		if err != nil {
			return err
		}
		a.Name = ref.Name
		landing.Approvals = append(landing.Approvals, a)
	}
	for id, when := range commits {
		for _, tag := range coming[id] {
			commit, err := history.ParseID(id)
			if err != nil {
				return err
			}
			a, err := g.approval(ctx, repo, tag.id, commit, tag.principal, when)
			if err != nil {
				return err
			}
			a.Name = "an approval in this push"
			landing.Approvals = append(landing.Approvals, a)
		}
	}
	for _, t := range tags {
		r := g.verify(t.tag.Payload, t.tag.Signature, t.tag.Tagger.When, t.at)
		landing.Approvals = append(landing.Approvals, policy.Approval{
			Commit: t.tag.Target.String(), Source: "mergetag", Name: "merged tag " + t.tag.Name,
			Signature: signature(r), When: t.tag.Tagger.When,
		})
	}
	return nil
}

// approval reads what an approval ref holds. What is no signed tag of that commit by that principal
// is reported with a signature that isn't good and the reason, and so counts for nothing.
func (g *Gate) approval(ctx context.Context, repo Repository, id, commit history.ID, principal string, committed int64) (policy.Approval, error) {
	a := policy.Approval{Commit: commit.String(), Source: "tag"}
	bad := func(status verify.Status, reason string) (policy.Approval, error) {
		a.Signature = policy.Signature{Status: status.String(), Reason: reason}
		return a, nil
	}
	kind, err := repo.Kind(ctx, id)
	if err != nil {
		return a, err
	}
	if kind != "tag" {
		return bad(verify.Missing, "it is a lightweight tag; an approval is a signed, annotated one")
	}
	tag, err := repo.Tag(ctx, id)
	if err != nil {
		return a, err
	}
	if tag.Target != commit {
		return bad(verify.Bad, "it approves "+tag.Target.String())
	}
	// A tag that says nothing of an approval, as a release or a bookmark, can't be made one by putting
	// it under another name.
	if want := ApprovalTag(commit, principal); tag.Name != want {
		return bad(verify.WrongPurpose, fmt.Sprintf("the tag object calls itself %q, an approval %q", tag.Name, want))
	}
	// The approval was made when its tagger says, and not before there was something to approve.
	r := g.verify(tag.Payload, tag.Signature, tag.Tagger.When, time.Unix(max(tag.Tagger.When, committed), 0))
	if r.Status == verify.Good && r.Principal != principal {
		return bad(verify.Bad, fmt.Sprintf("it stands under the name of %s, but %s signed it", principal, r.Principal))
	}
	a.Signature, a.When, a.Ref = signature(r), tag.Tagger.When, approvedRef(tag.Message)
	return a, nil
}

// approvedRef reads the line by which an approval limits itself to one ref.
func approvedRef(message []byte) string {
	for line := range bytes.Lines(message) {
		if ref, ok := bytes.CutPrefix(line, []byte("Approved-ref: ")); ok {
			return string(bytes.TrimRight(ref, "\n"))
		}
	}
	return ""
}

// approvalRef judges a push to an approval ref: it must hold a signed tag of the commit it names, by
// the principal it names, and nobody removes or replaces another's.
func (p *push) approvalRef(ctx context.Context, u *update) error {
	commit, principal, err := parseApprovalRef(u.resolved)
	if err != nil {
		p.refuse(u, policy.ApprovalInvalid, err.Error(), "countersign approve COMMIT prints the right push command")
		return nil
	}
	if u.New.IsZero() {
		p.refuse(u, policy.ApprovalForeign, "approvals are not deleted")
		return nil
	}
	a, err := p.approval(ctx, p.repo, u.New, commit, principal, 0)
	if err != nil {
		return err
	}
	if a.Signature.Status != verify.Good.String() {
		code, detail := policy.ApprovalInvalid, "it is no valid approval: "+a.Signature.Status
		if !u.real.IsZero() {
			code, detail = policy.ApprovalForeign, "it would replace the approval of "+principal+" by none: "+a.Signature.Status
		}
		if a.Signature.Reason != "" {
			detail += ", " + a.Signature.Reason
		}
		p.refuse(u, code, detail, "countersign approve "+commit.String())
		return nil
	}
	if f := p.tagDate(u, a.When); f {
		return nil
	}
	p.approvals[a.Commit] = append(p.approvals[a.Commit], comingApproval{u.New, principal})
	return nil
}

// tag judges a protected tag: annotated, signed by a maintainer, named as its ref, never moved, and
// on commits that are judged.
func (p *push) tag(ctx context.Context, u *update) error {
	if !u.real.IsZero() && !p.policy.Protect.AllowRewind {
		p.refuse(u, policy.TagMoved, "it stands already at "+u.real.String()+"; a released name never changes what it means", "give the release a new name")
		return nil
	}
	kind, err := p.repo.Kind(ctx, u.New)
	if err != nil {
		return err
	}
	if kind != "tag" {
		if p.policy.Signatures.Tags {
			p.refuse(u, policy.TagLightweight, "it is a lightweight tag; protected tags are annotated and signed", signAgain(u))
			return nil
		}
		return p.branch(ctx, u, u.New)
	}
	id := u.New
	for depth := 0; ; depth++ {
		tag, err := p.repo.Tag(ctx, id)
		if err != nil {
			return err
		}
		if depth == 0 && p.policy.Signatures.Tags && !p.signedTag(u, &tag) {
			return nil
		}
		if id = tag.Target; tag.TargetType != "tag" {
			return p.branch(ctx, u, id)
		}
		if depth > 8 {
			p.refuse(u, policy.RefNotCommit, "it is a tag of a tag of a tag, too deep to follow")
			return nil
		}
	}
}

func (p *push) signedTag(u *update, tag *history.Tag) bool {
	name := strings.TrimPrefix(u.resolved, "refs/tags/")
	again := signAgain(u)
	if tag.Name != name {
		p.refuse(u, policy.TagName, fmt.Sprintf("the tag object calls itself %q", tag.Name), again)
		return false
	}
	r := p.verify(tag.Payload, tag.Signature, tag.Tagger.When, time.Unix(tag.Tagger.When, 0))
	if r.Status != verify.Good {
		detail := "it has no valid signature: " + r.Status.String()
		if r.Reason != "" {
			detail += ", " + r.Reason
		}
		p.refuse(u, policy.TagUnsigned, detail, again)
		return false
	}
	q := p.policy.Principal(r.Principal)
	if q == nil || q.Role != policy.Maintainer {
		p.refuse(u, policy.SignerRole, r.Principal+" is no maintainer: maintainers sign protected tags")
		return false
	}
	if !slices.Contains(p.policy.Signatures.Kinds, string(r.Kind)) {
		p.refuse(u, policy.SignatureUnsupported, fmt.Sprintf("the policy doesn't accept %s signatures", r.Kind))
		return false
	}
	return !p.tagDate(u, tag.Tagger.When)
}

// signAgain is the command that makes a tag anew. Git allows names that a shell would obey; those are
// left to the reader.
func signAgain(u *update) string {
	name := strings.TrimPrefix(u.Name, "refs/tags/")
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-") != "" || strings.HasPrefix(name, "-") {
		name = "NAME"
	}
	return "git tag -s -f " + name
}

// tagDate refuses a tag whose date the receiver's clock contradicts, and says whether it did: an old
// date could bring an expired key back to life.
func (p *push) tagDate(u *update, when int64) bool {
	now := p.req.Received
	at := time.Unix(when, 0)
	switch {
	case at.After(now.Add(p.policy.Signatures.ClockSkew)):
		p.refuse(u, policy.DateFuture, "the tag is dated after the receiver's clock", "make the tag again with the right time")
	case at.Before(now.Add(-p.policy.Tenure.MaxLandingAge)):
		p.refuse(u, policy.DateTooOld, "the tag is dated "+at.UTC().Format(time.DateOnly)+", too long ago to be new", "make the tag again")
	default:
		return false
	}
	return true
}
