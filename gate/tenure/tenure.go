// Package tenure keeps on disk what everybody has earned on a ref up to a commit, so that a push costs the same
// however long the history is.
//
// Start with [Open]. [Cache.At] gives the ledger of a commit, or earlier ones from which it can be carried on;
// [Cache.Links] and [Cache.Above] give what else is known there. [Cache.Keep] remembers what a push leads to, and
// [Cache.Save] writes that down once the push is accepted and recorded: of what is refused nothing is kept.
// [Cache.Landed] writes down at once what was worked out of history that had landed before, so that it is worked out
// once, whatever becomes of the push. There is a file for each ref, in countersign/tenure/ of the Git directory; it
// holds the last accepted push and the commit that it went on from, in case another hook refuses the push after all.
//
// It is a cache and no witness. A file names its format, the policy that it was worked out by and, in each entry, the
// commit that it stands for, and begins with a checksum over all of that. What doesn't fit, of another policy, of
// another version of this program, cut or changed, is as if it weren't there: the caller works it out anew. The
// checksum finds damage and no malice; whoever may write to the folder may write to the repository. What can't be
// written costs time and no trust, so nobody is told.
//
// A file is replaced at once, so any number of processes may read and write: the last one wins. A Cache is for one
// goroutine.
package tenure

import (
	"bytes"
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
const version = 6

// Cache keeps the tenure earned on the refs of one repository by one policy.
type Cache struct {
	dir    string
	policy string
	read   map[string][]stored // by file name: each is read once
	kept   map[string][]Entry  // by ref, until Save
}

// Open gives the cache of a Git directory. The policy is named by all that a ledger depends on but the history
// itself.
func Open(gitDir, policy string) *Cache {
	return &Cache{
		dir: filepath.Join(gitDir, "countersign", "tenure"), policy: policy,
		read: make(map[string][]stored), kept: make(map[string][]Entry),
	}
}

// Entry is what is known of a commit on a ref's first-parent line.
type Entry struct {
	Tip    string // the commit
	Ledger *policy.Ledger
	// Above names the commits of adoption if the tip is known to reach them all: then what the tip doesn't
	// reach is all that is new, and Git has less to look at.
	Above []string
	// Links are the symbolic links in the tip's tree.
	Links Links
}

// stored is an entry as a file has it. Its ledger is read when it is asked for.
type stored struct {
	Tip    string          `json:"tip"`
	Ledger json.RawMessage `json:"ledger"`
	Above  []string        `json:"above,omitempty"`
	Links  Links           `json:"links"`

	read bool // the ledger was, and can be
}

// ledger gives the ledger of an entry, for the caller alone; nil where it can't be read.
func (s *stored) ledger() *policy.Ledger {
	l := new(policy.Ledger)
	if len(s.Ledger) == 0 || string(s.Ledger) == "null" || json.Unmarshal(s.Ledger, l) != nil {
		return nil
	}
	s.read = true
	return l
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

// file is what a file holds after its first line, which is the SHA-256 of the rest in hexadecimal.
type file struct {
	Version int      `json:"v"`
	Ref     string   `json:"ref"`
	Policy  string   `json:"policy"`
	Entries []stored `json:"entries"` // of one ref, newest first
}

func sum(body []byte) string {
	h := sha256.Sum256(body)
	return hex.EncodeToString(h[:])
}

// At gives the ledger of a ref up to and including a commit, nil where none is kept. Then earlier are those that
// are, newest first; one of them may stand on the way to the commit. Nobody else has the ledgers that it gives.
func (c *Cache) At(ref, tip string) (l *policy.Ledger, earlier []Entry) {
	there := c.load(c.name(ref))
	at := func(s stored) bool { return s.Tip == tip }
	if i := slices.IndexFunc(there, at); i >= 0 {
		return there[i].ledger(), nil
	}
	for i := range there {
		s := &there[i]
		if l := s.ledger(); l != nil {
			earlier = append(earlier, Entry{Tip: s.Tip, Ledger: l, Above: s.Above, Links: s.Links})
		}
	}
	if len(there) > 0 {
		return nil, earlier
	}
	files, err := filepath.Glob(filepath.Join(c.dir, "*.json"))
	if err != nil {
		return nil, nil
	}
	for _, name := range files { // a new branch begins where another is, or was a push ago
		others := c.load(name)
		if i := slices.IndexFunc(others, at); i >= 0 {
			return others[i].ledger(), nil
		}
	}
	return nil, nil
}

// Above says whether a commit on a ref is known to reach all commits of adoption.
func (c *Cache) Above(ref, tip string, adopted []string) bool {
	return slices.ContainsFunc(c.load(c.name(ref)), func(e stored) bool {
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
		c.write(ref, entries)
	}
	clear(c.kept)
}

// Landed writes the entry of the commit that a ref holds, unless it is there.
func (c *Cache) Landed(ref string, e Entry) {
	if !slices.ContainsFunc(c.load(c.name(ref)), func(s stored) bool { return s.Tip == e.Tip }) {
		c.write(ref, []Entry{e})
	}
}

func (c *Cache) write(ref string, entries []Entry) {
	if whole, err := c.file(ref, entries); err == nil && shared.MakeFolder(c.dir) == nil {
		_ = shared.Replace(c.name(ref), whole)
		delete(c.read, c.name(ref))
	}
}

// file gives the file of a ref. A ledger that was read from it before is taken over.
func (c *Cache) file(ref string, entries []Entry) ([]byte, error) {
	f := file{Version: version, Ref: ref, Policy: c.policy}
	there := c.load(c.name(ref))
	for _, e := range entries {
		s := stored{Tip: e.Tip, Above: e.Above, Links: e.Links}
		if i := slices.IndexFunc(there, func(old stored) bool { return old.read && old.Tip == e.Tip }); i >= 0 {
			s.Ledger = there[i].Ledger
		} else if ledger, err := json.Marshal(e.Ledger); err == nil {
			s.Ledger = ledger
		} else {
			return nil, err
		}
		f.Entries = append(f.Entries, s)
	}
	body, err := json.Marshal(f)
	return append([]byte(sum(body)+"\n"), body...), err
}

func (c *Cache) name(ref string) string {
	h := sha256.Sum256([]byte(ref))
	return filepath.Join(c.dir, hex.EncodeToString(h[:8])+".json")
}

// load gives the entries of a file; none where it doesn't fit.
func (c *Cache) load(name string) []stored {
	entries, known := c.read[name]
	if !known {
		entries = c.fitting(name)
		c.read[name] = entries
	}
	return entries
}

func (c *Cache) fitting(name string) []stored {
	whole, err := os.ReadFile(name)
	if err != nil {
		return nil
	}
	first, body, _ := bytes.Cut(whole, []byte("\n"))
	var f file
	if string(first) != sum(body) || json.Unmarshal(body, &f) != nil || f.Version != version || f.Policy != c.policy {
		return nil
	}
	return f.Entries
}
