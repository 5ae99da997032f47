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
		landing.Approvals[i].Seen = g.vouched(landing.Approvals[i].Object)
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
		refs, err := g.repo.Refs(ctx)
		if err != nil {
			return nil, err
		}
		l.now = make(map[string]string)
		for _, r := range refs {
			l.now[r.Name] = r.ID.String()
		}
	} else {
		for _, c := range append(slices.Clone(landing.Brought), landing.Commit) {
			waiting[c.ID] = true
		}
		// It ends when the landing came in: with the first value of its ref that has it.
		var err error
		if l.until, err = l.firstWith(ctx, landing.Ref, landing.Commit.ID); err != nil {
			return nil, err
		}
	}
	for _, commit := range slices.Sorted(maps.Keys(waiting)) {
		at, err := l.since(ctx, commit)
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
	until   int64             // when it ended; 0 for now
	now     map[string]string // what is in sight now, by ref; nil where it ended before
	reached map[[2]string]bool
}

// firstWith says when a ref first had a commit, itself or below its value, in seconds since 1970; 0 if never.
func (l *look) firstWith(ctx context.Context, ref, commit string) (int64, error) {
	if l.past == nil {
		return 0, nil
	}
	var failed error
	values := l.past.moves[ref]
	i := sort.Search(len(values), func(i int) bool {
		has, err := l.reaches(ctx, values[i].new, commit)
		failed = errors.Join(failed, err)
		return has
	})
	if failed != nil || i == len(values) {
		return 0, failed
	}
	return values[i].at, nil
}

// since says since when a commit is in sight, 0 if it isn't.
func (l *look) since(ctx context.Context, commit string) (first int64, err error) {
	for _, ref := range slices.Sorted(maps.Keys(l.past.moves)) {
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
	if l.now != nil && l.now[ref] != values[len(values)-1].new {
		return 0, nil
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
		reached, err := repo.Reaches(ctx, []history.ID{tip}, []history.ID{id})
		l.reached[key] = err == nil && reached[0][0]
	}
	return l.reached[key], nil
}
