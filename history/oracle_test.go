package history

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// agree fails unless both readers and git say the same of a range, and gives the number of its commits. Changes of
// merges are git's where they are counted only.
func (r testRepo) agree(t *testing.T, both readers, rng Range) int {
	t.Helper()
	args := []string{"rev-list", rng.Tip.String(), "--not"}
	for _, id := range rng.Not {
		args = append(args, id.String())
	}
	isNew := strings.Fields(r.git(args...))
	slices.Sort(isNew)
	var got []string
	var compared []Entry
	for _, e := range both.agree(t, rng) {
		got = append(got, e.ID.String())
		if len(e.Parents) < 2 || rng.Counted {
			compared = append(compared, e)
		}
	}
	if slices.Sort(got); !slices.Equal(got, isNew) {
		t.Errorf("%v: %d commits are new, and to git %d", rng, len(got), len(isNew))
	}
	changes := r.changes(compared, rng.Counted)
	for _, e := range compared {
		if diff := compare(changes[e.ID], e.Changes); diff != "" {
			t.Errorf("%q (-git +reader):\n%s", subject(e.Commit), diff)
		}
	}
	return len(got)
}

// changes is what git says that each commit changed, against all of its parents. Where they are only counted, what
// lands is seen alone.
func (r testRepo) changes(commits []Entry, counted bool) map[ID][]Change {
	r.t.Helper()
	var asked bytes.Buffer
	for _, e := range commits {
		fmt.Fprintln(&asked, e.ID)
	}
	out := r.feed(asked.Bytes(),
		"diff-tree", "--stdin", "-r", "-c", "-z", "--raw", "--root", "--no-renames", "--full-index")
	changes := make(map[ID][]Change)
	var of ID
	fields := strings.Split(out, "\x00")
	for len(fields) > 1 {
		if !strings.HasPrefix(fields[0], ":") {
			of, fields = mustID(r.t, fields[0]), fields[1:]
			continue
		}
		// As many colons as parents, their modes, the mode; their ids, the id; a letter for each.
		columns := strings.Fields(strings.TrimLeft(fields[0], ":"))
		parents := (len(columns) - 2) / 2
		side := func(i int) Side {
			var mode Mode
			for _, digit := range columns[i] {
				mode = mode<<3 | Mode(digit-'0')
			}
			return Side{Mode: mode, ID: mustID(r.t, columns[parents+1+i])}
		}
		c := Change{Path: fields[1], New: side(parents)}
		for i := range parents {
			c.Old = append(c.Old, side(i))
		}
		changes[of] = append(changes[of], c)
		fields = fields[2:]
	}
	r.inspect(changes, counted)
	for _, of := range changes {
		slices.SortFunc(of, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	}
	return changes
}

// inspect gives each change what fingerprint says of its contents, which git cat-file reads.
func (r testRepo) inspect(changes map[ID][]Change, counted bool) {
	r.t.Helper()
	contents := make(map[ID][]byte)
	isFile := func(s Side) bool { return s.Mode != ModeAbsent && s.Mode != ModeSubmodule }
	for _, of := range changes {
		for _, c := range of {
			for _, side := range append(slices.Clone(c.Old), c.New) {
				if isFile(side) && (side == c.New || !counted) {
					contents[side.ID] = nil
				}
			}
		}
	}
	var asked bytes.Buffer
	for id := range contents {
		fmt.Fprintln(&asked, id)
	}
	// A line with name, kind and size, the content, and the end of a line.
	out := []byte(r.feed(asked.Bytes(), "cat-file", "--batch") + "\n")
	for len(out) > 1 {
		line, rest, _ := bytes.Cut(out, []byte{'\n'})
		var id string
		var size int
		if _, err := fmt.Sscanf(string(line), "%s blob %d", &id, &size); err != nil {
			r.t.Fatalf("git cat-file: %q: %v", line, err)
		}
		contents[mustID(r.t, id)] = rest[:size]
		out = rest[size+1:]
	}
	for _, of := range changes {
		for i, c := range of {
			if !isFile(c.New) {
				continue
			}
			l := Landed{Path: c.Path, Head: contents[c.New.ID]}
			l.Size = int64(len(l.Head))
			for _, old := range c.Old {
				if !counted && isFile(old) {
					l.Before = append(l.Before, contents[old.ID])
				}
			}
			of[i].Size, of[i].Traits = l.Size, fingerprint(l)
		}
	}
}
