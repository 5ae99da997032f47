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

import (
	"math/bits"

	"countersign/policy/edit"
)

// Set is a set of signals.
type Set uint32

// The signals, in the order of their names.
const (
	Autostart     Set = 1 << iota // an editor, an agent or a shell is told to run something when a folder is opened
	CodeBehind                    // code after so many blanks that no screen shows it
	DecodeAndRun                  // what is decoded or fetched is run as a program
	Disguised                     // a file named as an image, font, … holds text
	FetchAndRun                   // a shell runs what comes from the network, or gives itself to it
	Foothold                      // something stays on a machine: a key that may log in, a runner, a library
	InstallHook                   // a package manager is told to run something when a package is installed
	InvisibleText                 // characters that nobody sees
	Obfuscated                    // code written so that nobody can read it
	PythonPath                    // Python is told to run something at every start
	WorkflowGrab                  // a workflow takes secrets, and encodes or sends them

	All Set = 1<<iota - 1
)

var names = [...]string{
	"autostart", "code-behind-blanks", "decode-and-run", "disguised", "fetch-and-run", "foothold", "install-hook",
	"invisible-text", "obfuscated", "python-path", "workflow-grab",
}

// Names gives the names of the signals in a set, sorted.
func (s Set) Names() []string {
	var all []string
	for i, name := range names {
		if s&(1<<i) != 0 {
			all = append(all, name)
		}
	}
	return all
}

// Reason is one place where a signal was found.
type Reason struct {
	Signal string // its name
	Line   int    // its number in the new text, from 1
	Text   string // the line; of a long one 200 bytes around what was found
	Why    string // what is seen there, for a reader who knows no signals
}

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

// file is one changed file while it is looked at.
type file struct {
	place
	lines   []edit.Line
	now     []byte
	explain bool

	found    Set
	reasons  []Reason
	commands answer // whether a program runs commands
	judged   int    // the last line of the last command that was looked at
	starts   []int  // where the lines of now begin, and one behind its end; made when somebody asks

	stray, names, escapes int  // what was counted over all lines: invisible characters, _0x names, escapes
	marks                 mark // of all lines
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
		raw := l
		var m mark
		l.Text, m = f.plain(l.Text)
		f.marks |= m
		if m&hidden != 0 {
			f.invisible(raw)
		}
		if len(raw.Text) > 15 && f.isCode() {
			f.behindBlanks(raw)
		}
		if m&odd != 0 || len(raw.Text) >= longBase64 || m&backslash != 0 {
			f.obfuscated(raw, m)
		}
		if m&(down|unpack|socket) != 0 && f.kind.runs() {
			f.fetchAndRun(i, l, m)
		}
		if m&stay != 0 && f.kind.runs() {
			f.foothold(l)
		}
	}
	f.decodeAndRun()
	f.workflowGrab()
}

// hit notes a signal, found at a byte of a line.
func (f *file) hit(s Set, l edit.Line, at int, why string) {
	f.found |= s
	if !f.explain {
		return
	}
	name := names[bits.TrailingZeros32(uint32(s))]
	n := 0
	for _, r := range f.reasons {
		if r.Signal == name {
			if r.Line == l.Number {
				return
			}
			n++
		}
	}
	if n < 20 {
		f.reasons = append(f.reasons, Reason{name, l.Number, around(f.line(l.Number), at), why})
	}
}

// done says whether nothing more need be found out of a signal.
func (f *file) done(s Set) bool { return f.found&s != 0 && !f.explain }
