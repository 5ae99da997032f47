package main

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// shell is a shell script with arguments from $1 on.
func shell(script string, args ...string) *exec.Cmd {
	return exec.Command("sh", append([]string{"-ec", script, "sh"}, args...)...)
}

// newSigned makes a repository behind the gate with signed commits that its main branch doesn't have, every n-th of them
// a merge. A commit changes one of 50 files; every second merge is of two sides that changed the same one. Arguments of
// ssh-keygen(1) say by what key.
func newSigned(b *testing.B, commits, merged int, keygen ...string) *bench {
	b.Helper()
	if keygen == nil {
		keygen = []string{"-t", "ed25519"}
	}
	s := newBenchWith(b, keygen, histories(b)[0], 0)
	w := &writer{b: b, dir: filepath.Join(s.repo, "objects"), key: s.signer(b), when: time.Now().Unix() - 3600, blobs: make(map[[3]int]string)}
	tree := exec.Command("git", "-C", s.repo, "cat-file", "tree", s.old+"^{tree}")
	w.root = s.must(b, tree)
	s.new = w.commit(s.old)
	for i := 1; i < commits; i++ {
		file := &w.files[i%len(w.files)]
		if i%merged != merged-1 {
			file.early = i
			s.new = w.commit(s.new)
			continue
		}
		other := &w.files[(i+1)%len(w.files)]
		if i/merged%2 == 0 {
			other = file
		}
		before := w.files
		other.late = i
		side := w.commit(s.new)
		w.files = before
		file.early = i
		ours := w.commit(s.new)
		other.late = i
		s.new = w.commit(ours, side)
	}
	s.run(b, "sh", "-ec", `cd "$1"; printf '%s\n^%s\n' "$2" "$3" | git pack-objects --revs -q objects/pack/pack >/dev/null
		git prune-packed -q`, "sh", s.repo, s.new, s.old)
	return s
}

// signer gives the key by which all is signed.
func (s *bench) signer(b *testing.B) ssh.Signer {
	raw, err := os.ReadFile(filepath.Join(s.dir, "key"))
	if err != nil {
		b.Fatal(err)
	}
	key, err := ssh.ParsePrivateKey(raw)
	if err != nil {
		b.Fatal(err)
	}
	return key
}

// bare is the processor time, in milliseconds, of verifying as many signatures by the key with nothing around it.
func (s *bench) bare(b *testing.B, n int) float64 {
	key, message := s.signer(b), make([]byte, 100)
	signature, err := sshsig.Sign(bytes.NewReader(message), key, sshsig.HashSHA512, "git")
	if err != nil {
		b.Fatal(err)
	}
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	begin := used()
	for range n {
		if err := sshsig.Verify(bytes.NewReader(message), signature, key.PublicKey(), sshsig.HashSHA512, "git"); err != nil {
			b.Fatal(err)
		}
	}
	return float64((used() - begin).Microseconds()) / 1000
}

// writer writes loose objects: commits, and trees of files of 40 lines.
type writer struct {
	b     *testing.B
	dir   string
	key   ssh.Signer
	when  int64                         // the date of all
	files [50]struct{ early, late int } // what two of their lines say
	blobs map[[3]int]string             // ids by the file and what its lines say
	root  string                        // the tree to which a folder of the files is added, raw
	zlib  *zlib.Writer                  // used again for each object
}

func (w *writer) object(kind string, content []byte) string {
	whole := append(fmt.Appendf(nil, "%s %d\x00", kind, len(content)), content...)
	sum := sha1.Sum(whole)
	id := hex.EncodeToString(sum[:])
	var packed bytes.Buffer
	if w.zlib == nil {
		w.zlib = zlib.NewWriter(&packed)
	}
	w.zlib.Reset(&packed)
	_, err := w.zlib.Write(whole)
	if err == nil {
		err = w.zlib.Close()
	}
	if err == nil {
		err = os.MkdirAll(filepath.Join(w.dir, id[:2]), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(w.dir, id[:2], id[2:]), packed.Bytes(), 0o600)
	}
	if err != nil {
		w.b.Fatal(err)
	}
	return id
}

func (w *writer) blob(file int) string {
	of := [3]int{file, w.files[file].early, w.files[file].late}
	if id, known := w.blobs[of]; known {
		return id
	}
	var text strings.Builder
	for i := range 40 {
		switch i {
		case 4:
			fmt.Fprintf(&text, "early %d\n", w.files[file].early)
		case 34:
			fmt.Fprintf(&text, "late %d\n", w.files[file].late)
		default:
			fmt.Fprintf(&text, "line %d of file %d\n", i, file)
		}
	}
	id := w.object("blob", []byte(text.String()))
	w.blobs[of] = id
	return id
}

func (w *writer) tree() string {
	var raw []byte
	for i := range w.files {
		sum, err := hex.DecodeString(w.blob(i))
		if err != nil {
			w.b.Fatal(err)
		}
		raw = append(fmt.Appendf(raw, "100644 file%02d.c\x00", i), sum...)
	}
	folder, err := hex.DecodeString(w.object("tree", raw))
	if err != nil {
		w.b.Fatal(err)
	}
	return w.object("tree", append([]byte(w.root+"40000 zzzz\x00"), folder...)) // after all other names
}

func (w *writer) commit(parents ...string) string {
	head := "tree " + w.tree() + "\n"
	for _, p := range parents {
		head += "parent " + p + "\n"
	}
	who := fmt.Sprintf("Ann <ann@example.org> %d +0000\n", w.when)
	head += "author " + who + "committer " + who
	const message = "\na change\n"
	signature, err := sshsig.Sign(strings.NewReader(head+message), w.key, sshsig.HashSHA512, "git")
	if err != nil {
		w.b.Fatal(err)
	}
	armored := strings.TrimSuffix(string(sshsig.Armor(signature)), "\n")
	return w.object("commit", []byte(head+"gpgsig "+strings.ReplaceAll(armored, "\n", "\n ")+"\n"+message))
}
