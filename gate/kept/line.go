// Package kept keeps on disk what the landings of one first-parent line were, as far as tenure depends on it, so that a
// change of the policy costs no second reading of the history.
//
// Start with [Open] and [Store.Line]. A [Line] gives its landings in their order, from the beginning of the history:
// first those that were adopted, then those that were verified. A landing has no more than [policy.Ledger.Credit]
// looks at. Of each commit that is who is said to have made it, and which paths it changed, with what their content
// showed; nothing of that depends on the policy. Of a verified one it is also who signed it. That depends on the
// policy's keys, which the line names by their digest: see [policy.Policy.Verifying].
//
// [Line.After] begins a longer line, [Line.Add] adds to it, and [Store.Keep] writes it down. [Store.Reached] keeps
// beside it which commits some others reach. There are two files for a repository, landings and reached in
// countersign/tenure of the Git directory. Each names its format and begins with a checksum. What
// doesn't fit, of another version of this program, cut or changed, is as if it weren't there. A line of another
// repository has no landing that is looked for here, since landings are found by the ids of their commits.
//
// It is a cache and no witness: what is judged is always read from the repository. The checksum finds damage and no
// malice; whoever may write to the folder may write to the repository. What can't be written costs time and no trust,
// so nobody is told. A file is replaced at once, so any number of processes may read and write: the last one wins.
// A Store is for one goroutine.
package kept

import (
	"os"
	"path/filepath"
	"slices"

	"countersign/gate/shared"
	"countersign/policy"
)

// maxBytes bounds the file, and what of it is held in memory.
const maxBytes = 64 << 20

// Store keeps the line of one repository.
type Store struct {
	dir  string
	line *Line // nil before it was asked for
	keep *Line // what Save writes, nil for nothing
}

// Open gives the store of a Git directory.
func Open(gitDir string) *Store {
	return &Store{dir: filepath.Join(gitDir, "countersign", "tenure")}
}

// read gives the text of a file, nil for none.
func (s *Store) read(name string) []byte {
	path := filepath.Join(s.dir, name)
	if at, err := os.Stat(path); err != nil || at.Size() > maxBytes {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return text
}

func (s *Store) write(name string, text []byte) {
	if len(text) <= maxBytes && shared.MakeFolder(s.dir) == nil {
		_ = shared.Replace(filepath.Join(s.dir, name), text)
	}
}

// Line gives the line that is kept, an empty one for none.
func (s *Store) Line() *Line {
	if s.line == nil {
		l, err := parse(s.read("landings"))
		if err != nil {
			l = new(Line)
		}
		s.line = l
	}
	return s.line
}

// Keep takes a line in place of the one that is kept, unless it is the same, or shorter and begins with the same
// adoption. Save writes it.
func (s *Store) Keep(l *Line) {
	if l.fresh && (l.Len() >= s.Line().Len() || !slices.Equal(l.Adopted, s.Line().Adopted)) {
		s.line, s.keep = l, l
	}
}

// Save writes the line that was last taken.
func (s *Store) Save() {
	if s.keep == nil {
		return
	}
	s.write("landings", s.keep.text())
	s.keep.fresh = false
	s.keep = nil
}

// Line is the landings of a first-parent line from its beginning. The zero Line is an empty one.
type Line struct {
	// Keys is the digest of the keys by which the verified landings were verified; see [policy.Policy.Verifying].
	Keys string
	// Adopted are the commits up to which nothing is verified.
	Adopted []string

	claimed int            // how many landings were adopted
	ids     []string       // of the landing commits
	ends    []int          // where each landing ends in body
	body    []byte         // the landings, one after another
	words   []string       // addresses, names and paths, by their number
	numbers map[string]int // the other way round; nil before something is added
	places  map[string]int // of landings by id; nil before one is looked for
	fresh   bool           // something was added
	full    bool           // nothing more is taken
}

// Len is how many landings there are.
func (l *Line) Len() int { return len(l.ids) }

// Claimed is how many of the landings were adopted. Those come first.
func (l *Line) Claimed() int { return l.claimed }

// ID gives the id of a landing commit.
func (l *Line) ID(i int) string { return l.ids[i] }

// Find gives the place of a landing commit by its id.
func (l *Line) Find(id string) (place int, ok bool) {
	if l.places == nil {
		l.places = make(map[string]int, len(l.ids))
		for i, id := range l.ids {
			l.places[id] = i
		}
	}
	place, ok = l.places[id]
	return place, ok
}

// After gives a line that begins with the first n landings of this one. To add to one of them changes no other.
func (l *Line) After(n int) *Line {
	end := 0
	if n > 0 {
		end = l.ends[n-1]
	}
	return &Line{
		Keys: l.Keys, Adopted: l.Adopted, claimed: min(l.claimed, n),
		ids: slices.Clone(l.ids[:n]), ends: slices.Clone(l.ends[:n]), body: l.body[:end:end], words: slices.Clip(l.words),
	}
}

// Add adds a landing as it was read, verified or not. After one that was verified none is taken that wasn't, and after
// one that can't be kept none at all.
func (l *Line) Add(landing *policy.Landing, verified bool) {
	if l.numbers == nil {
		l.numbers = make(map[string]int, len(l.words))
		for i, word := range l.words {
			l.numbers[word] = i
		}
	}
	body, ok := l.encoded(landing, verified)
	if l.full = l.full || !ok || len(body) > maxBytes || !verified && l.claimed < len(l.ids); l.full {
		return
	}
	if !verified {
		l.claimed++
	}
	l.body, l.ids, l.ends, l.places, l.fresh = body, append(l.ids, landing.Commit.ID), append(l.ends, len(body)), nil, true
}

// End takes nothing more into the line.
func (l *Line) End() { l.full = true }
