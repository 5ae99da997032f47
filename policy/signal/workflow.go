package signal

import (
	"bytes"
	"strings"

	"countersign/policy/edit"
)

// isWorkflow says whether a file is a forge's pipeline, or an action of one.
func (f *file) isWorkflow() bool {
	if f.ext != "yml" && f.ext != "yaml" {
		return false
	}
	for _, part := range []string{
		".github/workflows/", ".github/actions/", ".gitea/", ".forgejo/", ".circleci/", ".gitlab/", ".buildkite/",
		".woodpecker",
	} {
		if strings.HasPrefix(f.path, part) {
			return true
		}
	}
	return f.name == "action."+f.ext || strings.Contains(f.name, "gitlab-ci") || strings.Contains(f.name, "pipelines")
}

// workflowGrab finds pipelines that take secrets out: all secrets at once, or the memory of the runner, with something
// that encodes or sends; a secret in what is sent to somebody who isn't the forge; and what is encoded twice, which
// only
// helps against the masks of logs.
//
// Measured: none.
func (f *file) workflowGrab() {
	if !f.isWorkflow() || f.marks&(secret|carry) == 0 {
		f.runnerMemory()
		return
	}
	carries := f.marks&carry != 0
	for _, l := range f.lines {
		m := marksOf(l.Text)
		if m&(secret|carry) == 0 || f.isComment(l.Text) {
			continue
		}
		if at := takesAll(l.Text); at >= 0 && (carries || allSecrets(l.Text) || f.carriesAnywhere()) {
			f.hit(WorkflowGrab, l, at, "all secrets, or the environment, beside what encodes or sends")
		}
		if at := indexFold(l.Text, "runner.worker"); at >= 0 {
			f.hit(WorkflowGrab, l, at, "the memory of the program that knows all secrets")
		}
		b, _ := f.command(l)
		if n := bytes.Count(b, []byte("base64")); n > 1 && encodesTwice(b) {
			f.hit(WorkflowGrab, l, 0, "something is encoded twice, past the masks of logs")
		}
		if at := sendsSecret(b); at >= 0 {
			f.hit(WorkflowGrab, l, 0, "a secret is sent to somebody else")
		}
	}
}

// runnerMemory finds a program besides a pipeline that reads the memory of GitHub's runner.
func (f *file) runnerMemory() {
	if f.marks&secret == 0 || f.kind != script && f.kind != code || f.test {
		return
	}
	for _, l := range f.lines {
		if at := indexFold(l.Text, "runner.worker"); at >= 0 && !f.isComment(l.Text) {
			f.hit(WorkflowGrab, l, at, "the memory of the program that knows all secrets")
		}
	}
}

// carriesAnywhere says whether the whole text has something that encodes or sends.
func (f *file) carriesAnywhere() bool {
	for n := 1; n == 1 || f.line(n) != nil; n++ {
		if b := f.line(n); marksOf(b)&carry != 0 && !f.isComment(b) {
			return true
		}
	}
	return false
}

// allSecrets says whether a line names secrets one by one or all at once.
func allSecrets(b []byte) bool { return anyFold(b, "secrets.", "tojson") }

// takesAll finds all secrets, or the whole environment, as a text that goes on somewhere.
func takesAll(b []byte) int {
	for from := 0; ; {
		at := indexFold(b[from:], "tojson")
		if at < 0 {
			break
		}
		from += at + len("tojson")
		if hasFold(bytes.TrimLeft(b[from:], " ("), "secrets") {
			return from
		}
	}
	if at := indexFold(b, "secrets."); at >= 0 &&
		anyFold(b[at:], "sed 's/./", "| rev", "|rev", "| xxd", "| fold -w", "| hexdump", "| od ") {
		return at
	}
	for _, name := range []string{
		"printenv |", "env |", "printenv|", "env|", "export -p |", "set |", "$(env)", "$(printenv)",
	} {
		if at := indexFold(b, name); at >= 0 && (at == 0 || !isWord(b[at-1]) && b[at-1] != '.' && b[at-1] != '-') &&
			anyFold(b[at:], "base64", "curl", "wget", "openssl", "gzip", "nc ", "xxd", "$(") {
			return at
		}
	}
	return -1
}

func encodesTwice(b []byte) bool {
	i := indexFold(b, "base64")
	j := indexFold(b[i+6:], "base64")
	return j >= 0 && bytes.IndexByte(b[i:i+6+j], '|') >= 0 && !anyFold(b, "base64 -d", "base64 --d")
}

// known are hosts to which pipelines send their secrets in honest ways, and knownNames variables that hold such.
var (
	known = []string{
		"api.github.com", "uploads.github.com", "gitlab.com", "hooks.slack.com", "slack.com", "codecov.io", "coveralls.io",
		"discord.com", "discordapp.com", "api.cloudflare.com", "readthedocs.org", "sentry.io", "registry.npmjs.org",
		"scan.coverity.com", "api.telegram.org", "api.netlify.com", "api.render.com", "api.heroku.com",
		"oauth2.googleapis.com",
		"www.googleapis.com", "accounts.google.com", "login.microsoftonline.com", "api.addons.mozilla.org",
	}
	knownNames = []string{
		"github.api_url", "github_api_url", "github.server_url", "ci_api_v4_url", "ci_server", "localhost", "127.0.0.1",
	}
)

// sendsSecret finds a command that sends a secret as what it says, not as who it is.
func sendsSecret(b []byte) int {
	at := max(indexFold(b, "curl"), indexFold(b, "wget"))
	n, all := hosts(b, known)
	if at < 0 || !containsFold(b, "http://") && (n > 0 && all || n == 0 && anyFold(b, knownNames...)) {
		return -1
	}
	for _, flag := range []string{
		" -d ", " -d\"", " -d'", " --data", " -f ", " --form", " -t ", " --upload-file", " --post-",
	} {
		i := indexFold(b[at:], flag)
		if i < 0 {
			continue
		}
		rest := b[at+i:]
		if j := nextFlag(rest[len(flag):]); j >= 0 {
			rest = rest[:len(flag)+j]
		}
		if anyFold(rest, "secrets.", "tojson(", "github.token", "github_token", "$(env", "printenv", "actions_id_token") {
			return at
		}
	}
	return -1
}

// nextFlag gives where the next option begins, if it is a header or a user: those say who sends.
func nextFlag(b []byte) int {
	for i := 0; i+3 < len(b); i++ {
		option := b[i+2:]
		if b[i] == ' ' && b[i+1] == '-' &&
			(option[0] == 'H' || option[0] == 'u' || hasFold(option, "-header") || hasFold(option, "-user")) {
			return i
		}
	}
	return -1
}

// foothold finds what stays on a machine after its command ends: a key that may log in, a job, a library before all
// programs, a runner that obeys somebody, and commands that Git runs.
//
// Measured: none.
func (f *file) foothold(l edit.Line) {
	b := l.Text
	if f.isComment(b) || f.test || f.done(Foothold) {
		return
	}
	if f.name == "config" || f.name == ".gitconfig" {
		for _, name := range []string{"fsmonitor", "sshcommand", "hookspath"} {
			key, value, _ := bytes.Cut(trimBlanks(b), []byte("="))
			if hasFold(key, name) && len(trimBlanks(value)) > 0 && !anyFold(value, "true", "false") {
				f.hit(Foothold, l, 0, "Git runs this in a repository that has it")
				return
			}
		}
	}
	if at := indexFold(b, "authorized_keys"); at >= 0 {
		copied := anyFold(b[:at], "cp ", "mv ", "install ") && len(trimBlanks(b[at+len("authorized_keys"):])) < 3
		if copied || bytes.HasSuffix(bytes.TrimRight(b[:at], " ~/.sh$HOMEROTruserthome{}\"'"), []byte(">")) {
			f.hit(Foothold, l, at, "a key is put in place that may log in")
			return
		}
	}
	for _, p := range []struct{ name, with, why string }{
		{"authorized_keys", ">>", "a key is added that may log in"},
		{"authorized_keys", "tee -a", "a key is added that may log in"},
		{"/etc/ld.so.preload", ">", "a library is put before all programs"},
		{"/etc/ld.so.preload", "tee", "a library is put before all programs"},
		{"/etc/sudoers", ">>", "somebody may do all"},
		{"/etc/sudoers", "tee", "somebody may do all"},
		{"crontab -", "|", "a job is added that stays"},
		{"/etc/cron", ">", "a job is added that stays"},
		{"config.sh --", "--token", "a runner is registered that obeys somebody"},
		{"launchagents", ">", "a job is added that stays"},
		{"core.fsmonitor", "git config", "Git is told to run a command"},
		{"core.sshcommand", "git config", "Git is told to run a command"},
		{"core.hookspath", "--global", "Git is told to run commands, in every repository"},
		{"core.hookspath", "--system", "Git is told to run commands, in every repository"},
		{"bash_env", "github_env", "each later step of a pipeline runs a file first"},
		{"pythonstartup", "github_env", "each later step of a pipeline runs a file first"},
	} {
		if at := indexFold(b, p.name); at >= 0 && containsFold(b, p.with) {
			f.hit(Foothold, l, at, p.why)
			return
		}
	}
}
