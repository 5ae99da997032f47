// Package signal finds in the lines that a change adds what no tenure should exempt: text that nobody sees, code that
// hides, and commands that fetch or decode what they run. These are the shapes of attacks with a stolen key of a
// maintainer. Honest changes have them so rarely that a second person can look at each.
//
// [Find] says which signals a change of one file gives, [Explain] where and why. Both read shapes, and understand no
// program. What they don't find: what two files do only together; what is fetched into a file and run by
// its name later; names of commands that are computed, globbed or held in variables; what a function of another file
// decodes; encodings of somebody's own; pieces that stay below every bound; and what only tests run, but for invisible
// text, code behind blanks and commands in scripts.
//
// What is measured, in the comments of the signals, is commits with that signal among the 46,133 that are no merges in
// the last five years of twelve projects: git, ripgrep, curl, redis, mpv, flask, libarchive, xz, openvpn, tokio, jq and
// vite. All signals together have 4.
package signal

import "countersign/policy/edit"

// Find says which signals a change gives: path is the file's, as Git has it, lines are what the change adds, and now is
// the whole new text, of which the lines are parts.
func Find(path string, lines []edit.Line, now []byte) Set {
	f := file{place: placeOf(path, now), lines: lines, now: now}
	f.look()
	return f.found
}

// Explain gives the places of the signals that [Find] finds, at most 20 of each, by signal and line.
func Explain(path string, lines []edit.Line, now []byte) []Reason {
	f := file{place: placeOf(path, now), lines: lines, now: now, explain: true}
	f.look()
	return f.sorted()
}

// look looks at each line once, and then at what stands in several.
func (f *file) look() {
	if len(f.lines) == 0 {
		return
	}
	f.disguised()
	f.autostart()
	f.installHook()
	f.pythonPath()
	for i, l := range f.lines {
		if f.kind == doc || f.kind == data {
			if marksOfBytes(l.Text)&hidden != 0 {
				f.invisible(l)
			}
			continue
		}
		f.emptyLines(l)
		raw := l
		var m mark
		l.Text, m = f.plain(l.Text)
		f.marks |= m
		if m&hidden != 0 {
			f.invisible(raw)
		}
		if len(raw.Text) > 15 && (f.isCode() || f.scripted(raw.Text)) {
			f.behindBlanks(raw)
		}
		if m&odd != 0 || len(raw.Text) >= longBase64 || m&backslash != 0 {
			f.obfuscated(raw, m)
		}
		if m&(down|unpack|socket) != 0 && f.kind.runs() {
			f.fetchAndRun(i, l, m)
		}
		if m&pipe != 0 && (f.kind == script || f.kind == config) {
			f.pipedIn(l)
		}
		if m&stay != 0 && f.kind.runs() {
			f.foothold(l)
		}
	}
	f.decodeAndRun()
	f.workflowGrab()
}
