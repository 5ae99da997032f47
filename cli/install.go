package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/hook"
	"countersign/install"
	"countersign/policy"
)

func installCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "install (--server FOLDER | --all FOLDER | --local)",
		Short: "Put the hooks in place",
		Long: `Puts hooks into a repository on a server, or into each repository in a folder, beside a first policy and
a folder for keys: pre-receive judges each push, post-receive records what Git made of it. A hook that is
there already is kept and runs as well. What is in place is left alone, a policy above all; run it again
after moving the program. Run it as the user who owns the repository.

The history that the protected refs have today is not judged: the first policy names their tips. What they
hold is recorded in the journal, so that the first push to each is compared with that; run again, this
adds those that the journal doesn't know yet.
Nobody is named in it yet, so every push is refused until you do.

With --policy-folder one policy judges them all, and goes on to when install runs again without it. A
repository's own floor.toml, in its folder countersign, can ask for more. With gitolite, --all puts the
hooks where "gitolite setup" links them from, so that a repository made later has them, too. docs/install/
has a page for each kind of server.

With --local it puts pre-push into the clone that it is run in, which judges a push before it leaves. With
--introduction it pins the policy in the tree there, so that the other commands know it, too.`,
		Args: cobra.NoArgs,
	}
	server, all, local := serverFlag(cmd), allFlag(cmd), localFlag(cmd)
	kind := valued(cmd, chosen(append([]string{"auto"}, hook.Kinds()...)...), "kind", "`kind` of server, which says who "+
		"pushes and where hooks are: auto for what the repository's place tells, "+strings.Join(hook.Kinds(), ", "))
	common := commonFlag(cmd)
	except := cmd.Flags().StringArray("except", nil, "`name` of a repository below the folder of --all that is not to be "+
		"judged, as team/notes.git; may be given again")
	introduction := valued(cmd, new(pin), "introduction",
		"`COMMIT@FINGERPRINT` that introduces a policy in the tree: the commit that brings it, and the key that signed that")
	guard := cmd.Flags().Bool("guard", false,
		"put in the hook, too, that stops what moves protected refs beside a push (default for --kind gitea)")
	branch := cmd.Flags().String("branch", "refs/heads/main",
		"full name of the `branch` that holds the policy in the tree")
	dry, format := dryRunFlag(cmd), formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		t := env.telling(format)
		switch {
		case !oneOf(*server != "", *all != "", *local):
			return mistyped(cmd, errWhichRepository)
		case *local:
			return t.end(t.installLocal(cmd.Context(), introduction.file(*branch), *dry))
		case *all != "" && introduction.Introduction != nil:
			return mistyped(cmd, errors.New("--introduction is of one repository: say it with --server"))
		case *all == "" && len(*except) > 0:
			return mistyped(cmd, errors.New("--except goes with --all"))
		}
		i := &installation{
			open:   func(dir string, o gate.Options) (*gate.Gate, error) { return env.open(dir, place{}, o) },
			begins: gate.Request{Received: env.Now(), Pusher: env.operator()}, told: t,
			wanted: install.Server{Program: env.Executable}, introduction: introduction.file(*branch), dry: *dry,
		}
		if kind.word != "auto" {
			i.kind = kind.word
		}
		if cmd.Flags().Changed("guard") {
			i.guard = guard
		}
		if *common != "" {
			i.wanted.Common = env.path(*common)
		}
		if *all != "" {
			return t.end(i.all(cmd.Context(), env.path(*all), *except))
		}
		return t.end(i.server(cmd.Context(), env.path(*server)))
	}
	return cmd
}

// errUncovered says that the policy has changed since the guard was put in.
var errUncovered = errors.New(
	"the guard's hook doesn't look at all that the policy protects: countersign install --guard again")

// file gives the text of introduction.toml for a pin, "" for none.
func (p *pin) file(branch string) string {
	if p.Introduction == nil {
		return ""
	}
	return fmt.Sprintf(introductionText, policy.Folder, policy.FloorFile, p.Commit, p.Fingerprint, branch)
}

const introductionText = `# The policy lies in the tree, in %s/, from this commit on. What it reaches is not judged;
# it must be signed by this key, and each later policy was let in by the one before. %s beside this
# file can bound it.
commit = %q
fingerprint = %q
ref = %q
`
