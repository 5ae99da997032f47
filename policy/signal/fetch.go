package signal

import (
	"bytes"

	"countersign/policy/edit"
)

// fetchers are commands and functions that fetch, for a shell or PowerShell.
var fetchers = []string{
	"curl ", "curl\t", "curl$", "curl.exe", "wget", "invoke-webrequest", "invoke-restmethod", "iwr ", "irm ",
	"downloadstring", "lwp-", "aria2c", "fetch -",
}

// official are the hosts of installers that their makers say to run so, over TLS.
var official = []string{
	"sh.rustup.rs", "get.sdkman.io", "deb.nodesource.com", "rpm.nodesource.com", "get.docker.com",
	"install.python-poetry.org",
	"astral.sh", "bun.sh", "get.pnpm.io", "community.chocolatey.org", "chocolatey.org", "get.scoop.sh",
	"static.rust-lang.org",
	"bootstrap.pypa.io", "getcomposer.org", "apt.llvm.org", "raw.githubusercontent.com/homebrew/install",
	"raw.githubusercontent.com/nvm-sh/nvm", "nixos.org", "install.determinate.systems", "dot.net",
}

// fetchAndRun finds commands that run what they fetch, shells given to the network, and, in commands, decoded text that
// is run. In a program they count if it runs commands.
//
// Measured: 3 commits, of vite and tokio: installers of tools in CI.
func (f *file) fetchAndRun(i int, l edit.Line, m mark) {
	if f.isComment(l.Text) || f.done(FetchAndRun|DecodeAndRun) {
		return
	}
	if m&socket != 0 {
		if at := f.reverseShell(l.Text); at >= 0 {
			f.hit(FetchAndRun, l, at, "a shell that is given to the network")
		}
	}
	if m&(down|unpack) == 0 || f.test && f.kind == code {
		return
	}
	if l.Number <= f.judged {
		return // with a line before
	}
	b, last := f.command(l)
	f.judged, m = last, m|marksOf(b)
	if m&down != 0 {
		for _, name := range fetchers {
			at := indexFold(b, name)
			if at < 0 {
				continue
			}
			if f.runsCommands() && (f.ran(b, at) || powershellRuns(b) || f.isCommand(l, b, at)) && !said(b, at) &&
				!officialOnly(b) {
				f.hit(FetchAndRun, l, bytes.Index(l.Text, []byte(name[:4])), "what is fetched is run by a shell or an interpreter")
			}
		}
	}
	if at := indexFold(b, "mshta http"); at >= 0 {
		f.hit(FetchAndRun, l, at, "what is fetched is run by Windows")
	}
	if at := encodedCommand(b); at >= 0 && m&unpack != 0 {
		f.hit(DecodeAndRun, l, at, "PowerShell runs a command that is encoded")
	}
	if m&unpack != 0 {
		if at := shellDecodes(b); at >= 0 && !said(b, at) &&
			(f.ran(b, at) || f.isCommand(l, b, at) || f.runsFile(b[at:], last)) {
			f.hit(DecodeAndRun, l, 0, "what is decoded is run by a shell or an interpreter")
		}
	}
}

// ran says whether what a command at a place prints is run.
func (f *file) ran(b []byte, at int) bool { return pipedIntoShell(b, at) >= 0 || givenToShell(b, at) }

// runsFile says whether the file that a command writes is run by the same, or by one of the lines after it.
func (f *file) runsFile(b []byte, last int) bool {
	_, after, found := bytes.Cut(b, []byte(">"))
	name, rest := nextWord(bytes.TrimLeft(after, "> \t\"'"))
	if !found || len(name) < 2 {
		return false
	}
	for n := last; n <= last+reach; n++ {
		if n > last {
			rest = f.line(n)
		}
		at := bytes.Index(rest, name)
		if at >= 0 && !f.isComment(rest) && (runsArgument(rest[:at], true) || containsFold(rest[:at], "chmod +x")) {
			return true
		}
	}
	return false
}

// encodedCommand finds powershell -EncodedCommand with some base64.
func encodedCommand(b []byte) int {
	for _, name := range []string{"powershell", "pwsh"} {
		at := indexFold(b, name)
		if at < 0 {
			continue
		}
		i := indexFold(b[at:], " -enc")
		if i < 0 {
			continue
		}
		_, rest := nextWord(b[at+i:])
		word, _ := nextWord(bytes.TrimLeft(rest, " \"'"))
		if len(word) >= 16 && isBase64(word[0]) && word[0] != '-' {
			return at
		}
	}
	return -1
}

// powershellRuns says whether Invoke-Expression is there.
func powershellRuns(b []byte) bool {
	return anyFold(b, "iex ", "iex(", "iex\"", "invoke-expression", "[scriptblock]::create")
}

// said says whether a command is only shown: after echo or print, in one string.
func said(b []byte, at int) bool {
	start := trimBlanks(b)
	for _, name := range []string{
		"$ ", "echo ", "printf ", "print(", "print ", "console.", "log", "say", "puts ", "fprintf(", "warn", "error", "die ",
		"throw ", "raise ", "ac_msg", "message(",
	} {
		if hasFold(start, name) {
			open := bytes.IndexAny(b, "\"'`")
			if open < 0 || open > at || b[open] == '`' || ranBefore(b[:open]) ||
				anyFold(b[:open], "popen(", "exec(", "execsync(", "system(", "spawn(", "run(", "call(", "output(") {
				return false
			}
			if inside := b[open:at]; b[open] == '"' && (bytes.Contains(inside, []byte("$(")) || inside[0] == '`') {
				return false
			}
			end := bytes.IndexByte(b[open+1:], b[open])
			return end < 0 || pipedIntoShell(b, open+1+end) < 0 && open+1+end > at
		}
	}
	return false
}

// runsCommands says whether a file is one of commands, or a program that runs commands of the system. It looks once.
func (f *file) runsCommands() bool {
	if f.kind != code || f.commands != unknown {
		return f.kind != code || f.commands == yes
	}
	f.commands = no
	for _, name := range []string{
		"exec", "spawn", "system(", "popen", "subprocess", "Command", "Process", "shell", "%x", "sh '", "sh \"", "run(",
	} {
		if bytes.Contains(f.now, []byte(name)) {
			f.commands = yes
		}
	}
	return f.commands == yes
}

// officialOnly says whether every address of a command is an official installer's, fetched over TLS that is checked.
func officialOnly(b []byte) bool {
	if anyFold(b, " -k ", "--insecure", "--no-check-certificate", "http://", "/dev/tcp", "base64") {
		return false
	}
	n, all := hosts(b, official)
	return n > 0 && all
}

// hosts counts the addresses with https in a command, and says whether all are on a list.
func hosts(b []byte, list []string) (n int, all bool) {
	for all = true; ; n++ {
		i := indexFold(b, "https://")
		if i < 0 {
			return n, all
		}
		b = b[i+len("https://"):]
		known := false
		for _, host := range list {
			known = known || hasFold(b, host) && (len(b) == len(host) || bytes.IndexByte([]byte("/ \"')|`"), b[len(host)]) >= 0)
		}
		all = all && known
	}
}

// reverseShell finds a shell whose input and output are the network's, as bash's /dev/tcp, nc -e and socat's EXEC make.
func (f *file) reverseShell(b []byte) int {
	for _, dev := range []string{"/dev/tcp/", "/dev/udp/"} {
		at := indexFold(b, dev)
		if at < 0 {
			continue
		}
		host := b[at+len(dev):]
		if !local(host) && (anyFold(b, "sh -i", "0>&1", "<&", "exec ") || '0' <= first(host) && first(host) <= '9') {
			return at
		}
	}
	if at := indexFold(b, "/inet/tcp"); at >= 0 && anyFold(b, "awk", "|&") && !f.test {
		return at
	}
	if f.kind != code && oneLiner(b) {
		for _, name := range []string{"connect(", "create_connection(", "tcpsocket", "socket.tcp"} {
			if at := indexFold(b, name); at >= 0 && anyFold(b,
				"popen", "exec(", "exec sh", "exec \"", "exec '", "spawn(", "os.execute", "/bin/sh", "/bin/bash", "sh -i",
				"subprocess", "cmd.exe", "\"sh\"", "'sh'") {
				return at
			}
		}
	}
	for _, name := range []string{"telnet ", "s_client"} {
		if at := indexFold(b, name); at >= 0 && f.kind != code && (anyFold(b, "sh -i") || pipedIntoShell(b, 0) >= 0) {
			return at
		}
	}
	if at := indexFold(b, "ztcp "); at >= 0 && f.kind != code && anyFold(b, "zsh") {
		return at
	}
	for _, name := range []string{"nc ", "ncat ", "netcat ", "nc.traditional "} {
		at := indexFold(b, name)
		if at < 0 || at > 0 && isWord(b[at-1]) {
			continue
		}
		if anyFold(b[at:], " -e /", " -e sh", " -e bash", " -c /bin", " -c bash", " -c sh", "-e cmd", "--exec",
			"--sh-exec") ||
			pipedIntoShell(b, 0) >= 0 {
			return at
		}
	}
	for _, p := range []struct {
		name     string
		one, two []string // one of each must follow or stand before it
	}{
		{"socat ", []string{"exec:", "system:"}, []string{"tcp", "openssl", "udp"}},
		{"dup2(", []string{"pty.spawn", "/bin/sh", "/bin/bash"}, []string{"socket", "connect("}},
		{"fsockopen(", []string{"exec(", "proc_open", "/bin/sh", "/bin/bash"}, []string{"fsockopen("}},
	} {
		at := indexFold(b, p.name)
		if at < 0 {
			continue
		}
		if near := b[max(0, at-400):min(len(b), at+400)]; anyFold(near, p.one...) && anyFold(near, p.two...) {
			return at
		}
	}
	return -1
}

// oneLiner says whether an interpreter is given a program as a word: python -c, perl -e, php -r.
func oneLiner(b []byte) bool {
	for _, flag := range []string{" -c ", " -e ", " -r ", " -ne ", " -rsocket ", " -msocket "} {
		if at := indexFold(b, flag); at >= 0 && ranBefore(b[:at]) {
			return true
		}
	}
	return false
}

func first(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

// local says whether an address is this machine's.
func local(host []byte) bool {
	for _, name := range []string{"localhost", "127.", "0.0.0.0", "::1", "$host", "${host"} {
		if hasFold(host, name) {
			return true
		}
	}
	return false
}

// shellDecodes gives the place of a command that decodes, or unpacks, or -1.
func shellDecodes(b []byte) int {
	for _, d := range []struct{ name, how string }{
		{"base64", " -d"},
		{"base64", " --d"},
		{"base32", " -d"},
		{"base32", " --d"},
		{"basenc", " -d"},
		{"basenc", " --d"},
		{"base64", " -id"},
		{"base64", " -di"},
		{"openssl", " -d"},
		{"xxd ", " -r"},
		{"xxd ", "-r"},
		{"uudecode", ""},
		{"gunzip", ""},
		{"zcat", ""},
		{"bzcat", ""},
		{"xzcat", ""},
		{"xz -", "d"},
		{"gzip -", "d"},
		{"bzip2 -", "d"},
		{"zstd -", "d"},
		{"tail -c", ""},
		{"head -c", ""},
		{"tail +", ""},
		{"dd if=", ""},
		{"| rev", ""},
		{"|rev", ""},
		{"printf", "\\x"},
		{"printf", "\\1"},
		{"echo -", "\\x"},
		{"echo -", "\\1"},
		{"tr ", "za-"}, // letters in another order
		{"printf %b", "\\"},
		{"$'\\x", "\\x"},
		{"$'\\1", "\\1"},
		{"frombase64", ""},
		{"b64decode", ""},
	} {
		at := indexFold(b, d.name)
		if at < 0 || at > 0 && isWord(b[at-1]) {
			continue
		}
		if d.how == "" || containsFold(b[at+len(d.name):], d.how) {
			return at
		}
	}
	return -1
}
