package signal

import (
	"bytes"
	"strings"

	"countersign/policy/edit"
)

// reach is how many lines before and after one a command may be continued on.
const reach = 6

// command gives a line with those it goes on in, after a backslash or a pipe, and before a pipe, and the last's number.
func (f *file) command(l edit.Line) (all []byte, last int) {
	from, to := l.Number, l.Number
	for from > max(1, l.Number-reach) && (goesOn(f.line(from-1)) || begunBefore(f.line(from))) {
		from--
	}
	for to < l.Number+reach && (goesOn(f.line(to)) || begunBefore(f.line(to+1))) {
		to++
	}
	if f.ext == "yml" || f.ext == "yaml" {
		first, last := f.folded(l.Number)
		from, to = min(from, first), max(to, last)
	}
	all = l.Text
	if from != to {
		all = nil
		for n := from; n <= to; n++ {
			if text := f.line(n); !f.isComment(text) {
				all = append(append(all, bytes.TrimRight(trimBlanks(text), "\\`")...), ' ')
			}
		}
	}
	if plain := unsplit(all, f.kind); plain != nil {
		return plain, to
	}
	return all, to
}

func goesOn(line []byte) bool {
	line = trimBlanks(line)
	return len(line) > 0 && (line[len(line)-1] == '\\' || line[len(line)-1] == '|' || bytes.HasSuffix(line, []byte("&&")))
}

func begunBefore(line []byte) bool { return bytes.HasPrefix(trimBlanks(line), []byte("|")) }

// comments are what begins a line that is only a comment, with the extensions of the languages where it does, or "" for
// all of the kind code. In others the same may be a command that fails, before one that doesn't.
var comments = []struct{ mark, in string }{
	{"//", ""},
	{"* ", ""},
	{"/*", ""},
	{"<!--", ""},
	{"//", " json jsonc json5 proto "},
	{"rem ", " bat cmd bas vb vbs "},
	{":: ", " bat cmd "},
	{"dnl ", " ac m4 in "},
	{"-- ", " lua sql hs elm adb ads vhd "},
}

// hashed are extensions of languages in which only # begins a comment.
const hashed = " py pyw rb pl pm r jl ex exs nim coffee "

// isComment says whether a line is only a comment.
func (f *file) isComment(line []byte) bool {
	line = bytes.TrimLeft(line, " \t")
	if len(line) > 0 && line[0] == '#' {
		return !bytes.HasPrefix(line, []byte("#!")) && !f.slashes()
	}
	lang := " " + f.ext + " "
	for _, c := range comments {
		if !hasFold(line, c.mark) {
			continue
		}
		if c.in != "" && strings.Contains(c.in, lang) {
			return c.mark != "dnl " || !bytes.ContainsAny(line, ";&") // else it is a command that fails, and another
		}
		if c.in == "" && f.kind == code && !strings.Contains(hashed, lang) {
			end := bytes.Index(line, []byte("*/"))
			if n := wordLength(line[2:]); c.mark == "* " && n > 0 && n+2 < len(line) && line[n+2] == '(' {
				return false // a factor
			}
			return c.mark == "//" || end < 0 || len(trimBlanks(line[end+2:])) == 0
		}
	}
	return f.kind == code && string(line) == "*"
}

// wordLength says how many letters, digits and underscores bytes begin with.
func wordLength(b []byte) int {
	n := 0
	for n < len(b) && isWord(b[n]) {
		n++
	}
	return n
}

// interpreters run what they are given on standard input.
var interpreters = map[string]bool{
	"sh": true, "bash": true, "zsh": true, "dash": true, "ash": true, "ksh": true, "fish": true, "python": true,
	"python2": true,
	"python3": true, "node": true, "nodejs": true, "bun": true, "deno": true, "perl": true, "ruby": true, "php": true,
	"lua": true, "pwsh": true,
	"powershell": true, "iex": true, "invoke-expression": true, "osascript": true, "tclsh": true,
	"cmd": true, "cmd.exe": true, "powershell.exe": true, "$shell": true, "${shell}": true,
	"$bash": true, "$0": true, "${0}": true, "$(shell": true, "$$shell": true, "$$0": true,
	"expect": true, "julia": true,
}

// before are words that may stand before the name of a command.
var before = map[string]bool{
	"sudo": true, "env": true, "exec": true, "command": true, "nohup": true, "time": true, "busybox": true, "doas": true,
	"setsid": true, "(": true, "{": true, "nice": true, "xargs": true, "builtin": true, "stdbuf": true, "timeout": true,
	"su": true,
}

// pipedIntoShell gives the place, after one, of a pipe into an interpreter that runs what it reads, or -1.
func pipedIntoShell(b []byte, after int) int {
	for i := after; i+1 < len(b); i++ {
		if b[i] != '|' {
			continue
		}
		if b[i+1] == '|' {
			i++
			continue
		}
		if runsInput(b[i+1:]) {
			return i
		}
	}
	return -1
}

// runsInput says whether a command reads its program from standard input.
func runsInput(b []byte) bool {
	b = bytes.TrimLeft(b, "& \t\"'")
	word, rest := nextWord(b)
	xargs := false
	for n := 0; n < 8; n++ {
		name := baseName(word)
		switch {
		case before[name]:
			xargs = xargs || name == "xargs"
		case n > 0 && len(word) > 0 && (word[0] == '-' || '0' <= word[0] && word[0] <= '9'), bytes.IndexByte(word, '=') > 0:
		default:
			if !interpreters[name] && !interpreters[trimVersion(name)] {
				return readsProgram(name, rest)
			}
			return readsInput(trimVersion(name), rest, xargs)
		}
		if word, rest = nextWord(rest); len(word) == 0 {
			return false
		}
	}
	return false
}

// readsProgram says whether another command is told to take its program from standard input, as by -f -.
func readsProgram(name string, rest []byte) bool {
	switch name {
	case "make", "gmake", "awk", "gawk", "mawk", "sed":
		return anyFold(rest, "-f -", "-f /dev/stdin", "-f/dev/stdin")
	case "at", "batch":
		return !anyFold(rest, "-f")
	case "source", ".":
		return anyFold(rest, "/dev/stdin")
	}
	return false
}

// readsInput looks at the words after an interpreter's name: a script or a program among them is run instead.
func readsInput(name string, rest []byte, xargs bool) bool {
	shell := name != "python" && name != "node" && name != "perl" && name != "ruby" && name != "php"
	for range 8 {
		var word []byte
		word, rest = nextWord(rest)
		switch w := string(word); {
		case w == "" || w == "-" || w == "/dev/stdin" || w == "--" || w == "/dev/fd/0":
			return true
		case w == "-s" && shell:
			return true
		case w == "run" && name == "deno":
		case w == "-c" && shell:
			return xargs || anyFold(rest, "$(cat", "`cat", "/dev/stdin", "eval")
		case w == "-command" || w == "-Command":
			return true
		case w[0] == '<' || w[0] == '>' || w[0] == '2':
		case shell && (w[0] == '-' || w[0] == '+') && !bytes.ContainsAny(word, "cV"):
		case w == "-u" || w == "-B" || w == "-E" || w == "-I" || w == "-w" || w == "-s" || w == "-S" || w == "-uB":
		case bytes.HasPrefix(word, []byte("--input-type")):
		default:
			return false
		}
	}
	return false
}

// nextWord cuts a word off, without the quotation marks and braces around it; a command's end is none.
func nextWord(b []byte) (word, rest []byte) {
	b = bytes.TrimLeft(b, " \t")
	n := 0
	for n < len(b) && (bytes.IndexByte([]byte(" \t\"'`,;|&)]}"), b[n]) < 0 || b[n] == '}' && n > 0 && b[n-1] == '{') {
		if n++; n == 1 && (b[0] == '(' || b[0] == '{') {
			break
		}
	}
	if n == 0 {
		return nil, nil
	}
	return b[:n], b[n:]
}

// baseName gives a command's name in lower case without its folders.
func baseName(word []byte) string {
	word = word[bytes.LastIndexByte(word, '/')+1:]
	if len(word) > 20 {
		return ""
	}
	return string(bytes.ToLower(word))
}

// trimVersion cuts a version off a name: python3.12.
func trimVersion(name string) string {
	for len(name) > 0 && (name[len(name)-1] == '.' || '0' <= name[len(name)-1] && name[len(name)-1] <= '9') {
		name = name[:len(name)-1]
	}
	return name
}

// givenToShell says whether what stands at a place is in a substitution whose text is run: eval "$(…)", sh -c "$(…)",
// source <(…), and one that is a command itself.
func givenToShell(b []byte, at int) bool {
	depth := 0
	for i := at - 1; i >= 0; i-- {
		switch b[i] {
		case ')':
			depth++
		case '(':
			if depth > 0 {
				depth--
				continue
			}
			if i > 0 && (b[i-1] == '$' || b[i-1] == '<') && runsArgument(b[:i-1], b[i-1] == '<' || hereString(b[:i-1])) {
				return true
			}
		case '`':
			if depth == 0 && bytes.Count(b[:i], []byte("`"))%2 == 0 && runsArgument(b[:i], false) {
				return true
			}
		}
	}
	return false
}

// hereString says whether what comes next is a shell's input.
func hereString(b []byte) bool { return bytes.HasSuffix(bytes.TrimRight(b, " \"'"), []byte("<<<")) }

// runsArgument says whether what comes after some bytes is run: as a program's text, or from a file if it is one.
func runsArgument(b []byte, isFile bool) bool {
	b = bytes.TrimRight(b, " \t\"'$<(\\")
	i := len(b)
	for i > 0 && bytes.IndexByte([]byte(" \t\"'`;|&({$"), b[i-1]) < 0 {
		i--
	}
	word := string(bytes.ToLower(b[i:]))
	name := baseName(b[i:])
	if isFile {
		return interpreters[trimVersion(name)] || name == "source" || word == "." || shellOptions[word]
	}
	if word == "-e" || len(word) > 1 && word[0] == '-' && word[len(word)-1] == 'c' {
		return ranBefore(b[:i])
	}
	return name == "eval" || name == "iex" || name == "invoke-expression"
}

// endsWith says whether bytes end with one of several texts.
func endsWith(b []byte, texts ...string) bool {
	for _, t := range texts {
		if bytes.HasSuffix(b, []byte(t)) {
			return true
		}
	}
	return false
}

// shellOptions may stand between a shell and the file that it runs.
var shellOptions = map[string]bool{"-s": true, "-x": true, "-e": true, "-ex": true, "-u": true}

// ranBefore says whether one of the last words is an interpreter.
func ranBefore(b []byte) bool {
	fields := bytes.Fields(b[max(0, len(b)-60):])
	for _, w := range fields[max(0, len(fields)-3):] {
		if interpreters[trimVersion(baseName(bytes.Trim(w, "\"'`([{,")))] {
			return true
		}
	}
	return false
}
