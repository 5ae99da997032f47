package commitgraph

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/objectid"
)

// repo is a bare repository of a test's own.
type repo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T, format string) repo {
	t.Helper()
	r := repo{t, t.TempDir()}
	r.git("init", "-q", "--bare", "--object-format="+format, r.dir)
	return r
}

func (r repo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org",
		"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000")
	out, err := cmd.Output()
	if err != nil {
		r.t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// made is a commit as the test made it.
type made struct {
	level   uint32
	parents []string
}

// commits makes n more commits on main, each tenth an octopus merge, and notes them.
func (r repo) commits(all map[string]made, n int) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, "empty"), nil, 0o666); err != nil {
		r.t.Fatal(err)
	}
	tree := r.git("hash-object", "-w", "-t", "tree", "empty")
	var line []string
	if old := r.git("for-each-ref", "--format=%(objectname)", "refs/heads/main"); old != "" {
		line = append(line, old)
	}
	for i := range n {
		args, level := []string{"commit-tree", tree, "-m", fmt.Sprint(len(all))}, uint32(0)
		parents := line[max(0, len(line)-1):]
		if i%10 == 9 {
			parents = line[len(line)-4:]
		}
		for _, p := range parents {
			args, level = append(args, "-p", p), max(level, all[p].level)
		}
		id := r.git(args...)
		line, all[id] = append(line, id), made{level + 1, parents}
	}
	r.git("update-ref", "refs/heads/main", line[len(line)-1])
}

// TestGraphIsThatOfHistory: as single files and in chains, with both hashes.
func TestGraphIsThatOfHistory(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		for _, split := range []bool{false, true} {
			t.Run(fmt.Sprint(format, split), func(t *testing.T) {
				r, all := newRepo(t, format), map[string]made{}
				for range 3 {
					r.commits(all, 25)
					if split {
						r.git("commit-graph", "write", "--reachable", "--split=no-merge")
					} else {
						r.git("commit-graph", "write", "--reachable")
					}
				}
				dir := filepath.Join(r.dir, "objects")
				check(t, Open([]string{"/not/there", dir}), all)
				r.commits(map[string]made{}, 1)
				check(t, Open([]string{dir}), all)
			})
		}
	}
}

// check wants a graph to know these commits, and of no other; then it closes it.
func check(t *testing.T, g *Graph, all map[string]made) {
	t.Helper()
	defer g.Close()
	for hex, want := range all {
		id, err := objectid.Parse(hex)
		if err != nil {
			t.Fatal(err)
		}
		c, ok := g.Lookup(id)
		if !ok || c.Level != want.level || c.When != 1700000000 {
			t.Errorf("%s: %+v, %v; want the level %d", id, c, ok, want.level)
		}
		if fmt.Sprint(c.Parents) != fmt.Sprint(want.parents) {
			t.Errorf("%s has the parents %v, want %v", id, c.Parents, want.parents)
		}
		if level, when, ok := g.Age(id); !ok || level != c.Level || when != c.When {
			t.Errorf("%s: %d, %d, %v; want what Lookup says", id, level, when, ok)
		}
	}
	checkReached(t, g, all)
	for _, hex := range []string{strings.Repeat("ff", 20), strings.Repeat("01", 20), strings.Repeat("00", 32)} {
		if id, err := objectid.Parse(hex); err != nil || known(g, id) {
			t.Errorf("%s is known, %v", hex, err)
		}
	}
	if len(all) == 0 && len(g.chains) > 0 {
		t.Errorf("%d files are read", len(g.chains))
	}
}

// checkReached asks of each commit, and of the first two together, which others they reach.
func checkReached(t *testing.T, g *Graph, all map[string]made) {
	t.Helper()
	var ids []objectid.ID
	for hex := range all {
		id, err := objectid.Parse(hex)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		if _, ok := g.Reached(nil, []objectid.ID{{}}); ok {
			t.Error("an empty graph knows a commit")
		}
		return
	}
	for i := range ids {
		from := ids[i : i+1]
		if i == 0 {
			from = ids[:2]
		}
		want := map[string]bool{}
		for next := []string{from[0].String(), from[len(from)-1].String()}; len(next) > 0; next = next[1:] {
			if !want[next[0]] {
				want[next[0]] = true
				next = append(next, all[next[0]].parents...)
			}
		}
		reached, ok := g.Reached(from, ids)
		for j, id := range ids {
			if !ok || reached[j] != want[id.String()] {
				t.Fatalf("%s is reached by %v: %v, %v; want %v", id, from, reached, ok, want[id.String()])
			}
			if alone, ok := g.Reached(from, ids[j:j+1]); !ok || alone[0] != reached[j] {
				t.Fatalf("asked alone, %s is reached by %v: %v, %v; want %v", id, from, alone, ok, reached[j])
			}
		}
	}
	if _, ok := g.Reached(ids[:1], []objectid.ID{{}}); ok {
		t.Error("nothing is known of a commit that isn't there, and yet it is said")
	}
	if _, ok := g.Reached([]objectid.ID{{}}, ids[:1]); ok {
		t.Error("nothing is known below a commit that isn't there, and yet it is said")
	}
}

func known(g *Graph, id objectid.ID) bool {
	_, ok := g.Lookup(id)
	_, _, aged := g.Age(id)
	return ok || aged
}

// TestChainAcrossAlternates: a file of the chain may lie in another directory; without one of them there is no chain.
func TestChainAcrossAlternates(t *testing.T) {
	r, all := newRepo(t, "sha1"), map[string]made{}
	for range 2 {
		r.commits(all, 20)
		r.git("commit-graph", "write", "--reachable", "--split=no-merge")
	}
	dir, other := filepath.Join(r.dir, "objects"), t.TempDir()
	list, err := os.ReadFile(filepath.Join(dir, "info", "commit-graphs", "commit-graph-chain"))
	if err != nil || len(strings.Fields(string(list))) != 2 {
		t.Fatalf("%s, %v", list, err)
	}
	name := "graph-" + strings.Fields(string(list))[0] + ".graph"
	if err := os.MkdirAll(filepath.Join(other, "info", "commit-graphs"), 0o777); err != nil {
		t.Fatal(err)
	}
	in := func(dir string) string { return filepath.Join(dir, "info", "commit-graphs", name) }
	if err := os.Rename(in(dir), in(other)); err != nil {
		t.Fatal(err)
	}
	check(t, Open([]string{dir, other}), all)
	check(t, Open([]string{dir}), nil)

	// A file that is named twice builds on itself.
	path := filepath.Join(dir, "info", "commit-graphs", "commit-graph-chain")
	lines := strings.SplitAfter(string(list), "\n")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(lines[0]+lines[0]+lines[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, Open([]string{dir, other}), nil)
}

// TestLongEdges: a file may claim to be larger than all memory, and a commit to have more parents than any has.
func TestLongEdges(t *testing.T) {
	t.Parallel()
	content := tiny()
	l := &layer{file: newPaged(inMemory{bytes.NewReader(content)})}
	if err := l.readHead(int64(len(content))); err != nil {
		t.Fatal(err)
	}
	parents := content[l.data+int64(l.hash):]
	binary.BigEndian.PutUint32(parents, 0)
	binary.BigEndian.PutUint32(parents[4:], moreBit)
	for _, test := range []struct {
		edges int
		ok    bool
	}{{maxParents - 1, true}, {maxParents, false}} {
		edges := make([]byte, 4*test.edges)
		edges[len(edges)-4] = 0x80
		file := newPaged(inMemory{bytes.NewReader(append(bytes.Clone(content), edges...))})
		l := &layer{file: file, hash: l.hash, data: l.data, edges: int64(len(content)), many: 1 << 50}
		if _, _, err := l.commit(0); (err == nil) != test.ok {
			t.Errorf("%d edges: %v", test.edges, err)
		}
	}
}

func TestTiny(t *testing.T) {
	l := &layer{file: newPaged(inMemory{bytes.NewReader(tiny())})}
	if err := l.readHead(int64(len(tiny()))); err != nil {
		t.Fatal(err)
	}
	id, err := objectid.FromBytes(append([]byte{1, 1}, make([]byte, 18)...))
	g := &Graph{chains: []chain{{l}}}
	if c, ok := g.Lookup(id); err != nil || !ok || c.Level != 1 || c.When != 1700000000 || len(c.Parents) > 0 {
		t.Errorf("%+v, %v", c, ok)
	}
}

// countedFile counts how often it is read.
type countedFile struct {
	inMemory
	read int
}

func (f *countedFile) ReadAt(b []byte, at int64) (int, error) {
	f.read++
	return f.inMemory.ReadAt(b, at)
}

func TestPagesAreReadOnce(t *testing.T) {
	content := make([]byte, 3*pageSize+5)
	for i := range content {
		content[i] = byte(i * i >> 8)
	}
	f := &countedFile{inMemory: inMemory{bytes.NewReader(content)}}
	p := newPaged(f)
	for at := range len(content) - 16 {
		got := make([]byte, 16)
		if _, err := p.ReadAt(got, int64(at)); err != nil || !bytes.Equal(got, content[at:at+16]) {
			t.Fatalf("at %d: %x, %v", at, got, err)
		}
	}
	if f.read != 4 {
		t.Errorf("%d reads", f.read)
	}
	for _, at := range []int64{-1, -pageSize, int64(len(content)) - 15, int64(len(content)), 1 << 62} {
		if n, err := p.ReadAt(make([]byte, 16), at); err == nil {
			t.Errorf("at %d: %d bytes", at, n)
		}
	}
}

func TestNilKnowsNothing(t *testing.T) {
	var g *Graph
	id, err := objectid.Parse(strings.Repeat("12", 20))
	if err != nil || known(g, id) || g.Close() != nil {
		t.Error("it does")
	}
}

// FuzzOpen: whatever the file says, it is looked up within its bounds.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("CGPH\x01\x01\x00\x00"), 0)
	f.Add(tiny(), 0)
	for at := range 64 { // of the header and the list of chunks
		f.Add(tiny(), at)
	}
	f.Fuzz(func(t *testing.T, content []byte, flip int) {
		content = bytes.Clone(content)
		if n := len(content); n > 0 {
			content[(flip%n+n)%n] ^= byte(flip)
		}
		l := &layer{file: newPaged(inMemory{bytes.NewReader(content)})}
		if l.readHead(int64(len(content))) != nil {
			return
		}
		g := &Graph{[]chain{{l}}}
		for first := range 256 {
			id, err := objectid.FromBytes(append([]byte{byte(first), 1}, make([]byte, 18)...))
			if err != nil {
				t.Fatal(err)
			}
			g.Lookup(id)
			g.Reached([]objectid.ID{id}, []objectid.ID{id, {}})
			g.Reached([]objectid.ID{id}, []objectid.ID{id})
		}
	})
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// tiny is a graph of one commit, whose name begins with 01 01.
func tiny() []byte {
	name := append([]byte{1, 1}, make([]byte, 18)...)
	b := []byte("CGPH\x01\x01\x03\x00")
	at := uint64(headerSize + 4*rowSize)
	for _, chunk := range []struct {
		name string
		size uint64
	}{{"OIDF", fanoutSize}, {"OIDL", 20}, {"CDAT", 20 + dataSize}, {"\x00\x00\x00\x00", 0}} {
		b = binary.BigEndian.AppendUint64(append(b, chunk.name...), at)
		at += chunk.size
	}
	for first := range 256 {
		b = binary.BigEndian.AppendUint32(b, uint32(min(first, 1)))
	}
	b = append(b, name...)
	b = append(append(b, name...), 0x70, 0, 0, 0, 0x70, 0, 0, 0)
	return binary.BigEndian.AppendUint64(b, 1<<34|1700000000)
}
