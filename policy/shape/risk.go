package shape

import (
	"bytes"
	"strings"

	"countersign/policy/edit"
)

// riskyLines gives the lines of a change that show a risk by themselves: what is added of any family, and what is taken
// out of security. Added are the lines that no text before has.
func riskyLines(f family, old, now []byte, added []edit.Line) []Reason {
	if f == 0 {
		return nil
	}
	gone := edit.Added([][]byte{now}, old)
	reasons := checkLines(f, old, now, added, gone)
	reasons = append(reasons, lostProtection(f, added, gone)...)
	present := wordsIn(f, added)
	for _, l := range added {
		lower := bytes.ToLower(l.Text)
		if isComment(lower) {
			continue
		}
		why := ""
		for _, w := range present {
			if holds(lower, w) && !excused(lower, w) {
				why = w.why
				break
			}
		}
		if why == "" {
			why = special(f, old, lower)
		}
		if why != "" {
			reasons = append(reasons, Reason{l.Number, string(l.Text), Risky, why})
		}
	}
	return reasons
}

// wordsIn gives the words of some families that lines hold, or may.
func wordsIn(f family, lines []edit.Line) []word {
	var all bytes.Buffer
	for _, l := range lines {
		all.Write(bytes.ToLower(l.Text))
		all.WriteByte('\n')
	}
	var present []word
	for bit := family(1); bit != 0; bit <<= 1 {
		if f&bit == 0 {
			continue
		}
		for _, w := range riskyWords[bit] {
			if bytes.Contains(all.Bytes(), []byte(w.text)) {
				present = append(present, w)
			}
		}
	}
	return present
}

// holds tells whether a line has a word, where it begins one if it must.
func holds(line []byte, w word) bool {
	for at := 0; ; {
		i := bytes.Index(line[at:], []byte(w.text))
		if i < 0 {
			return false
		}
		at += i
		if !w.start || at == 0 || !isWord(line[at-1]) && line[at-1] != '-' && line[at-1] != '/' && line[at-1] != '.' {
			return true
		}
		at++
	}
}

// excused tells whether a word means something else in this line.
func excused(line []byte, w word) bool {
	switch w.text {
	case "-fno-":
		// Flags for warnings, errors and sizes, that take no protection away.
		for _, flag := range []string{"-fno-common", "-fno-omit-frame-pointer", "-fno-strict-aliasing", "-fno-color"} {
			line = bytes.ReplaceAll(line, []byte(flag), nil)
		}
		return !bytes.Contains(line, []byte("-fno-"))
	}
	return false
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
		return bytes.HasPrefix(line, []byte("//"))
	case '<':
		return bytes.HasPrefix(line, []byte("<!--")) && bytes.HasSuffix(line, []byte("-->"))
	}
	return bytes.HasPrefix(line, []byte("dnl "))
}

// lostProtection gives the lines that took protection away by being taken out: what a line that is added says in other
// words isn't lost.
func lostProtection(f family, added, gone []edit.Line) []Reason {
	present := wordsIn(f&(security|sanitizer), gone)
	if len(present) == 0 && f&workflow == 0 {
		return nil
	}
	again := make(map[string]bool)
	for _, l := range added {
		again[squeezed(l.Text)] = true
	}
	var reasons []Reason
	for _, l := range gone {
		lower := bytes.ToLower(l.Text)
		if isComment(lower) || again[squeezed(l.Text)] {
			continue
		}
		why := ""
		for _, w := range present {
			if w.why == whySecurity && holds(lower, w) && !excused(lower, w) {
				why = w.why + " is taken out"
			}
		}
		if f&workflow != 0 && (bytes.Contains(lower, []byte("permissions:")) || bytes.HasSuffix(lower, []byte(": read"))) {
			why = "limits of rights are taken out"
		}
		if why != "" {
			reasons = append(reasons, Reason{0, string(l.Text), Risky, why})
		}
	}
	return reasons
}

// squeezed takes out all white space.
func squeezed(line []byte) string { return strings.Join(strings.Fields(string(line)), "") }

// special tells what only some formats have: names that the old text doesn't have, and options that need both words.
func special(f family, old, lower []byte) string {
	switch {
	case f&security != 0 && bytes.Contains(lower, []byte("--disable-")) && bytes.Contains(lower, []byte("-check")):
		return whySecurity
	case f&workflow != 0 && bytes.Contains(lower, []byte("${{")) && outsideInput(lower):
		return whyInput
	case f&workflow != 0 && newAction(old, lower):
		return "a new action, or one that isn't pinned"
	case f&names != 0 && newName(old, lower):
		return "a new dependency"
	case f&images != 0 && newImage(old, lower):
		return "a new image"
	}
	return ""
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
			return false
		}
		rest = rest[i+len("github.event."):]
		n := 0
		for n < len(rest) && (isWord(rest[n]) || rest[n] == '.' || rest[n] == '-' || rest[n] == '*') {
			n++
		}
		last := rest[bytes.LastIndexByte(rest[:n], '.')+1 : n]
		switch string(last) {
		case "number", "id", "sha", "node_id", "created_at", "draft", "merged", "action":
		default:
			return true
		}
	}
}

// newAction tells whether a line uses an action that the text before doesn't use, or one of a branch. GitHub's own are
// the platform's, as the runner is.
func newAction(old, lower []byte) bool {
	line := bytes.TrimLeft(lower, " -")
	rest, ok := bytes.CutPrefix(line, []byte("uses:"))
	if !ok {
		return false
	}
	value, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte{' '})
	value = bytes.Trim(value, `"'`)
	name, pin, _ := bytes.Cut(value, []byte{'@'})
	switch {
	case bytes.HasPrefix(value, []byte("./")):
		return false
	case bytes.HasPrefix(value, []byte("docker://")):
		image, _, _ := cutImage(string(value[len("docker://"):]))
		return image == "" || !bytes.Contains(bytes.ToLower(old), []byte("docker://"+image))
	case bytes.Contains(bytes.ToLower(old), append([]byte("uses: "), value...)):
		return false
	case !isCommit(string(pin)) && !versionLike(string(pin)):
		return true
	case bytes.HasPrefix(name, []byte("actions/")) || bytes.HasPrefix(name, []byte("github/")):
		return false
	}
	return !bytes.Contains(bytes.ToLower(old), append(name[:len(name):len(name)], '@'))
}

// newName tells whether a line has a Maven coordinate or a gem that the text before doesn't have.
func newName(old, lower []byte) bool {
	gem := bytes.HasPrefix(bytes.TrimSpace(lower), []byte("gem")) || bytes.Contains(lower, []byte("_dependency"))
	old = bytes.ToLower(old)
	for rest := lower; ; {
		i := bytes.IndexAny(rest, `"'`)
		if i < 0 {
			return false
		}
		end := bytes.IndexByte(rest[i+1:], rest[i])
		if end < 0 {
			return false
		}
		value := rest[i+1 : i+1+end]
		rest = rest[i+1+end+1:]
		if gem {
			return !bytes.Contains(old, append([]byte{'"'}, append(value[:len(value):len(value)], '"')...)) &&
				!bytes.Contains(old, append([]byte{'\''}, append(value[:len(value):len(value)], '\'')...))
		}
		if n := bytes.Count(value, []byte{':'}); n > 0 && n < 4 && value[0] != ':' && !bytes.ContainsAny(value, "/ ={}<>,\\") {
			group, artifact, _ := strings.Cut(string(value), ":")
			artifact, _, _ = strings.Cut(artifact, ":")
			if strings.Contains(group, ".") && artifact != "" && !bytes.Contains(old, []byte(group+":"+artifact)) {
				return true
			}
		}
	}
}

// newImage tells whether a line builds on an image that the text before doesn't build on.
func newImage(old, lower []byte) bool {
	words := bytes.Fields(lower)
	for len(words) > 1 && bytes.HasPrefix(words[1], []byte("--")) {
		words = append(words[:1:1], words[2:]...)
	}
	if len(words) < 2 || string(words[0]) != "from" {
		return false
	}
	name, _, _ := cutImage(string(words[1]))
	old = bytes.ToLower(old)
	return name == "" || !bytes.Contains(old, []byte(" "+name)) && !bytes.Contains(old, []byte("as "+name))
}
