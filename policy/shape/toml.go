package shape

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/BurntSushi/toml"
)

// parseTOML reads a TOML text, nil if it isn't one or nests too deep. Its nodes have no lines: the line is looked
// for by who needs it.
func parseTOML(text []byte) *node {
	if !shallow(text) {
		return nil
	}
	var all map[string]any
	if _, err := toml.Decode(string(text), &all); err != nil {
		return nil
	}
	return nodeOf(all, 0)
}

// shallow tells whether nothing in a text can nest deep: what brackets and dots there are might all be outside of
// strings.
func shallow(text []byte) bool {
	open := 0
	for line := range bytes.Lines(text) {
		key, _, _ := bytes.Cut(line, []byte{'='})
		if bytes.Count(key, []byte{'.'}) > maxDepth && !bytes.HasPrefix(bytes.TrimSpace(line), []byte{'#'}) {
			return false
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				if open++; open > maxDepth {
					return false
				}
			case ']', '}':
				open = max(open-1, 0)
			}
		}
	}
	return true
}

func nodeOf(v any, depth int) *node {
	if depth > maxDepth {
		return nil
	}
	switch v := v.(type) {
	case string:
		return &node{text: v}
	case map[string]any:
		n := &node{kind: mapping}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			n.keys = append(n.keys, key)
			n.kids = append(n.kids, nodeOf(v[key], depth+1))
		}
		return whole(n)
	case []map[string]any:
		n := &node{kind: sequence}
		for _, kid := range v {
			n.kids = append(n.kids, nodeOf(kid, depth+1))
		}
		return whole(n)
	case []any:
		n := &node{kind: sequence}
		for _, kid := range v {
			n.kids = append(n.kids, nodeOf(kid, depth+1))
		}
		return whole(n)
	}
	return &node{kind: block, text: fmt.Sprintf("%T %v", v, v)}
}

// whole gives nil for a value that has a part that couldn't be read.
func whole(n *node) *node {
	if slices.Contains(n.kids, nil) {
		return nil
	}
	return n
}
