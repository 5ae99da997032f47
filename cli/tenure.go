package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/policy"
	"countersign/report"
)

func tenureCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tenure",
		Short: "Say who has earned what, and what each may do alone",
		Long: `Works out from the signed history what every principal has earned up to a revision: days since their first
credited commit landed, credited commits, and calendar months with one; over all, and in each class of change in
which they have any. Where a service attested some of these, what they earned by signatures alone is said, too. Below
it, for each rule, the classes in which they need nobody's approval. A commit counts some time after it landed
(tenure.settling); figures are as of now.`,
		Args: cobra.NoArgs,
	}
	repository, folder, format := repositoryFlag(cmd), policyFlag(cmd), formatFlag(cmd)
	at := cmd.Flags().String("at", "HEAD", "the `revision` up to which history counts")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		ledger, p, err := g.Auditor().Tenure(cmd.Context(), *at)
		if err != nil {
			return err
		}
		all := earnedBy(p, ledger, max(ledger.Last(), env.Now().Unix()))
		rows := func(out *report.Printer) { tenureText(out, all) }
		env.list(format, all, func(out *report.Printer) { out.Table(rows) })
		return nil
	}
	return cmd
}

// earning is what one principal has earned.
type earning struct {
	Principal string              `json:"principal"`
	Role      policy.Role         `json:"role"`
	Overall   earned              `json:"overall"`
	Classes   map[string]earned   `json:"classes"` // those with any
	Alone     map[string][]string `json:"alone"`   // classes by rule
}

// earned is what somebody has earned in some classes.
type earned struct {
	policy.TenureFigures
	Signed *policy.TenureFigures `json:"signed,omitempty"` // by signatures, where a service attested some of it
}

func earnedIn(p *policy.Policy, l *policy.Ledger, principal string, classes []string, at int64) earned {
	e := earned{TenureFigures: l.Tenure(p, principal, classes, at)}
	if signed := l.SignedTenure(p, principal, classes, at); signed != e.TenureFigures {
		e.Signed = &signed
	}
	return e
}

func earnedBy(p *policy.Policy, l *policy.Ledger, at int64) []earning {
	all := []earning{}
	for _, q := range p.Principals {
		e := earning{
			Principal: q.Name, Role: q.Role, Overall: earnedIn(p, l, q.Name, nil, at),
			Classes: map[string]earned{}, Alone: map[string][]string{},
		}
		for _, class := range p.Classes.Names() {
			if t := earnedIn(p, l, q.Name, []string{class}, at); t.Commits > 0 {
				e.Classes[class] = t
			}
		}
		for i := range p.Rules {
			if classes := p.ExemptIn(l, &p.Rules[i], q.Name, at); classes != nil {
				e.Alone[p.Rules[i].Name] = classes
			}
		}
		all = append(all, e)
	}
	return all
}

func tenureText(out *report.Printer, all []earning) {
	for _, e := range all {
		out.Printf("%s\t%s\t%s\n", e.Principal, e.Role, e.Overall)
		for _, class := range slices.Sorted(maps.Keys(e.Classes)) {
			out.Printf("  %s\t\t%s\n", class, e.Classes[class])
		}
		for _, rule := range slices.Sorted(maps.Keys(e.Alone)) {
			out.Printf("  alone by rule %s:\t\t%s\n", rule, strings.Join(e.Alone[rule], ", "))
		}
	}
}

func (e earned) String() string {
	if e.Signed == nil {
		return figures(e.TenureFigures)
	}
	return figures(e.TenureFigures) + "; by signatures alone " + figures(*e.Signed)
}

func figures(t policy.TenureFigures) string {
	return fmt.Sprintf("%s, %s, %s",
		report.Count(t.Days, "day"), report.Count(t.Commits, "commit"), report.Count(t.Months, "month"))
}
