package install

import (
	"crypto/sha256"
	"fmt"
	"path"
	"strings"
)

// script is the hook that Git runs.
type script struct {
	program string // absolute path of the program that judges
	kind    string // kind of server, see package hook
	before  string // name, beside the script, of the hook that runs first; "" for none
}

const (
	scriptHead = "#!/bin/sh\n# Written by countersign install, not to be edited; countersign uninstall takes it out.\n# sha256 of what follows: "

	scriptStart = `# Git runs this before it takes a push in (githooks(5), pre-receive). Anything but success refuses the push.
`
	// What was there before gets the bytes that Git wrote. The x keeps the last line feeds, which
	// the shell would drop; no ref name has a NUL in it.
	scriptBefore = `input=$(cat && echo x) || exit 1
printf %%s "${input%%x}" 2>/dev/null | "${0%%/*}"/%s || exit 1
`
	scriptProgram = `program=%s
if [ ! -f "$program" ] || [ ! -x "$program" ]; then
	echo 'countersign: refused: the program that judges pushes is gone from the server' >&2
	echo 'countersign:   next: ask the operator of the server to install it again' >&2
	exit 1
fi
`
	scriptAlone = `exec "$program" hook pre-receive --pusher-from=%s || exit 1
`
	scriptAfter = `printf %%s "${input%%x}" 2>/dev/null | "$program" hook pre-receive --pusher-from=%s || exit 1
`
)

// String gives the script's text. Its third line proves the rest unedited, for every version.
func (s script) String() string {
	run, body := scriptAlone, scriptStart
	if s.before != "" {
		run = scriptAfter
		body += fmt.Sprintf(scriptBefore, quote(s.before))
	}
	body += fmt.Sprintf(scriptProgram, quote(s.program)) + fmt.Sprintf(run, quote(s.kind))
	return fmt.Sprintf("%s%x\n%s", scriptHead, sha256.Sum256([]byte(body)), body)
}

// origin says who wrote a hook.
type origin uint8

const (
	foreign origin = iota // somebody else
	edited                // we, and somebody has changed it since
	ours
)

// readScript says whether a hook is ours, and what it runs if so.
func readScript(text string) (script, origin) {
	rest, found := strings.CutPrefix(text, scriptHead)
	if !found {
		return script{}, foreign
	}
	digest, body, _ := strings.Cut(rest, "\n")
	if digest != fmt.Sprintf("%x", sha256.Sum256([]byte(body))) {
		return script{}, edited
	}
	var s script
	if _, after, found := strings.Cut(body, "\nprogram="); found {
		s.program = unquote(after)
	}
	if _, after, found := strings.Cut(body, "--pusher-from="); found {
		s.kind = unquote(after)
	}
	if _, after, found := strings.Cut(body, `"${0%/*}"/`); found {
		s.before = path.Base(unquote(after))
	}
	return s, ours
}

// quote makes one word of the shell's of any text (POSIX.1-2017, Shell Command Language, 2.2.2).
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// unquote reads the word that quote wrote at the beginning of a text.
func unquote(s string) string {
	var word strings.Builder
	for {
		quoted, found := strings.CutPrefix(s, "'")
		if !found {
			return word.String()
		}
		inside, rest, _ := strings.Cut(quoted, "'")
		word.WriteString(inside)
		if s, found = strings.CutPrefix(rest, `\'`); found {
			word.WriteByte('\'')
		} else {
			s = ""
		}
	}
}
