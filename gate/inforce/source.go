package inforce

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"countersign/gate/keyring"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// ErrNotConfigured says that there is no policy at all: a refusal that says how to begin.
var ErrNotConfigured = errors.New("no policy: run countersign install, then name the maintainers in policy.toml")

// ErrNotPushed says that nobody has pushed the branch that begins with the policy in the tree, as on each new server.
var ErrNotPushed = errors.New("the policy in the tree begins with a commit that nobody has pushed here yet")

// Repository is what a [Source] asks of a repository.
type Repository interface {
	Folders
	Refs(ctx context.Context, patterns ...string) ([]history.Ref, error)
	Resolve(ctx context.Context, rev string) (history.ID, error)
	Commit(ctx context.Context, id history.ID) (history.Commit, error)
}

// Folders reads a folder in a commit's tree.
type Folders interface {
	Folder(ctx context.Context, commit history.ID, name string) (*history.Folder, error)
}

// Options say where policies are read.
type Options struct {
	Dir          string               // the server's folder of policy.toml and its keys, or of introduction.toml
	Common       string               // the folder of a policy by which many repositories are judged; "" for none
	Introduction *policy.Introduction // where a policy in the tree begins; nil leaves that to the folder
	Draft        bool                 // a policy without keys will do, or none at all
	Keyless      bool                 // no keys of a policy beside the repository are read
	Rules        []string             // the only rules that apply, of every policy and of the floor; nil for all
	Profile      string               // the built-in rules that apply instead of these; "" for none
	Logs         keyring.Logs
	Keys         *verify.Keyring // the only keys that count, and no policy is read; nil for the policy's
}

// Source reads policies.
type Source struct {
	// Introduction is where the policy in the tree begins; nil where it lies beside the repository.
	Introduction *policy.Introduction
	// First is the policy that is there from the beginning: the server's, or that of the introduction once
	// [Source.Find] has read it.
	First *Policy
	// Folder is the folder that the first policy, or where it begins, was read from.
	Folder string

	o     Options
	floor *policy.Policy // what a policy in the tree must at least ask for; nil for nothing
	today *Policy        // what Find found
}

// Open reads what the server's folder says: its own policy, or where the one in the tree begins. It gives as much as
// it could read even with an error.
func Open(o Options) (*Source, error) {
	s := &Source{Folder: o.Dir, o: o}
	err := s.readServer()
	if s.First != nil {
		s.First.Rules = s.only(s.First.Rules)
		if s.First.floor != nil {
			s.First.floor = s.only(s.First.floor)
		}
	}
	if s.floor != nil {
		s.floor = s.only(s.floor)
	}
	return s, err
}

// only leaves out the rules that don't apply.
func (s *Source) only(p *policy.Policy) *policy.Policy {
	if s.o.Profile != "" {
		p = p.WithProfile(s.o.Profile)
	}
	if s.o.Rules == nil {
		return p
	}
	return p.OnlyRules(s.o.Rules)
}

func (s *Source) readServer() error {
	if s.o.Keys != nil {
		s.First = &Policy{Rules: policy.Default(), Keys: s.o.Keys}
		return nil
	}
	if s.o.Common != "" {
		return s.readCommon()
	}
	root, err := os.OpenRoot(s.o.Dir)
	if errors.Is(err, fs.ErrNotExist) && (s.o.Draft || s.o.Introduction != nil) {
		if s.Introduction = s.o.Introduction; s.Introduction == nil {
			s.First = &Policy{Rules: policy.Default()}
		}
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotConfigured
	}
	if err != nil {
		return err
	}
	defer root.Close()
	if s.Introduction = s.o.Introduction; s.Introduction != nil {
		if err := s.Introduction.Check(); err != nil {
			return err
		}
	} else {
		if s.Introduction, err = policy.LoadIntroduction(root.FS()); err != nil {
			return err
		}
	}
	if s.Introduction != nil {
		s.floor, err = policy.LoadFloor(root.FS())
		return err
	}
	s.First, err = s.read(root.FS(), nil, nil)
	return err
}

// read reads a policy that isn't in the tree, and its keys. These commits are adopted beside those that it names, and
// the floor bounds it; nil for none.
func (s *Source) read(fsys fs.FS, adopted []string, floor *policy.Policy) (*Policy, error) {
	load := policy.Load
	if s.o.Draft {
		load = policy.LoadDraft
	}
	rules, err := load(fsys)
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case missing && s.o.Draft:
		return &Policy{Rules: policy.Default()}, nil
	case missing:
		return nil, ErrNotConfigured
	case err != nil:
		return nil, err
	}
	p := &Policy{Rules: rules.Adopting(adopted)}
	p.above(floor)
	if !s.o.Keyless {
		p.Keys, err = keyring.Of(p.Rules, s.o.Logs)
	}
	return p, err
}

// Find finds the policy that is in force: the server's, or that of the tip of the branch that holds it, or
// before there is one that of the introduction. A clone takes HEAD for that branch: it judges what it
// chose, and each landing by its own parent.
func (s *Source) Find(ctx context.Context, repo Repository) (_ *Policy, err error) {
	s.today, err = s.find(ctx, repo)
	return s.today, err
}

func (s *Source) find(ctx context.Context, repo Repository) (*Policy, error) {
	if s.Introduction == nil {
		return s.First, nil
	}
	var err error
	if s.First, err = s.Introduced(ctx, repo); err != nil {
		return nil, err
	}
	if s.Introduction.Ref == "" {
		head, err := repo.Resolve(ctx, "@") // HEAD, whatever else may be called so
		if err != nil {
			return s.First, nil
		}
		return s.At(ctx, repo, head)
	}
	refs, err := repo.Refs(ctx, s.Introduction.Ref)
	if err != nil || len(refs) == 0 {
		return s.First, err
	}
	return s.At(ctx, repo, refs[0].ID)
}

// Introduced reads the policy of the introduction, which must be signed by the key that was pinned with
// it: from then on every policy was let in by the one before.
func (s *Source) Introduced(ctx context.Context, repo Repository) (*Policy, error) {
	id, err := history.ParseID(s.Introduction.Commit)
	if err != nil {
		return nil, err
	}
	broken := func(err error) error { return fmt.Errorf("the introduction %s: %w", id, err) }
	c, err := repo.Commit(ctx, id)
	if errors.Is(err, history.ErrMissing) && s.Introduction.Ref != "" {
		if refs, err := repo.Refs(ctx, s.Introduction.Ref); err == nil && len(refs) == 0 {
			return nil, fmt.Errorf("%w: push %s, with %s in it", ErrNotPushed, s.Introduction.Ref, id)
		}
		err = fmt.Errorf("%w; or, on a server that nobody has pushed it to, push the branch that holds it", err)
	}
	if err != nil {
		return nil, broken(err)
	}
	folder, err := repo.Folder(ctx, id, policy.Folder)
	if err != nil {
		return nil, broken(err)
	}
	p, err := s.fromTree(folder)
	if err != nil {
		return nil, broken(err)
	}
	r := p.Verify(c.Payload, c.Signature, c.Committer.When, verify.LandedThen(time.Unix(c.Committer.When, 0)))
	switch {
	case r.Status != verify.Good:
		return nil, broken(fmt.Errorf("it has no signature that counts: %s, %s", r.Status, r.Reason))
	case !p.isKey(r, s.Introduction.Fingerprint):
		pinned := s.Introduction.Fingerprint
		return nil, broken(fmt.Errorf("it is signed by key %s, not by %s, which was pinned", r.Fingerprint, pinned))
	}
	return p, nil
}

// fromTree reads the policy in a tree. Nothing is judged up to the introduction.
func (s *Source) fromTree(folder *history.Folder) (*Policy, error) {
	rules, err := policy.Load(folder)
	if err != nil {
		return nil, err
	}
	p := &Policy{Rules: s.only(rules).Since(s.Introduction), folder: folder.ID}
	p.above(s.floor)
	p.Keys, err = keyring.Of(p.Rules, s.o.Logs)
	return p, err
}

// At gives the policy that judges what comes after a commit. Where the line doesn't have one,
// since it left the others before the introduction, it is the introduction's.
func (s *Source) At(ctx context.Context, repo Folders, commit history.ID) (*Policy, error) {
	if s.Introduction == nil || commit.IsZero() {
		return s.First, nil
	}
	folder, err := repo.Folder(ctx, commit, policy.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return s.First, nil
	}
	if err != nil {
		return nil, err
	}
	p, err := s.fromTree(folder)
	if err != nil {
		return nil, fmt.Errorf("the policy in commit %s: %w", commit, err)
	}
	return p, nil
}
