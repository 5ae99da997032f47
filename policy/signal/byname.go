package signal

import (
	"bytes"
	"slices"
	"strings"

	"countersign/policy/edit"
)

const (
	mostNames = 32   // names of decoded values that are followed in a file
	longLine  = 8192 // longer lines aren't taken apart: names of one letter mean nothing in them
)

// value is a name of a decoded value, or of a function that gives one.
type value struct {
	name  string
	added bool // by the change
}

// byName follows decoded and fetched values by the names of the variables and functions that hold or make them.
func (f *file) byName() {
	added := make(map[int]bool, len(f.lines))
	for _, l := range f.lines {
		added[l.Number] = true
	}
	values := f.values(added)
	if len(values) == 0 {
		return
	}
	f.statements(func(n int, b []byte, about mark) bool {
		inProgram := about&(run|call) != 0 && marksOf(b)&(run|call) != 0
		inShell := f.kind != code && bytes.IndexByte(b, '$') >= 0
		if inProgram || inShell {
			for _, v := range values {
				if (v.added || added[n]) && (inProgram && f.runsName(b, v.name) ||
					inShell && (shellRunsName(b, v.name) || isVariable(b, v.name) && !f.quoted(n))) {
					f.hit(DecodeAndRun, edit.Line{Number: n, Text: b}, 0, "a value that is decoded or fetched is run as a program")
					return false
				}
			}
		}
		if to := assigned(b); to != nil && len(values) < mostNames && handsOn(b) {
			for _, v := range values {
				if mentions(b[len(to):], v.name) {
					values = with(values, value{string(to), v.added || added[n]})
					break
				}
			}
		}
		return true
	})
}

// values gives the names that decoded or fetched values are given in a line.
func (f *file) values(added map[int]bool) []value {
	var all []value
	var function value
	since := 0
	f.statements(func(n int, b []byte, about mark) bool {
		if since++; since > reach {
			function.name = ""
		}
		if name := functionName(b); name != nil {
			function, since = value{string(name), added[n]}, 0
		}
		if about&(unpack|fetch|down) == 0 || marksOf(b)&(unpack|fetch|down) == 0 {
			return true
		}
		if to := decoderNamed(b); to != nil {
			all = with(all, value{string(to), added[n]})
			return len(all) < mostNames
		}
		if len(f.decoders(b)) == 0 {
			return true
		}
		if to := assigned(b); to != nil {
			all = with(all, value{string(to), added[n]})
		} else if function.name != "" && (since == 0 || bytes.Contains(b, []byte("return"))) {
			all = with(all, value{function.name, function.added || added[n]})
		}
		return len(all) < mostNames
	})
	return all
}

// decoderNamed gives the other name that a statement gives a decoder, or nil: const d = atob, import b64decode as d.
func decoderNamed(b []byte) []byte {
	_, as, found := bytes.Cut(b, []byte(" as "))
	to := assigned(b)
	for _, d := range decoders {
		d = strings.TrimSuffix(d, "(")
		i := indexFold(b, d)
		switch {
		case i < 0:
		case found && hasFold(trimBlanks(b), "from ") && i+len(d) == len(b)-len(as)-len(" as "):
			return trimBlanks(as)
		case to != nil && len(bytes.Trim(b[i+len(d):], " \t'\"")) == 0 && bytes.IndexByte(b, '(') < 0:
			return to
		}
	}
	return nil
}

// with gives the values and one more, unless it is among them.
func with(all []value, one value) []value {
	if slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}

// statements gives the statements of the whole text, as far as semicolons and lines part them, until one is enough; and
// the marks of the line that each is a part of.
func (f *file) statements(each func(n int, b []byte, about mark) bool) {
	n := 0
	for line := range bytes.Lines(f.now) {
		if n++; len(line) > longLine || f.isComment(line) {
			continue
		}
		line, about := f.plain(bytes.TrimRight(line, "\r\n"))
		for len(line) > 0 {
			statement, rest, _ := bytes.Cut(line, []byte(";"))
			line = rest
			for f.kind != code && len(statement) > 0 {
				first, more, found := bytes.Cut(statement, []byte("&&"))
				if !found {
					break
				}
				if !each(n, first, about) {
					return
				}
				statement = more
			}
			if !each(n, statement, about) {
				return
			}
		}
	}
}

// handsOn says whether a line hands a value on: nothing is called but what makes a text of it.
func handsOn(b []byte) bool {
	return bytes.Count(b, []byte("(")) <= 2 &&
		anyFold(b, "tostring", "decode", "join", "+", "utf", "`", "string(", "compile(", "text()")
}

// nameSinks are the sinks that run a value by its name.
var nameSinks = append(
	sinks[:len(sinks):len(sinks)],
	"execsync(", "system(", "popen(", "document.write(", "shell_exec(", "passthru(", "settimeout(",
)

// shellRunsName says whether a shell runs the value of a variable: sh -c "$x", echo "$x" | sh, sh <<< "$x".
func shellRunsName(b []byte, name string) bool {
	for _, mark := range []string{"$" + name, "${" + name} {
		at := bytes.Index(b, []byte(mark))
		if at < 0 {
			continue
		}
		if end := at + len(mark); end < len(b) && isWord(b[end]) {
			continue
		}
		if pipedIntoShell(b, at) >= 0 || runsArgument(b[:at], hereString(b[:at])) {
			return true
		}
	}
	return false
}

// isVariable says whether a command is a variable's value and nothing else.
func isVariable(b []byte, name string) bool {
	return string(bytes.Trim(b, " \t\r\"{}$&-")) == name && bytes.IndexByte(b, '$') >= 0
}

// runsName says whether a sink runs the value of a name.
func (f *file) runsName(b []byte, name string) bool {
	if !bytes.Contains(b, []byte(name)) {
		return false
	}
	for _, s := range nameSinks {
		for at := f.sinkAt(b, s, 0); at >= 0; at = f.sinkAt(b, s, at+1) {
			args := argument(b[at+len(s)-1:])
			if beginsWithName(args, name) || s == "function(" && endsWithName(args, name) {
				return true
			}
		}
	}
	return false
}

func beginsWithName(args []byte, name string) bool {
	args = bytes.TrimLeft(args, "( \t$\"'`{@,[")
	for _, w := range []string{
		"await ", "new ", "compile(", "string(", "str(", "this,", "null,", "void 0,", "string::from_utf8(", "&",
	} {
		if hasFold(args, w) {
			args = bytes.TrimLeft(args[len(w):], "( $")
		}
	}
	return bytes.HasPrefix(args, []byte(name)) &&
		(len(args) == len(name) || !isWord(args[len(name)]) && args[len(name)] != '=')
}

func endsWithName(args []byte, name string) bool {
	args = bytes.TrimRight(args, ") \t")
	if comma := bytes.LastIndexByte(args, ','); comma >= 0 && beginsWithName(args[comma+1:], name) {
		return true // the name, or a part of it: r.data
	}
	return bytes.HasSuffix(args, []byte(name)) && (len(args) == len(name) || !isWord(args[len(args)-len(name)-1]))
}

// mentions says whether a name stands there as a word.
func mentions(b []byte, name string) bool {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte(name))
		if i < 0 {
			return false
		}
		i += from
		end := i + len(name)
		if (i == 0 || !isWord(b[i-1])) && (end == len(b) || !isWord(b[end])) {
			return true
		}
		from = i + 1
	}
}

// assigned gives the name that a line assigns to, or nil: x = …, const x = …, $x = …, x := ….
func assigned(b []byte) []byte {
	b = bytes.TrimLeft(b, " \t{;(")
	for _, w := range []string{
		"<?php ", "- ", "run: ", "while ", "if ", "do ", "then ", "else ", "const ", "let ", "var ", "local ", "my ",
		"export ", "final ", "string ", "auto ",
	} {
		if hasFold(b, w) {
			b = bytes.TrimLeft(b[len(w):], " ")
		}
	}
	b = bytes.TrimLeft(b, "$@")
	n := 0
	for n < len(b) && (isWord(b[n]) || b[n] == '.') {
		n++
	}
	rest := bytes.TrimLeft(b[n:], ", _:\t")
	rest = bytes.TrimLeft(bytes.TrimPrefix(rest, []byte("err")), " :")
	if n == 0 || len(rest) < 2 || rest[0] != '=' && !bytes.HasPrefix(rest, []byte("+=")) || rest[1] == '=' {
		return nil
	}
	return b[:n]
}

// functionName gives the name of a function that a line begins: function x(, def x(, or nil.
func functionName(b []byte) []byte {
	b = bytes.TrimLeft(b, " \t")
	for _, w := range []string{"export ", "default ", "async ", "local ", "static "} {
		if hasFold(b, w) {
			b = b[len(w):]
		}
	}
	for _, w := range []string{"function ", "def "} {
		if bytes.HasPrefix(b, []byte(w)) {
			b = b[len(w):]
			return b[:wordLength(b)]
		}
	}
	return nil
}
