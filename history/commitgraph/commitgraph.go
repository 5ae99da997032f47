// Package commitgraph reads the files in which Git keeps how deep each commit lies in history
// (gitformat-commit-graph(5)): the single file and chains of files, of SHA-1 and SHA-256.
//
// It gives levels and dates, and no parents: those are read from the commits. A commit's level is one more than the
// highest of its parents', and depends on the history alone. The corrected dates of newer files aren't read: they begin
// with a date, of which Git keeps 34 bits, and anybody may write a larger one.
//
// A file that can't be read, or isn't whole, counts as none.
package commitgraph

import (
	"os"
	"path/filepath"
	"strings"

	"countersign/internal/objectid"
)

// A Commit is what a graph says of one.
type Commit struct {
	// Level is higher than that of every ancestor; 0 where it isn't known. From 1<<30-1 on all have that one.
	Level uint32
	When  int64 // the committer's date, of which Git keeps 34 bits
}

// Graph is what the files of some object directories say. Nil knows no commit. It may be asked by several goroutines.
type Graph struct {
	layers []*layer
}

// Open opens the graphs of some object directories, alternates among them.
func Open(dirs []string) *Graph {
	g := new(Graph)
	for _, dir := range dirs {
		if l, err := openLayer(filepath.Join(dir, "info", "commit-graph")); err == nil {
			g.layers = append(g.layers, l)
		}
		chain, err := openChain(dir, dirs)
		if err != nil {
			closeAll(chain)
			continue
		}
		g.layers = append(g.layers, chain...)
	}
	return g
}

// openChain opens all files of a directory's chain, some of which may lie in other directories. A file builds on those
// below it, so without one of them the others are of no use.
func openChain(dir string, dirs []string) (chain []*layer, err error) {
	list, err := os.ReadFile(filepath.Join(dir, "info", "commit-graphs", "commit-graph-chain"))
	if err != nil {
		return nil, err
	}
	for _, name := range strings.Fields(string(list)) {
		if _, err := objectid.Parse(name); err != nil {
			return chain, err
		}
		var l *layer
		for _, in := range dirs {
			if l, err = openLayer(filepath.Join(in, "info", "commit-graphs", "graph-"+name+".graph")); err == nil {
				break
			}
		}
		if err != nil {
			return chain, err
		}
		chain = append(chain, l)
	}
	return chain, nil
}

// Lookup gives what is known of a commit; false for nothing.
func (g *Graph) Lookup(id objectid.ID) (Commit, bool) {
	if g == nil {
		return Commit{}, false
	}
	name := id.Bytes()
	for _, l := range g.layers {
		if c, ok := l.lookup(name); ok {
			return c, true
		}
	}
	return Commit{}, false
}

// Close closes the files.
func (g *Graph) Close() error {
	if g != nil {
		closeAll(g.layers)
		g.layers = nil
	}
	return nil
}

func closeAll(layers []*layer) {
	for _, l := range layers {
		l.file.Close() // it was only read
	}
}
