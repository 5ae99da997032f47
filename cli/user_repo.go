package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"countersign/gate"
	"countersign/history"
	"countersign/report"
)

// userRepo is a repository in which git runs for the user, with their configuration.
type userRepo struct {
	env Env
	dir string
}

// git runs git as the user, who may be asked for a passphrase.
func (c userRepo) git(ctx context.Context, args ...string) (string, error) {
	var out, said bytes.Buffer
	err := history.Command{
		Dir: c.dir, Args: append([]string{"git"}, args...), Stdin: c.env.Stdin, Stdout: &out, Stderr: &said,
	}.Run(ctx)
	if err != nil {
		err = fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(said.String()))
	}
	return out.String(), err
}

// nowhere words why git has nothing to say where it was asked: mostly, that there is no repository.
func (c userRepo) nowhere(ctx context.Context, err error) error {
	if _, none := os.Stat(c.dir); none != nil {
		return usage("%w", none)
	}
	if _, none := c.git(ctx, "rev-parse", "--git-dir"); none != nil {
		return usage("%s is not in a Git repository: run this in a clone", c.dir)
	}
	return usage("%w", err)
}

// begin gives as much as most bytes of what git prints.
func (c userRepo) begin(ctx context.Context, most int, args ...string) []byte {
	out := &beginning{most: most}
	// A git that printed more than that ends with an error.
	_ = history.Command{Dir: c.dir, Args: append([]string{"git"}, args...), Stdout: out}.Run(ctx)
	return out.kept
}

// beginning keeps the beginning of what is written, and takes no more.
type beginning struct {
	kept []byte
	most int
}

var errFull = errors.New("that is enough")

func (b *beginning) Write(p []byte) (int, error) {
	room := min(b.most-len(b.kept), len(p))
	b.kept = append(b.kept, p[:room]...)
	if room < len(p) {
		return room, errFull
	}
	return room, nil
}

// remoteOr names the remote to push to, or REMOTE where there is none or it isn't clear.
func (c userRepo) remoteOr(ctx context.Context, said string) string {
	name, err := c.remote(ctx, said)
	if err != nil || name == "" {
		return "REMOTE"
	}
	return name
}

// remote names the remote to push to: the one that was said, else the one that the branch here follows, else the only
// one; "" where there is none.
func (c userRepo) remote(ctx context.Context, said string) (string, error) {
	out, err := c.git(ctx, "remote")
	if err != nil {
		return "", c.nowhere(ctx, err)
	}
	names := strings.Fields(out)
	if branch, err := c.git(ctx, "symbolic-ref", "--quiet", "--short", "HEAD"); said == "" && err == nil {
		follows, err := c.git(ctx, "config", "--get", "branch."+strings.TrimSpace(branch)+".remote")
		if name := strings.TrimSpace(follows); err == nil && slices.Contains(names, name) {
			return name, nil
		}
	}
	switch {
	case slices.Contains(names, said):
		return said, nil
	case said != "":
		return "", usage("no remote is called %q here; git remote lists them", said)
	case len(names) > 1:
		return "", usage("which remote? say --remote with one of %s", report.List(names, "or"))
	default:
		return strings.Join(names, ""), nil
	}
}

// seenFrom opens a gate that sees the refs as the remote has them, for judging what would land there: see
// [gate.Remote]. Where there is no remote, the repository is the server's.
func (c userRepo) seenFrom(ctx context.Context, policy place, remote string) (*gate.Gate, error) {
	name, err := c.remote(ctx, remote)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return c.env.seenFrom(c.dir, policy, nil)
	}
	return c.env.seenFrom(c.dir, policy, &gate.Remote{Name: name})
}

// seenFrom opens a gate that sees the refs as a remote has them.
func (e Env) seenFrom(dir string, policy place, remote *gate.Remote) (*gate.Gate, error) {
	g, err := e.open(dir, policy, gate.Options{Record: discard, Remote: remote})
	if errors.Is(err, gate.ErrNotConfigured) {
		err = usage("there is no policy in %s\n%s", g.PolicyDir(), strings.Join(howToGetPolicy(g.GitDir()), "\n"))
	}
	if err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// push pushes these refs and nothing else, and shows what the server answers.
func (c userRepo) push(ctx context.Context, remote string, refs []string) error {
	if remote == "" {
		return usage("there is no remote to push to: git remote add origin URL")
	}
	var said bytes.Buffer
	args := append([]string{"git", "push", "--no-follow-tags", "--recurse-submodules=no", "--", remote}, refs...)
	err := history.Command{Dir: c.dir, Args: args, Stdin: c.env.Stdin, Stdout: &said, Stderr: &said}.Run(ctx)
	for line := range strings.Lines(said.String()) {
		c.env.out.Printf("%s\n", strings.TrimRight(line, " \n"))
	}
	if err != nil {
		return exitError{exitRefused, fmt.Errorf("it was signed and not pushed: git push: %w", err)}
	}
	return nil
}
