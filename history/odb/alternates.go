package odb

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"countersign/internal/regular"
)

// maxNested is how deep alternates may be nested: link_alt_odb_entries in git's object-file.c.
const maxNested = 5

// maxAlternates is how many bytes a list of alternates may have.
const maxAlternates = 1 << 20

// Dirs gives the object directories that are there, and after each those that its info/alternates names:
// gitrepository-layout(5). One that was met before isn't taken again.
func Dirs(paths []string) (dirs []string, err error) {
	for _, path := range paths {
		if dirs, err = addDir(dirs, path, 0); err != nil {
			return nil, err
		}
	}
	return dirs, nil
}

func addDir(dirs []string, path string, depth int) ([]string, error) {
	dir, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return dirs, nil // git goes on as well; an object that was there is then missing
	}
	if err != nil || slices.Contains(dirs, dir) {
		return dirs, err
	}
	dirs = append(dirs, dir)
	file := filepath.Join(dir, "info", "alternates")
	list, err := regular.Read(file, maxAlternates)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(list) == 0 {
		return dirs, nil
	}
	if err != nil {
		return nil, err
	}
	if depth > maxNested {
		return nil, &Error{file, 0, fmt.Errorf("alternates nested more than %d deep; git leaves them aside", maxNested)}
	}
	for _, path := range Alternates(string(list), "\n") {
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		if dirs, err = addDir(dirs, path, depth+1); err != nil {
			return nil, err
		}
	}
	return dirs, nil
}

// Alternates splits a list of object directories as parse_alt_odb_entry in git's object-file.c does: an entry may be
// quoted as in C, or a comment that begins with #.
func Alternates(list, separator string) (paths []string) {
	for list != "" {
		if path, rest, ok := unquoteC(list); ok {
			paths = append(paths, path)
			list = strings.TrimPrefix(rest, separator)
			continue
		}
		path, rest, _ := strings.Cut(list, separator)
		if path != "" && path[0] != '#' {
			paths = append(paths, path)
		}
		list = rest
	}
	return paths
}

// unquoteC reads a string in double quotes as git writes it (unquote_c_style in git's quote.c), and
// gives what follows it.
func unquoteC(s string) (unquoted, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	var out []byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			return string(out), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
			if at := strings.IndexByte(`abtnvfr"\`, s[i]); at >= 0 {
				out = append(out, "\a\b\t\n\v\f\r\"\\"[at])
				continue
			}
			if i+2 >= len(s) || s[i] < '0' || s[i] > '3' || s[i+1] < '0' || s[i+1] > '7' || s[i+2] < '0' || s[i+2] > '7' {
				return "", "", false
			}
			out = append(out, (s[i]-'0')<<6|(s[i+1]-'0')<<3|(s[i+2]-'0'))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return "", "", false
}
