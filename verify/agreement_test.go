package verify

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/history"
)

var update = flag.Bool("update", false, "write the tables of docs/agreement.md anew; read them before you keep them")

// agreement is a case of docs/agreement.md: a commit that was made afresh, what git says of it with gpg,
// ssh-keygen or gpgsm, and what this package says. Both verdicts are written here by hand. Why says in a
// sentence why they differ, and is empty where they don't.
type agreement struct {
	name   string
	theirs string // "good", or the word for what is wrong; see gitVerdict
	ours   string // a status, or what else is wrong
	why    string
}

// agreements collects the cases of one table.
type agreements struct {
	t     *testing.T
	title string
	rows  []agreement
}

// add judges a case. Where a verdict isn't the stated one the case fails, and no table is written.
func (a *agreements) add(c agreement, theirs, ours string) {
	a.t.Helper()
	if !says(theirs, c.theirs, "git", c.name) {
		a.t.Errorf("%s: git says %s, not %s", c.name, theirs, c.theirs)
	}
	if ours != c.ours {
		a.t.Errorf("%s: we say %s, not %s", c.name, ours, c.ours)
	}
	if differ := (c.theirs == "good") != (c.ours == "good"); differ != (c.why != "") {
		a.t.Errorf("%s: the verdicts differ: %t; and the reason why is %q", c.name, differ, c.why)
	}
	a.rows = append(a.rows, c)
}

// compare holds the cases against the table under a heading in docs/agreement.md, unless one failed.
func (a *agreements) compare() {
	a.t.Helper()
	if a.t.Failed() {
		return
	}
	var b strings.Builder
	b.WriteString("| case | git says | Countersign says | why they differ |\n|---|---|---|---|\n")
	for _, c := range a.rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.name, c.theirs, c.ours, c.why)
	}
	file := filepath.Join("..", "docs", "agreement.md")
	text, err := os.ReadFile(file)
	if err != nil {
		a.t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), "## "+a.title+"\n\n")
	i := strings.Index(rest, "| case |")
	if !ok || i < 0 {
		a.t.Fatalf("%s has no table under %q", file, a.title)
	}
	table := rest[i:]
	end := strings.Index(table+"\n\n", "|\n\n") + 2
	if table[:min(end, len(table))] == b.String() {
		return
	}
	if !*update {
		a.t.Errorf("%s: the table under %q isn't what was found; run with -update, and read it:\n%s",
			file, a.title, b.String())
		return
	}
	changed := before + "## " + a.title + "\n\n" + rest[:i] + b.String() + table[min(end, len(table)):]
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		a.t.Fatal(err)
	}
}

// judged is a repository in which git judges commits.
type judged struct {
	t      *testing.T
	dir    string
	config []string // "key=value", as git -c takes them
	env    []string
}

func newJudged(t *testing.T) *judged {
	t.Helper()
	j := &judged{t: t, dir: t.TempDir()}
	j.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + j.dir, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C"}
	j.run(nil, "init", "-q")
	return j
}

func (j *judged) run(stdin []byte, args ...string) (stdout, stderr string, err error) {
	cmd := exec.Command("git", args...)
	for _, c := range j.config {
		cmd.Args = append([]string{"git", "-c", c}, cmd.Args[1:]...)
	}
	cmd.Dir, cmd.Env, cmd.Stdin = j.dir, j.env, bytes.NewReader(stdin)
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	return out.String(), said.String(), err
}

// payloadAt is what a commit of that date by a person has, without its signature.
func payloadAt(at time.Time, email string) []byte {
	who := fmt.Sprintf("A <%s> %d +0000", email, at.Unix())
	return fmt.Appendf(nil, "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor %s\ncommitter %s\n\nx\n", who, who)
}

// signedCommit puts a signature into a commit, as git commit -S does.
func signedCommit(payload, signature []byte) []byte {
	head, message, _ := bytes.Cut(payload, []byte("\n\n"))
	signature = bytes.TrimRight(signature, "\n")
	return fmt.Appendf(nil, "%s\ngpgsig %s\n\n%s", head, bytes.ReplaceAll(signature, []byte("\n"), []byte("\n ")), message)
}

// gitVerdict has git judge a raw commit: "good", or else the word that gpg or gpgsm says last about it (such as
// "EXPKEYSIG"), or "refused" where the program gives no word, as ssh-keygen.
func (j *judged) gitVerdict(raw []byte) string {
	j.t.Helper()
	id, said, err := j.run(raw, "hash-object", "-t", "commit", "-w", "--stdin", "--literally")
	if err != nil {
		j.t.Fatalf("hash-object: %v: %s", err, said)
	}
	_, said, err = j.run(nil, "verify-commit", "--raw", strings.TrimSpace(id))
	if err == nil {
		return "good"
	}
	word := "refused"
	for line := range strings.Lines(said) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "[GNUPG:]" {
			continue
		}
		switch fields[1] {
		case "BADSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "ERRSIG", "NODATA":
			word = fields[1]
		}
	}
	return word
}

// ourVerdict has the strict parser and a keyring judge the same raw commit, landed at that time.
func ourVerdict(k *Keyring, raw []byte, at time.Time) Result {
	c, err := history.ParseCommit(history.ID{}, raw)
	if err != nil {
		return Result{Status: Malformed, Reason: err.Error()}
	}
	return k.Verify(c.Payload, c.Signature, at)
}
