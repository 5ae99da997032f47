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
	folder  string // of the policy of many repositories; "" for none
	refs    string // of the guard: the patterns of a shell's case that may be protected
	kept    string // name, beside the script, of the hook that runs as well; "" for none
}

// Answer is the exit status by which the program tells a hook of ours that it may go on. No shell, signal or
// common failure ends with it: a program that is empty, cut short or another one is no answer.
const Answer = 41

// AnswerCommand is the hook command that only answers.
const AnswerCommand = "answer"

const (
	scriptHead = "#!/bin/sh\n" +
		"# Written by countersign install, not to be edited; countersign uninstall takes it out.\n" +
		"# sha256 of what follows: "

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
	preRun = `%s"$program" hook pre-receive --answer --pusher-from=%s%s
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
	%s"$program" hook post-receive --answer --pusher-from=%s%s
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
	// A few lines are read without starting another process.
	guardRead = `input=
line=
rest=
for n in 1 2 3 4 more; do
	if [ $n = more ]; then
		rest=$(cat && echo x) || exit 1
		break
	fi
	IFS= read -r line || break
	input="$input$line
"
	line=
done
input="$input$line${rest%x}x"
`
	// The program is started once, for all lines of a transaction, where one of them has something to be asked. What a few
	// lines say is compared here with the push's ticket and with what the refs hold: git makes a transaction of each ref
	// that it packs and, before 2.51, of each that is pushed. Each rule is the program's: package gate/ticket explains
	// it.
	guardFilter = `protected() {
	case $1 in
	%s) ;;
	*) return 1 ;;
	esac
}

# A branch that goes may be renamed to a protected name: Git tells only that the old name goes.
gone() {
	case $1 in
	*'0000000000000000000000000000000000000000 refs/heads/'*) ;;
	*) return 1 ;;
	esac
}

# settled says of one line that it changes nothing that is protected, or that a push's ticket has it.
settled() {
	case $1 in
	*' '*' '*' refs/'* | ' '* | *'  '*) return 1 ;;
	*' '*' refs/'*) ;;
	*' refs/'*) return 1 ;;
	*) return 0 ;; # HEAD and its like
	esac
	values=${1%% refs/*}
	old=${values%% *}
	new=${values#* }
	ref=refs/${1#* refs/}
	protected "$1" || gone "$1" || return 0
	case $new in
	*[!0]*) [ "$old" != "$new" ] || return 0 ;;
	*) [ "$loose" = no ] || [ -e "$dir/packed-refs.lock" ] || return 0 ;; # git pack-refs takes the loose half away
	esac
	if [ -z "$ticket" ]; then
		IFS= read -r ticket <"/proc/$PPID/stat" || return 1
		set -- ${ticket##*) }
		ticket=$dir/countersign/tickets/$PPID-${20}
	fi
	if [ -f "$ticket/$ref~" ] && IFS= read -r decided <"$ticket/$ref~"; then
		case $old$new in
		*[!0]*) [ "$decided" != "$values" ] || return 0 ;;
		*) [ "${decided#* }" != "$new" ] || return 0 ;; # the packed half of a deletion
		esac
	fi
	case $ref in
	refs/heads/* | refs/tags/*)
		[ $loose = yes ] && [ -f "$dir/$ref" ] && [ ! -h "$dir/$ref" ] && IFS= read -r decided <"$dir/$ref" && [ "$decided" = "$new" ] ;;
	*) return 1 ;;
	esac
}

dir=${0%%/*}/..
ticket=
loose=no
[ -d "$dir/countersign/tickets" ] && [ ! -e "$dir/reftable" ] && loose=yes
left=${input%%x}
for n in 1 2 3 4; do
	case $left in
	'') exit 0 ;;
	*'
'*) ;;
	*) break ;;
	esac
	settled "${left%%%%
*}" || break
	left=${left#*
}
	[ $n = 4 ] && n=more
done
[ -n "$left" ] || exit 0
[ $n != more ] || protected "$left" || gone "$left" || exit 0
`
	guardGone = `	echo 'countersign: refused: the program that guards the refs is gone from the server' >&2
	echo 'countersign:   next: countersign install it again, or countersign uninstall' >&2
	exit 1
fi
`
	guardRun = `printf %%s "${input%%x}" 2>/dev/null | "$program" hook reference-transaction "$1" --answer%s
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

// String gives the script's text.
func (s script) String() string {
	body := s.pre
	switch s.event {
	case postReceive.name:
		body = s.post
	case Guard:
		body = s.guard
	}
	return sealed(body())
}

// sealed gives a script of ours. Its third line proves what follows unedited, for every version.
func sealed(body string) string {
	return fmt.Sprintf("%s%x\n%s", scriptHead, sha256.Sum256([]byte(body)), body)
}

func (s script) pre() string {
	begin, pipe := preStart, ""
	if s.kept != "" {
		pipe = scriptPipe
		begin += scriptInput + pipe + fmt.Sprintf(preKept, quote(s.kept))
	}
	return begin + fmt.Sprintf(scriptProgram, quote(s.program)) + scriptGone + preGone +
		fmt.Sprintf(preRun, pipe, quote(s.kind), s.policyFolder())
}

func (s script) post() string {
	begin, pipe, end := postStart, "", ""
	if s.kept != "" {
		pipe = scriptPipe
		begin, end = begin+scriptInput, pipe+fmt.Sprintf(postKept, quote(s.kept))
	}
	return begin + fmt.Sprintf(scriptProgram, quote(s.program)) + scriptGone +
		fmt.Sprintf(postRun, pipe, quote(s.kind), s.policyFolder()) +
		end + "exit 0\n"
}

func (s script) guard() string {
	begin := guardStart + guardInput + guardRead
	if s.kept != "" {
		begin = guardStart + scriptInput + scriptPipe + fmt.Sprintf(guardKept, quote(s.kept))
	}
	return begin + fmt.Sprintf(guardFilter, s.refs) + fmt.Sprintf(scriptProgram, quote(s.program)) + scriptGone +
		guardGone + fmt.Sprintf(guardRun, s.policyFolder())
}

const folderFlag = " --policy-folder="

// policyFolder gives the flag of a hook that says by which policy it judges.
func (s script) policyFolder() string {
	if s.folder == "" {
		return ""
	}
	return folderFlag + quote(s.folder)
}

// everyRef is what a policy in the tree may protect, after whatever push: all but the approvals.
const everyRef = "*' refs/'*' refs/'*) ;;\n\t*' refs/approvals/'*) return 1 ;;\n\t*' refs/'*"

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
		_, s.refs, _ = strings.Cut(body, "protected() {\n\tcase $1 in\n\t")
		s.refs, _, _ = strings.Cut(s.refs, ") ;;\n\t*) return 1 ;;\n\tesac")
	}
	if _, after, found := strings.Cut(body, "\nprogram="); found {
		s.program = unquote(after)
	}
	if _, after, found := strings.Cut(body, "--pusher-from="); found {
		s.kind = unquote(after)
	}
	if _, after, found := strings.Cut(body, folderFlag); found {
		s.folder = unquote(after)
	}
	if _, after, found := strings.Cut(body, `"${0%/*}"/`); found {
		s.kept = path.Base(unquote(after))
	}
	return s, ours
}

// quote makes one word of the shell's of any text (POSIX.1-2017, Shell Command Language, 2.2.2).
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Shell gives a word as one types it for the shell: quoted where it has to be.
func Shell(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-=@:,+"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return quote(word)
}

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
