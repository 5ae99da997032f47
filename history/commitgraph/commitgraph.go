// Package commitgraph reads the files in which Git keeps the parents of commits, and how deep each lies in history
// (gitformat-commit-graph(5)): the single file and chains of files, of SHA-1 and SHA-256.
//
// Nothing in them is checked against the commits. A commit's level is one more than the highest of its parents', and
// depends on the history alone. The corrected dates of newer files aren't read: they begin with a date, of which Git
// keeps 34 bits, and anybody may write a larger one.
//
// A file that can't be read, or isn't whole, counts as none.
package commitgraph

import (
	"path/filepath"
	"strings"

	"countersign/internal/objectid"
	"countersign/internal/regular"
)

// A Commit is what a graph says of one.
type Commit struct {
	// Level is higher than that of every ancestor; 0 where it isn't known. From 1<<30-1 on all have that one.
	Level uint32
	When  int64 // the committer's date, of which Git keeps 34 bits

	Parents []objectid.ID
}

// Graph is what the files of some object directories say. Nil knows no commit. It may be asked by several goroutines.
type Graph struct {
	chains []chain
}

// chain is the files of one directory, the lowest first.
type chain []*layer

// Open opens the graphs of some object directories, alternates among them.
func Open(dirs []string) *Graph {
	g := new(Graph)
	for _, dir := range dirs {
		if l, err := openLayer(filepath.Join(dir, "info", "commit-graph")); err == nil {
			g.chains = append(g.chains, chain{l})
		}
		c, err := openChain(dir, dirs)
		if err != nil {
			c.close()
			continue
		}
		g.chains = append(g.chains, c)
	}
	return g
}

// What a chain may be: a file counts those below it in one byte.
const (
	maxChain     = 256
	maxChainList = maxChain * (2*32 + 1)
)

// openChain opens all files of a directory's chain, some of which may lie in other directories. A file builds on those
// below it, so without one of them the others are of no use.
func openChain(dir string, dirs []string) (c chain, err error) {
	list, err := regular.Read(filepath.Join(dir, "info", "commit-graphs", "commit-graph-chain"), maxChainList)
	if err != nil {
		return nil, err
	}
	for _, name := range strings.Fields(string(list)) {
		if _, err := objectid.Parse(name); err != nil {
			return c, err
		}
		if len(c) == maxChain {
			return c, errNoGraph
		}
		var l *layer
		for _, in := range dirs {
			if l, err = openLayer(filepath.Join(in, "info", "commit-graphs", "graph-"+name+".graph")); err == nil {
				break
			}
		}
		if err != nil {
			return c, err
		}
		c = append(c, l)
		if l.below != len(c)-1 { // a file that is named twice, too
			return c, errNoGraph
		}
	}
	return c, nil
}

// Lookup gives what is known of a commit; false for nothing.
func (g *Graph) Lookup(id objectid.ID) (found Commit, ok bool) {
	c, found, parents, ok := g.find(id)
	for _, at := range parents {
		if c.addParent(&found, at) != nil {
			return Commit{}, false
		}
	}
	return found, ok
}

// Age gives the level and date of a commit; false where it isn't known. Its parents aren't looked up.
func (g *Graph) Age(id objectid.ID) (level uint32, when int64, ok bool) {
	_, found, _, ok := g.find(id)
	return found.Level, found.When, ok
}

// find finds a commit, and gives the places of its parents in the chain that knows it.
func (g *Graph) find(id objectid.ID) (in chain, found Commit, parents []int64, ok bool) {
	if g == nil {
		return nil, Commit{}, nil, false
	}
	for _, c := range g.chains {
		for _, l := range c {
			if at, known := l.find(id); known {
				if found, parents, err := l.commit(at); err == nil {
					return c, found, parents, true
				}
				break
			}
		}
	}
	return nil, Commit{}, nil, false
}

// Files gives the paths of the files that are read.
func (g *Graph) Files() (paths []string) {
	if g != nil {
		for _, c := range g.chains {
			for _, l := range c {
				paths = append(paths, l.path)
			}
		}
	}
	return paths
}

// Close closes the files.
func (g *Graph) Close() error {
	if g != nil {
		for _, c := range g.chains {
			c.close()
		}
		g.chains = nil
	}
	return nil
}

func (c chain) close() {
	for _, l := range c {
		l.file.Close() // it was only read
	}
}

// addParent adds the parent at a place, counted from the lowest file on.
func (c chain) addParent(to *Commit, at int64) error {
	l, at := c.layer(at)
	if l == nil {
		return errNoGraph
	}
	id, err := l.name(at)
	to.Parents = append(to.Parents, id)
	return err
}
