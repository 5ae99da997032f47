package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign/gate/lineage"
	"countersign/gate/site"
	"countersign/history"
)

// Audits reads what to judge. Spec is "", for everything since adoption on each protected ref, tags included, that
// exists; "A..B", for what B has and A has not; or "B", for what B has since adoption. By claimed
// identity the adoption means nothing: all of history can be judged.
func (a *Auditor) Audits(ctx context.Context, spec string, claimed bool) ([]Audit, error) {
	if !a.site.Readable() {
		return nil, site.ErrUndecided
	}
	var adopted []history.ID
	var err error
	if !claimed {
		if adopted, err = a.adopted(ctx); err != nil {
			return nil, site.Undecided(err)
		}
	}
	if spec == "" {
		return a.everyRef(ctx, adopted)
	}
	from, to, err := ends(spec)
	if err != nil {
		return nil, err
	}
	read, err := a.read(ctx, to)
	if err != nil {
		return nil, err
	}
	of := Audit{
		Ref: read.ref, Read: read.name, Assumed: read.assumed, Claimed: claimed, tag: read.holds,
		Range: history.Range{
			Tip: read.commit, Not: adopted, Counted: claimed, Merges: claimed, Landed: true, Unseen: claimed,
		},
	}
	if from != "" {
		id, err := a.begins(ctx, from, to, read.commit)
		if err != nil {
			return nil, err
		}
		of.Range.Not, of.part = append(slices.Clone(adopted), id), true
	}
	return []Audit{of}, nil
}

// everyRef reads every protected branch, and then every protected tag: what a tag has that no branch has is judged
// with the tag.
func (a *Auditor) everyRef(ctx context.Context, adopted []history.ID) ([]Audit, error) {
	audits, err := a.branchAudits(ctx, adopted)
	if err != nil {
		return nil, err
	}
	tips := slices.Clone(adopted)
	for _, branch := range audits {
		tips = append(tips, branch.Range.Tip)
	}
	refs, err := a.site.Repo.Refs(ctx, "refs/tags/")
	if err != nil {
		return nil, site.Undecided(err)
	}
	for _, r := range refs {
		if !a.site.Rules().Protects(r.Name) {
			continue
		}
		target, err := a.tagged(ctx, r.ID)
		if err = site.Undecided(err); err != nil && !unreadable(ctx, err) {
			return nil, err
		}
		since := history.Range{Tip: target, Not: tips, Landed: true}
		audits = append(audits, Audit{Ref: r.Name, Read: r.Name, Range: since, tag: r.ID, all: true, broken: err})
	}
	if audits == nil {
		return nil, a.noneProtected(ctx)
	}
	return audits, nil
}

// branchAudits reads every protected branch. One that is another name of a protected branch is read with that.
func (a *Auditor) branchAudits(ctx context.Context, adopted []history.ID) ([]Audit, error) {
	refs, err := a.site.Repo.Refs(ctx, a.site.Rules().ProtectedPrefixes()...)
	if err != nil {
		return nil, site.Undecided(err)
	}
	var audits []Audit
	for _, r := range refs {
		if !a.site.Rules().Protects(r.Name) || lineage.IsTag(r.Name) {
			continue
		}
		if r.Target == "" || !a.site.Rules().Protects(r.Target) {
			since := history.Range{Tip: r.ID, Not: adopted, Landed: true}
			audits = append(audits, Audit{Ref: r.Name, Read: r.Name, Range: since, all: true})
		}
	}
	return audits, nil
}

// landedAudits reads every protected branch, or, where there is none as in a clone of CI, those that were fetched.
func (a *Auditor) landedAudits(ctx context.Context, adopted []history.ID) ([]Audit, error) {
	audits, err := a.branchAudits(ctx, adopted)
	if err != nil || audits != nil {
		return audits, err
	}
	refs, err := a.fetched(ctx)
	if err != nil {
		return nil, site.Undecided(err)
	}
	for _, r := range refs {
		since := history.Range{Tip: r.ID, Not: adopted, Landed: true}
		audits = append(audits, Audit{Ref: branchOf(r.Name), Read: r.Name, Range: since, all: true})
	}
	if audits == nil {
		return nil, a.noneProtected(ctx)
	}
	return audits, nil
}

// begins gives the commit at which a range begins, of whose end the commit is known. A range that leads backward is
// empty, as one is in which nothing has happened: it is an error, so that nobody takes the one for the other. So is one
// between two commits that have nothing in common, which leaves nothing out.
func (a *Auditor) begins(ctx context.Context, from, to string, end history.ID) (begin history.ID, err error) {
	spec := from + ".." + to
	if _, err := history.ParseID(from); err == nil && strings.Trim(from, "0") == "" {
		return begin, question{fmt.Errorf("%s: zeros stand for what a new branch held before, which is nothing: "+
			"judge all of it, countersign verify %s", spec, to)}
	}
	begin, err = a.site.Repo.Resolve(ctx, from)
	if err != nil || begin == end || end.IsZero() {
		return begin, err
	}
	ends := []history.ID{begin, end}
	reached, err := a.site.Repo.Reaches(ctx, ends, ends)
	switch {
	case err != nil:
		return begin, site.Undecided(err)
	case reached[1][0]:
		return begin, nil
	case reached[0][1]:
		return begin, question{fmt.Errorf("%s leads backward, so nothing is in it: its end, %s, is an ancestor of its "+
			"beginning, %s: swap them, %s..%s", spec, end, begin, to, from)}
	}
	common, err := a.site.Repo.Bases(ctx, begin, end)
	if err == nil && len(common) == 0 {
		return begin, question{fmt.Errorf("%s: %s and %s have no commit in common: to judge all that the second holds since "+
			"adoption, name it alone: %s", spec, begin, end, to)}
	}
	return begin, site.Undecided(err)
}

// ends gives the ends of a range, A..B, of which B is HEAD where there is none; of B alone, A is "".
func ends(spec string) (from, to string, err error) {
	from, to, isRange := strings.Cut(spec, "..")
	switch {
	case !isRange:
		return "", spec, nil
	case strings.HasPrefix(to, "."):
		return "", "", question{fmt.Errorf("%s: a range is A..B; three dots mean something else to Git", spec)}
	case to == "":
		to = "HEAD"
	}
	return from, to, nil
}
