package shape

import (
	"bytes"
	"slices"
	"strings"
)

const (
	maxAbove  = 400 // how many lines above a line are looked at for what it stands in
	maxPlaces = 200 // for how many lines of a text; more are taken for commands
)

// amongCommands tells whether a line of the text that lands, which begins at a position, stands where a shell begins a
// command: in a script of a shell, or below a key whose value is commands, as "run: |" and "script:" have them. Lines
// that are indented less decide it, as in YAML and INI.
func (r *commandReader) amongCommands(at int) bool {
	if r.asked++; r.asked > maxPlaces {
		return true
	}
	text := r.now
	line, _, _ := bytes.Cut(text[at:], []byte{'\n'})
	switch {
	case onlySets(string(line)):
		return false
	case r.family&scripts != 0 || shellScript(text):
		return true
	case r.family&macros != 0:
		return !listedAbove(text[:at])
	}
	indent, entry := indentOf(line)
	for n := 0; at > 0 && n < maxAbove; n++ {
		end := at - 1
		at = bytes.LastIndexByte(text[:end], '\n') + 1
		above := text[at:end]
		deep, dash := indentOf(above)
		if deep < 0 || deep > indent || deep == indent && (dash || !entry) {
			continue
		}
		indent, entry = deep, dash
		switch key, value, kind := cutSetting(string(above)); {
		case kind == 0: // a line of a command that goes on below, or "- |"
		case kind == '=' && (strings.HasPrefix(value, "$(") || strings.HasPrefix(value, "`")):
		default:
			return holdsCommands(key)
		}
	}
	return false
}

// onlySets tells whether a line of a shell only sets variables.
func onlySets(line string) bool {
	for {
		line = strings.TrimLeft(line, " \t-")
		n := 0
		for n < len(line) && isWord(line[n]) {
			n++
		}
		if n == len(line) || n == 0 || line[n] != '=' {
			return line == ""
		}
		line = line[n+1:]
		quote := byte(0)
		n = 0
		for ; n < len(line) && (quote != 0 || line[n] != ' ' && line[n] != '\t'); n++ {
			switch c := line[n]; {
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote == c:
				quote = 0
			}
		}
		line = line[n:]
	}
}

// listMacros are macros of Autoconf whose first argument is a list of names.
var listMacros = []string{"ac_config_", "ac_check_", "ac_replace_", "ac_subst", "am_", "m4_"}

// listedAbove tells whether a text ends within a list of names that a macro of Autoconf is given.
func listedAbove(text []byte) bool {
	for n := 0; len(text) > 0 && n < maxAbove; n++ {
		text = text[:len(text)-1]
		start := bytes.LastIndexByte(text, '\n') + 1
		line := strings.TrimSpace(string(text[start:]))
		text = text[:start]
		if namesOnly(strings.TrimRight(line, `\`)) {
			continue
		}
		lower := strings.ToLower(line)
		open := strings.Count(line, "(") > strings.Count(line, ")") && !strings.Contains(line, ",")
		return open && slices.ContainsFunc(listMacros, func(m string) bool { return strings.HasPrefix(lower, m) })
	}
	return false
}

// namesOnly tells whether a line has nothing but names of files.
func namesOnly(line string) bool {
	return !slices.ContainsFunc(strings.Fields(line), func(w string) bool { return !ordinaryPath(w) })
}

// shellScript tells whether a text says in its first line that a shell runs it.
func shellScript(text []byte) bool {
	if !bytes.HasPrefix(text, []byte("#!")) {
		return false
	}
	line, _, _ := bytes.Cut(text, []byte{'\n'})
	return bytes.Contains(line, []byte("sh"))
}

// indentOf gives how deep a line is indented, -1 for one without words, and says whether it is an entry of a list.
func indentOf(line []byte) (indent int, entry bool) {
	body := bytes.TrimLeft(line, " \t")
	if len(bytes.TrimSpace(body)) == 0 {
		return -1, false
	}
	return len(line) - len(body), isEntry(string(body))
}

// cutSetting cuts a line at the sign behind its key; kind is that sign, 0 if the line has no key.
func cutSetting(line string) (key, value string, kind byte) {
	line = strings.TrimLeft(line, " \t-")
	n := 0
	for n < len(line) && (isWord(line[n]) || strings.IndexByte(`-"'.`, line[n]) >= 0) {
		n++
	}
	rest := strings.TrimLeft(line[n:], " ")
	if n == 0 || rest == "" || rest[0] != ':' && rest[0] != '=' {
		return "", "", 0
	}
	return strings.Trim(line[:n], `"'`), strings.TrimSpace(rest[1:]), rest[0]
}

// holdsCommands tells whether the value of a setting is commands.
func holdsCommands(key string) bool {
	key = strings.ToLower(key)
	return slices.Contains(commandKeys, key) || strings.HasSuffix(key, "_script") || strings.Contains(key, "commands")
}
