// Package site is the repository at which a gate stands, with all that pushes and auditors both ask: its two readers,
// the policy in force, the journal of its refs, the tenure kept, and the clock.
//
// [New] makes a Site of a repository that is open. Its fields may be set until the first question. What the journal
// says is read once, at the first question that needs it, and not again before [Site.Receive].
//
// A Site writes nothing, but for what its Tenure is told to save, which commits the adopted ones reach, and the index
// of the journal, which is brought up to date at the first question of the journal. It is for one goroutine, and for
// one push or audit; only walks that it starts read beside it, and none of them asks it anything but how its clock
// bounds a date. Questions while a repository streams landings go to the second reader: see [Site.Aside].
package site

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"countersign/gate/inforce"
	"countersign/gate/kept"
	"countersign/gate/refstate"
	"countersign/gate/tenure"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
)

// ErrUndecided is wrapped by the errors of what decides: no decision could be reached, so nothing may pass.
var ErrUndecided = errors.New("undecided")

// Undecided wraps [ErrUndecided] into an error, if there is one.
func Undecided(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUndecided, err)
}

// UndecidedOnPanic turns a panic into an error that wraps [ErrUndecided]. It is to be deferred.
func UndecidedOnPanic(err *error) {
	if r := recover(); r != nil {
		*err = Undecided(fmt.Errorf("internal error: %v", r))
	}
}

// Repository is what the gate asks of a repository, and no more. [history.Repo] satisfies it.
type Repository interface {
	Refs(ctx context.Context, patterns ...string) ([]history.Ref, error)
	Symbolic(ctx context.Context, name string) (string, error)
	Landings(ctx context.Context, r history.Range) iter.Seq2[history.Landing, error]
	FirstParents(ctx context.Context, tip history.ID, stop func(history.ID) bool) ([]history.ID, error)
	Links(ctx context.Context, commit, since history.ID) ([]history.Link, error)
	Reaches(ctx context.Context, tips, ids []history.ID) ([][]bool, error)
	ReachesSurely(ctx context.Context, tips, ids []history.ID) ([][]bool, error)
	Bases(ctx context.Context, a, b history.ID) ([]history.ID, error)
	Files(ctx context.Context, commit history.ID, see func(path string, at history.Side) error) error
	Beginning(ctx context.Context, blob history.ID, keep int64) (first []byte, size int64, err error)
	Folder(ctx context.Context, commit history.ID, name string) (*history.Folder, error)
	Remerge(ctx context.Context, commit history.ID) (differs []string, known bool, err error)
	Kind(ctx context.Context, id history.ID) (string, error)
	Blob(ctx context.Context, id history.ID) ([]byte, error)
	Commit(ctx context.Context, id history.ID) (history.Commit, error)
	Tag(ctx context.Context, id history.ID) (history.Tag, error)
	Named(ctx context.Context, rev string) (r history.Ref, rest string, err error)
	Resolve(ctx context.Context, rev string) (history.ID, error)
	Dir() string
	Close() error
}

// Options say how a site is read.
type Options struct {
	// Dir is where the repository is looked for.
	Dir string
	// Open opens another reader of it.
	Open func(history.Limits) (Repository, error)
	// Records reads the journal for a repository's Git directory, oldest first; nil where none is at hand.
	Records func(gitDir string, setting policy.Journal) iter.Seq2[[]byte, error]
	// Index opens an index of the same journal; nil to read all of it.
	Index func(gitDir string, setting policy.Journal) refstate.Index
	// Now is the clock; nil where it isn't asked.
	Now func() time.Time
	// Unseen are the files that the readers met without their content, where they may; nil where they may not.
	Unseen *Unseen
	// Judged says that what the protected refs hold was judged, though no journal here tells: by a server.
	Judged bool
}

// Site is one repository.
type Site struct {
	Repo    Repository      // nil where it couldn't be opened
	Source  *inforce.Source // nil before the policy was looked for
	InForce *inforce.Policy // the policy in force; nil where it couldn't be read
	Tenure  *tenure.Cache   // nil where InForce is
	Kept    *kept.Store     // nil where InForce is

	o        Options
	second   Repository    // see Aside
	held     *heldRefs     // nil where each question is asked of the repository
	states   *refstate.Log // nil before it was asked, or where there is none
	journal  string        // the digest of what was read of it, "" before
	received int64         // when the push being judged came in, seconds since 1970; 0 for none
}

// New gives the site of a repository, nil for one that couldn't be opened.
func New(o Options, repo Repository) *Site { return &Site{o: o, Repo: repo} }

// Unlimited is for what landed long ago, which is as much as it is; the policy's limit on commits is
// for what is pushed.
var Unlimited = history.Limits{Commits: math.MaxInt32, Bytes: math.MaxInt64}

// Unseen says how many files were met without their content; see [Unseen.Count].
func (s *Site) Unseen() int { return s.o.Unseen.Count() }

// Open opens another reader of the repository.
func (s *Site) Open() (Repository, error) { return s.o.Open(Unlimited) }

// Aside gives the second reader of the repository.
func (s *Site) Aside() (Repository, error) {
	if s.second == nil {
		var err error
		if s.second, err = s.Open(); err != nil {
			return nil, err
		}
	}
	return s.second, nil
}

// ShowLines adds the lines that tell why to the findings against a landing: see [walk.ShowLines].
func (s *Site) ShowLines(ctx context.Context, read *history.Landing, findings []policy.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	repo, err := s.Aside()
	if err != nil {
		return err
	}
	walk.ShowLines(ctx, repo, read, findings)
	return nil
}

// Close ends both readers.
func (s *Site) Close() error {
	var errs []error
	for _, r := range []Repository{s.Repo, s.second} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}

// GitDir is the repository's Git directory, or where it was looked for.
func (s *Site) GitDir() string {
	if s.Repo == nil {
		return s.o.Dir
	}
	return s.Repo.Dir()
}

// Readable says whether the repository and its policy could be read.
func (s *Site) Readable() bool { return s.Repo != nil && s.InForce != nil }

// Rules are those of the policy in force, which must have been read.
func (s *Site) Rules() *policy.Policy { return s.InForce.Rules }

// InTree says whether the policy lies in the tree, where a push may change it.
func (s *Site) InTree() bool { return s.Source != nil && s.Source.Introduction != nil }

// Clock is what this machine's clock says, in seconds since 1970; 0 where it isn't asked.
func (s *Site) Clock() int64 {
	if s.o.Now == nil {
		return 0
	}
	return s.o.Now().Unix()
}

// LandedBy bounds the time at which something that has landed says it did.
func (s *Site) LandedBy(when int64) int64 {
	if now := s.Clock(); now != 0 {
		return min(when, now+int64(s.Rules().Signatures.ClockSkew/time.Second))
	}
	return when
}

// Walk starts to read the landings of a range with a reader, which may be asked nothing else until the walk is stopped,
// and to verify them.
func (s *Site) Walk(ctx context.Context, repo Repository, r history.Range) *walk.Walk {
	policies := inforce.Amendments{Source: s.Source, Repo: repo}
	return walk.Start(ctx, walk.Route{Repo: repo, Range: r, Policies: policies, Bound: s.LandedBy})
}

// WalkUnverified starts to read the landings of a range with a reader. Nothing is verified.
func (s *Site) WalkUnverified(ctx context.Context, repo Repository, r history.Range) *walk.Walk {
	return walk.Start(ctx, walk.Route{Repo: repo, Range: r, Bound: s.LandedBy})
}

// OpenTenure opens the cache of what was earned, by what the policy in force says of earning, and that of landings. A
// policy in the tree is part of the history.
func (s *Site) OpenTenure() {
	by := s.Rules().Earning()
	if s.InTree() {
		by = "tree since " + s.Source.Introduction.Commit
	}
	s.Tenure, s.Kept = tenure.Open(s.GitDir(), by), kept.Open(s.GitDir())
}
