package shape

import (
	"slices"
	"strconv"
)

// node is a value of JSON, TOML or YAML.
type node struct {
	kind nodeKind
	text string   // of a scalar, as it is written or means
	note string   // the comment behind a scalar
	keys []string // of a mapping, in order
	kids []*node  // of a mapping or a sequence
	line int
}

type nodeKind uint8

const (
	scalar nodeKind = iota
	mapping
	sequence
	block // text of several lines, which is never harmless to change
)

// keySet finds keys that a mapping has twice. Most have so few that they are searched.
type keySet struct{ many map[string]bool }

// add says whether a key isn't one of those that a mapping has so far.
func (s *keySet) add(keys []string, key string) bool {
	if len(keys) < 8 {
		return !slices.Contains(keys, key)
	}
	if s.many == nil {
		s.many = make(map[string]bool, 2*len(keys))
		for _, k := range keys {
			s.many[k] = true
		}
	}
	if s.many[key] {
		return false
	}
	s.many[key] = true
	return true
}

// maxDepth is how deep values may nest.
const maxDepth = 64

// at gives the value of a key, nil if there is none.
func (n *node) at(key string) *node {
	if n == nil || n.kind != mapping {
		return nil
	}
	for i, k := range n.keys {
		if k == key {
			return n.kids[i]
		}
	}
	return nil
}

// index gives the values of a mapping by their keys.
func (n *node) index() map[string]*node {
	if n == nil || n.kind != mapping {
		return nil
	}
	all := make(map[string]*node, len(n.keys))
	for i, k := range n.keys {
		all[k] = n.kids[i]
	}
	return all
}

// str gives the text of a scalar, "" for all else.
func (n *node) str() string {
	if n == nil || n.kind != scalar {
		return ""
	}
	return n.text
}

func (n *node) lineOf() int {
	if n == nil {
		return 0
	}
	return n.line
}

// same tells whether two values mean the same. The order of keys says nothing.
func same(a, b *node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.kind != b.kind || a.text != b.text || len(a.kids) != len(b.kids) {
		return false
	}
	if a.kind != mapping {
		for i := range a.kids {
			if !same(a.kids[i], b.kids[i]) {
				return false
			}
		}
		return true
	}
	byKey := b.index()
	for i, key := range a.keys {
		if byKey[key] == nil || !same(a.kids[i], byKey[key]) {
			return false
		}
	}
	return true
}

// A rule judges a difference between two values at the same place; one of them may be nil. It gives false for values
// that are to be compared part by part, or of which it knows nothing.
type rule func(path []string, old, now *node) (change, bool)

// compareTrees gives all differences, as a rule judges them. What the rule doesn't know is plain.
func compareTrees(path []string, old, now *node, judge rule) []change {
	if same(old, now) {
		return nil
	}
	line := now.lineOf()
	if c, known := judge(path, old, now); known {
		if c.line == 0 {
			c.line = line
		}
		return []change{c}
	}
	if old == nil && now != nil && now.kind == mapping {
		old = &node{kind: mapping}
	}
	if old == nil || now == nil || old.kind != now.kind || now.kind == scalar || now.kind == block {
		return []change{plain(line, "nothing is known of this value")}
	}
	var all []change
	if now.kind == sequence {
		if len(old.kids) != len(now.kids) {
			return []change{plain(line, "a list of another length")}
		}
		for i, kid := range now.kids {
			all = append(all, compareTrees(under(path, strconv.Itoa(i)), old.kids[i], kid, judge)...)
		}
		return all
	}
	olds, nows := old.index(), now.index()
	for i, key := range now.keys {
		all = append(all, compareTrees(under(path, key), olds[key], now.kids[i], judge)...)
	}
	for i, key := range old.keys {
		if nows[key] == nil {
			all = append(all, compareTrees(under(path, key), old.kids[i], nil, judge)...)
		}
	}
	return all
}

// under gives the path of a part; paths share no memory.
func under(path []string, key string) []string {
	return append(path[:len(path):len(path)], key)
}

// compareParsed is the comparer of a format that has a parser and a rule.
func compareParsed(parse func([]byte) *node, judge rule) comparer {
	read := remember(whether(parse))
	return func(old, now []byte) []change { return compareRead(read, judge, old, now) }
}

// compareRead compares two texts by a rule.
func compareRead(read func([]byte) (*node, bool), judge rule, old, now []byte) []change {
	b, ok := read(now)
	if !ok {
		return unread()
	}
	var a *node
	if old != nil {
		if a, ok = read(old); !ok {
			return unread()
		}
	}
	return compareTrees(nil, a, b, judge)
}

// whether gives a parser that says whether it could read a text.
func whether(parse func([]byte) *node) func([]byte) (*node, bool) {
	return func(text []byte) (*node, bool) {
		n := parse(text)
		return n, n != nil
	}
}
