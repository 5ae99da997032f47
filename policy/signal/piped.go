package signal

import (
	"bytes"

	"countersign/policy/edit"
)

// senders are commands, besides those that only fetch, by which a pipe begins with what somebody elsewhere says.
var senders = []string{
	"nc ", "ncat ", "telnet ", "s_client", "/dev/tcp/", "dig ", "nslookup ", "host -t", "aws s3 cp", "gsutil cat",
	"gh gist view", "gh api", "git archive --remote", "svn cat", "npm view", "ipfs cat", "git fetch",
}

// unpackers are commands by which a pipe begins with what stands where nobody reads it, or is put together only then.
var unpackers = []string{
	"unzip -p", "tar xo", "tar -xo", "tar xzo", "tar -xzo", "gpg -d", "gpg --d", "git cat-file", "git show ", "git log ",
	"git notes", "eval ", "strings ", "openssl ",
}

// pipedIn finds commands whose output goes into a shell or an interpreter, and that begin with the network, an archive,
// an object of Git or a command that is put together: whatever the program is called that reads them.
//
// Measured: none.
func (f *file) pipedIn(l edit.Line) {
	b := l.Text
	if pipedIntoShell(b, 0) < 0 && !goesOn(b) && !begunBefore(b) || f.isComment(b) || l.Number <= f.joined {
		return
	}
	b, f.joined = f.command(l)
	end := pipedIntoShell(b, 0)
	if end < 0 {
		return
	}
	from := begins(b[:end])
	left := b[from:end]
	switch {
	case said(b, end):
	case anyFold(left, "http://", "https://", "ftp://") && !officialOnly(left) && !said(left, len(left)):
		f.hit(FetchAndRun, l, 0, "what stands at an address is run by a shell or an interpreter")
	case f.startsWith(left, senders):
		f.hit(FetchAndRun, l, 0, "what comes from the network is run by a shell or an interpreter")
	case f.startsWith(left, unpackers):
		f.hit(DecodeAndRun, l, 0, "what was packed or put together is run by a shell or an interpreter")
	}
}

// begins gives where the pipe begins that ends some bytes: after the command before it.
func begins(b []byte) int {
	from := 0
	for _, sign := range []string{";", "&&", "||", "(", "[", "`", "do ", "then "} {
		if i := bytes.LastIndex(b, []byte(sign)); i >= 0 {
			from = max(from, i+len(sign))
		}
	}
	return from
}

// startsWith says whether one of the commands of a pipe is one of several.
func (f *file) startsWith(b []byte, names []string) bool {
	for part := range bytes.SplitSeq(b, []byte("|")) {
		part = bytes.TrimLeft(part, " \t@-\"'([")
		for before, rest, found := bytes.Cut(part, []byte(" ")); found && beforeCommand(before); {
			part = bytes.TrimLeft(rest, " \t\"'[")
			before, rest, found = bytes.Cut(part, []byte(" "))
		}
		for _, name := range names {
			if hasFold(part, name) || name[0] == '/' && containsFold(part, name) {
				return true
			}
		}
	}
	return false
}

// beforeCommand says whether a word may stand before the name of a command: sudo, X=1, run: of YAML.
func beforeCommand(word []byte) bool {
	return before[baseName(word)] || bytes.IndexByte(word, '=') > 0 || bytes.HasSuffix(word, []byte(":"))
}

// isCommand says whether what stands at a place is in a substitution that is a command itself: what it prints is run.
func (f *file) isCommand(l edit.Line, b []byte, at int) bool {
	if f.kind == code {
		return false
	}
	start := bytes.LastIndexAny(b[:at], "`(")
	if start < 0 || b[start] == '(' && (start == 0 || b[start-1] != '$') || len(trimBlanks(b[start+1:at])) > 0 {
		return false
	}
	end := bytes.IndexAny(b[at:], "`)")
	if end < 0 || len(trimBlanks(b[at+end+1:])) > 0 {
		return false
	}
	head := bytes.TrimRight(b[:start], "$ \t")
	return (len(trimBlanks(head)) == 0 || endsWith(head, ";", "&&", "||", " do", " then", "run:")) && !f.quoted(l.Number)
}

// quoted says whether a line stands in a here-document, where what it says is text.
func (f *file) quoted(number int) bool {
	const far = 40
	for n := number - 1; n > max(0, number-far); n-- {
		_, after, found := bytes.Cut(f.line(n), []byte("<<"))
		if !found {
			continue
		}
		end, _ := nextWord(bytes.TrimLeft(after, "-~\\ '\""))
		for m := n + 1; m < number; m++ {
			if bytes.Equal(trimBlanks(f.line(m)), end) {
				return false
			}
		}
		return len(end) > 0
	}
	return false
}

// folded gives the lines of the folded text of YAML that a line stands in (YAML 1.2, 8.1.3): they are one line to a
// shell. Of a line that stands in none it gives that line.
func (f *file) folded(n int) (from, to int) {
	const far = 20
	indent := indentOf(f.line(n))
	for from = n; from > max(1, n-far) && indentOf(f.line(from-1)) >= indent; from-- {
	}
	if head := trimBlanks(f.line(from - 1)); !endsWith(head, ": >", ": >-", ": >+") {
		return n, n
	}
	for to = n; to < n+far && indentOf(f.line(to+1)) >= indent; to++ {
	}
	return from, to
}

// indentOf gives how many blanks a line begins with, a number that no line has if it holds nothing but blanks, and -1
// behind the last.
func indentOf(line []byte) int {
	if line == nil {
		return -1
	}
	if rest := bytes.TrimLeft(line, " "); len(trimBlanks(rest)) > 0 {
		return len(line) - len(rest)
	}
	return 1 << 20
}
