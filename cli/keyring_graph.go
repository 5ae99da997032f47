package cli

import (
	"fmt"
	"io"
	"strconv"
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
		Long: `Draws who introduced whom, as a tree or with --dot for Graphviz. An approval doesn't count along a line of it,
nor between two whom the same third introduced within a time; see [introductions] in the policy.`,
		Args: cobra.NoArgs,
	}
	repository, folder := repositoryFlag(cmd), policyFlag(cmd)
	dot := cmd.Flags().Bool("dot", false, "write the graph in Graphviz's language")
	cmd.RunE = func(*cobra.Command, []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{Draft: true})
		if err != nil {
			return err
		}
		defer g.Close()
		if *dot {
			return writeDot(env.Stdout, g.Policy())
		}
		return writeTree(env.Stdout, g.Policy())
	}
	return cmd
}

func introduced(q *policy.Principal) string {
	if q.Introduced.IsZero() {
		return ""
	}
	return ", " + q.Introduced.UTC().Format(time.DateOnly)
}

// writeTree draws the principals whom nobody here introduced, and under each whom they did. Load takes no
// circle.
func writeTree(w io.Writer, p *policy.Policy) error {
	var b strings.Builder
	var under func(by, indent string)
	under = func(by, indent string) {
		for i := range p.Principals {
			if q := &p.Principals[i]; q.IntroducedBy == by {
				fmt.Fprintf(&b, "%s%s  (%s%s)\n", indent, report.Escape(q.Name), q.Role, introduced(q))
				under(q.Name, indent+"  ")
			}
		}
	}
	for i := range p.Principals {
		if q := &p.Principals[i]; p.Principal(q.IntroducedBy) == nil {
			fmt.Fprintf(&b, "%s  (%s%s)\n", report.Escape(q.Name), q.Role, introduced(q))
			under(q.Name, "  ")
		}
	}
	if lonely := p.Lonely(); lonely != nil {
		fmt.Fprintf(&b, "nobody could approve a change of: %s\n", report.Escape(strings.Join(lonely, ", ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeDot writes https://graphviz.org/doc/info/lang.html. Names of principals need no escapes there.
func writeDot(w io.Writer, p *policy.Policy) error {
	var b strings.Builder
	b.WriteString("digraph introductions {\n")
	for i := range p.Principals {
		q := &p.Principals[i]
		fmt.Fprintf(&b, "  %s [label=%s];\n", strconv.Quote(q.Name), strconv.Quote(q.Name+"\n"+string(q.Role)))
		if p.Principal(q.IntroducedBy) != nil {
			fmt.Fprintf(&b, "  %s -> %s [label=%s];\n", strconv.Quote(q.IntroducedBy), strconv.Quote(q.Name), strconv.Quote(strings.TrimPrefix(introduced(q), ", ")))
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}
