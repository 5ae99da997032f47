package policy

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Effect is what a change does to what a policy lets pass. The zero Effect loosens: what can't be shown to
// do otherwise does.
type Effect uint8

const (
	Loosens  Effect = iota // something may pass that couldn't
	Tightens               // something can't pass any more, and nothing can that couldn't
	Neutral                // neither
	Binds                  // tightens what it takes to change the policy at all: one could shut out the others
)

// String gives "loosens", "tightens", "neutral" or "binds".
func (e Effect) String() string {
	switch e {
	case Tightens:
		return "tightens"
	case Neutral:
		return "neutral"
	case Binds:
		return "binds"
	default:
		return "loosens"
	}
}

// Amendment is one difference between two policies.
type Amendment struct {
	Setting string // "protect.refs", "rule opaque-files", "principal jia"
	Text    string // one sentence, as a maintainer would say it
	Effect  Effect
	// Forgets says that what somebody signed or approved before may count no more, where the policy lies beside the
	// repository: it then judges all that has landed.
	Forgets bool
}

// amending compares two policies, and keeps what it finds.
type amending struct {
	old, new *Policy
	at       time.Time
	found    []Amendment
	whose    []string // of each one found, whose keys and addresses it is about, "" for nobody's
	who      string   // whose are being compared
	past     bool     // a key loses signatures that count by now
	ended    bool     // a key's time is ended, or it is revoked
	lost     bool     // no quorum is left
}

// add keeps an amendment.
func (a *amending) add(setting string, effect Effect, format string, args ...any) {
	if q := a.old.Principal(a.who); q != nil && q.Role != Maintainer && effect == Binds {
		effect = Tightens // they don't decide about the policy
	}
	a.found = append(a.found, Amendment{Setting: setting, Text: fmt.Sprintf(format, args...), Effect: effect})
	a.whose = append(a.whose, a.who)
}

// forgets compares what somebody's past hangs on.
func (a *amending) forgets(compare func()) {
	before := len(a.found)
	compare()
	for i := range a.found[before:] {
		a.found[before+i].Forgets = true
	}
}

// set compares lists of which only what they hold matters: what is in the new one alone has one effect,
// what was in the old one alone the other.
func (a *amending) set(setting string, old, new []string, gained, lost Effect, gain, loss string) {
	for _, s := range new {
		if !slices.Contains(old, s) {
			a.add(setting, gained, "%s %s", s, gain)
		}
	}
	for _, s := range old {
		if !slices.Contains(new, s) {
			a.add(setting, lost, "%s %s", s, loss)
		}
	}
}

// ordered compares settings of which the greater or the lesser value lets more pass.
func ordered[T cmp.Ordered](a *amending, setting string, old, new T, greater Effect, show func(T) string) {
	lesser := Tightens
	if greater == Tightens {
		lesser = Loosens
	}
	switch {
	case new > old:
		a.add(setting, greater, "%s is %s instead of %s", setting, show(new), show(old))
	case new < old:
		a.add(setting, lesser, "%s is %s instead of %s", setting, show(new), show(old))
	}
}

// flag compares settings that are on or off; on is the effect of switching it on.
func (a *amending) flag(setting string, old, new bool, on Effect) {
	number := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	ordered(a, setting, number(old), number(new), on, func(n int) string { return fmt.Sprint(n == 1) })
}

// binding compares settings of which one maintainer could make so much that nobody can change the policy any more.
func (a *amending) binding(compare func()) {
	before := len(a.found)
	compare()
	for i := range a.found[before:] {
		if found := &a.found[before+i]; found.Effect == Tightens {
			found.Effect = Binds
		}
	}
}

// files compares lists of files. One more has the effect given; one that is gone, or says something else by
// now, loosens, since this package doesn't look inside.
func (a *amending) files(setting string, old, new []File, gained Effect) {
	has := func(files []File, f File) bool {
		return slices.ContainsFunc(files, func(other File) bool { return bytes.Equal(other.Data, f.Data) })
	}
	for _, f := range new {
		if !has(old, f) {
			a.add(setting, gained, "%s has %s", setting, f.Name)
		}
	}
	for _, f := range old {
		if !has(new, f) {
			a.add(setting, Loosens, "%s no longer has %s as it was", setting, f.Name)
		}
	}
}

func number(n int) string { return fmt.Sprint(n) }
