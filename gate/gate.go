package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"time"

	"countersign/gate/keyring"
	"countersign/gate/record"
	"countersign/gate/refstate"
	"countersign/gate/review"
	"countersign/gate/tenure"
	"countersign/gate/ticket"
	"countersign/gate/translog"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// ErrUndecided is wrapped by every error of [Gate.Judge] and [Gate.Audit]: no decision could be
// reached, so nothing may pass.
var ErrUndecided = errors.New("undecided")

// Repository is what the gate asks of a repository, and no more. [history.Repo] satisfies it.
type Repository interface {
	Refs(ctx context.Context, patterns ...string) ([]history.Ref, error)
	Symbolic(ctx context.Context, name string) (string, error)
	Landings(ctx context.Context, r history.Range) iter.Seq2[history.Landing, error]
	FirstParents(ctx context.Context, tip history.ID, stop func(history.ID) bool) ([]history.ID, error)
	Links(ctx context.Context, commit, since history.ID) ([]history.Link, error)
	Reaches(ctx context.Context, tips, ids []history.ID) ([][]bool, error)
	Folder(ctx context.Context, commit history.ID, name string) (*history.Folder, error)
	Remerge(ctx context.Context, commit history.ID) (differs []string, known bool, err error)
	Kind(ctx context.Context, id history.ID) (string, error)
	Blob(ctx context.Context, id history.ID) ([]byte, error)
	Commit(ctx context.Context, id history.ID) (history.Commit, error)
	Tag(ctx context.Context, id history.ID) (history.Tag, error)
	Resolve(ctx context.Context, rev string) (history.ID, error)
	Dir() string
	Close() error
}

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
	// GoGit reads with go-git instead of a git program.
	GoGit bool
	// Draft accepts a policy without keys, or none at all, for trying out what a policy would hold.
	Draft bool
	// Keyless reads no keys of a policy beside the repository: for who asks only what is protected.
	Keyless bool
	// Rules, if there are any, are the names of the only rules that apply.
	Rules []string
	// Now is the clock that says how long a push took, for the record.
	Now func() time.Time
	// Process is the git-receive-pack that the push comes through, as its ticket is named; "" for none. Alive says
	// whether such a process still runs.
	Process string
	Alive   func(process string) bool
	// Version is the program's version, for the record.
	Version string
}

// Gate decides ref updates of one repository. It is for one goroutine.
type Gate struct {
	o       Options
	repo    Repository
	second  Repository     // for questions asked while repo is streaming landings
	inForce *policyInForce // the policy in force; nil where it couldn't be read
	// Where the policy lies in the tree: where it begins, and what it must at least ask for.
	introduction *policy.Introduction
	floor        *policy.Policy // nil for none
	server       *policyInForce // the server's policy, or that of the introduction
	recorder     Recorder
	states       *refstate.Log       // what the journal says of refs; nil before it was asked, or where there is none
	received     int64               // when the push being judged came in, seconds since 1970; 0 for none
	tenure       *tenure.Cache       // nil where the policy couldn't be read
	exceptions   *bool               // whether there is any; nil before somebody asked
	chain        map[string][]string // names between one that is pushed to and the ref that moves
	logs         *translog.Client
	pusher       string // who signed the push certificate; "" for nobody
}

// Open reads the repository's policy and keyring. A [Gate] is returned even with an error, and its
// Judge then refuses and records that error: a policy that can't be read is no open door.
func Open(o Options) (*Gate, error) {
	g := &Gate{o: o, logs: new(translog.Client)}
	err := g.open()
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrUndecided, err)
	}
	return g, err
}

func (g *Gate) open() (err error) {
	if g.repo, err = g.o.openRepo(history.Limits{}); err != nil {
		return err
	}
	if err := g.readPolicy(context.Background()); err != nil {
		return err
	}
	if len(g.o.Rules) > 0 {
		only := *g.inForce
		if only.policy, err = g.inForce.policy.OnlyRules(g.o.Rules); err != nil {
			return err
		}
		g.inForce = &only
		g.openTenure()
	}
	if err := g.repo.Close(); err != nil {
		return err
	}
	limits := g.inForce.policy.Limits
	g.repo, err = g.o.openRepo(history.Limits{
		Commits: limits.Commits, Blob: limits.Blob, Merged: max(1, limits.Time.Milliseconds()*mergedLines),
	})
	return err
}

// mergedLines is how many lines of merges are compared for each millisecond of limits.time: that takes about a tenth of
// it. By the default of a minute any 200 merges in a row of git's, redis', restic's, mpv's and libarchive's fit.
const mergedLines = 400

// readPolicy finds the policy in force.
func (g *Gate) readPolicy(ctx context.Context) (err error) {
	if err := g.readServer(); err != nil {
		return err
	}
	if g.inForce, err = g.stand(ctx); err != nil {
		return err
	}
	g.openTenure()
	return nil
}

// logsOf gives the addresses of the transparency logs that policies lead to.
func logsOf(policies ...*policyInForce) []string {
	var logs []string
	for _, st := range policies {
		if st == nil {
			continue
		}
		if log := keyring.Log(st.policy); log != "" {
			logs = append(logs, log)
		}
	}
	return logs
}

func (o Options) openRepo(limits history.Limits) (Repository, error) {
	open := history.Open
	if o.GoGit {
		open = history.OpenGoGit
	}
	return open(history.Options{
		Dir: o.Dir, Env: o.Getenv, Limits: limits, Watch: policy.Folder,
		Inspect: func(head []byte, size int64) uint32 { return uint32(policy.Inspect(head, size)) },
	})
}

// Close ends what the gate started.
func (g *Gate) Close() error {
	var errs []error
	for _, r := range []Repository{g.repo, g.second} {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}

// Policy is the policy in force, nil where it couldn't be read.
func (g *Gate) Policy() *policy.Policy {
	if g.inForce == nil {
		return nil
	}
	return g.inForce.policy
}

// PolicyInTree says whether the policy lies in the tree, where a push may change it.
func (g *Gate) PolicyInTree() bool { return g.introduction != nil }

// Keyring is the keyring in force, nil where it couldn't be read.
func (g *Gate) Keyring() *verify.Keyring {
	if g.inForce == nil {
		return nil
	}
	return g.inForce.keys
}

// Repository is the repository, nil where it couldn't be opened.
func (g *Gate) Repository() Repository { return g.repo }

// GitDir is the repository's Git directory, or the folder the gate was opened with.
func (g *Gate) GitDir() string {
	if g.repo == nil {
		return g.o.Dir
	}
	return g.repo.Dir()
}

// PolicyDir is the folder the policy is read from.
func (g *Gate) PolicyDir() string {
	if g.o.Policy != "" {
		return g.o.Policy
	}
	return filepath.Join(g.GitDir(), "countersign")
}

// Judge decides a push and has the decision recorded. Whatever goes wrong, a panic included, refuses
// the push: the error then wraps [ErrUndecided], and the decision still carries the reference under
// which the record can be found, if it could be written.
func (g *Gate) Judge(ctx context.Context, req Request) (policy.Decision, error) {
	d, err := g.inTime(ctx, req)
	return g.conclude(ctx, req, d, err)
}

// NotUnderstood refuses a push whose request couldn't be read, and has that recorded as [Gate.Judge]
// would.
func (g *Gate) NotUnderstood(ctx context.Context, req Request, why error) (policy.Decision, error) {
	return g.conclude(ctx, req, policy.Decision{}, why)
}

// conclude makes a decision final: recorded, or refused.
func (g *Gate) conclude(ctx context.Context, req Request, d policy.Decision, err error) (policy.Decision, error) {
	if err == nil {
		d.Settle()
	}
	d = record.Bounded(d)
	d.Reference = reference(req)
	if err != nil {
		d.Verdict, d.Undecided = policy.Refused, err.Error()
		d.Findings = append(d.Findings, tookTooLong(err)...)
		if d.Refs == nil { // nothing was looked up, but the record says what was asked for
			d.Refs = g.asked(req)
		}
		err = fmt.Errorf("%w: %w", ErrUndecided, err)
	}
	if d.Verdict == policy.Accepted {
		if rerr := review.In(g.GitDir()).Keep(d); rerr != nil {
			err = fmt.Errorf("%w: the list of exceptions to review: %w", ErrUndecided, rerr)
			d.Verdict, d.Undecided = policy.Refused, err.Error()
		}
	}
	if d.Verdict == policy.Accepted {
		if terr := g.leaveTicket(req); terr != nil {
			err = fmt.Errorf("%w: the ticket for the guard couldn't be written: %w", ErrUndecided, terr)
			d.Verdict, d.Undecided = policy.Refused, err.Error()
		}
	}
	rerr := g.record(ctx, record.Push, req, d)
	if errors.Is(rerr, record.ErrTooLong) && d.Verdict == policy.Accepted { // refused, that fits
		err = fmt.Errorf("%w: %w", ErrUndecided, rerr)
		d.Verdict, d.Undecided = policy.Refused, err.Error()
		rerr = g.record(ctx, record.Push, req, d)
	}
	if rerr != nil || d.Verdict != policy.Accepted {
		ticket.In(g.GitDir()).Remove(g.o.Process)
	}
	if rerr != nil {
		rerr = fmt.Errorf("%w: the record couldn't be written: %w", ErrUndecided, rerr)
		err = errors.Join(err, rerr)
		return policy.Decision{Reference: d.Reference, Unrecorded: true, Undecided: err.Error()}, err
	}
	if d.Verdict == policy.Accepted {
		g.tenure.Save()
	}
	if g.repo != nil {
		if note := review.In(g.GitDir()).Remind(); note != "" {
			d.Notes = append(d.Notes, note)
		}
	}
	return d, err
}

// grace is how long after the policy's limit time a push that is still being decided is waited for.
const grace = 500 * time.Millisecond

// inTime decides a push within the policy's limit time. Whatever still computes or waits after that and a grace is
// left to itself: it works on a copy of the gate, and nothing of that is looked at any more. What is left of this
// one can do no more than have the push recorded.
func (g *Gate) inTime(ctx context.Context, req Request) (policy.Decision, error) {
	limit := time.Minute
	if g.inForce != nil {
		limit = g.inForce.policy.Limits.Time
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, timeUsedUp(limit))
	defer cancel()
	deciding := *g
	var d policy.Decision
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		d, err = deciding.undecidedOnPanic(ctx, req)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		late := time.NewTimer(grace)
		defer late.Stop()
		select {
		case <-done:
		case <-late.C:
			g.o.Dir = g.GitDir()
			g.repo, g.second = nil, nil
			return policy.Decision{}, context.Cause(ctx)
		}
	}
	*g = deciding
	switch {
	case ctx.Err() == nil:
	case err == nil: // what was decided without time may be half of it
		err = context.Cause(ctx)
	default:
		err = fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	return d, err
}

func (g *Gate) undecidedOnPanic(ctx context.Context, req Request) (d policy.Decision, err error) {
	defer recovered(&err)
	return g.decide(ctx, req)
}

// reference is a short name for a push, given to the pusher and found in the journal.
func reference(req Request) string {
	h := sha256.New()
	fmt.Fprintln(h, req.Received.UnixNano(), req.Pusher)
	for _, u := range req.Updates {
		fmt.Fprintln(h, u.Old, u.New, u.Name)
	}
	return hex.EncodeToString(h.Sum(nil))[:8]
}

func (p *push) refuse(u *update, code policy.Code, detail string, next ...string) {
	p.find(u, policy.Finding{Code: code, Detail: detail, Next: next})
}

// find takes in what stands against an update, by the name that was pushed to.
func (p *push) find(u *update, findings ...policy.Finding) {
	for _, f := range findings {
		f.Ref = u.Name
		p.decision.Findings = append(p.decision.Findings, f)
	}
}
