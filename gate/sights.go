package gate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sort"

	"countersign/history"
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
	if landing.Seen, err = g.inSight(ctx, landing, findings); err != nil {
		return nil, err
	}
	for i := range landing.Approvals {
		if a := &landing.Approvals[i]; journal {
			a.Seen = g.past.vouchers[a.Object]
		}
	}
	return st.judge(ledger, landing), nil
}

// maxLooks bounds how often the repository is asked, for one landing, what reaches a commit in sight. What would
// need more isn't taken to have been in sight.
const maxLooks = 500

// inSight says since when those commits of a landing that wait have been in sight: as the value of a ref, or
// below one, from a push on until now without a gap. What was taken away, or never came to be, nobody could
// look at. Of history that has landed it says what was so when that came in.
func (g *Gate) inSight(ctx context.Context, landing *policy.Landing, findings []policy.Finding) (map[string]int64, error) {
	seen := make(map[string]int64)
	if g.past == nil {
		return seen, nil // this is the first push
	}
	waiting := make(map[string]bool)
	for _, f := range findings {
		if slices.Contains(waits, f.Code) {
			waiting[f.Commit] = true
		}
	}
	if landing.Amended != nil {
		for id := range landing.Amended.Same {
			waiting[id] = true
		}
	}
	l := look{Gate: g, reached: make(map[[2]string]bool)}
	if landing.Received != 0 {
		var err error
		if l.now, err = g.repo.Refs(ctx); err != nil {
			return nil, err
		}
	} else {
		for _, c := range append(slices.Clone(landing.Brought), landing.Commit) {
			waiting[c.ID] = true
		}
		if err := l.endsBefore(ctx, landing); err != nil {
			return nil, err
		}
	}
	for commit := range waiting {
		at, err := l.since(ctx, landing, commit)
		if err != nil {
			return nil, err
		}
		if at != 0 {
			seen[commit] = at
		}
	}
	return seen, nil
}

// look is a look into the past for what was in sight.
type look struct {
	*Gate
	until   int64         // when it ended; 0 for now
	now     []history.Ref // what is in sight now, nil where it ended before
	reached map[[2]string]bool
}

// endsBefore sets the end of the look to when a landing came in: with the first value of its ref that has it.
func (l *look) endsBefore(ctx context.Context, landing *policy.Landing) (err error) {
	values := l.past.moves[landing.Ref]
	i := sort.Search(len(values), func(i int) bool {
		has, rerr := l.reaches(ctx, values[i].new, landing.Commit.ID)
		err = errors.Join(err, rerr)
		return has
	})
	if i < len(values) {
		l.until = values[i].at
	}
	return err
}

// since says since when a commit is in sight, 0 if it isn't.
func (l *look) since(ctx context.Context, landing *policy.Landing, commit string) (int64, error) {
	var refs []string
	for _, c := range append(slices.Clone(landing.Brought), landing.Commit) {
		refs = append(refs, l.past.refsOf[c.ID]...)
	}
	for _, r := range l.now {
		refs = append(refs, r.Name) // it may be below what is there
	}
	if l.now == nil {
		refs = slices.AppendSeq(refs, maps.Keys(l.past.moves)) // or was there
	}
	slices.Sort(refs)
	var first int64
	for _, ref := range slices.Compact(refs) {
		at, err := l.sinceBy(ctx, ref, commit)
		if err != nil {
			return 0, err
		}
		if at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	return first, nil
}

// sinceBy says since when a ref has shown a commit, 0 if it doesn't.
func (l *look) sinceBy(ctx context.Context, ref, commit string) (at int64, err error) {
	values := l.past.moves[ref]
	if l.now != nil {
		i := slices.IndexFunc(l.now, func(r history.Ref) bool { return r.Name == ref })
		if i < 0 || len(values) == 0 || values[len(values)-1].new != l.now[i].ID.String() {
			return 0, nil
		}
	}
	for _, m := range slices.Backward(values) {
		if l.until != 0 && m.at >= l.until {
			continue
		}
		shows, err := l.reaches(ctx, m.new, commit)
		if err != nil || !shows {
			return at, err
		}
		at = m.at
	}
	return at, nil
}

func (l *look) reaches(ctx context.Context, value, commit string) (bool, error) {
	if value == commit {
		return true, nil
	}
	key := [2]string{value, commit}
	if known, ok := l.reached[key]; ok || len(l.reached) >= maxLooks {
		return known, nil
	}
	tip, err := history.ParseID(value)
	if err != nil {
		return false, err
	}
	id, err := history.ParseID(commit)
	if err != nil {
		return false, err
	}
	if !tip.IsZero() {
		repo, err := l.aside()
		if err != nil {
			return false, err
		}
		// What was forced away long ago may be gone: git gc.
		reached, err := repo.Reaches(ctx, tip, []history.ID{id})
		l.reached[key] = err == nil && reached[0]
	}
	return l.reached[key], nil
}
