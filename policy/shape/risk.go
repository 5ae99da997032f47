package shape

import (
	"bytes"
	"slices"
	"strings"

	"countersign/policy/edit"
)

// riskyLines gives the lines of a change that show a risk by themselves: what is added of any family, and what is
// taken out of security. Added are the lines that no text before has, gone those of old that now hasn't.
func riskyLines(f family, old, now []byte, added, gone []edit.Line) []Reason {
	if f == 0 {
		return nil
	}
	reasons := checkLines(f, old, now, added, gone)
	reasons = append(reasons, lostProtection(f, added, gone)...)
	known := knownNames(f, old)
	for _, l := range added {
		text := l.Text
		if f&workflow != 0 && bytes.Contains(text, []byte(`: "`)) {
			text = unescaped(text)
		}
		words := wordFinder.in(text)
		if words == (wordSet{}) && !hinted(f, text) {
			continue
		}
		lower := bytes.ToLower(text)
		if f&images != 0 && otherReader(lower) {
			reasons = append(reasons, Reason{l.Number, string(l.Text), Risky, "a program that reads this file instead"})
		}
		if isComment(lower) {
			continue
		}
		why := whyOf(lower, f, &words)
		if why == "" {
			why = special(f, known, lower)
		}
		if why == "" && f&workflow != 0 {
			why = whyWritten(lower)
		}
		if why == "" && f&workflow != 0 && foreignCheckout(lower, now) {
			why = whyInput
		}
		if why != "" {
			reasons = append(reasons, Reason{l.Number, string(l.Text), Risky, why})
		}
	}
	return reasons
}

// hinted tells whether a line without any word that is searched for can be risky.
func hinted(f family, line []byte) bool {
	if f&(workflow|names|images) != 0 || bytes.IndexByte(line, '|') >= 0 || bytes.IndexByte(line, '\\') >= 0 {
		return true
	}
	for _, end := range dataEnds {
		if tooShort(end) && holdsEnd(line, end) {
			return true
		}
	}
	return false
}

// holdsEnd tells whether a line holds an end of a name.
func holdsEnd(line []byte, end string) bool {
	for {
		i := bytes.IndexByte(line, end[0])
		if i < 0 {
			return false
		}
		if line = line[i:]; beginsWith(line, end) {
			return true
		}
		line = line[1:]
	}
}

// whyOf gives the first reason that a line has among some words of some families, "" if it has none.
func whyOf(lower []byte, f family, words *wordSet) string {
	for i := range riskyWords {
		if w := &riskyWords[i]; words.has(i) && w.family&f != 0 && holds(lower, w) && !excused(lower, w) {
			return w.why
		}
	}
	return ""
}

// holds tells whether a line has a word, where it begins one if it must.
func holds(line []byte, w *word) bool {
	for at := 0; ; {
		i := bytes.Index(line[at:], []byte(w.text))
		if i < 0 {
			return false
		}
		at += i
		if !w.start || at == 0 || !isWord(line[at-1]) && bytes.IndexByte([]byte("-/."), line[at-1]) < 0 {
			return true
		}
		at++
	}
}

// tame are flags that turn off what is no protection.
var tame = [][]byte{
	[]byte("-fno-common"), []byte("-fno-omit-frame-pointer"), []byte("-fno-strict-aliasing"), []byte("-fno-color"),
	[]byte("-fno-builtin"), []byte("-fno-diagnostics"), []byte("-fno-signed"), []byte("-fno-trapping"),
	[]byte("-fno-asynchronous"), []byte("-fno-math"), []byte("-fno-exceptions"), []byte("-fno-rtti"),
	[]byte("-fno-sanitize-recover"), []byte("-fno-unwind"), []byte("-fno-inline"), []byte("-fno-lto"),
	[]byte("-fno-tree"), []byte("-fno-optimize"), []byte("-fno-ident"), []byte("-fno-openmp"),
}

// excused tells whether a word means something else in this line.
func excused(line []byte, w *word) bool {
	if w.text != "-fno-" {
		return false
	}
	n := 0
	for _, flag := range tame {
		n += bytes.Count(line, flag)
	}
	return n == bytes.Count(line, []byte("-fno-"))
}

// isComment tells whether a line is a comment in one of these formats and in no other language that they hold.
func isComment(lower []byte) bool {
	line := bytes.TrimSpace(lower)
	if len(line) == 0 {
		return true
	}
	switch line[0] {
	case '#':
		rest := bytes.TrimLeft(line[1:], " \t")
		for _, d := range []string{"include", "define", "if", "undef", "pragma", "else", "elif", "endif", "error", "!"} {
			if bytes.HasPrefix(rest, []byte(d)) {
				return false
			}
		}
		return true
	case '/':
		return bytes.HasPrefix(line, []byte("//")) && !bytes.HasPrefix(line, []byte("//usr/")) &&
			!bytes.HasPrefix(line, []byte("//bin/"))
	case '<':
		return bytes.HasPrefix(line, []byte("<!--")) && bytes.HasSuffix(line, []byte("-->"))
	}
	return bytes.HasPrefix(line, []byte("dnl ")) && !bytes.ContainsAny(line, "&|;") // else it may be a command that fails
}

// lostProtection gives the lines that took protection away by being taken out: what a line that is added says in
// other white space isn't lost.
func lostProtection(f family, added, gone []edit.Line) []Reason {
	protects := f & (security | sanitizer)
	var again map[string]bool
	limited := slices.ContainsFunc(added, func(l edit.Line) bool { return bytes.Contains(l.Text, []byte("permissions:")) })
	var reasons []Reason
	for _, l := range gone {
		words := wordFinder.in(l.Text)
		if words == (wordSet{}) && f&workflow == 0 {
			continue
		}
		lower, why := bytes.ToLower(l.Text), ""
		switch {
		case isComment(lower):
		case whyOf(lower, protects, &words) == whySecurity:
			why = whySecurity + " is taken out"
		case f&workflow != 0 && !limited && bytes.Contains(lower, []byte("permissions:")):
			why = "limits of rights are taken out"
		}
		if why == "" {
			continue
		}
		if again == nil {
			again = make(map[string]bool)
			for _, a := range added {
				again[squeezed(a.Text)] = true
			}
		}
		if !again[squeezed(l.Text)] {
			reasons = append(reasons, Reason{0, string(l.Text), Risky, why})
		}
	}
	return reasons
}

// squeezed takes out all white space.
func squeezed(line []byte) string { return strings.Join(strings.Fields(string(line)), "") }

// special tells what words alone don't: names that the text before doesn't have, and options made of several words.
func special(f family, known map[string]bool, lower []byte) string {
	switch {
	case f&security != 0 && disablesCheck(lower):
		return whySecurity
	case f&running != 0 && pipesToShell(lower):
		return whyRun
	case f&running != 0 && runsData(lower):
		return whyRun
	case f&decoding != 0 && translates(lower):
		return whyDecode
	case f&workflow != 0 && bytes.Contains(lower, []byte("${{")) && outsideInput(lower):
		return whyInput
	case f&workflow != 0 && newlyBroughtIn(known, lower):
		return "a new image, or hooks from another repository"
	case f&running != 0 && assignsOutput(lower):
		return whyRun
	case f&workflow != 0 && newAction(known, lower):
		return "a new action, or one that isn't pinned"
	case f&names != 0 && newName(known, lower):
		return "a new dependency"
	case f&images != 0 && newImage(known, lower):
		return "a new image"
	}
	return ""
}

// assignsOutput tells whether a line of a makefile sets a variable to what a command prints: X != command.
func assignsOutput(lower []byte) bool {
	name, _, found := bytes.Cut(lower, []byte(" != "))
	return found && len(name) > 0 && asciiWords(string(name))
}

// otherReader tells whether a comment of a Dockerfile names another reader than Docker's (Dockerfile reference,
// "Parser directives").
func otherReader(lower []byte) bool {
	name, found := strings.CutPrefix(squeezed(lower), "#syntax=")
	name = strings.TrimPrefix(name, "docker.io/")
	return found && !strings.HasPrefix(name, "docker/dockerfile")
}

// disablesCheck tells whether a line has an option --disable-…-check.
func disablesCheck(lower []byte) bool {
	if !bytes.Contains(lower, []byte("--disable-")) {
		return false
	}
	for _, w := range bytes.Fields(lower) {
		w = bytes.Trim(w, `"'`)
		if bytes.HasPrefix(w, []byte("--disable-")) && bytes.Contains(w, []byte("-check")) &&
			!bytes.Contains(w, []byte("version-check")) {
			return true
		}
	}
	return false
}

// shells run what they read.
var shells = []string{
	"sh", "bash", "dash", "ksh", "zsh", "python", "python3", "perl", "ruby", "node", "php", "sudo",
	"iex",
}

// pipesToShell tells whether a line gives the output of a command to an interpreter.
func pipesToShell(lower []byte) bool {
	if bytes.IndexByte(lower, '|') < 0 {
		return false
	}
	parts := bytes.Split(lower, []byte{'|'})
	for i, part := range parts[1:] {
		if len(parts[i]) == 0 && i > 0 {
			continue // behind ||
		}
		part = bytes.TrimLeft(part, " \t\"")
		variable := bytes.HasPrefix(part, []byte("$"))
		part = bytes.TrimLeft(part, "${(")
		n := 0
		for n < len(part) && (isWord(part[n]) || part[n] == '/') {
			n++
		}
		name := base(string(part[:n]))
		if variable && name == "shell" || n > 0 && slices.Contains(shells, name) && (n == len(part) || part[n] != ')') {
			return true
		}
	}
	return false
}

// readers are words of shells, make, CMake and m4 by which a file becomes a part of what runs.
var readers = []string{".", "source", "include", "-include", "sinclude", "m4_include", "m4_sinclude"}

// runsData tells whether a line has an interpreter run a file of data, or a shell what stands in a file behind <.
func runsData(lower []byte) bool {
	fields := bytes.FieldsFunc(lower, func(r rune) bool { return r == ' ' || r == '\t' || r == '(' || r == '[' })
	for i, w := range fields[:max(0, len(fields)-1)] {
		name := base(strings.Trim(string(w), "@\"'`;(&|$"))
		if !slices.Contains(readers, name) && !slices.Contains(shells, name) || name == "sudo" {
			continue
		}
		next := string(fields[i+1])
		if next == "-" && i+2 < len(fields) {
			next = string(fields[i+2])
		}
		if next == "<" {
			return true
		}
		if file := strings.Trim(string(fields[i+1]), "\"'`;)&|"); endsWith(file, dataEnds) && ordinaryPath(file) {
			return true
		}
	}
	return false
}

// translates tells whether tr changes characters into other ones by their numbers or by ranges that are hidden.
func translates(lower []byte) bool {
	i := bytes.Index(lower, []byte("tr "))
	if i < 0 || i > 0 && isWord(lower[i-1]) {
		return false
	}
	rest := lower[i:]
	if bytes.Contains(rest, []byte(`\-`)) {
		return true
	}
	for n := bytes.IndexByte(rest, '\\'); n >= 0 && n+2 < len(rest); {
		if isDigit(rest[n+1]) && isDigit(rest[n+2]) && rest[n+1] != '0' {
			return true
		}
		next := bytes.IndexByte(rest[n+1:], '\\')
		if next < 0 {
			return false
		}
		n += 1 + next
	}
	return false
}

// foreignCheckout tells whether a line checks out what a stranger wrote, where a workflow has the project's rights.
func foreignCheckout(lower, now []byte) bool {
	if key, _, _ := bytes.Cut(bytes.TrimLeft(lower, " -"), []byte{':'}); string(key) != "ref" {
		return false
	}
	return (bytes.Contains(lower, []byte("pull_request.head")) || bytes.Contains(lower, []byte("head_branch"))) &&
		(bytes.Contains(now, []byte("pull_request_target")) || bytes.Contains(now, []byte("workflow_run")))
}

// outsideInput tells whether an expression takes in what anybody can write: GitHub, "Script injections". Numbers and
// names of commits are no text.
func outsideInput(lower []byte) bool {
	key, _, _ := bytes.Cut(bytes.TrimLeft(lower, " -"), []byte{':'})
	switch string(key) {
	case "if", "group", "concurrency", "cancel-in-progress", "ref":
		return false
	}
	for rest := lower; ; {
		i := bytes.Index(rest, []byte("github.event."))
		if i < 0 {
			return bytes.Contains(lower, []byte("github.event[")) || bytes.Contains(lower, []byte("tojson(github"))
		}
		rest = rest[i+len("github.event."):]
		n := 0
		for n < len(rest) && (isWord(rest[n]) || rest[n] == '.' || rest[n] == '-' || rest[n] == '*') {
			n++
		}
		switch string(rest[bytes.LastIndexByte(rest[:n], '.')+1 : n]) {
		case "number", "id", "sha", "node_id", "created_at", "draft", "merged", "action":
		default:
			return true
		}
	}
}
