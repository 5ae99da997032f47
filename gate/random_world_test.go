package gate

import (
	"compress/zlib"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"countersign/gate/attest"
	"countersign/gate/refstate"
	"countersign/history"
	"countersign/policy"
)

// What random histories are made of: real repositories, whose objects are written here byte by byte (a
// process for each would take most of the time), and real signatures.

// failing is what *testing.T and *rapid.T have in common.
type failing interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
}

// world is a server's repository with its journal and its clock, and what the test itself knows of them.
type world struct {
	t       failing
	dir     string
	clock   time.Time
	journal *memory
	goGit   bool
	opened  int
	refs    map[string]value
	seen    map[string]time.Time // when an object was first accepted as a ref's value
	shown   map[string][]shown   // what a ref held, in its order
	said    map[string]*word     // attestations by ref

	have     map[string]bool // which objects there are, by raw id
	objects  []packed
	fresh    bool   // some of them are in no pack yet
	pack     string // the name of the one pack
	deflater *zlib.Writer
}

// shown is a commit that a ref was given at a time, nil where it was deleted.
type shown struct {
	commit *randomCommit
	at     int64
}

// value is what a ref holds: an object, and the commit that it leads to.
type value struct {
	id     string
	commit *randomCommit
}

// randomCommit is a commit as the test itself knows it.
type randomCommit struct {
	id             string
	parents        []*randomCommit
	files          map[string]string // content by path
	signer, author string            // "" signs nothing
	committer      string            // who it says committed it; "" is the signer, or else the author
	when           int64

	own, unclear map[string]bool // of a merge, once it is known
}

// word is an attestation as the test itself knows it.
type word struct {
	kind         policy.AttestationKind
	about        *randomCommit
	name, signer string // under whose name it stands, and who signed it
	when         int64
	ref, move    string // the lines that bound it
	reason       bool
	expires      int64
	tag          string
}

func newWorld(t failing, clock time.Time) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "random-history-")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, dir: dir, clock: clock, journal: new(memory),
		refs: make(map[string]value), seen: make(map[string]time.Time), shown: make(map[string][]shown),
		said: make(map[string]*word), have: make(map[string]bool),
	}
	for name, text := range map[string]string{
		"HEAD": "ref: " + mainRef + "\n", "config": "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
		"objects/pack/x": "", "refs/heads/x": "",
	} {
		w.write(name, text)
	}
	for _, name := range []string{"objects/pack/x", "refs/heads/x"} { // only their folders are wanted
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) remove() {
	if err := os.RemoveAll(w.dir); err != nil {
		w.t.Errorf("%v", err)
	}
}

// copy gives the same repository and journal once more.
func (w *world) copy() *world {
	w.t.Helper()
	w.flush()
	dir, err := os.MkdirTemp("", "random-history-")
	if err == nil {
		err = os.CopyFS(dir, os.DirFS(w.dir))
	}
	if err != nil {
		w.t.Fatal(err)
	}
	c := *w
	c.dir, c.journal = dir, &memory{records: slices.Clone(w.journal.records)}
	c.have, c.objects, c.deflater = maps.Clone(w.have), slices.Clone(w.objects), nil
	c.refs, c.seen, c.said = maps.Clone(w.refs), maps.Clone(w.seen), maps.Clone(w.said)
	c.shown = make(map[string][]shown)
	for ref, values := range w.shown {
		c.shown[ref] = slices.Clone(values)
	}
	return &c
}

func (w *world) write(name, text string) {
	w.t.Helper()
	file := filepath.Join(w.dir, name)
	err := os.WriteFile(file, []byte(text), 0o666)
	if os.IsNotExist(err) {
		if err = os.MkdirAll(filepath.Dir(file), 0o777); err == nil {
			err = os.WriteFile(file, []byte(text), 0o666)
		}
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// tree writes the tree of a folder, and all that is in it.
func (w *world) tree(files map[string]string) string {
	w.t.Helper()
	below := make(map[string]map[string]string)
	entries := make(map[string]string) // by what Git sorts by
	for path, text := range files {
		folder, rest, deeper := strings.Cut(path, "/")
		if !deeper {
			entries[path] = "100644 " + path + "\x00" + rawID(w.object("blob", []byte(text)))
			continue
		}
		if below[folder] == nil {
			below[folder] = make(map[string]string)
		}
		below[folder][rest] = text
	}
	for folder, files := range below {
		entries[folder+"/"] = "40000 " + folder + "\x00" + rawID(w.tree(files))
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		b.WriteString(entries[key])
	}
	return w.object("tree", []byte(b.String()))
}

func rawID(id string) string {
	b, err := hex.DecodeString(id)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// commit writes a commit, signed unless the signer is "".
func (w *world) commit(c *randomCommit) *randomCommit {
	w.t.Helper()
	if c.committer == "" {
		if c.committer = c.signer; c.signer == "" {
			c.committer = c.author
		}
	}
	c.id = w.object("commit", commitBytes(c, w.tree(c.files), "change\n"))
	return c
}

func commitBytes(c *randomCommit, tree, message string) []byte {
	var head strings.Builder
	fmt.Fprintf(&head, "tree %s\n", tree)
	for _, p := range c.parents {
		fmt.Fprintf(&head, "parent %s\n", p.id)
	}
	fmt.Fprintf(&head, "author %s <%s@example.org> %d +0000\n", c.author, c.author, c.when)
	fmt.Fprintf(&head, "committer %s <%s@example.org> %d +0000\n", c.committer, c.committer, c.when)
	signature := ""
	if c.signer != "" {
		armor := strings.TrimSuffix(signed(c.signer, head.String()+"\n"+message), "\n")
		signature = "gpgsig " + strings.ReplaceAll(armor, "\n", "\n ") + "\n"
	}
	return []byte(head.String() + signature + "\n" + message)
}

// attestation writes a signed tag that says a word. It gives the ref that it belongs to.
func (w *world) attestation(v *word) (ref string) {
	w.t.Helper()
	id := mustID(v.about.id)
	lines := ""
	for line, text := range map[string]string{attest.RefLine: v.ref, attest.MoveLine: v.move} {
		if text != "" {
			lines += line + text + "\n"
		}
	}
	if v.reason {
		lines += attest.ReasonLine + "a fire\n"
	}
	if v.expires != 0 {
		lines += attest.ExpiresLine + time.Unix(v.expires, 0).UTC().Format(time.RFC3339) + "\n"
	}
	v.tag = w.tag(v.kind.Tag(id.String(), v.name), v.about, v.signer, v.when, "vouch\n\n"+lines)
	return v.kind.Ref(id.String(), v.name)
}

// tag writes a signed tag.
func (w *world) tag(name string, of *randomCommit, signer string, when int64, message string) string {
	w.t.Helper()
	payload := fmt.Sprintf("object %s\ntype commit\ntag %s\ntagger %s <%s@example.org> %d +0000\n\n%s",
		of.id, name, signer, signer, when, message)
	return w.object("tag", []byte(payload+signed(signer, payload)))
}

func mustID(s string) history.ID {
	id, err := history.ParseID(s)
	if err != nil {
		panic(err)
	}
	return id
}

// keyOf gives the key of a person, the same each time.
func keyOf(name string) ssh.Signer {
	seed := sha256.Sum256([]byte(name))
	s, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		panic(err)
	}
	return s
}

// signed signs as git has ssh-keygen do it.
func signed(name, payload string) string {
	sig, err := sshsig.Sign(strings.NewReader(payload), keyOf(name), sshsig.HashSHA512, "git")
	if err != nil {
		panic(err)
	}
	return string(sshsig.Armor(sig))
}

// open opens a gate as the hook does, for one push.
func (w *world) open() (*Gate, error) {
	w.flush()
	w.opened++
	var index func(string, policy.Journal) refstate.Index // every other time; it must not change any verdict
	if w.opened%2 == 0 {
		index = func(string, policy.Journal) refstate.Index { return &memoryIndex{w.journal.records, nil} }
	}
	return Open(Options{
		Index: index,
		// go-git can't leave out what a tag reaches, which only pushes ask for: they need git.
		Dir: w.dir, Getenv: os.Getenv, GoGit: w.goGit && w.refs["refs/tags/v1"].commit == nil, Version: "test",
		Now:    func() time.Time { return w.clock },
		Record: func(string, policy.Journal) (Recorder, error) { return w.journal, nil },
		Records: func(string, policy.Journal) iter.Seq2[[]byte, error] {
			return func(yield func([]byte, error) bool) {
				for _, r := range w.journal.records {
					if !yield(r, nil) {
						return
					}
				}
			}
		},
		Encode: func(d policy.Decision) ([]byte, error) { return json.Marshal(d) },
	})
}

// memoryIndex is an index of records in memory.
type memoryIndex struct {
	records [][]byte
	said    map[string][][]byte
}

func (x *memoryIndex) Update(context.Context) error {
	x.said = make(map[string][][]byte)
	for _, r := range x.records {
		all, err := refstate.Entries(r)
		if err != nil {
			return err
		}
		for _, s := range all {
			x.said[s.Key] = append(x.said[s.Key], s.Value)
		}
	}
	return nil
}

func (x *memoryIndex) Lookup(_ context.Context, key string) ([][]byte, error) {
	return x.said[key], nil
}

// with opens a gate for something that isn't a push.
func (w *world) with(do func(g *Gate) error) {
	w.t.Helper()
	g, err := w.open()
	if err == nil {
		err = do(g)
	}
	if cerr := g.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// refUpdate is what a push asks of one ref: To is the id of an object that leads to a commit, which is nil
// where the ref is deleted.
type refUpdate struct {
	name, to string
	commit   *randomCommit
	word     *word // where it is an attestation's
}

// judge has a gate of its own judge a push, as the hook does.
func (w *world) judge(updates ...refUpdate) policy.Decision {
	w.t.Helper()
	req := Request{Received: w.clock}
	for _, u := range updates {
		asked := history.RefUpdate{Name: u.name}
		if old := w.refs[u.name]; old.id != "" {
			asked.Old = mustID(old.id)
		}
		if u.commit != nil {
			asked.New = mustID(u.to)
		}
		req.Updates = append(req.Updates, asked)
	}
	g, err := w.open()
	if err != nil {
		w.t.Fatal(err)
	}
	d, err := g.Judge(context.Background(), req)
	if err != nil {
		w.t.Fatalf("a push of %d refs, the last %s: %v", len(updates), updates[len(updates)-1].name, err)
	}
	if err := g.Close(); err != nil {
		w.t.Fatal(err)
	}
	return d
}

// apply moves the refs as Git does when a push was accepted, and has the post-receive hook record it.
func (w *world) apply(updates ...refUpdate) {
	w.t.Helper()
	made := Request{Received: w.clock}
	for _, u := range updates {
		m := history.RefUpdate{Name: u.name}
		if old := w.refs[u.name]; old.id != "" {
			m.Old = mustID(old.id)
		}
		if u.commit != nil {
			m.New = mustID(u.to)
		}
		made.Updates = append(made.Updates, m)
	}
	defer w.with(func(g *Gate) error { return g.Applied(context.Background(), made) })
	for _, u := range updates {
		w.shown[u.name] = append(w.shown[u.name], shown{u.commit, w.clock.Unix()})
		if u.commit == nil {
			delete(w.refs, u.name)
			if err := os.Remove(filepath.Join(w.dir, u.name)); err != nil && !os.IsNotExist(err) {
				w.t.Fatal(err)
			}
			continue
		}
		w.write(u.name, u.to+"\n")
		w.refs[u.name] = value{u.to, u.commit}
		if _, ok := w.seen[u.to]; !ok {
			w.seen[u.to] = w.clock
		}
		if u.word != nil {
			w.said[u.name] = u.word
		}
	}
}
