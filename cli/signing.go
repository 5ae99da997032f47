package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"countersign/gate"
	"countersign/history"
	"countersign/policy"
)

// signing is a word of somebody's in the making: a signed tag.
type signing struct {
	userRepo
	name string
	yes  bool

	signed []string // what is to be pushed
}

// whoAmI finds the name under which the keyring knows the user.
func (s *signing) whoAmI(ctx context.Context, p *policy.Policy) error {
	if s.name == "" {
		if out, err := s.git(ctx, "config", "--get", "countersign.principal"); err == nil {
			s.name = strings.TrimSpace(out)
		}
	}
	if s.name == "" {
		_, email, err := s.ident(ctx)
		if err != nil {
			return err
		}
		if q := p.ByEmail(email); q != nil {
			s.name = q.Name
		}
	}
	if s.name == "" {
		return usage("who are you in the keyring? say --as NAME, or once and for all: " +
			"git config --global countersign.principal NAME")
	}
	if !policy.ValidName(s.name) {
		return usage("%q is no principal's name: want %s", s.name, policy.NameRule)
	}
	return nil
}

// ident gives the name and the address that git commits with.
func (c userRepo) ident(ctx context.Context) (name, email string, err error) {
	out, err := c.git(ctx, "var", "GIT_COMMITTER_IDENT")
	name, rest, _ := strings.Cut(out, "<")
	email, _, _ = strings.Cut(rest, ">")
	return strings.TrimSpace(name), email, err
}

// errNothingSigned ends what somebody has thought better of.
var errNothingSigned = exitError{exitRefused, errors.New("nothing was signed")}

// confirm asks whether somebody has looked at what they sign.
func (s *signing) confirm(commit history.ID) error {
	if s.yes {
		return nil
	}
	s.env.out.Printf("have you looked at every one of them (git show %.10s)? yes or no: ", commit)
	line, err := bufio.NewReader(s.env.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return errNothingSigned
	}
	if line = strings.ToLower(strings.TrimSpace(line)); line != "yes" && line != "y" {
		return errNothingSigned
	}
	return nil
}

// sign makes the tag as git tag -s does, under a name of its own, sees whether it will count, and moves it to where
// attestations live. One's own word that is there already and counts stays if it says the same: it may have been relied
// on. Any other makes place, which is told.
func (s *signing) sign(
	ctx context.Context, g *gate.Gate, kind policy.AttestationKind, commit history.ID, message string,
) error {
	ref, name := kind.Ref(commit.String(), s.name), kind.Tag(commit.String(), s.name)
	push := ref
	if out, err := s.git(ctx, "rev-parse", "--verify", "--quiet", ref); err == nil {
		id, err := history.ParseID(strings.TrimSpace(out))
		if err != nil {
			return err
		}
		why := "says something else"
		if broken := g.Stands(ctx, kind, commit, s.name, id); broken != nil {
			why = "doesn't count: " + broken.Error()
		} else if g.Says(ctx, id) == message {
			s.env.out.Printf("%s is there already, at %s, and says the same\n", ref, id)
			s.signed = append(s.signed, ref)
			return nil
		}
		s.env.out.Printf("it takes the place of yours at %.10s, which %s\n", id, why)
		push = "+" + ref
	}
	if kind == policy.Moves { // it may stand in place of another
		push = "+" + ref
	}
	if _, err := s.git(ctx, "tag", "-s", "-f", "-m", message, name, commit.String()); err != nil {
		return err
	}
	made, err := s.made(ctx, g, kind, commit, name)
	if err == nil {
		_, err = s.git(ctx, "update-ref", ref, made)
	}
	_, derr := s.git(ctx, "tag", "-d", name)
	if err := errors.Join(err, derr); err != nil {
		return err
	}
	s.env.out.Printf("signed %s\n", ref)
	s.signed = append(s.signed, push)
	return nil
}

// made gives the id of the tag that git made, if it counts: some versions of git end well though what signs failed, and
// leave a tag without a signature.
func (s *signing) made(
	ctx context.Context, g *gate.Gate, kind policy.AttestationKind, commit history.ID, name string,
) (string, error) {
	out, err := s.git(ctx, "rev-parse", "--verify", "--quiet", "refs/tags/"+name)
	if err != nil {
		return "", err
	}
	id, err := history.ParseID(strings.TrimSpace(out))
	if err != nil {
		return "", err
	}
	if err := g.Stands(ctx, kind, commit, s.name, id); err != nil {
		return "", exitError{exitRefused, fmt.Errorf("nothing was signed: the tag that git made doesn't count: %w\n"+
			"try the key that git config user.signingKey names: git tag -s -m test NAME && git tag -v NAME", err)}
	}
	return id.String(), nil
}

// handOver pushes what was signed, or says how.
func (s *signing) handOver(ctx context.Context, remote string, push bool) error {
	if push {
		to, err := s.remote(ctx, remote)
		if err != nil {
			return err
		}
		return s.push(ctx, to, s.signed)
	}
	to := s.remoteOr(ctx, remote)
	for _, ref := range s.signed {
		s.env.out.Printf("now: git push %s %s\n", to, ref)
	}
	if len(s.signed) > 1 {
		s.env.out.Printf("or all at once: git push %[1]s '%[2]s*:%[2]s*'\n", to, "refs/"+string(policy.Approves)+"/")
	}
	return nil
}
