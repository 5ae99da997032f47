package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// asked are all commands about a repository, as a user may ask them: REPO stands for the flag that names the
// repository, and REV for a revision.
func asked() []string {
	move := "refs/heads/main " + zeros + " " + strings.Repeat("1", 40) + " --reason x REPO"
	return []string{
		"verify REV REPO", "explain REV REPO", "backtest REV REPO", "approve REV REPO", "except REV --reason x REPO",
		"init REPO", "install --server DIR", "uninstall --server DIR", "doctor REPO",
		"policy check REPO", "policy classes x REPO", "keyring list REPO", "keyring check REPO", "keyring graph REPO",
		"log REPO", "log show 12345678 REPO", "log check REPO", "log compare REPO", "log review REPO",
		"log stats REPO", "log key --name x REPO", "log checkpoint REPO", "log tiles x REPO", "log prove 12345678 REPO",
		"log consistency x REPO", "log export --otlp http://localhost:1/v1/logs --patience 1ns REPO",
		"tarball empty/x REV --unsigned REPO",
		"tenure --at REV REPO", "revoked REPO", "pending REV REPO", "move " + move, "accept-move " + move,
	}
}

// TestOneFaultHasOneCode: what a user named or configured wrongly is 2 in every command that notices it, what can't be
// read is 3, and the word before the message is that of the code.
func TestOneFaultHasOneCode(t *testing.T) {
	s := newServer(t)
	s.env.Dir = s.dir
	s.write("empty/x", "")
	s.tool("cp", "-r", repo, "policy.git")
	s.write("policy.git/countersign/policy.toml", "version = 1\naprovals = 2\n")
	s.tool("cp", "-r", repo, "unnamed.git")
	if err := os.Remove(filepath.Join(s.dir, "unnamed.git/countersign/policy.toml")); err != nil {
		t.Fatal(err)
	}
	s.tool("cp", "-r", repo, "damaged.git")
	if err := os.Remove(filepath.Join(s.dir, "damaged.git/objects", s.base[:2], s.base[2:])); err != nil {
		t.Fatal(err)
	}
	const (
		noPolicy = "init install uninstall log log-show log-check log-stats log-key log-checkpoint log-tiles " +
			"log-prove log-consistency log-export move"
		noJudgement = noPolicy + " doctor policy-check policy-classes keyring-list keyring-check keyring-graph " +
			"log-compare log-review accept-move"
		noRevision = noJudgement + " revoked"
	)
	for _, fault := range []struct {
		dir, rev, unaffected string
		code                 int
		says                 string
	}{
		{"empty", "main", "", exitUsage, "Git "},
		{"nowhere", "main", "", exitUsage, "no such file"},
		{"repo.git", "nowhere", noRevision, exitUsage, "no commit is called"},
		{"repo.git", strings.Repeat("1", 40), noRevision, exitUsage, "git fetch brings what was pushed"},
		{"policy.git", "main", noPolicy + " doctor", exitUsage, `unknown key "aprovals"`},
		{"unnamed.git", "main", noPolicy + " doctor approve except keyring-graph tarball", exitUsage, "no policy"},
		{"damaged.git", "main", noJudgement, exitUndecided, "is missing: "},
	} {
		for _, command := range asked() {
			in := strings.NewReplacer("REPO", "-C "+fault.dir, "DIR", fault.dir, "REV", fault.rev)
			args := strings.Fields(in.Replace(command))
			cmd, _, err := rootCommand(s.env).Find(args)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(strings.Fields(fault.unaffected), nameOf(cmd)) {
				continue
			}
			code, _, errs := s.run("", args...)
			if code != fault.code || !strings.Contains(errs, fault.says) && nameOf(cmd) != "init" ||
				strings.HasPrefix(errs, "countersign: "+undecided) != (code == exitUndecided) ||
				strings.Count(errs, undecided) > 1 {
				t.Errorf("%s in %s: exit code %d, want %d and %q\n%s", command, fault.dir, code, fault.code, fault.says, errs)
			}
		}
	}
}

// Every command about a repository is asked above.
func TestEveryCommandIsAskedAboutFaults(t *testing.T) {
	p := newPerson(t)
	each(rootCommand(p.env), func(cmd *cobra.Command) {
		about := cmd.Flag("repository") != nil || cmd.Flag("server") != nil
		about = about && nameOf(cmd) != "log-check-proof" // which is for where there is none
		if !about || cmd.Hidden || cmd.HasParent() && cmd.Parent().Hidden {
			return
		}
		words := strings.TrimPrefix(cmd.CommandPath(), "countersign ") + " "
		if !slices.ContainsFunc(asked(), func(c string) bool { return strings.HasPrefix(c, words) }) {
			t.Errorf("%s isn't asked", words)
		}
	})
}

// nameOf gives a command's words without the program's, joined.
func nameOf(cmd *cobra.Command) string {
	_, words, _ := strings.Cut(cmd.CommandPath(), " ")
	return strings.ReplaceAll(words, " ", "-")
}
