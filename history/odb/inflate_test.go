package odb

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/adler32"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What git doesn't inflate isn't inflated here. The second block has no code for any distance, and uses one (RFC 1951,
// section 3.2.7). A decoder that keeps the codes of the block before, or of the object before, finds one.
func TestInflatesNoMoreThanGit(t *testing.T) {
	t.Parallel()
	const want = "aaaaaaaa"
	r := newRepo(t)
	id := nameOf(Blob, want)
	for _, test := range []struct {
		name, blocks string
		good         bool
	}{
		{"codes of distances in both blocks", "0cc1010900000080a0adfe3f516a350407240000000082b6faff44a905", true},
		{"none in the second block", "0cc1010900000080a0adfe3f516a350007240000000082b6faff446101", false},
	} {
		blocks, err := hex.DecodeString(test.blocks)
		if err != nil {
			t.Fatal(err)
		}
		header := "blob 8\x00" // in a block of its own, that isn't compressed
		stored := "\x00" + string([]byte{byte(len(header)), 0, ^byte(len(header)), 0xff}) + header
		stream := append([]byte("\x78\x9c"+stored), blocks...)
		stream = binary.BigEndian.AppendUint32(stream, adler32.Checksum([]byte(header+want)))
		writeFile(t, filepath.Join(r.objects(), id.String()[:2], id.String()[2:]), stream)

		git := exec.Command("git", "--git-dir="+r.dir, "cat-file", "blob", id.String())
		if out, err := git.CombinedOutput(); (err == nil) != test.good {
			t.Errorf("%s: git: %s, %v", test.name, out, err)
		}
		_, content, err := openDB(t, r.objects()).Read(id, 100)
		if (err == nil) != test.good || test.good && !bytes.Equal(content, []byte(want)) {
			t.Errorf("%s: %q, %v", test.name, content, err)
		}
		if !test.good && err != nil && !strings.Contains(err.Error(), "flate: corrupt input") {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
