// Package refstate reads from a journal what became of the refs of a repository: it is a reference state log.
//
// Start with [Open]. [Log.State] gives the [State] of one ref, [Log.Whole] that of all refs, and a [View] says since
// when something has been in sight. The log only reads, but that [Open] brings the index of a journal up to date. What
// stands in it was written by others: that a push was accepted says nothing yet, since the client may have claimed an
// old id that is none, another hook or Git's own lock may have refused, or a name may not fit beside another. So a
// change counts as made when Git said so, by post-receive, or when the ref was found to have its new value. That may
// come in any order: the record of what Git made may follow the next push. A State takes that into account; see
// [State.Confirm].
//
// A journal is read in one of two ways. Where it has an [Index], a push costs as much as the refs that it asks of have
// records: [Entries] says what an index is to keep of a record, and [IndexVersion] changes with that. Without one all
// records are read, once. Both ways give the same answers. Refs that can't be read, and records that aren't understood,
// are errors; a record of an unknown schema says nothing.
//
// The package knows nothing of policies. What was protected, a record says of its own time; what people look at, the
// caller says. A nil Log is that of no journal: it says nothing of any ref. A Log is for one goroutine and for one
// push: it doesn't see what is recorded later.
package refstate

import (
	"context"
	"iter"
	"maps"
	"slices"

	"countersign/history"
)

// Refs lists the refs of a repository. It may be asked while landings are being read.
type Refs interface {
	Refs(ctx context.Context, patterns ...string) ([]history.Ref, error)
}

// Repository is what a [View] asks of a repository.
type Repository interface {
	Refs
	Kind(ctx context.Context, id history.ID) (string, error)
	Reaches(ctx context.Context, tips, ids []history.ID) ([][]bool, error)
}

// Index finds what the journal says of a key without reading all of it; see [Entries].
type Index interface {
	// Update takes in what was recorded since the last time. The error is fs.ErrNotExist if there is no journal.
	Update(ctx context.Context) error
	// Lookup gives what records say of a key, in their order.
	Lookup(ctx context.Context, key string) ([][]byte, error)
}

// Journal is what a log is read from.
type Journal struct {
	Records iter.Seq2[[]byte, error] // all, oldest first; the error is fs.ErrNotExist if there is no journal
	Index   Index                    // of these records; nil for none
}

// Log says what became of the refs of a repository.
type Log struct {
	journal  Journal
	refs     Refs
	received int64
	read     Whole // of the refs that were asked of, or of all where there is no index
}

// Whole is what the journal says of all refs.
type Whole struct {
	states map[string]*State
	// Made says that there are records of what Git made.
	Made bool
}

// Open gives the log of a journal; the error wraps fs.ErrNotExist if there is none. Received is when the push that is
// being judged came in, in seconds since 1970: what a ref shows then it has been given. It is 0 where history is judged
// that has landed.
func Open(ctx context.Context, journal Journal, refs Refs, received int64) (*Log, error) {
	l := &Log{journal: journal, refs: refs, received: received, read: Whole{states: make(map[string]*State)}}
	if journal.Index != nil {
		if err := journal.Index.Update(ctx); err != nil {
			return nil, err
		}
		return l, nil
	}
	w, err := l.readAll(ctx)
	if err != nil {
		return nil, err
	}
	l.read = *w
	return l, nil
}

// State gives what the journal says of a ref that has a value now, and takes for made what led there.
func (l *Log) State(ctx context.Context, ref string, now history.ID) (*State, error) {
	if l == nil {
		return new(State), nil
	}
	if s := l.read.states[ref]; s != nil {
		return s, nil
	}
	s := new(State)
	if l.journal.Index != nil {
		values, err := l.journal.Index.Lookup(ctx, refKey+ref)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			what, c, err := parse(ref, value)
			if err != nil {
				return nil, err
			}
			s.add(what, c)
		}
		if l.received != 0 && !now.IsZero() { // what a ref shows now it has been given, and shows from now on
			s.Confirm(now.String(), l.received)
		}
	}
	l.read.states[ref] = s
	return s, nil
}

// Whole gives what the journal says of all refs, which costs as much as the journal is long; nil where there is
// none.
func (l *Log) Whole(ctx context.Context) (*Whole, error) {
	if l == nil {
		return nil, nil
	}
	if l.journal.Index == nil {
		return &l.read, nil
	}
	return l.readAll(ctx)
}

// TellsMade says whether the journal tells what Git made, as far as it was asked of refs that Git was told to change.
func (l *Log) TellsMade(ctx context.Context) (bool, error) {
	if l == nil {
		return true, nil
	}
	for _, s := range l.read.states {
		switch {
		case len(s.pending)+len(s.moves) == 0:
			continue
		case l.journal.Index == nil:
			return l.read.Made, nil
		}
		values, err := l.journal.Index.Lookup(ctx, madeKey)
		return len(values) > 0, err
	}
	return true, nil
}

// readAll reads the whole journal.
func (l *Log) readAll(ctx context.Context) (*Whole, error) {
	w := &Whole{states: make(map[string]*State)}
	for b, err := range l.journal.Records {
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		what, changes, err := read(b)
		if err != nil {
			return nil, err
		}
		w.Made = w.Made || what == made
		for _, c := range changes {
			if w.states[c.Ref] == nil {
				w.states[c.Ref] = new(State)
			}
			w.states[c.Ref].add(what, c)
		}
	}
	if l.received == 0 {
		return w, nil
	}
	refs, err := l.refs.Refs(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range refs { // what a ref shows now it has been given, and shows from now on
		if s := w.states[r.Name]; s != nil {
			s.Confirm(r.ID.String(), l.received)
		}
	}
	return w, nil
}

// Refs names the refs that the journal knows, sorted.
func (w *Whole) Refs() []string {
	if w == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(w.states))
}

// State gives what the journal says of a ref.
func (w *Whole) State(ref string) *State {
	if w == nil || w.states[ref] == nil {
		return new(State)
	}
	return w.states[ref]
}

// FirstSeen says when each object was first a ref's new value, in seconds since 1970.
func (w *Whole) FirstSeen() map[string]int64 {
	first := make(map[string]int64)
	for _, ref := range w.Refs() {
		for _, m := range w.states[ref].moves {
			if at, ok := first[m.New]; !ok || m.At < at {
				first[m.New] = m.At
			}
		}
	}
	return first
}
