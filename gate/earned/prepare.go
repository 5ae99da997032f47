package earned

import (
	"context"
	"slices"

	"countersign/gate/lineage"
	"countersign/gate/site"
	"countersign/gate/tenure"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
)

// Prepare works out the tenure of each protected branch and stores it, so that the first push costs
// what any other does. It is for installation and after a change of policy. What several branches have in common is
// counted once. Which branches hold only what was adopted is found, too, for the first new branch.
func Prepare(ctx context.Context, s *site.Site) error {
	if !s.Readable() {
		return site.ErrUndecided
	}
	refs, err := branches(ctx, s)
	if err != nil {
		return site.Undecided(err)
	}
	p := &preparation{site: s, ledgers: make(map[history.ID]*policy.Ledger)}
	var tips []history.ID
	for _, r := range refs {
		if l := stored(ctx, s, r.Name, r.ID); l != nil {
			p.ledgers[r.ID] = l
		} else if !slices.Contains(tips, r.ID) {
			tips = append(tips, r.ID)
		}
	}
	if len(tips) > 1 && tips[0] != refs[0].ID { // most begin where the main branch was
		tips = slices.Insert(tips, 0, refs[0].ID)
	}
	err = p.count(ctx, tips)
	s.Kept.Save() // as much of it as there was time for
	if err != nil {
		return site.Undecided(err)
	}
	var links *policy.Links
	for i, r := range refs {
		if links, err = linksAfter(ctx, s, links, refs, i); err != nil {
			return site.Undecided(err)
		}
		s.Tenure.Keep(r.Name, tenure.Entry{Tip: r.ID.String(), Ledger: p.ledgers[r.ID], Links: tenure.LinksOf(links)})
	}
	s.Tenure.Save()
	_, err = s.JudgedRefs(ctx)
	return site.Undecided(err)
}

// branches gives the protected branches, the main one first.
func branches(ctx context.Context, s *site.Site) ([]history.Ref, error) {
	refs, err := s.Repo.Refs(ctx, s.Rules().ProtectedPrefixes()...)
	if err != nil {
		return nil, err
	}
	refs = slices.DeleteFunc(refs, func(r history.Ref) bool {
		return !s.Rules().Protects(r.Name) || r.Target != "" || lineage.IsTag(r.Name)
	})
	main, err := s.MainRef(ctx)
	if i := slices.IndexFunc(refs, func(r history.Ref) bool { return r.Name == main }); i > 0 {
		first := refs[i]
		refs = slices.Insert(slices.Delete(refs, i, i+1), 0, first)
	}
	return refs, err
}

// linksAfter gives the links at a branch: as they are kept, or by what differs from the branch before it, whose links
// are given.
func linksAfter(
	ctx context.Context, s *site.Site, links *policy.Links, refs []history.Ref, i int,
) (*policy.Links, error) {
	if links == nil {
		return Links(ctx, s, refs[i].Name, refs[i].ID)
	}
	repo, err := s.Aside()
	if err != nil {
		return nil, err
	}
	return links, walk.FollowLinks(ctx, repo, links, refs[i].ID, refs[i-1].ID)
}

// preparation counts many lines.
type preparation struct {
	site    *site.Site
	ledgers map[history.ID]*policy.Ledger // up to the tips
	stands  map[history.ID]standing       // at the commits at which lines part; no ledger before they are counted
}

// count counts up to each of some tips.
func (p *preparation) count(ctx context.Context, tips []history.ID) error {
	parted, err := p.part(ctx, tips)
	if err != nil {
		return err
	}
	for i, tip := range tips {
		c, err := newCount(p.site, p.site.Kept.Line())
		if err != nil {
			return err
		}
		c.each = p.reached
		from := p.stands[parted[i]]
		if from.ledger != nil {
			from.ledger = from.ledger.Clone()
		}
		stands, err := c.upTo(ctx, tip, from)
		c.remember()
		if err != nil {
			return err
		}
		p.ledgers[tip] = stands.ledger
		p.reached(stands)
	}
	return nil
}

// part reads the first-parent lines of some tips, each commit once, and gives where each parts from one before it; zero
// where it doesn't.
func (p *preparation) part(ctx context.Context, tips []history.ID) (parted []history.ID, err error) {
	parted, p.stands = make([]history.ID, len(tips)), make(map[history.ID]standing)
	if len(tips) < 2 {
		return parted, nil
	}
	seen := make(map[history.ID]bool)
	for i, tip := range tips {
		line, err := p.site.Repo.FirstParents(ctx, tip, func(id history.ID) bool { return seen[id] })
		if err != nil {
			return nil, err
		}
		if last := line[len(line)-1]; seen[last] {
			parted[i], p.stands[last] = last, standing{}
		}
		for _, id := range line {
			seen[id] = true
		}
	}
	return parted, nil
}

// reached keeps what stands where lines part.
func (p *preparation) reached(at standing) {
	if known, parts := p.stands[at.at]; parts && known.ledger == nil {
		at.ledger = at.ledger.Clone()
		p.stands[at.at] = at
	}
}
