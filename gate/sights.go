package gate

import (
	"context"
	"maps"
	"slices"
	"strings"

	"countersign/history"
	"countersign/policy"
)

// firstSeen adds to a landing since when some of its commits, and its approvals, have been in sight. The journal is
// read once, and only where something waits: it is as long as it is.
func (g *Gate) firstSeen(ctx context.Context, q question, commits map[string]bool) error {
	landing := q.landing
	journal, err := g.sighted(ctx)
	if err != nil || !journal && landing.Received == 0 {
		return err // no server, no journal
	}
	seen, err := g.inSight(ctx, landing, commits)
	if err != nil {
		return err
	}
	if landing.Seen == nil {
		landing.Seen = make(map[string]int64)
	}
	maps.Copy(landing.Seen, seen)
	for i := range landing.Approvals {
		a := &landing.Approvals[i]
		if a.Object == "" || a.Signature.Principal == "" {
			continue
		}
		if a.Seen, err = g.vouched(ctx, policy.Approves, a.Commit, a.Signature.Principal, a.Object); err != nil {
			return err
		}
	}
	made, err := g.tellsMade(ctx)
	landing.MadeUnknown = !made
	return err
}

// tellsMade says whether the journal tells what Git made, as far as it has been told to make anything.
func (g *Gate) tellsMade(ctx context.Context) (bool, error) {
	if g.past == nil {
		return true, nil
	}
	for _, p := range g.past.refs {
		if len(p.pending) > 0 || len(p.moves) > 0 {
			return g.anyApplied(ctx)
		}
	}
	return true, nil
}

// inSight says since when some commits of a landing have been in sight: as the value of a ref, or
// below one, from a push on until now without a gap. What was taken away, or never came to be, nobody could
// look at. Of history that has landed it says what was so when that came in.
func (g *Gate) inSight(ctx context.Context, landing *policy.Landing, commits map[string]bool) (map[string]int64, error) {
	seen := make(map[string]int64)
	if g.past == nil {
		return seen, nil // this is the first push
	}
	l := look{Gate: g}
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
		// It ends when the landing came in: with the first value of its ref that has it.
		var err error
		if l.until, err = l.firstWith(ctx, landing.Ref, history.ID{}, landing.Commit.ID); err != nil {
			return nil, err
		}
	}
	return l.since(ctx, slices.Sorted(maps.Keys(commits)))
}

// look is a look into the past for what was in sight.
type look struct {
	*Gate
	until int64             // when it ended; 0 for now
	now   map[string]string // what is in sight now, by ref; nil where it ended before
	whole *past             // of all refs, where it ended before
}

// firstWith says when a ref was first given a value that has a commit, in seconds since 1970; 0 if never.
func (l *look) firstWith(ctx context.Context, ref string, now history.ID, commit string) (int64, error) {
	past, err := l.pastOf(ctx, ref, now)
	if err != nil {
		return 0, err
	}
	values := past.moves
	show, err := l.show(ctx, values, []string{commit})
	if err != nil {
		return 0, err
	}
	for i, m := range values {
		if show[i][0] {
			return m.at, nil
		}
	}
	return 0, nil
}

// inView says whether people look at a ref: clones fetch branches and tags, and web pages show them; reviewers
// fetch vouchers. What lies under another name nobody sees who isn't told of it.
func inView(ref string) bool {
	return strings.HasPrefix(ref, "refs/heads/") || strings.HasPrefix(ref, "refs/tags/") || policy.IsAttestation(ref)
}

// since says since when commits have been in sight, of those that are: as the value of a ref, or below one, from a
// change on until the end without a gap. Two walks answer for all refs, first what is in sight at the end.
func (l *look) since(ctx context.Context, commits []string) (map[string]int64, error) {
	seen := make(map[string]int64)
	last, err := l.ends(ctx)
	if err != nil {
		return nil, err
	}
	show, err := l.show(ctx, last, commits)
	if err != nil {
		return nil, err
	}
	var lines [][]change
	for i, end := range last {
		if !slices.Contains(show[i], true) {
			continue
		}
		line, err := l.line(ctx, end)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	earlier, err := l.show(ctx, slices.Concat(lines...), commits)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		for j, commit := range commits {
			for k, m := range slices.Backward(line) {
				if !earlier[k][j] {
					break
				}
				if first, ok := seen[commit]; !ok || m.at < first {
					seen[commit] = m.at
				}
			}
		}
		earlier = earlier[len(line):]
	}
	return seen, nil
}

// ends gives what is in view at the end, by the name of its ref.
func (l *look) ends(ctx context.Context) (last []change, err error) {
	if l.now != nil {
		for _, ref := range slices.Sorted(maps.Keys(l.now)) {
			if inView(ref) {
				last = append(last, change{ref: ref, new: l.now[ref]})
			}
		}
		return last, nil
	}
	if l.whole, err = l.wholePast(ctx); err != nil {
		return nil, err
	}
	for _, ref := range slices.Sorted(maps.Keys(l.whole.refs)) {
		if line := l.before(l.whole.refs[ref].moves); len(line) > 0 && inView(ref) {
			last = append(last, line[len(line)-1])
		}
	}
	return last, nil
}

// line gives what led to what is in view at the end; nothing where the journal doesn't know of it.
func (l *look) line(ctx context.Context, end change) ([]change, error) {
	if l.whole != nil {
		return l.before(l.whole.refs[end.ref].moves), nil
	}
	now, err := history.ParseID(end.new)
	if err != nil {
		return nil, err
	}
	past, err := l.pastOf(ctx, end.ref, now)
	if err != nil || len(past.moves) == 0 || past.moves[len(past.moves)-1].new != end.new {
		return nil, err
	}
	return past.moves, nil
}

// before leaves out what happened after the look ended.
func (l *look) before(moves []change) []change {
	if i := slices.IndexFunc(moves, func(m change) bool { return m.at >= l.until }); l.until != 0 && i >= 0 {
		return moves[:i]
	}
	return moves
}

// show says of each value which commits it shows. What was forced away long ago may be gone (git gc), and shows none.
func (l *look) show(ctx context.Context, values []change, commits []string) ([][]bool, error) {
	answers := make([][]bool, len(values))
	repo, err := l.aside()
	if err != nil {
		return nil, err
	}
	ids := make([]history.ID, len(commits))
	for i, commit := range commits {
		if ids[i], err = history.ParseID(commit); err != nil {
			return nil, err
		}
	}
	var tips []history.ID
	at := make(map[string]int)
	for _, m := range values {
		id, err := history.ParseID(m.new)
		if err != nil {
			return nil, err
		}
		if _, ok := at[m.new]; ok || id.IsZero() {
			continue
		}
		if _, err := repo.Kind(ctx, id); err == nil {
			at[m.new] = len(tips)
			tips = append(tips, id)
		} else if ctx.Err() != nil {
			return nil, err
		}
	}
	reached, err := repo.Reaches(ctx, tips, ids)
	if err != nil {
		return nil, err
	}
	for i, m := range values {
		if tip, ok := at[m.new]; ok {
			answers[i] = reached[tip]
		} else {
			answers[i] = make([]bool, len(commits))
		}
	}
	return answers, nil
}
