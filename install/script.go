package install

import (
	"crypto/sha256"
	"fmt"
	"path"
	"slices"
	"strings"
)

// script is a hook that Git runs.
type script struct {
	event   string // of Git's: "pre-receive"
	program string // absolute path of the program behind it
	kind    string // kind of server, see package hook
	refs    string // of the guard: the patterns of a shell's case that may be protected
	kept    string // name, beside the script, of the hook that runs as well; "" for none
}

// Answer is the exit status by which the program tells a hook of ours that it may go on. No shell, signal or
// common failure ends with it: a program that is empty, cut short or another one is no answer.
const Answer = 41

// AnswerCommand is the hook command that only answers.
const AnswerCommand = "answer"

const (
	scriptHead = "#!/bin/sh\n# Written by countersign install, not to be edited; countersign uninstall takes it out.\n# sha256 of what follows: "

	// What was there before gets the bytes that Git wrote. The x keeps the last line feeds, which
	// the shell would drop; no ref name has a NUL in it.
	scriptInput = `input=$(cat && echo x) || exit 1
`
	scriptPipe    = `printf %s "${input%x}" 2>/dev/null | `
	scriptProgram = `program=%s
`
	scriptGone = `if [ ! -f "$program" ] || [ ! -x "$program" ]; then
`
	// What was there before runs first: it may refuse.
	preStart = `# Git runs this before it takes a push in (githooks(5), pre-receive). Anything but success refuses the push.
`
	preKept = `"${0%%/*}"/%s || exit 1
`
	preGone = `	echo 'countersign: refused: the program that judges pushes is gone from the server' >&2
	echo 'countersign:   next: ask the operator of the server to install it again' >&2
	exit 1
fi
`
	preRun = `%s"$program" hook pre-receive --answer --pusher-from=%s
status=$?
case $status in
41) exit 0 ;;
1 | 3) exit 1 ;; # and it has said why
esac
# An empty file, or one cut short, is run by the shell, and may end with 0.
echo "countersign: refused: the program that judges pushes gave no answer (exit status $status)" >&2
echo 'countersign:   next: ask the operator of the server to run: countersign doctor' >&2
exit 1
`
	// What was there before runs last: it may take its time.
	postStart = `# Git runs this when it has taken a push in (githooks(5), post-receive). Nothing is refused any more.
`
	postRun = `	status=gone
else
	%s"$program" hook post-receive --answer --pusher-from=%s
	status=$?
fi
if [ "$status" != 41 ]; then
	echo "countersign: what Git made of this push is not recorded (exit status $status)" >&2
	echo 'countersign:   next: ask the operator of the server to run: countersign doctor' >&2
fi
`
	postKept = `"${0%%/*}"/%s
`
	guardStart = `# Git runs this at each step of each change of refs (githooks(5), reference-transaction). Only at "prepared" can it stop one.
`
	guardInput = `[ "$1" = prepared ] || exit 0
`
	guardKept = `"${0%%/*}"/%s "$@" || exit 1
[ "$1" = prepared ] || exit 0
`
	// One ref alone, as packing and fetching have it, starts no other process.
	guardRead = `input=
line=
IFS= read -r line && input="$line
" && if IFS= read -r line; then
	input="$input$line
"
	rest=$(cat && echo x) || exit 1
	input="$input${rest%x}"
	line=
fi
input="$input${line}x"
`
	// Packing refs takes loose ones away, one at a time. Of a rename to a protected name Git tells only that the old name
	// goes: what removes a branch is let through at once only where it is surely no rename. The shell reads the words of
	// the command without what is between them.
	guardFilter = `command=
case $input in
*' refs/'*' refs/'*) ;;
*'0000000000000000000000000000000000000000 refs/'*)
	while IFS= read -r line || [ -n "$line" ]; do command="$command $line"; done <"/proc/$PPID/cmdline"
	case $command in
	' gitpack-refs'*) exit 0 ;;
	esac ;;
esac
case $input in
%s) ;;
*'0000000000000000000000000000000000000000 refs/heads/'*)
	case $command in
	*branch*) ;;
	*receive-pack*) exit 0 ;;
	esac ;;
*) exit 0 ;;
esac
`
	guardGone = `	echo 'countersign: refused: the program that guards the refs is gone from the server' >&2
	echo 'countersign:   next: countersign install it again, or countersign uninstall' >&2
	exit 1
fi
`
	guardRun = `printf %s "${input%x}" 2>/dev/null | "$program" hook reference-transaction "$1" --answer
status=$?
case $status in
41) exit 0 ;;
1 | 3) exit 1 ;; # and it has said why
esac
echo "countersign: refused: the program that guards the refs gave no answer (exit status $status)" >&2
echo 'countersign:   next: countersign doctor' >&2
exit 1
`
)

// String gives the script's text. Its third line proves the rest unedited, for every version.
func (s script) String() string {
	body := s.pre
	switch s.event {
	case postReceive.name:
		body = s.post
	case Guard:
		body = s.guard
	}
	text := body()
	return fmt.Sprintf("%s%x\n%s", scriptHead, sha256.Sum256([]byte(text)), text)
}

func (s script) pre() string {
	begin, pipe := preStart, ""
	if s.kept != "" {
		pipe = scriptPipe
		begin += scriptInput + pipe + fmt.Sprintf(preKept, quote(s.kept))
	}
	return begin + fmt.Sprintf(scriptProgram, quote(s.program)) + scriptGone + preGone + fmt.Sprintf(preRun, pipe, quote(s.kind))
}

func (s script) post() string {
	begin, pipe, end := postStart, "", ""
	if s.kept != "" {
		pipe = scriptPipe
		begin, end = begin+scriptInput, pipe+fmt.Sprintf(postKept, quote(s.kept))
	}
	return begin + fmt.Sprintf(scriptProgram, quote(s.program)) + scriptGone + fmt.Sprintf(postRun, pipe, quote(s.kind)) + end + "exit 0\n"
}

func (s script) guard() string {
	begin := guardStart + guardInput + guardRead
	if s.kept != "" {
		begin = guardStart + scriptInput + scriptPipe + fmt.Sprintf(guardKept, quote(s.kept))
	}
	return begin + fmt.Sprintf(guardFilter, s.refs) + fmt.Sprintf(scriptProgram, quote(s.program)) + scriptGone + guardGone + guardRun
}

// everyRef is what a policy in the tree may protect, after whatever push: all but the approvals.
const everyRef = "*' refs/'*' refs/'*) ;;\n*' refs/approvals/'*) exit 0 ;;\n*' refs/'*"

// patterns makes the patterns of a shell's case of ref names and prefixes. No name has white space in it.
func patterns(prefixes []string) string {
	var words []string
	for _, p := range prefixes {
		if strings.HasPrefix("refs/", p) {
			p = "refs/"
		}
		word := "*" + quote(" "+p) + "*"
		if strings.HasPrefix(p, "refs/") && !strings.ContainsAny(p, " \n") && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if words == nil {
		return everyRef
	}
	return strings.Join(words, " | ")
}

// covers says whether the patterns take in all that others do.
func covers(refs, others string) bool {
	if refs == everyRef || refs == others {
		return true
	}
	if others == everyRef {
		return false
	}
	have := strings.Split(refs, " | ")
	return !slices.ContainsFunc(strings.Split(others, " | "), func(word string) bool {
		return !slices.ContainsFunc(have, func(h string) bool {
			return strings.HasPrefix(strings.TrimSuffix(word, "'*"), strings.TrimSuffix(h, "'*"))
		})
	})
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
	s := script{event: preReceive.name}
	switch {
	case strings.HasPrefix(body, postStart):
		s.event = postReceive.name
	case strings.HasPrefix(body, guardStart):
		s.event = Guard
		_, s.refs, _ = strings.Cut(body, "\nesac\ncase $input in\n")
		s.refs, _, _ = strings.Cut(s.refs, ") ;;\n*'0000")
	}
	if _, after, found := strings.Cut(body, "\nprogram="); found {
		s.program = unquote(after)
	}
	if _, after, found := strings.Cut(body, "--pusher-from="); found {
		s.kind = unquote(after)
	}
	if _, after, found := strings.Cut(body, `"${0%/*}"/`); found {
		s.kept = path.Base(unquote(after))
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
