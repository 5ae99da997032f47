package hook

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"countersign/gate"
	"countersign/history"
	"countersign/internal/refname"
)

// Bounds on a hook's standard input.
const (
	maxLines = 10_000
	maxLine  = 4 << 10 // bytes, the line feed included
)

// PreReceive reads the standard input of a pre-receive hook: one line for each ref to be updated,
// "old id SP new id SP ref name LF" (githooks(5)). A line that isn't exactly that, ids of different
// lengths, an invalid ref name, a ref named twice, no line at all or a read error make an error.
func PreReceive(r io.Reader, env Environment) (gate.Request, error) {
	lines, err := readLines(r)
	if err != nil {
		return gate.Request{}, err
	}
	if len(lines) == 0 {
		return gate.Request{}, errors.New("no ref update on standard input: it is for Git to run this hook")
	}
	var u updates
	for i, line := range lines {
		fields := strings.Split(line, " ")
		if len(fields) != 3 {
			return gate.Request{}, fmt.Errorf("line %d: %d fields: want old id, new id and ref name, one space between",
				i+1, len(fields))
		}
		if err := u.add(fields[0], fields[1], fields[2]); err != nil {
			return gate.Request{}, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return env.request(u.list)
}

// readLines reads everything, since Git writes everything, and gives the lines without their line
// feeds. A last line without one is an error: something may be missing.
func readLines(r io.Reader) ([]string, error) {
	const most = maxLines * maxLine
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	if len(b) > most {
		return nil, fmt.Errorf("standard input: more than %d bytes", most)
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		n := len(lines) + 1
		text, whole := strings.CutSuffix(line, "\n")
		switch {
		case n > maxLines:
			return nil, fmt.Errorf("line %d: at most %d refs may be pushed at once", n, maxLines)
		case len(line) > maxLine:
			return nil, fmt.Errorf("line %d: %d bytes long: %d are allowed", n, len(line), maxLine)
		case !whole:
			return nil, fmt.Errorf("line %d: no line feed at its end: something may be missing", n)
		}
		lines = append(lines, text)
	}
	return lines, nil
}

// updates collects the ref updates of one push.
type updates struct {
	list  []history.RefUpdate
	idLen int
	seen  map[string]bool
}

func (u *updates) add(oldID, newID, ref string) error {
	from, err := u.id(oldID)
	if err != nil {
		return fmt.Errorf("old id: %w", err)
	}
	to, err := u.id(newID)
	if err != nil {
		return fmt.Errorf("new id: %w", err)
	}
	if why := refname.Fault(ref); why != "" {
		return fmt.Errorf("ref %q: %s (git-check-ref-format)", ref, why)
	}
	if u.seen[ref] {
		return fmt.Errorf("ref %q is named twice", ref)
	}
	if u.seen == nil {
		u.seen = make(map[string]bool)
	}
	u.seen[ref] = true
	u.list = append(u.list, history.RefUpdate{Old: from, New: to, Name: ref})
	return nil
}

// id reads a full object name. One push knows one hash function.
func (u *updates) id(s string) (history.ID, error) {
	id, err := history.ParseID(s)
	if err != nil {
		return history.ID{}, err
	}
	if u.idLen == 0 {
		u.idLen = len(s)
	}
	if len(s) != u.idLen {
		return history.ID{}, fmt.Errorf("object name of %d characters among others of %d", len(s), u.idLen)
	}
	return id, nil
}
