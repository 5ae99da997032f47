package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/policy"
	"countersign/report"
)

func policyClassesCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "classes PATH...",
		Short: "Say which classes and rules a path falls under",
		Long: `Says which classes each path falls in, and which rules are asked about a commit that adds it. Where
there is a file of that name its content and mode count as well.`,
		Args: cobra.MinimumNArgs(1),
	}
	repository, folder, format := repositoryFlag(cmd), policyFlag(cmd), formatFlag(cmd)
	cmd.RunE = func(_ *cobra.Command, paths []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		classified := make([]classed, len(paths))
		for i, path := range paths {
			change, err := env.added(path)
			if err != nil {
				return err
			}
			classified[i] = classify(g.Policy(), path, change)
		}
		env.list(format, classified, func(out *report.Printer) {
			for _, c := range classified {
				out.Printf("%s: %s\n", c.Path, classesOf(c.Classes))
				for _, rule := range c.Rules {
					out.Printf("  rule %s: %s\n", rule.Name, rule.Asks)
				}
			}
		})
		return nil
	}
	return cmd
}

// classed is a path with the classes it falls in, and the rules that are asked about a commit which adds it.
type classed struct {
	Path    string      `json:"path"`
	Classes []string    `json:"classes"`
	Rules   []askedRule `json:"rules"`
}

// askedRule is a rule, and what it asks for in a few words.
type askedRule struct {
	Name string `json:"name"`
	Asks string `json:"asks"`
}

func classify(p *policy.Policy, path string, change policy.Change) classed {
	c := classed{path, append([]string{}, p.Classes.Of(change)...), []askedRule{}}
	for _, rule := range p.Rules {
		if slices.ContainsFunc(rule.Classes, func(class string) bool { return slices.Contains(c.Classes, class) }) {
			c.Rules = append(c.Rules, askedRule{rule.Name, demand(rule)})
		}
	}
	return c
}

// added is the change that adding a path would be, with the content it has in the working folder.
func (e Env) added(path string) (policy.Change, error) {
	const head = 1 << 20 // bytes, as many as are read of what is pushed
	const file, exec, symlink = 0o100644, 0o100755, 0o120000
	change := policy.Change{Path: filepath.ToSlash(path), NewMode: file}
	at, err := os.Lstat(e.path(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return change, nil
	case err != nil:
		return change, err
	case at.Mode()&fs.ModeSymlink != 0:
		change.NewMode = symlink
		return change, nil
	case !at.Mode().IsRegular():
		return change, usage("%s: not a file", path)
	case at.Mode()&0o100 != 0:
		change.NewMode = exec
	}
	f, err := os.Open(e.path(path))
	if err != nil {
		return change, err
	}
	content, err := io.ReadAll(io.LimitReader(f, head))
	if err := errors.Join(err, f.Close()); err != nil {
		return change, err
	}
	change.Size = at.Size()
	change.Traits = policy.Inspect(policy.Content{Path: path, Head: content, Size: at.Size()})
	return change, nil
}

// demand says in a few words what a rule asks for.
func demand(r policy.Rule) string {
	if r.Refuse {
		return "refused"
	}
	words := report.Count(r.Approvals, "approval")
	if r.MergesApprove == "none" {
		words += ", and no merge is one"
	}
	if len(r.Shapes) > 0 {
		shapes := make([]string, len(r.Shapes))
		for i, shape := range r.Shapes {
			shapes[i] = string(shape)
		}
		words += " of what is " + report.List(shapes, "or")
	}
	if r.Exempt.Nobody {
		return words
	}
	var tenure []string
	for _, of := range []struct {
		n    int
		what string
	}{{r.Exempt.Days, "days"}, {r.Exempt.Commits, "commits"}, {r.Exempt.Months, "months"}} {
		if of.n > 0 {
			tenure = append(tenure, fmt.Sprintf("%d %s", of.n, of.what))
		}
	}
	where := "in each of its classes"
	switch r.Exempt.In {
	case "all":
		where = "over all"
	case "rule":
		where = "in the rule's classes together"
	}
	return fmt.Sprintf("%s; none of a signer with %s %s", words, strings.Join(tenure, ", "), where)
}
