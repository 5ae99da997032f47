package gate

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"countersign/gate/audit"
	"countersign/gate/refstate"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Repository is what the gate asks of a repository, and no more.
type Repository = site.Repository

// Recorder keeps records. Append returns nil only when the record is on disk.
type Recorder interface {
	Append(ctx context.Context, record []byte) error
}

// Options are what a gate is opened with.
type Options struct {
	// Dir is the repository: its Git directory or any folder of a work tree.
	Dir string
	// Policy is the folder of policy.toml and its keys; "" is "countersign" in the Git directory.
	Policy string
	// Common gives, for a repository's Git directory, the folder of a policy by which many repositories are judged, ""
	// for none: see package inforce. It isn't asked where Policy says which one counts; nil for none.
	Common func(gitDir string) string
	// Record opens the journal for a repository's Git directory, once. The policy's own setting is
	// zero where the policy couldn't be read.
	Record func(gitDir string, setting policy.Journal) (Recorder, error)
	// Records reads the journal for a repository's Git directory, oldest first; nil where none is at hand.
	Records func(gitDir string, setting policy.Journal) iter.Seq2[[]byte, error]
	// Index opens an index of the same journal by what [refstate.Entries] gives, for pushes; nil to read all of it.
	Index func(gitDir string, setting policy.Journal) refstate.Index
	// Getenv looks up the few environment variables that history needs.
	Getenv func(string) string
	// Encode writes a decision for the record, losing nothing of what was pushed.
	Encode func(policy.Decision) ([]byte, error)
	// Introduction is where a policy in the tree begins; nil leaves it to introduction.toml in the folder
	// of the policy.
	Introduction *policy.Introduction
	// Remote is the server of which the repository is a clone; nil for a repository of its own.
	Remote *Remote
	// GoGit reads with go-git instead of a git program.
	GoGit bool
	// Partial lets the content of files be missing, as in a partial clone: for [audit.Auditor.Verify], which says so, and
	// for who asks [audit.Auditor.Unseen].
	Partial bool
	// Draft accepts a policy without keys, or none at all, for trying out what a policy would hold.
	Draft bool
	// Keyless reads no keys of a policy beside the repository: for who asks only what is protected.
	Keyless bool
	// Keys are the only ones that count, and no policy is read: for who asks only who signed; nil for the policy's.
	Keys *verify.Keyring
	// Rules, if there are any, are the names of the only rules that apply, of every policy and of the floor.
	Rules []string
	// Profile, if it isn't "", names the built-in rules that apply instead of those of every policy and of the floor.
	Profile string
	// Read, unless it is nil, is told of commits that were read of a range: how many more. Several goroutines may.
	Read func(commits int)
	// Progress is told how far an auditor is.
	Progress audit.Progress
	// Now is the clock: it says how long a push took, for the record, and until when tickets and the dates of what
	// has landed count.
	Now func() time.Time
	// Process is the git-receive-pack that the push comes through, as its ticket is named; "" for none. Alive says
	// whether such a process still runs.
	Process string
	Alive   func(process string) bool
	// Version is the program's version, for the record.
	Version string

	unseen *site.Unseen // nil but with Partial
	shapes *shapes      // nil to look at all files in full
}

// shapes says of which files the rules ask for the shape. Of the others it is looked for only if something turns up by
// which they do: another policy, a link, a mode.
type shapes struct{ rules atomic.Pointer[policy.Policy] }

// brief says that no rule asks for the shape of a file by its path. It may be called by several goroutines.
func (s *shapes) brief(path string) bool {
	rules := s.rules.Load() // nil while the policy is read
	return rules != nil && !rules.AsksShape(path)
}

// openRepo opens a reader of the repository.
func (o Options) openRepo(limits history.Limits) (Repository, error) {
	open := history.Open
	if o.GoGit {
		open = history.OpenGoGit
	}
	with := history.Options{
		Dir: o.Dir, Env: o.Getenv, Limits: limits, Watch: policy.Folder, Read: o.Read,
		Inspect: func(l history.Landed) uint32 { return uint32(policy.Inspect(policy.Content(l))) },
	}
	if o.shapes != nil {
		with.Brief = o.shapes.brief
	}
	if o.unseen != nil {
		with.Unseen = o.unseen.Add
	}
	repo, err := open(with)
	if err != nil || o.Remote == nil {
		return repo, err
	}
	return remoteRefs{repo, o.Remote}, nil
}

// site gives what a site is read with.
func (o Options) site() site.Options {
	return site.Options{
		Dir: o.Dir, Open: o.openRepo, Records: o.Records, Index: o.Index, Now: o.Now, Judged: o.Remote != nil,
		Unseen: o.unseen,
	}
}
