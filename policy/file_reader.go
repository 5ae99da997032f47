package policy

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

const (
	maxPolicyFile = 1 << 20
	maxKeyFile    = 4 << 20
	maxProblems   = 20
)

// How much a policy may hold of what is compared with one another: more than any project needs, and little enough
// that whoever proposes a policy, and has it refused, keeps nobody busy.
const (
	maxListed     = 1000 // elements of one list
	maxPrincipals = 2000
	maxKeys       = 5000 // of all principals, the lines of key files included
	maxNamedBytes = 32 << 20
	maxRules      = 200
)

// Problem is one thing wrong with a policy. Line is 0 where it is about the whole file.
type Problem struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
}

func (p Problem) String() string { return place(p.File, p.Line) + ": " + p.Text }

// place names a file, and a line of it if that is known.
func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// FileError is what is wrong with a policy that can't be used.
type FileError struct{ Problems []Problem }

// Error gives the problems, one a line.
func (e *FileError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// reader reads one policy and collects what is wrong with it.
type reader struct {
	fsys     fs.FS
	name     string // of the file being read
	lines    keyLines
	read     map[string][]byte // every file, by name
	written  map[string]any    // the top level
	keyCount int               // of all principals so far
	keyBytes int               // bytes of the key files, as often as they are named
	alike    map[string]string // a principal's name, by what it looks like
	owners   map[string]string // a principal's name, by their addresses
	problems []Problem
	more     int // problems beyond maxProblems
}

func (r *reader) at(file string, line int, text string) {
	if len(r.problems) == maxProblems {
		r.more++
		return
	}
	r.problems = append(r.problems, Problem{File: file, Line: line, Text: text})
}

func (r *reader) problem(line int, text string) { r.at(r.name, line, text) }

// err gives the problems, the policy's own in the order of its lines.
func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		switch {
		case a.File == b.File:
			return cmp.Compare(a.Line, b.Line)
		case a.File == r.name:
			return -1
		case b.File == r.name:
			return 1
		default:
			return strings.Compare(a.File, b.File)
		}
	})
	if r.more > 0 {
		r.problems = append(r.problems, Problem{File: r.name, Text: fmt.Sprintf("and %s more", plural(r.more, "problem"))})
		r.more = 0
	}
	return &FileError{r.problems}
}

// decode reads the file's text, and nothing of what it means.
func (r *reader) decode() (map[string]any, error) {
	text, ok, err := r.readFile(r.name, maxPolicyFile)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, r.err()
	}
	if !utf8.Valid(text) || strings.HasPrefix(string(text), "\ufeff") {
		r.problem(0, "it is not plain UTF-8 text; save it without a byte order mark")
		return nil, r.err()
	}
	if i := control(text); i >= 0 {
		r.problem(lineAt(string(text), i), fmt.Sprintf("there is a control character (0x%02x)", text[i]))
		return nil, r.err()
	}
	lines, over, why := scanLines(string(text))
	if r.lines = lines; over > 0 {
		r.problem(over, why)
		return nil, r.err()
	}
	var raw map[string]any
	// Into a map, not a struct: for a struct's sake the library takes keys that differ in case for
	// the same (toml issue 449), and then lets one of them win at random.
	if _, err := toml.Decode(string(text), &raw); err != nil {
		r.tomlError(string(text), err)
		return nil, r.err()
	}
	return raw, nil
}

func (r *reader) tomlError(text string, err error) {
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		r.problem(0, err.Error())
		return
	}
	message := parse.Message
	if message == "" {
		message = strings.TrimPrefix(parse.Error(), "toml: ")
	}
	// Not the error's own line, which is the next one where the mistake is the end of a line.
	r.problem(lineAt(text, min(parse.Position.Start, len(text))), message)
}

// control gives the position of the first control character that isn't white space of TOML, or -1.
func control(text []byte) int {
	for i, b := range text {
		switch {
		case b == '\t', b == '\n', b == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case b < ' ', b == 0x7f:
			return i
		}
	}
	return -1
}

// lineAt gives the line of a position.
func lineAt(text string, pos int) int { return 1 + strings.Count(text[:pos], "\n") }

// readFile reads a file of the policy's folder, once, and keeps it for the digest. It says false after
// reporting what is wrong with it; an error means that the file being read itself isn't there.
func (r *reader) readFile(name string, limit int64) ([]byte, bool, error) {
	if b, ok := r.read[name]; ok {
		return b, true, nil
	}
	info, err := fs.Stat(r.fsys, name)
	switch {
	case err != nil && name == r.name && errors.Is(err, fs.ErrNotExist):
		return nil, false, err
	case err != nil:
		r.at(name, 0, "it can't be read: "+plainError(err))
		return nil, false, nil
	case !info.Mode().IsRegular():
		r.at(name, 0, "it is not a regular file")
		return nil, false, nil
	case info.Size() > limit:
		r.at(name, 0, fmt.Sprintf("it has %d bytes; %d are allowed", info.Size(), limit))
		return nil, false, nil
	}
	b, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		r.at(name, 0, "it can't be read: "+plainError(err))
		return nil, false, nil
	}
	r.read[name] = b
	return b, true, nil
}

// plainError leaves out the path that an error of io/fs repeats.
func plainError(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// file reads a file that the policy names.
func (r *reader) file(problem func(format string, args ...any), key, name string) ([]byte, bool) {
	if !fs.ValidPath(name) || name == "." {
		problem("%s = %q: want a path below the policy's folder", key, name)
		return nil, false
	}
	b, ok, err := r.readFile(name, maxKeyFile)
	return b, ok && err == nil
}
