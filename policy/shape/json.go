package shape

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// compareJSON is the comparer of a manifest in JSON. What its tool reads and this package can't, as names that stand
// there twice or a mark of the byte order, hides what it brings in.
func compareJSON(parse func([]byte) *node, judge rule) comparer {
	read := remember(whether(parse))
	return func(old, now []byte) []change {
		if _, ok := read(now); !ok && json.Valid(bytes.TrimPrefix(now, []byte("\xef\xbb\xbf"))) {
			if _, ok := read(old); ok || old == nil {
				return []change{risky(0, "names that stand there twice, or a mark before all else")}
			}
		}
		return compareRead(read, judge, old, now)
	}
}

// parseJSON reads a JSON text (RFC 8259), nil if it isn't one, nests too deep or has a name twice in an object, of
// which tools take the first or the last.
func parseJSON(text []byte) *node {
	if !utf8.Valid(text) {
		return nil
	}
	p := jsonParser{dec: json.NewDecoder(bytes.NewReader(text)), text: text, line: 1}
	p.dec.UseNumber()
	root := p.value(0)
	if root == nil || len(bytes.TrimSpace(text[p.dec.InputOffset():])) > 0 {
		return nil
	}
	return root
}

type jsonParser struct {
	dec  *json.Decoder
	text []byte
	done int // how far lines are counted
	line int
}

func (p *jsonParser) token() (json.Token, bool) {
	t, err := p.dec.Token()
	end := int(p.dec.InputOffset())
	p.line += bytes.Count(p.text[p.done:end], []byte{'\n'})
	p.done = end
	return t, err == nil
}

func (p *jsonParser) value(depth int) *node {
	t, ok := p.token()
	if !ok || depth > maxDepth {
		return nil
	}
	n := &node{line: p.line}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			n.kind = mapping
			return p.object(n, depth)
		}
		n.kind = sequence
		return p.array(n, depth)
	case string:
		n.text = t
	case json.Number:
		n.kind, n.text = block, t.String()
	case bool:
		n.kind, n.text = block, "false"
		if t {
			n.text = "true"
		}
	default:
		n.kind, n.text = block, "null"
	}
	return n
}

func (p *jsonParser) object(n *node, depth int) *node {
	var seen keySet
	for p.dec.More() {
		t, ok := p.token()
		key, isString := t.(string)
		if !ok || !isString || !seen.add(n.keys, key) {
			return nil
		}
		kid := p.value(depth + 1)
		if kid == nil {
			return nil
		}
		n.keys, n.kids = append(n.keys, key), append(n.kids, kid)
	}
	if _, ok := p.token(); !ok {
		return nil
	}
	return n
}

func (p *jsonParser) array(n *node, depth int) *node {
	for p.dec.More() {
		kid := p.value(depth + 1)
		if kid == nil {
			return nil
		}
		n.kids = append(n.kids, kid)
	}
	if _, ok := p.token(); !ok {
		return nil
	}
	return n
}
