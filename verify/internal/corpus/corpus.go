// Package corpus reads the signed objects in testdata that the tests of verify and of verify/oracle judge, and what
// OpenSSL says of their certificates. Only tests import it.
package corpus

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/history"
)

// A Folder is a selection of signed objects. All of them have the layout of the larger collection that the
// environment variable COUNTERSIGN_CORPUS may name.
type Folder string

// Path gives the path of a file or folder: in the larger collection where there is one.
func (f Folder) Path(name string) string {
	root := os.Getenv("COUNTERSIGN_CORPUS")
	if root == "" {
		root = string(f)
	}
	return filepath.Join(root, filepath.FromSlash(name))
}

// Read gives what is in a file.
func (f Folder) Read(t testing.TB, name string) []byte {
	t.Helper()
	return readFile(t, f.Path(name))
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Lines reads a file of JSON values, one a line, which may be compressed by gzip.
func Lines[T any](t testing.TB, f Folder, name string) []T {
	t.Helper()
	var in io.Reader = bytes.NewReader(f.Read(t, name))
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		in = z
	}
	var rows []T
	for d := json.NewDecoder(in); ; {
		var row T
		err := d.Decode(&row)
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

// Cut takes a commit or tag apart as the gate does, with package history.
func Cut(kind string, raw []byte) (payload, signature []byte, err error) {
	if kind == "tag" {
		tag, err := history.ParseTag(history.ID{}, raw)
		return tag.Payload, tag.Signature, err
	}
	commit, err := history.ParseCommit(history.ID{}, raw)
	return commit.Payload, commit.Signature, err
}

// Committed gives a commit's committer date.
func Committed(t testing.TB, raw []byte) time.Time {
	t.Helper()
	_, line, _ := strings.Cut(string(raw), "\ncommitter ")
	line, _, _ = strings.Cut(line, "\n")
	fields := strings.Fields(line)
	seconds, err := strconv.ParseInt(fields[len(fields)-2], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(seconds, 0)
}
