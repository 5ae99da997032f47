package cli

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"countersign/install"
)

// installLocal puts the hook into the clone that the command is run in.
func (t *told) installLocal(ctx context.Context, introduction string, dry bool) error {
	clone, err := install.LookLocal(ctx, t.env.Dir)
	if err != nil {
		return err
	}
	plan, err := install.PlanLocal(clone, t.env.Executable, introduction)
	if err != nil {
		why, lines, _ := strings.Cut(err.Error(), "\n")
		say(t.env.errs, errors.New(why))
		for line := range strings.Lines(lines) { // to be copied
			t.env.errs.Printf("    %s\n", strings.TrimSuffix(line, "\n"))
		}
		return exitError{exitRefused, nil}
	}
	if err := t.carryOut([]install.Plan{plan}, dry); err != nil || dry {
		return err
	}
	if !clone.HasPolicy && introduction == "" {
		t.next("next: no policy is at hand here, so every push stops")
		for _, line := range howToGetPolicy(clone.GitDir) {
			t.next("  %s", line)
		}
	}
	return nil
}

// uninstallLocal takes it out again.
func (t *told) uninstallLocal(ctx context.Context, dry bool) error {
	clone, err := install.LookLocal(ctx, t.env.Dir)
	if err != nil {
		return err
	}
	plan, err := install.PlanLocalRemoval(clone)
	if err != nil {
		return exitError{exitRefused, err}
	}
	return t.carryOut([]install.Plan{plan}, dry)
}

// howToGetPolicy says how a clone comes by the server's policy, in lines.
func howToGetPolicy(gitDir string) []string {
	return []string{
		"if it lies in the tree, ask the server's operator for COMMIT@FINGERPRINT, and run:",
		"  countersign install --local --introduction COMMIT@FINGERPRINT",
		"else copy policy.toml and keys from the server's folder countersign to:",
		"  " + filepath.Join(gitDir, "countersign"),
	}
}
