package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/policy"
)

// auditHelp is what verify's help says of audits of signatures.
const auditHelp = `
With --signatures-only no rules are asked: who signed what, by which key, and does that count? Without a RANGE
it reads all branches, remote-tracking branches and tag objects. The keys are the policy's; with --keys they are
those of the files, and no policy is read: OpenPGP keys, armored or not, SSH public keys, allowed signers, and
certificates of X.509 authorities in PEM. So it works in a clone of anybody's repository. What isn't signed is
counted, and is no fault: the summary says how much it is. Exit code 0: each signature that is there is good;
1: one isn't, or is by a key that nobody has; 3: neither, but a ref can't be read to its end. A key is judged at
the time that its signature says, or else at the committer's date.

--all-commits FORMAT=FILE also writes a row of each commit and tag, while they are read: docs/audit.md says what
is in it. A ref that can't be read to its end has a row, too. Without =FILE the rows are all that is printed.
`

// signaturesOnlyFlag gives a command that flag.
func signaturesOnlyFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("signatures-only", false, "ask no rules: who signed what, and is that good?")
}

// signaturesOnly verifies signatures, by the policy's keys or by those of files.
func (e Env) signaturesOnly(
	ctx context.Context, repository string, at place, o gate.Options, files []string, w audit.Wanted,
) (d policy.Decision, err error) {
	if err := e.givenOnly(ctx, &o, files, at); err != nil {
		return d, err
	}
	g, err := e.open(repository, at, o)
	if errors.Is(err, gate.ErrNotConfigured) {
		err = usage("no policy in %s, so no keys: say which count, --keys FILE, or --policy", g.PolicyDir())
	}
	if err != nil {
		return d, errors.Join(err, g.Close())
	}
	defer g.Close()
	return g.Auditor().Signatures(ctx, w)
}
