package cli

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/policy"
	"countersign/report"
	"countersign/report/page"
)

func verifyCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify [RANGE]",
		Short: "Judge history that has landed, as the hook would have",
		Long: `Judges what protected branches hold since adoption, or what a RANGE holds: A..B, or B for all of it
since adoption. A range that leads backward, or whose ends have no commit in common, is an error. The rules and
the findings are the hook's; only the receiver's clock is missing, which bounds the dates of what lands. Approvals
are read from refs/approvals/, which a clone has after

    git fetch origin 'refs/approvals/*:refs/approvals/*'

It begins with a summary: of the commits and tags how many are signed, by which kind of key, and by whom. Each
commit is judged once, however many refs hold it. Findings that are alike are counted, and the first few shown;
--all shows each, and --format json has all of them.

What can't be read ends the judging of its ref, and of no other. Exit code 1: something stands against what was
judged; 3: nothing does, but not all could be judged, as in a partial clone.

Without a RANGE, and where the journal is at hand, as it is on the server, each protected ref is also
compared with the value that the last judged push left: a branch that was rewound, or a tag that was
deleted, beside a push.
` + pullHelp + auditHelp + sinceHelp + attestHelp,
		Args: cobra.MaximumNArgs(1),
	}
	repository, folder, reader := repositoryFlag(cmd), policyFlag(cmd), readerFlag(cmd)
	format := formatFlag(cmd, "markdown", "sarif", "junit", "gitlab", "github", "html")
	ref := cmd.Flags().String("ref", "", "judge RANGE by the rules of this `ref`")
	pull := cmd.Flags().Bool("pull", false, "judge RANGE as a pull request that a forge merges now")
	service := principalFlag(cmd, "service", "with --pull: the `name` of the service that would merge it")
	journal := cmd.Flags().String("journal", "",
		"`file` of the journal to compare the protected refs with (default: the repository's)")
	rows, only, keys := allCommitsFlag(cmd), signaturesOnlyFlag(cmd), keysFlag(cmd, "with --signatures-only: ")
	all := cmd.Flags().Bool("all", false, "show each finding, however many are alike")
	attest, since := attestFlags(cmd), sinceFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case *pull && (*ref == "" || len(args) == 0):
			return mistyped(cmd, errors.New("--pull wants --ref BRANCH, into which it would be merged, and BASE..HEAD"))
		case *service != "" && !*pull:
			return mistyped(cmd, errors.New("--service is for --pull"))
		case *pull && reader.goGit():
			return mistyped(cmd, errors.New("--pull needs a git program, which merges, and no --reader go-git"))
		case *ref != "" && len(args) == 0:
			return mistyped(cmd, errors.New("--ref wants a RANGE to judge so"))
		case *journal != "" && len(args) > 0:
			return mistyped(cmd, errors.New("--journal is for all protected refs, without a RANGE"))
		case len(*keys) > 0 && !*only:
			return mistyped(cmd, errors.New("--keys is for --signatures-only: rules need a policy"))
		case *only && (*pull || *ref != "" || *journal != "" || *attest.file != ""):
			return mistyped(cmd, errors.New("--signatures-only asks no rules: it goes with no --pull, --ref, --journal or "+
				"--attest"))
		case *pull && len(rows.list) > 0:
			return mistyped(cmd, errors.New("--all-commits is for what has landed, without --pull"))
		}
		if err := rows.alone(format); err != nil {
			return err
		}
		err := since.alone(map[string]bool{
			"A..B": isRange(args), "--pull": *pull, "--signatures-only": *only, "--attest": *attest.file != "",
			"--" + allCommitsName: len(rows.list) > 0,
		})
		if err != nil {
			return err
		}
		if err := attest.begin(cmd, env, *pull || isRange(args)); err != nil {
			return err
		}
		o := gate.Options{GoGit: reader.goGit(), Partial: !*pull}
		wanted := audit.Wanted{Spec: strings.Join(args, ""), Since: since.with(reader)}
		var rowsEnd func() error
		wanted.Row, rowsEnd = rows.row()
		if *only {
			d, err := env.signaturesOnly(cmd.Context(), *repository, *folder, o, *keys, wanted)
			if err == nil {
				err = rowsEnd()
			}
			return decided(verdict{d, project(env.path(*repository)), *all}, format, err)
		}
		if *journal != "" {
			o.Records = func(string, policy.Journal) iter.Seq2[[]byte, error] { return recordsIn(env.path(*journal)) }
		}
		g, err := env.usable(*repository, *folder, o)
		if err != nil {
			return err
		}
		defer g.Close()
		if *ref != "" {
			if wanted.Ref, err = g.RefCalled(*ref); err != nil {
				return usage("--ref: %v", err)
			}
		}
		var d policy.Decision
		switch {
		case *pull:
			d, err = env.verifyPull(cmd.Context(), g, args[0], wanted.Ref, string(*service))
		case len(args) > 0:
			d, err = g.Auditor().Verify(cmd.Context(), wanted)
		default:
			var compared bool
			d, compared, err = g.Auditor().VerifyAll(cmd.Context(), wanted, env.Now())
			if *journal != "" && !compared && (err == nil || errors.Is(err, audit.ErrNoneProtected)) {
				err = usage("--journal: there is no journal %s", *journal)
			}
		}
		if err == nil {
			err = rowsEnd()
		}
		if err == nil {
			err = attest.write(cmd.Context(), env, g, d)
		}
		return decided(verdict{d, project(g.GitDir()), *all}, format, err)
	}
	return cmd
}

// verdict is a decision to be printed.
type verdict struct {
	policy.Decision
	project string // what the repository is called
	all     bool   // show each finding, however many are alike
}

// decided writes a decision in all formats, and ends with its exit code.
func decided(v verdict, format *outputs, err error) error {
	if err != nil {
		return err
	}
	format.each(func(name string, to io.Writer) error {
		if name == "html" {
			return (&page.Decision{Project: v.project, Decision: v.Decision}).Write(to)
		}
		return writeDecision(name, to, v.Decision, v.all)
	})
	switch {
	case v.Verdict == policy.Accepted:
		return nil
	case len(v.Findings) == 0:
		return exitError{exitUndecided, nil}
	default:
		return exitError{exitRefused, nil}
	}
}

// fewAlike is how many findings that are alike the text form shows.
const fewAlike = 5

// writeDecision writes a decision in a format. As text it has a few of findings that are alike, or all.
func writeDecision(format string, to io.Writer, d policy.Decision, all bool) error {
	switch format {
	case "json":
		return report.JSON(to, d)
	case "jsonl":
		return report.Lines(to, d)
	case "markdown":
		return report.Markdown(to, d)
	case "sarif":
		return report.SARIF(to, version(), d)
	case "junit":
		return report.JUnit(to, d)
	case "gitlab":
		return report.GitLab(to, d)
	case "github":
		return report.GitHub(to, d)
	default:
		o := report.Options{Alike: fewAlike}
		if all {
			o.Alike = math.MaxInt
		}
		return report.Text(to, d, o)
	}
}

// pullHelp is what verify's help says of pull requests.
const pullHelp = `
With --pull, RANGE is BASE..HEAD of a pull request to the branch that --ref names: BASE is what the branch holds,
HEAD what is to be merged. What is judged is the merge that a forge's button would make of them now, signed by the
policy's service (--service where there are several), as the hook would judge it if it were pushed. Never give it
the merge that a forge has made for tests. No time is counted where no journal is at hand.
`

// verifyPull judges a pull request.
func (env Env) verifyPull(ctx context.Context, g *gate.Gate, spec, ref, service string) (policy.Decision, error) {
	base, head, isRange := strings.Cut(spec, "..")
	if !isRange || base == "" || head == "" || strings.HasPrefix(head, ".") {
		return policy.Decision{}, usage("--pull wants BASE..HEAD, as origin/main..refs/remotes/pull/1/head")
	}
	r := gate.PullRequest{Ref: ref, Service: service, Now: env.Now()}
	var err error
	if r.Base, err = g.Repository().Resolve(ctx, base); err != nil {
		return policy.Decision{}, err
	}
	if r.Head, err = g.Repository().Resolve(ctx, head); err != nil {
		return policy.Decision{}, err
	}
	d, err := g.JudgePull(ctx, r)
	if err != nil && !errors.Is(err, gate.ErrUndecided) {
		err = usage("%w", err)
	}
	return d, err
}
