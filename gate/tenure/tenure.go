// Package tenure keeps on disk what everybody has earned on a ref up to a commit, so that a push costs the same
// however long the history is.
//
// Start with [Open]. [Cache.At] gives the ledger of a commit, or earlier ones from which it can be carried on;
// [Cache.Links] and [Cache.Above] give what else is known there. [Cache.Keep] remembers what a push leads to, and
// [Cache.Save] writes that down once the push is accepted and recorded, so that a push that is refused leaves no
// trace. There is a file for each ref, in countersign/tenure/ of the Git directory; it holds the last accepted push
// and the commit that it went on from, in case another hook refuses the push after all.
//
// It is a cache and no witness. A file names its format, the policy that it was worked out by and, in each entry, the
// commit that it stands for, and ends with a checksum over all of that. What doesn't fit, of another policy, of another
// version of this program, cut or changed, is as if it weren't there: the caller works it out anew. The checksum
// finds damage and no malice; whoever may write to the folder may write to the repository. What can't be written costs
// time and no trust, so nobody is told.
//
// A file is replaced at once, so any number of processes may read and write: the last one wins. A Cache is for one
// goroutine.
package tenure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"countersign/gate/shared"
	"countersign/policy"
)

// version is that of the format. A program of another version works everything out anew.
const version = 3

// Cache keeps the tenure earned on the refs of one repository by one policy.
type Cache struct {
	dir    string
	policy string
	kept   map[string][]Entry // by ref, until Save
}

// Open gives the cache of a Git directory. The policy is named by all that a ledger depends on but the history
// itself.
func Open(gitDir, policy string) *Cache {
	return &Cache{dir: filepath.Join(gitDir, "countersign", "tenure"), policy: policy, kept: make(map[string][]Entry)}
}

// Entry is what is known of a commit on a ref's first-parent line.
type Entry struct {
	Tip    string         `json:"tip"` // the commit
	Ledger *policy.Ledger `json:"ledger"`
	// Above names the commits of adoption if the tip is known to reach them all: then what the tip doesn't
	// reach is all that is new, and Git has less to look at.
	Above []string `json:"above,omitempty"`
	// Links are the symbolic links in the tip's tree.
	Links Links `json:"links"`
}

// Links are symbolic links as a file keeps them: path and target, raw bytes, sorted by path. Nil says that they
// aren't known.
type Links [][2][]byte

// LinksOf gives links as they are now, whatever becomes of them.
func LinksOf(links *policy.Links) Links {
	targets := links.Targets()
	kept := make(Links, 0, len(targets))
	for _, path := range slices.Sorted(maps.Keys(targets)) {
		kept = append(kept, [2][]byte{[]byte(path), []byte(targets[path])})
	}
	return kept
}

// file is what a file holds: the entries of one ref, newest first.
type file struct {
	Version int     `json:"v"`
	Ref     string  `json:"ref"`
	Policy  string  `json:"policy"`
	Entries []Entry `json:"entries"`
	Sum     string  `json:"sum"` // SHA-256 of all the above
}

func (f file) sum() string {
	f.Sum = ""
	b, err := json.Marshal(f)
	if err != nil {
		return ""
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// At gives the ledger of a ref up to and including a commit, nil where none is kept. Then earlier are those that
// are, newest first; one of them may stand on the way to the commit. Nobody else has the ledgers that it gives.
func (c *Cache) At(ref, tip string) (l *policy.Ledger, earlier []Entry) {
	earlier = c.load(c.name(ref))
	at := func(e Entry) bool { return e.Tip == tip }
	if i := slices.IndexFunc(earlier, at); i >= 0 {
		return earlier[i].Ledger, nil
	}
	if len(earlier) > 0 {
		return nil, earlier
	}
	files, err := filepath.Glob(filepath.Join(c.dir, "*.json"))
	if err != nil {
		return nil, nil
	}
	for _, name := range files { // a new branch begins where another is, or was a push ago
		others := c.load(name)
		if i := slices.IndexFunc(others, at); i >= 0 {
			return others[i].Ledger, nil
		}
	}
	return nil, nil
}

// Above says whether a commit on a ref is known to reach all commits of adoption.
func (c *Cache) Above(ref, tip string, adopted []string) bool {
	return slices.ContainsFunc(c.load(c.name(ref)), func(e Entry) bool {
		return e.Tip == tip && slices.Equal(e.Above, adopted)
	})
}

// Links gives the symbolic links in the tree of a commit on a ref, nil where they aren't known.
func (c *Cache) Links(ref, tip string) *policy.Links {
	for _, e := range c.load(c.name(ref)) {
		if e.Tip == tip && e.Links != nil {
			links := policy.NewLinks(nil)
			for _, l := range e.Links {
				links.Set(string(l[0]), string(l[1]))
			}
			return links
		}
	}
	return nil
}

// Keep remembers the entries of a ref, newest first, in place of those that are there. Their ledgers are the cache's
// from now on.
func (c *Cache) Keep(ref string, entries ...Entry) { c.kept[ref] = entries }

// Save writes what Keep remembered.
func (c *Cache) Save() {
	for ref, entries := range c.kept {
		f := file{Version: version, Ref: ref, Policy: c.policy, Entries: entries}
		f.Sum = f.sum()
		if b, err := json.Marshal(f); err == nil && shared.MakeFolder(c.dir) == nil {
			_ = shared.Replace(c.name(ref), b)
		}
	}
	clear(c.kept)
}

func (c *Cache) name(ref string) string {
	h := sha256.Sum256([]byte(ref))
	return filepath.Join(c.dir, hex.EncodeToString(h[:8])+".json")
}

// load reads the entries of a file; none where it doesn't fit.
func (c *Cache) load(name string) []Entry {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	var f file
	if json.Unmarshal(b, &f) != nil || f.Version != version || f.Policy != c.policy || f.Sum != f.sum() {
		return nil
	}
	if slices.ContainsFunc(f.Entries, func(e Entry) bool { return e.Ledger == nil }) {
		return nil
	}
	return f.Entries
}
