package cli

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/policy"
	"countersign/report"
)

func keyringGraphCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Draw who introduced whom",
		Long: `Draws who introduced whom, as a tree or, with --format dot, for Graphviz. An approval doesn't count along a
line of it, nor between two whom the same third introduced within a time; see [introductions] in the policy.`,
		Args: cobra.NoArgs,
	}
	repository, folder, format := repositoryFlag(cmd), policyFlag(cmd), formatFlag(cmd, "dot")
	formerFlag(env, cmd, "dot", format)
	cmd.RunE = func(*cobra.Command, []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{Draft: true})
		if err != nil {
			return err
		}
		defer g.Close()
		format.print(func(one *output) {
			draw := writeTree
			if one.format == "dot" {
				draw = writeDot
			}
			one.list(newcomers(g.Policy()), func(out *report.Printer) { draw(out, g.Policy()) })
		})
		return nil
	}
	return cmd
}

// newcomer is a principal and who introduced them.
type newcomer struct {
	Principal    string      `json:"principal"`
	Role         policy.Role `json:"role"`
	IntroducedBy string      `json:"introduced_by,omitempty"`
	Introduced   time.Time   `json:"introduced,omitzero"`
}

func newcomers(p *policy.Policy) []newcomer {
	all := make([]newcomer, len(p.Principals))
	for i, q := range p.Principals {
		all[i] = newcomer{q.Name, q.Role, q.IntroducedBy, q.Introduced}
	}
	return all
}

func introduced(q *policy.Principal) string {
	if q.Introduced.IsZero() {
		return ""
	}
	return ", " + q.Introduced.UTC().Format(time.DateOnly)
}

// writeTree draws the principals whom nobody here introduced, and under each whom they did. Load takes no
// circle.
func writeTree(out *report.Printer, p *policy.Policy) {
	var draw func(q *policy.Principal, indent string)
	draw = func(q *policy.Principal, indent string) {
		out.Printf("%s%s  (%s%s)\n", indent, q.Name, q.Role, introduced(q))
		for i := range p.Principals {
			if p.Principals[i].IntroducedBy == q.Name {
				draw(&p.Principals[i], indent+"  ")
			}
		}
	}
	for i := range p.Principals {
		if q := &p.Principals[i]; p.Principal(q.IntroducedBy) == nil {
			draw(q, "")
		}
	}
	if lonely := p.Lonely(); lonely != nil {
		out.Printf("nobody could approve a change of: %s\n", strings.Join(lonely, ", "))
	}
}

// writeDot writes https://graphviz.org/doc/info/lang.html. Names of principals need no escapes there.
func writeDot(out *report.Printer, p *policy.Policy) {
	out.Printf("digraph introductions {\n")
	for i := range p.Principals {
		q := &p.Principals[i]
		out.Printf("  %q [label=%q];\n", q.Name, q.Name+"\n"+string(q.Role))
		if p.Principal(q.IntroducedBy) != nil {
			out.Printf("  %q -> %q [label=%q];\n", q.IntroducedBy, q.Name, strings.TrimPrefix(introduced(q), ", "))
		}
	}
	out.Printf("}\n")
}
