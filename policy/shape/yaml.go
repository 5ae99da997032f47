package shape

import "strings"

// parseYAML reads the part of YAML 1.2 that every reader of YAML reads alike: block mappings and sequences,
// scalars on one line, literal and folded text, and flow collections on one line, which it takes for text. It
// gives nil for all else: anchors, aliases, tags, merge keys, complex keys, tabs, scalars on several lines, keys
// that stand there twice, several documents.
func parseYAML(text []byte) *node { return parseYAMLBelow(string(text), 0) }

// parseYAMLBelow is parseYAML for a part of a text whose keys are so many levels deep.
func parseYAMLBelow(text string, depth int) *node {
	p := yamlParser{lines: make([]yamlLine, 0, strings.Count(text, "\n")+1)}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		below := strings.TrimLeft(line, " ")
		p.lines = append(p.lines, yamlLine{number: len(p.lines) + 1, indent: len(line) - len(below), text: below})
	}
	p.skip()
	if p.more() && p.lines[p.next].indent == 0 && p.lines[p.next].text == "---" {
		p.next++
		p.skip()
	}
	if !p.more() {
		return &node{kind: mapping}
	}
	root := p.value(p.lines[p.next].indent, depth)
	p.skip()
	if root == nil || p.more() {
		return nil
	}
	return root
}

type yamlLine struct {
	number, indent int
	text           string // without its indent
}

type yamlParser struct {
	lines []yamlLine
	next  int
	fresh []node // made at once, and not used yet
}

// node makes a scalar on a line.
func (p *yamlParser) node(line int) *node {
	if len(p.fresh) == 0 {
		p.fresh = make([]node, min(32, 1+len(p.lines)))
	}
	n := &p.fresh[0]
	p.fresh = p.fresh[1:]
	n.line = line
	return n
}

func (p *yamlParser) more() bool { return p.next < len(p.lines) }

// skip leaves out empty lines and comments.
func (p *yamlParser) skip() {
	for p.more() && (p.lines[p.next].text == "" || p.lines[p.next].text[0] == '#') {
		p.next++
	}
}

// value reads a mapping or a sequence whose parts begin at an indent.
func (p *yamlParser) value(indent, depth int) *node {
	if depth > maxDepth || !p.more() {
		return nil
	}
	n := p.node(p.lines[p.next].number)
	if n.kind = mapping; isEntry(p.lines[p.next].text) {
		n.kind = sequence
	}
	var seen keySet
	for {
		p.skip()
		if !p.more() || p.lines[p.next].indent < indent {
			return n
		}
		l := p.lines[p.next]
		if l.indent != indent || strings.ContainsRune(l.text, '\t') {
			return nil
		}
		if isEntry(l.text) != (n.kind == sequence) {
			if n.kind == sequence {
				return n // a sequence may stand at the indent of the key it belongs to, and the next key ends it
			}
			return nil
		}
		var kid *node
		if n.kind == sequence {
			kid = p.entry(l, depth)
		} else {
			key, rest, ok := cutKey(l.text)
			if !ok || !seen.add(n.keys, key) {
				return nil
			}
			n.keys = append(n.keys, key)
			kid = p.member(l, rest, depth)
		}
		if kid == nil {
			return nil
		}
		n.kids = append(n.kids, kid)
	}
}

func isEntry(text string) bool { return text == "-" || strings.HasPrefix(text, "- ") }

// entry reads what stands behind a dash.
func (p *yamlParser) entry(l yamlLine, depth int) *node {
	rest := strings.TrimLeft(l.text[1:], " ")
	if rest == "" || rest[0] == '#' {
		p.next++
		p.skip()
		if !p.more() || p.lines[p.next].indent <= l.indent {
			return p.node(l.number)
		}
		return p.value(p.lines[p.next].indent, depth+1)
	}
	if _, _, ok := cutKey(rest); ok || isEntry(rest) {
		// The line is read again as the first of a mapping or sequence that begins behind the dash.
		inner := l.indent + len(l.text) - len(rest)
		p.lines[p.next] = yamlLine{number: l.number, indent: inner, text: rest}
		return p.value(inner, depth+1)
	}
	return p.leaf(l, rest)
}

// member reads what stands behind a key.
func (p *yamlParser) member(l yamlLine, rest string, depth int) *node {
	if rest != "" && rest[0] != '#' {
		return p.leaf(l, rest)
	}
	p.next++
	p.skip()
	if p.more() {
		below := p.lines[p.next]
		if below.indent > l.indent || below.indent == l.indent && isEntry(below.text) {
			return p.value(below.indent, depth+1)
		}
	}
	return p.node(l.number)
}

// leaf reads a scalar, text of several lines or a flow collection that begins on a line.
func (p *yamlParser) leaf(l yamlLine, rest string) *node {
	p.next++
	n := p.node(l.number)
	switch c := rest[0]; {
	case c == '|' || c == '>':
		n.kind = block
		return p.block(n, l.indent, rest)
	case c == '"' || c == '\'' || c == '{' || c == '[':
		end := flowEnd(rest)
		if end < 0 || !onlyComment(rest[end:]) {
			return nil
		}
		n.text, n.note = rest[:end], rest[end:]
	case strings.IndexByte("&*!%@`,?}]#", c) >= 0:
		return nil
	default:
		if i := strings.Index(rest, " #"); i >= 0 {
			rest, n.note = rest[:i], rest[i:]
		}
		n.text = strings.TrimRight(rest, " ")
		if strings.Contains(n.text, ": ") || strings.HasSuffix(n.text, ":") || strings.HasPrefix(n.text, "- ") {
			return nil
		}
	}
	// A scalar that goes on below isn't read.
	p.skip()
	if p.more() && p.lines[p.next].indent > l.indent {
		return nil
	}
	return n
}

// block reads literal or folded text. Its indent is that of its first line.
func (p *yamlParser) block(n *node, parent int, header string) *node {
	head := strings.TrimRight(header, " ")
	switch head {
	case "|", "|-", "|+", ">", ">-", ">+":
	default:
		return nil
	}
	var b strings.Builder
	b.WriteString(head)
	indent := -1
	for ; p.more(); p.next++ {
		l := p.lines[p.next]
		if l.text == "" {
			if indent < 0 && l.indent > 0 {
				return nil
			}
			b.WriteByte('\n')
			continue
		}
		if indent < 0 {
			indent = l.indent
		}
		if l.indent <= parent || l.indent < indent {
			break
		}
		b.WriteByte('\n')
		b.WriteString(strings.Repeat(" ", l.indent-indent))
		b.WriteString(l.text)
	}
	if p.more() && p.lines[p.next].indent > parent {
		return nil // neither in the text nor beside it
	}
	n.text = b.String()
	return n
}

// cutKey cuts a line at the colon behind its key.
func cutKey(text string) (key, rest string, ok bool) {
	end := 0
	switch {
	case text == "" || strings.IndexByte("&*!|>%@`{}[],?#", text[0]) >= 0 || isEntry(text):
		return "", "", false
	case text[0] == '"' || text[0] == '\'':
		if end = flowEnd(text); end < 0 || strings.ContainsAny(text[:end], "\\") {
			return "", "", false
		}
		key = text[1 : end-1]
	default:
		for end = 0; end < len(text); end++ {
			if text[end] == ':' && (end+1 == len(text) || text[end+1] == ' ') {
				break
			}
			if text[end] == '#' && end > 0 && text[end-1] == ' ' {
				return "", "", false
			}
		}
		key = text[:end]
	}
	if end >= len(text) || text[end] != ':' || end+1 < len(text) && text[end+1] != ' ' || key == "<<" ||
		strings.HasSuffix(key, " ") {
		return "", "", false
	}
	return key, strings.TrimLeft(text[end+1:], " "), true
}

// flowEnd gives where a quoted scalar or a flow collection that a text begins with ends, -1 if it doesn't.
func flowEnd(text string) int {
	open := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"', '\'':
			if i = yamlQuoteEnd(text, i); i < 0 {
				return -1
			}
		case '{', '[':
			open++
		case '}', ']':
			open--
		case '#', '&', '*', '!':
			// These mean something where a value begins.
			if i == 0 || strings.IndexByte(" {[,:", text[i-1]) >= 0 {
				return -1
			}
		}
		if open <= 0 {
			return i + 1
		}
	}
	return -1
}

// yamlQuoteEnd gives where the quote is that ends the scalar that begins with one, -1 if there is none. In double
// quotes a backslash hides what follows it, in single ones a quote is written twice.
func yamlQuoteEnd(text string, at int) int {
	quote := text[at]
	for i := at + 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] != quote:
		case quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i
		}
	}
	return -1
}

func onlyComment(text string) bool {
	trimmed := strings.TrimLeft(text, " ")
	return trimmed == "" || trimmed[0] == '#' && len(trimmed) < len(text)
}

// unquoted gives a scalar without its quotes, and which they are.
func unquoted(text string) (string, byte) {
	if len(text) > 1 && (text[0] == '"' || text[0] == '\'') && text[len(text)-1] == text[0] {
		return text[1 : len(text)-1], text[0]
	}
	return text, 0
}
