package history

import (
	"context"
	"io"
	"os"
	"os/exec"
)

// Command is a program run for the user who asked for it, as they would have typed it: with their
// environment, configuration and terminal. It serves what signs in the user's name (git tag -s) and
// the demonstration; nothing that judges a push goes this way.
type Command struct {
	Dir    string
	Args   []string // the program's name first
	Env    []string // "NAME=value", added to the user's own
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// Run starts the command and waits for it. An error is an [*exec.ExitError] if it ran and failed.
func (c Command) Run(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Dir, c.Stdin, c.Stdout, c.Stderr
	cmd.Env = append(os.Environ(), c.Env...)
	return cmd.Run()
}
