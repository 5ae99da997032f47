package history

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"countersign/internal/objectid"
)

func TestGoGitRefusesWhatItCantRead(t *testing.T) {
	const config = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n"
	for _, test := range []struct{ name, file, content, says string }{
		{"SHA-256 objects", "config", config + "[extensions]\n\tobjectFormat = sha256\n", "SHA-256"},
		{"reftable refs", "config", config + "[Extensions]\n\trefstorage = reftable\n", "reftable"},
		{"a reftable without the extension", "reftable/tables.list", "", "reftable"},
		{"an extension of the future", "config", config + "[extensions]\n\twarpDrive = on\n", "warpDrive"},
		{"a format of the future", "config", "[core]\n\trepositoryformatversion = 2\n", `"2"`},
		{"a partial clone by extension", "config", config + "[extensions]\n\tpartialClone = origin\n", "partial clone"},
		{"a partial clone by remote", "config", config + "[remote \"origin\"]\n\tpromisor = true\n", "partial clone"},
		{"a partial clone by an empty setting", "config", config + "[remote \"origin\"]\n\tPromisor\n", "partial clone"},
		{"a partial clone by its packs", "objects/pack/pack-12.promisor", "", "partial clone"},
		{"a shallow clone", "shallow", strings.Repeat("12", 20) + "\n", "shallow"},
		{"grafts", "info/grafts", "# comment\n" + strings.Repeat("12", 20) + "\n", "grafted"},
		{"a config that isn't one", "config", "[core\n", "config"},
		{"a pack index of version 1", "objects/pack/pack-12.idx", "\x00\x00\x00\x00", "pack-12.idx"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newTestRepo(t)
			r.write(test.file, test.content)
			repo, err := OpenGoGit(Options{Dir: r.dir})
			if err == nil {
				defer repo.Close()
				_, err = repo.Kind(t.Context(), mustID(t, strings.Repeat("12", 20)))
			}
			if !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v; want ErrUnreadable, and %q", err, test.says)
			}
		})
	}
}

func TestGoGitOpensOrdinaryRepositories(t *testing.T) {
	for name, config := range map[string]string{
		"known extensions": "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = SHA1\n\trefStorage = " +
			"files\n\tworktreeConfig = true\n\tnoop = 1\n",
		"no promisor":     "[remote \"origin\"]\n\turl = x\n\tpromisor = false\n[branch \"promisor\"]\n\tremote = origin\n",
		"an empty config": "",
	} {
		t.Run(name, func(t *testing.T) {
			r := newTestRepo(t)
			r.write("config", config)
			r.write("shallow", "")
			r.write("info/grafts", "# nothing\n\n")
			repo, err := OpenGoGit(Options{Dir: r.dir})
			if err != nil {
				t.Fatal(err)
			}
			if err := repo.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestGoGitRefusesFoldersOfNoRepository(t *testing.T) {
	dir := tempDir(t)
	if err := os.MkdirAll(dir+"/lost/.git", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/.git", []byte("gitdir: /not/there\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	relative := func(name string) string { return map[string]string{"GIT_OBJECT_DIRECTORY": "objects"}[name] }
	for _, o := range []Options{
		{Dir: dir},
		{Dir: dir + "/lost"},
		{Dir: dir + "/not/there"},
		{Dir: newTestRepo(t).dir, Env: relative},
	} {
		if _, err := OpenGoGit(o); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: %v, want ErrUnreadable", o.Dir, err)
		}
	}
}

// TestGoGitReadsEveryObject reads all objects of a history in every way they can be stored; that
// each has the name it was asked for by, the reader checks itself, which other tests try.
func TestGoGitReadsEveryObject(t *testing.T) {
	r := importedRepo(t, "xz.fi")
	big := bytes.Repeat([]byte("a line that many versions of a file share\n"), 2000)
	for i := range 20 {
		big = append(big, byte('a'+i), '\n')
		r.feed(big, "hash-object", "-w", "--stdin")
	}
	r.git("repack", "-aq", "--keep-unreachable")
	for name, args := range map[string][]string{
		"offset deltas":    {"repack", "-adfq", "--depth=200", "--window=50"},
		"reference deltas": {"-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"},
		"many packs":       {"repack", "-adfq", "--max-pack-size=1m"},
		"whole objects":    {"repack", "-adFq", "--depth=0"},
	} {
		t.Run(name, func(t *testing.T) {
			r.git(append(args, "--keep-unreachable")...)
			objects := openObjects([]string{filepath.Join(r.dir, "objects")})
			defer objects.Close()
			lines := strings.Split(r.git("cat-file", "--batch-all-objects", "--batch-check"), "\n")
			if len(lines) < 1000 {
				t.Fatalf("%d objects", len(lines))
			}
			for _, line := range lines {
				field := strings.Fields(line)
				id := mustID(t, field[0])
				content, _, err := objects.head(id, field[1], 1<<30, bound{most: 1 << 30})
				if err != nil {
					t.Fatal(line, err)
				}
				head, size, err := objects.head(id, field[1], 3, bound{most: 1 << 30})
				if err != nil || size != int64(len(content)) || !bytes.Equal(head, content[:min(3, len(content))]) {
					t.Fatalf("%s: %q of %d, %v", line, head, size, err)
				}
			}
		})
	}
}

// TestRepackMeanwhile: a repack takes away what was loose, or in another pack, when the reader was
// opened.
func TestRepackMeanwhile(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	want := landings(t, r.open(OpenGoGit), Range{Tip: r.id("main")})
	for _, name := range []string{"from loose to a pack", "from a pack to another"} {
		t.Run(name, func(t *testing.T) {
			repo := r.open(OpenGoGit)
			if _, err := repo.Commit(t.Context(), r.id("main")); err != nil {
				t.Fatal(err)
			}
			r.git("repack", "-adfq")
			if diff := compare(want, landings(t, repo, Range{Tip: r.id("main")})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDamagedObjectsAreNoticed flips every byte of a small repository's pack, and of a loose
// object: what was read before is read again, or refused.
func TestDamagedObjectsAreNoticed(t *testing.T) {
	r := newTestRepo(t)
	var stream strings.Builder
	stream.WriteString("commit refs/heads/main\ncommitter C <c@x> 1 +0000\ndata 1\nm\n")
	for _, name := range []string{"a", "b/c"} {
		stream.WriteString("M 100644 inline " + name + "\ndata 200\n" + strings.Repeat(name[:1], 198) + "\n\n")
	}
	r.feed([]byte(stream.String()), "fast-import", "--quiet")
	tip := r.id("main")
	want := landings(t, r.open(OpenGoGit), Range{Tip: tip})
	loose := filepath.Join(r.dir, "objects", tip.String()[:2], tip.String()[2:])
	damage(t, r, tip, loose, want)
	r.git("repack", "-adq")
	packs, err := filepath.Glob(filepath.Join(r.dir, "objects", "pack", "*.[ip][da][xc]*"))
	if err != nil || len(packs) != 2 {
		t.Fatal(packs, err)
	}
	for _, path := range packs {
		damage(t, r, tip, path, want)
	}
}

func damage(t *testing.T, r testRepo, tip ID, path string, want []Landing) {
	t.Helper()
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range sound {
		damaged := slices.Clone(sound)
		damaged[i] ^= 0x11
		if err := os.WriteFile(path, damaged, 0o666); err != nil {
			t.Fatal(err)
		}
		repo, err := OpenGoGit(Options{Dir: r.dir, Inspect: fingerprint})
		if err != nil {
			t.Fatal(err)
		}
		got, err := collect(t, repo, Range{Tip: tip})
		switch diff := compare(want, got); {
		case errors.Is(err, ErrUnreadable) || errors.Is(err, ErrLimit):
			refused++
		case err != nil || diff != "":
			t.Errorf("%s with byte %d changed: %v\n%s", filepath.Base(path), i, err, diff)
		}
		repo.Close()
	}
	if refused < len(sound)/2 {
		t.Errorf("%s: only %d of %d damages refused", filepath.Base(path), refused, len(sound))
	}
	if err := os.WriteFile(path, sound, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestContentOfAnotherObject: the object that an index, or a file's name, says to be another.
func TestContentOfAnotherObject(t *testing.T) {
	r := newTestRepo(t)
	one, two := strings.Repeat("11", 20), strings.Repeat("22", 20)
	blob := r.feed([]byte("one"), "hash-object", "-w", "--stdin")
	content, err := os.ReadFile(filepath.Join(r.dir, "objects", blob[:2], blob[2:]))
	if err != nil {
		t.Fatal(err)
	}
	r.write("objects/11/"+one[2:], string(content))
	r.writePack(packEntry{name: two, kind: 3, content: "two"})
	repo := r.open(OpenGoGit)
	for _, name := range []string{one, two} {
		if kind, err := repo.Kind(t.Context(), mustID(t, name)); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s is a %s, %v; want ErrUnreadable", name, kind, err)
		}
	}
}

// TestDeltasInACircle: go-git's own Packfile follows them until the program's stack is full.
func TestDeltasInACircle(t *testing.T) {
	r := newTestRepo(t)
	one, two := strings.Repeat("11", 20), strings.Repeat("22", 20)
	const delta = "\x01\x01\x01x" // of a byte, to a byte: insert one byte, x
	r.writePack(packEntry{name: one, kind: 7, base: two, content: delta},
		packEntry{name: two, kind: 7, base: one, content: delta})
	_, err := r.open(OpenGoGit).Kind(t.Context(), mustID(t, one))
	if !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "chain") {
		t.Errorf("%v; want ErrUnreadable, about a chain", err)
	}
}

// packEntry is an object for a pack made by hand: gitformat-pack(5).
type packEntry struct {
	name    string
	kind    byte   // 3 is a blob, 7 a delta to the object base names
	base    string // of a delta
	content string // under 16 bytes
}

// writePack writes a pack and an index that says whatever the entries say.
func (r testRepo) writePack(entries ...packEntry) {
	r.t.Helper()
	slices.SortFunc(entries, func(a, b packEntry) int { return cmp.Compare(a.name, b.name) })
	pack := []byte("PACK\x00\x00\x00\x02\x00\x00\x00")
	pack = append(pack, byte(len(entries)))
	index := []byte("\xfftOc\x00\x00\x00\x02")
	for first := range 256 {
		n := 0
		for _, e := range entries {
			if sum := mustID(r.t, e.name).Bytes(); int(sum[0]) <= first {
				n++
			}
		}
		index = binary.BigEndian.AppendUint32(index, uint32(n))
	}
	var names, offsets []byte
	for _, e := range entries {
		sum := mustID(r.t, e.name).Bytes()
		names = append(names, sum[:20]...)
		offsets = binary.BigEndian.AppendUint32(offsets, uint32(len(pack)))
		pack = append(pack, e.kind<<4|byte(len(e.content)))
		if e.base != "" {
			base := mustID(r.t, e.base).Bytes()
			pack = append(pack, base[:20]...)
		}
		var zipped bytes.Buffer
		w := zlib.NewWriter(&zipped)
		if _, err := w.Write([]byte(e.content)); err != nil {
			r.t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			r.t.Fatal(err)
		}
		pack = append(pack, zipped.Bytes()...)
	}
	trailer := sha1.Sum(pack)
	pack = append(pack, trailer[:]...)
	index = append(index, names...)
	index = append(index, make([]byte, 4*len(entries))...) // checksums of entries, which nobody asks for
	index = append(index, offsets...)
	index = append(index, trailer[:]...)
	ownSum := sha1.Sum(index)
	index = append(index, ownSum[:]...)
	r.write("objects/pack/pack-12.pack", string(pack))
	r.write("objects/pack/pack-12.idx", string(index))
}

// TestFoldersAsABomb: thirty folders, each with the one before it twice, make a thousand million
// folders without a file; and a path can be longer than anybody can open.
func TestFoldersAsABomb(t *testing.T) {
	r := newTestRepo(t)
	blob := r.feed([]byte("x"), "hash-object", "-w", "--stdin")
	commit := func(depth int, leaf []byte, names ...string) ID {
		tree := mustID(t, r.feed(leaf, "hash-object", "-w", "-t", "tree", "--stdin"))
		for range depth {
			var raw []byte
			for _, name := range names {
				raw = append(append(raw, "40000 "+name+"\x00"...), tree.Bytes()...)
			}
			tree = r.loose("tree", raw)
		}
		return mustID(t, r.git("commit-tree", "-m", "bomb", tree.String()))
	}
	sum := mustID(t, blob).Bytes()
	file := append([]byte("100644 f\x00"), sum[:20]...)
	for name, tip := range map[string]ID{
		"wide without a file": commit(30, nil, "a", "b"),
		"wide with files":     commit(30, file, "a", "b"),
		"deep":                commit(30, file, strings.Repeat("long", 1000)),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := collect(t, r.open(OpenGoGit), Range{Tip: tip}); !errors.Is(err, ErrLimit) {
				t.Errorf("%d landings, %v; want ErrLimit", len(got), err)
			}
		})
	}
	tip := commit(200, file, "folder")
	got := landings(t, r.open(OpenGoGit), Range{Tip: tip})
	if want := []string{strings.Repeat("folder/", 200) + "f"}; !slices.Equal(paths(got[0].Commit.Changes), want) {
		t.Errorf("got %q", paths(got[0].Commit.Changes))
	}
}

// loose writes a loose object without a process.
func (r testRepo) loose(kind string, raw []byte) ID {
	r.t.Helper()
	whole := append([]byte(kind+" "+strconv.Itoa(len(raw))+"\x00"), raw...)
	sum := sha1.Sum(whole)
	id, err := objectid.FromBytes(sum[:])
	if err != nil {
		r.t.Fatal(err)
	}
	var zipped bytes.Buffer
	w := zlib.NewWriter(&zipped)
	if _, err := w.Write(whole); err != nil {
		r.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.write("objects/"+id.String()[:2]+"/"+id.String()[2:], zipped.String())
	return id
}
