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
which they have any. Below it, for each rule, the classes in which they need nobody's approval. A commit counts
some time after it landed (tenure.settling); figures are as of now.`,
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
		earned := earnedBy(p, ledger, max(ledger.Last(), env.Now().Unix()))
		rows := func(out *report.Printer) { tenureText(out, earned) }
		env.list(format, earned, func(out *report.Printer) { out.Table(rows) })
		return nil
	}
	return cmd
}

// earning is what one principal has earned.
type earning struct {
	Principal string                          `json:"principal"`
	Role      policy.Role                     `json:"role"`
	Overall   policy.TenureFigures            `json:"overall"`
	Classes   map[string]policy.TenureFigures `json:"classes"` // those with any
	Alone     map[string][]string             `json:"alone"`   // classes by rule
}

func earnedBy(p *policy.Policy, l *policy.Ledger, at int64) []earning {
	var all []earning
	for _, q := range p.Principals {
		e := earning{
			Principal: q.Name, Role: q.Role, Overall: l.Tenure(p, q.Name, nil, at),
			Classes: map[string]policy.TenureFigures{}, Alone: map[string][]string{},
		}
		for _, class := range p.Classes.Names() {
			if t := l.Tenure(p, q.Name, []string{class}, at); t.Commits > 0 {
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

func tenureText(out *report.Printer, earned []earning) {
	for _, e := range earned {
		out.Printf("%s\t%s\t%s\n", e.Principal, e.Role, figures(e.Overall))
		for _, class := range slices.Sorted(maps.Keys(e.Classes)) {
			out.Printf("  %s\t\t%s\n", class, figures(e.Classes[class]))
		}
		for _, rule := range slices.Sorted(maps.Keys(e.Alone)) {
			out.Printf("  alone by rule %s:\t\t%s\n", rule, strings.Join(e.Alone[rule], ", "))
		}
	}
}

func figures(t policy.TenureFigures) string {
	return fmt.Sprintf("%s, %s, %s",
		report.Count(t.Days, "day"), report.Count(t.Commits, "commit"), report.Count(t.Months, "month"))
}
