package policy

import (
	"encoding/hex"
	"io/fs"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Allowed is what a release archive may have beside the tree of its tag, and what it may lack. The zero Allowed allows
// nothing.
type Allowed struct {
	Generated []Generated // what only the archive has
	Rewritten []Generated // what the tree has with another content
	LeftOut   []LeftOut
}

// Generated are files that a command makes of the tree for a release archive.
type Generated struct {
	Paths  []string // globs
	MadeBy string   // the command
	// SHA256 has the sums of the only contents that such a file may have, in hexadecimal; none for any.
	SHA256 []string
}

// LeftOut are files of the tree that a release archive hasn't.
type LeftOut struct {
	Paths []string // globs
	Why   string
}

// LoadAllowed reads a file that says what a release archive may have. Errors are as those of [Load].
func LoadAllowed(fsys fs.FS, name string) (a Allowed, err error) {
	r := &reader{fsys: fsys, name: name, read: make(map[string][]byte)}
	raw, err := r.decode()
	if err != nil {
		return a, err
	}
	top := &table{r: r, raw: raw}
	version := 0
	if top.integer("version", &version, 1); version != 1 {
		top.problem("version", "version = %d: this program knows version 1", version)
	}
	for _, t := range top.named("generated") {
		a.Generated = append(a.Generated, t.generated())
	}
	for _, t := range top.named("rewritten") {
		a.Rewritten = append(a.Rewritten, t.generated())
	}
	for _, t := range top.named("left-out") {
		l := LeftOut{Paths: t.paths()}
		t.sentence("why", &l.Why)
		t.done()
		a.LeftOut = append(a.LeftOut, l)
	}
	top.done()
	if err := r.err(); err != nil {
		return Allowed{}, err
	}
	return a, nil
}

func (t *table) generated() (g Generated) {
	g.Paths = t.paths()
	t.sentence("made-by", &g.MadeBy)
	t.strs("sha256", &g.SHA256)
	for i, sum := range g.SHA256 {
		if b, err := hex.DecodeString(sum); err != nil || len(b) != 32 || sum != strings.ToLower(sum) {
			t.elementProblem("sha256", i, "sha256: %q isn't the sum of a file in 64 lower-case hexadecimal digits", sum)
		}
	}
	t.done()
	return g
}

// paths reads the globs of a table, which must have one.
func (t *table) paths() (globs []string) {
	t.strs("paths", &globs)
	t.globs("paths", globs)
	if len(globs) == 0 {
		t.problem("", "%s: want paths, a list of globs", t.shown)
	}
	return globs
}

// sentence reads a text that must be there, since a report has nothing else to say.
func (t *table) sentence(key string, into *string) {
	if t.str(key, into); strings.TrimSpace(*into) == "" {
		t.problem("", "%s: want %s", t.shown, key)
	}
}

// Generates gives what allows a file that only the archive has, nil for none. Where several do, that is the first which
// says what content counts, or else the first.
func (a Allowed) Generates(path string) *Generated { return allowing(a.Generated, path) }

// Rewrites gives what allows a file of the tree another content, as Generates does.
func (a Allowed) Rewrites(path string) *Generated { return allowing(a.Rewritten, path) }

func allowing(list []Generated, path string) *Generated {
	var found *Generated
	for i := range list {
		g := &list[i]
		if matchesAny(g.Paths, path) && (found == nil || len(found.SHA256) == 0 && len(g.SHA256) > 0) {
			found = g
		}
	}
	return found
}

// LeavesOut gives what allows that the archive lacks a file, nil for none.
func (a Allowed) LeavesOut(path string) *LeftOut {
	i := slices.IndexFunc(a.LeftOut, func(l LeftOut) bool { return matchesAny(l.Paths, path) })
	if i < 0 {
		return nil
	}
	return &a.LeftOut[i]
}

func matchesAny(globs []string, path string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, path) })
}
