package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"countersign/history"
	"countersign/report"
)

// read shows what the commits change in git's pager, where somebody sits at a terminal, with all that a terminal would
// obey written out.
func (c covered) read(ctx context.Context) error {
	if !terminal(c.env.Stdin) || !terminal(c.env.Stdout) {
		return nil
	}
	pager, err := c.git(ctx, "var", "GIT_PAGER")
	if err != nil {
		return err
	}
	var ids strings.Builder
	for i := range c.commits {
		ids.WriteString(c.commits[i].ID + "\n")
	}
	out, in := io.Pipe()
	go func() {
		in.CloseWithError(history.Command{
			Dir: c.dir, Args: []string{
				"git", "log", "--no-walk=unsorted", "--stdin", "--patch", "--stat", "--cc", "--no-color", "--no-ext-diff",
				"--no-textconv", "--no-renames", "--no-mailmap", "--ignore-submodules=none", "--encoding=UTF-8",
			}, Stdin: strings.NewReader(ids.String()), Stdout: report.Visible(in),
		}.Run(ctx))
	}()
	defer out.Close() // who has seen enough ends the pager
	err = history.Command{
		Dir: c.dir, Args: []string{"sh", "-c", pager}, Env: []string{"LESS=" + cmp.Or(c.env.Getenv("LESS"), "FX")},
		Stdin: out, Stdout: c.env.Stdout, Stderr: c.env.Stderr,
	}.Run(ctx)
	if err != nil {
		return fmt.Errorf("the changes couldn't be shown by %s: %w\n--yes signs without showing them",
			strings.TrimSpace(pager), err)
	}
	return nil
}
