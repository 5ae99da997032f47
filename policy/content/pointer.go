package content

import (
	"bytes"
	"errors"
	"strconv"
)

// pointer says whether a blob stands for another, which a checkout puts in its place, and how large that is, or -1
// where it doesn't say.
func pointer(head []byte) (size int64, ok bool) {
	if size, ok = lfsPointer(head); ok {
		return size, true
	}
	return annexPointer(head)
}

// lfsPointer reads a pointer of Git LFS: lines of a key and a value, the version first (git-lfs, docs/spec.md, "The
// Pointer"). The older addresses of the version are read, too, and white space around it, as git-lfs does.
func lfsPointer(head []byte) (size int64, ok bool) {
	const longest = 1024
	head = bytes.TrimSpace(head[:min(len(head), 2*longest)])
	version, rest, _ := bytes.Cut(head, []byte{'\n'})
	version, ok = bytes.CutPrefix(version, []byte("version "))
	if !ok || !isLFS(version) {
		return 0, false
	}
	size, ok = -1, false
	for line := range bytes.Lines(rest) {
		key, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte{' '})
		switch string(key) {
		case "oid":
			ok = true
		case "size":
			size = number(value)
		}
	}
	return size, ok
}

func isLFS(version []byte) bool {
	for _, name := range []string{"git-lfs", "hawser", "git-media"} {
		if bytes.HasPrefix(version, []byte("http")) && bytes.Contains(version, []byte("://"+name)) {
			return true
		}
	}
	return false
}

// annexPointer reads what git-annex keeps for a file: its key behind /annex/objects/, alone in the first line of an
// unlocked file (git-annex, "pointer file format"), or as the target of a link into .git/annex/objects.
func annexPointer(head []byte) (size int64, ok bool) {
	const longest = 32 << 10
	line := head[:min(len(head), longest)]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	const objects = "annex/objects/"
	i := bytes.LastIndex(line, []byte(objects))
	if i < 1 || line[i-1] != '/' && line[i-1] != '\\' {
		return 0, false
	}
	key := line[i+len(objects):]
	return annexKey(key[bytes.LastIndexByte(key, '/')+1:])
}

// annexKey reads a key of git-annex: the name of a backend, fields of a letter and a number, such as -s of the
// size, and behind two dashes a name (git-annex, "key format").
func annexKey(key []byte) (size int64, ok bool) {
	front, _, ok := bytes.Cut(key, []byte("--"))
	backend, fields, _ := bytes.Cut(front, []byte{'-'})
	if !ok || len(backend) == 0 {
		return 0, false
	}
	for _, c := range backend {
		if !('A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_') {
			return 0, false
		}
	}
	size = -1
	for field := range bytes.SplitSeq(fields, []byte{'-'}) {
		if len(field) > 1 && field[0] == 's' {
			size = number(field[1:])
		}
	}
	return size, true
}

// number reads a size: -1 for none, and the largest there is for one beyond it.
func number(digits []byte) int64 {
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return -1
	}
	return n
}
