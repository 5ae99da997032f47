package history

import (
	"fmt"
	"strings"
	"testing"

	"countersign/internal/objectid"
)

// folders is a store of nothing but trees.
type folders map[ID]string

func (f folders) head(id ID, kind string, keep int64, b bound) ([]byte, int64, error) {
	raw, ok := f[id]
	switch size := int64(len(raw)); {
	case !ok || kind != "tree":
		return nil, 0, missing(id)
	case size > b.most:
		return nil, 0, b.exceeded(kind, id, size)
	default:
		return []byte(raw[:min(keep, size)]), size, nil
	}
}

func (folders) kind(ID) (string, error) { return "tree", nil }
func (folders) Close() error            { return nil }

// nested adds as many folders, one in the other and each with a file, whose names have so many bytes in all. It gives
// the outermost.
func (f folders) nested(t *testing.T, levels, bytes int) ID {
	t.Helper()
	var id ID
	for n := range levels {
		raw := "100644 " + strings.Repeat("a", bytes/levels) + "\x00" + strings.Repeat("x", 20)
		if n > 0 {
			raw += "40000 b\x00" + string(id.Bytes())
		}
		var err error
		if id, err = objectid.Parse(fmt.Sprintf("%08x%032x", len(f)+1, 1)); err != nil {
			t.Fatal(err)
		}
		f[id] = raw
	}
	return id
}

// TestAttackManyLargeFolders: whoever compares much at once waits for others who do, also where no folder is large by
// itself. Else each of several commits that are read at a time could take as much memory.
func TestAttackManyLargeFolders(t *testing.T) {
	for name, c := range map[string]struct {
		levels, bytes int
		want          bool
	}{
		"one small":  {1, largeTree / 2, false},
		"many small": {20, largeTree / 2, false},
		"one large":  {1, largeTree * 2, true},
		"many":       {20, largeTree * 2, true},
	} {
		f := make(folders)
		outer := f.nested(t, c.levels, c.bytes)
		files, turns := 0, false
		all := &trees{objects: &objects{store: f}}
		d := treeDiff{descent: descent{trees: all, ctx: t.Context()}}
		d.first = func(_ string, id ID, most int64) (tree, error) { return all.read(id, anyTree, most) }
		d.found = func(Change) error {
			files++
			turns = turns || d.turns
			return nil
		}
		if err := d.compare("", []ID{outer, {}}); err != nil || files != c.levels || turns != c.want {
			t.Errorf("%s: %d files, %v; they wait for others: %v", name, files, err, turns)
		}
		d.end()
		if !all.turn.TryLock() {
			t.Errorf("%s: the turn isn't given back", name)
		}
	}
}
