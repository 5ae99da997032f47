package refstate

import (
	"slices"
	"strings"

	"countersign/history"
)

// State is what the journal says of one ref. The zero State is that of a ref that it doesn't know.
type State struct {
	moves   []Change // that were made, in their order
	pending []Change // accepted since, and not known to be made
	// How many moves were inferred from what the ref was found to have, by old and new value: the record of what Git
	// made has not come yet.
	awaited  map[[2]string]int
	known    string   // the value that it was last given by a judged push, while it was protected; "" for none
	judged   *line    // nil where no push was judged while it was protected
	unjudged []Change // made while it was protected, without a decision, and no operator let that stand since
}

// line is what a protected ref has been through: the values that it was given by judged pushes, and those from
// which such pushes began though no other had led there.
type line struct {
	values map[string]bool
	roots  []string
}

// Known gives the value that the last judged push left, or that the ref was found to have, while it was protected; ""
// for none.
func (s *State) Known() string { return s.known }

// Unjudged gives the changes that were made while the ref was protected, without a decision, and that no operator let
// stand since.
func (s *State) Unjudged() []Change { return s.unjudged }

// Pending gives the changes that were accepted and aren't known to be made.
func (s *State) Pending() []Change { return s.pending }

// Awaits says whether the record is missing of what Git made of a push that was accepted.
func (s *State) Awaits() bool { return len(s.pending)+len(s.awaited) > 0 }

// Moved gives the value that the last judged push left, and says whether the ref has another one now.
func (s *State) Moved(now history.ID) (known history.ID, moved bool, err error) {
	if s.known == "" {
		return known, false, nil
	}
	known, err = history.ParseID(s.known)
	return known, err == nil && known != now, err
}

// AlwaysJudged says whether the ref has the value that the last judged push left, and was never moved while it wasn't
// protected; or the journal doesn't know it at all.
func (s *State) AlwaysJudged(now history.ID) bool {
	if s.known == "" {
		return len(s.moves)+len(s.pending) == 0
	}
	return s.known == now.String() && !slices.ContainsFunc(s.moves, func(m Change) bool { return !m.Protected })
}

// Judged says whether a judged push gave the ref a value. Then roots are the values from which such pushes began
// though no other had led there.
func (s *State) Judged(value string) (roots []string, judged bool) {
	if s.judged == nil || !s.judged.values[value] {
		return nil, false
	}
	return s.judged.roots, true
}

// OnlyMade says whether all that happened to the ref is that it was made with a value at which nothing had to be
// judged.
func (s *State) OnlyMade(value string) bool {
	if len(s.moves) == 0 {
		return false
	}
	last := s.moves[len(s.moves)-1]
	old, err := history.ParseID(last.Old)
	return err == nil && old.IsZero() && last.New == value && last.Landings == 0
}

// MovedOn says when the ref was last moved from one value to another and then went on from there, in seconds since
// 1970; 0 for never.
func (s *State) MovedOn(old, new string) (at int64) {
	var done int64
	for _, m := range s.moves {
		if m.Old == new && done != 0 {
			at = done
		}
		if m.Old == old && m.New == new {
			done = m.At
		}
	}
	return at
}

// FirstSeen says when the ref was first given a value, in seconds since 1970; 0 for never.
func (s *State) FirstSeen(value string) int64 {
	for _, m := range s.moves {
		if m.New == value {
			return m.At
		}
	}
	return 0
}

// Confirm takes the last change that was accepted and leads to a value for made, since the ref was found to have it.
func (s *State) Confirm(value string, at int64) {
	for i, c := range slices.Backward(s.pending) {
		if c.New != value || s.known != "" && c.Protected && c.Old != s.known && c.New != s.known {
			continue
		}
		c.At = at
		s.decided(c)
		if s.awaited == nil {
			s.awaited = make(map[[2]string]int)
		}
		s.awaited[[2]string{c.Old, c.New}]++
		s.pending = slices.Delete(s.pending, i, i+1)
		return
	}
}

// add takes in what a record says.
func (s *State) add(what statement, c Change) {
	switch what {
	case accepted, refused, found:
		s.Confirm(c.Old, c.At)
		s.remember(c)
		if what == accepted && !allZeros(c.Old+c.New) { // else there was nothing to delete
			s.pending = append(s.pending, c)
		}
	case made:
		s.gitMade(c)
	case stands:
		s.made(c)
		s.known, s.unjudged = c.New, nil
		s.judge(c)
	}
}

// gitMade takes in what Git says it made.
func (s *State) gitMade(c Change) {
	if move := [2]string{c.Old, c.New}; s.awaited[move] > 0 { // its record was slower than the next push
		if s.awaited[move]--; s.awaited[move] == 0 {
			delete(s.awaited, move)
		}
		return
	}
	s.Confirm(c.Old, c.At)
	same := func(w Change) bool { return w.Old == c.Old && w.New == c.New }
	i := slices.IndexFunc(s.pending, same)
	if i < 0 {
		s.made(c) // in sight it was, but nobody judged it
		if c.Protected {
			s.unjudged = append(s.unjudged, c)
		}
		return
	}
	c.Protected, c.Landings = s.pending[i].Protected || c.Protected, s.pending[i].Landings
	s.pending = slices.DeleteFunc(s.pending, same) // tried again
	s.decided(c)
}

// decided takes in a change that was accepted and made. One that brings the ref back from where something else than a
// push had moved it leaves all as it was before: nothing was judged for it.
func (s *State) decided(c Change) {
	if c.Protected && s.known == c.New && c.Old != c.New {
		if n := len(s.moves); n > 0 && s.moves[n-1].New != c.New { // it is known to have been away
			s.made(c)
		}
		return
	}
	s.made(c)
	if !c.Protected {
		s.known = ""
		return
	}
	s.known = c.New
	s.judge(c)
}

// remember keeps where a protected ref was when it was first seen.
func (s *State) remember(c Change) {
	switch {
	case !c.Protected:
		s.known = "" // who protects it again takes what is there
	case s.known == "":
		s.known = c.Old
	}
}

func (s *State) made(c Change) { s.moves = append(s.moves, c) }

func (s *State) judge(c Change) {
	fresh := allZeros(c.Old) // made anew: judged by all that it holds
	if s.judged == nil || fresh {
		s.judged = &line{values: make(map[string]bool)}
	}
	if !fresh && !s.judged.values[c.Old] {
		s.judged.roots = append(s.judged.roots, c.Old)
		s.judged.values[c.Old] = true
	}
	s.judged.values[c.New] = true
}

func allZeros(value string) bool { return strings.Trim(value, "0") == "" }
