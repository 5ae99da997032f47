package refstate

import (
	"context"
	"slices"

	"countersign/history"
)

// View says what could be seen of a repository, and since when: what a ref had as its value, or below one. What was
// taken away, or never came to be, nobody could look at.
type View struct {
	Log        *Log
	Repository Repository
	Visible    func(ref string) bool // whether people look at a ref
}

// FirstWith says when a ref was first given a value that has a commit, in seconds since 1970; 0 if never.
func (v View) FirstWith(ctx context.Context, ref string, now history.ID, commit string) (int64, error) {
	s, err := v.Log.State(ctx, ref, now)
	if err != nil {
		return 0, err
	}
	has, err := v.have(ctx, s.moves, []string{commit})
	if err != nil {
		return 0, err
	}
	for i, m := range s.moves {
		if has[i][0] {
			return m.At, nil
		}
	}
	return 0, nil
}

// Now says since when commits have been in sight, of those that are, in seconds since 1970: as the value of a visible
// ref, or below one, from a change on until now without a gap.
func (v View) Now(ctx context.Context, commits []string) (map[string]int64, error) {
	refs, err := v.Repository.Refs(ctx)
	if err != nil {
		return nil, err
	}
	var ends []Change
	for _, r := range refs {
		if v.Visible(r.Name) {
			ends = append(ends, Change{Ref: r.Name, New: r.ID.String()})
		}
	}
	return v.since(ctx, commits, ends, func(end Change) ([]Change, error) {
		now, err := history.ParseID(end.New)
		if err != nil {
			return nil, err
		}
		s, err := v.Log.State(ctx, end.Ref, now)
		if err != nil || len(s.moves) == 0 || s.moves[len(s.moves)-1].New != end.New {
			return nil, err // the journal doesn't know how it came there
		}
		return s.moves, nil
	})
}

// Before says the same as of a time in seconds since 1970; 0 is for the end of the journal.
func (v View) Before(ctx context.Context, until int64, commits []string) (map[string]int64, error) {
	whole, err := v.Log.Whole(ctx)
	if err != nil {
		return nil, err
	}
	lines := make(map[string][]Change)
	var ends []Change
	for _, ref := range whole.Refs() {
		moves := whole.states[ref].moves
		if i := slices.IndexFunc(moves, func(m Change) bool { return m.At >= until }); until != 0 && i >= 0 {
			moves = moves[:i]
		}
		if len(moves) > 0 && v.Visible(ref) {
			lines[ref] = moves
			ends = append(ends, moves[len(moves)-1])
		}
	}
	return v.since(ctx, commits, ends, func(end Change) ([]Change, error) { return lines[end.Ref], nil })
}

// A path gives the changes that led a ref to its value at the end, the last one included.
type path func(end Change) ([]Change, error)

// since answers for all refs with two walks, first of what is in sight at the end.
func (v View) since(ctx context.Context, commits []string, ends []Change, led path) (map[string]int64, error) {
	has, err := v.have(ctx, ends, commits)
	if err != nil {
		return nil, err
	}
	var lines [][]Change
	for i, end := range ends {
		if !slices.Contains(has[i], true) {
			continue
		}
		moves, err := led(end)
		if err != nil {
			return nil, err
		}
		lines = append(lines, moves)
	}
	if has, err = v.have(ctx, slices.Concat(lines...), commits); err != nil {
		return nil, err
	}
	since := make(map[string]int64)
	for _, moves := range lines {
		for j, commit := range commits {
			for k, m := range slices.Backward(moves) {
				if !has[k][j] {
					break
				}
				if first, ok := since[commit]; !ok || m.At < first {
					since[commit] = m.At
				}
			}
		}
		has = has[len(moves):]
	}
	return since, nil
}

// have says of each new value which commits it has. What was forced away long ago may be gone (git gc), and has none.
func (v View) have(ctx context.Context, values []Change, commits []string) ([][]bool, error) {
	ids := make([]history.ID, len(commits))
	for i, commit := range commits {
		var err error
		if ids[i], err = history.ParseID(commit); err != nil {
			return nil, err
		}
	}
	var tips []history.ID
	at := make(map[string]int)
	for _, m := range values {
		id, err := history.ParseID(m.New)
		if err != nil {
			return nil, err
		}
		if _, ok := at[m.New]; ok || id.IsZero() {
			continue
		}
		if _, err := v.Repository.Kind(ctx, id); err == nil {
			at[m.New] = len(tips)
			tips = append(tips, id)
		} else if ctx.Err() != nil {
			return nil, err
		}
	}
	reached, err := v.Repository.Reaches(ctx, tips, ids)
	if err != nil {
		return nil, err
	}
	has := make([][]bool, len(values))
	for i, m := range values {
		if tip, ok := at[m.New]; ok {
			has[i] = reached[tip]
		} else {
			has[i] = make([]bool, len(commits))
		}
	}
	return has, nil
}
