package gate

import (
	"context"
	"fmt"
	"path/filepath"

	"countersign/gate/audit"
	"countersign/gate/earned"
	"countersign/gate/inforce"
	"countersign/gate/site"
	"countersign/gate/translog"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// ErrUndecided is wrapped by every error of [Gate.Judge] and of [Guard]: no decision could be reached, so nothing may
// pass. Which errors of an auditor wrap it package audit says.
var ErrUndecided = site.ErrUndecided

// ErrNotConfigured says that there is no policy at all: a refusal that says how to begin.
var ErrNotConfigured = inforce.ErrNotConfigured

// ErrNotPushed says that nobody has pushed the branch that begins with the policy in the tree.
var ErrNotPushed = inforce.ErrNotPushed

// Gate decides ref updates of one repository. It is for one goroutine.
type Gate struct {
	o        Options
	site     *site.Site // in which what couldn't be read is nil
	recorder Recorder   // nil before something was recorded
	logs     *translog.Client
	pusher   string              // who signed the push certificate; "" for nobody
	chain    map[string][]string // names between one that is pushed to and the ref that moves
}

// Open reads the repository's policy and keyring. A [Gate] is returned even with an error: its Judge tries once more
// and, if that fails, too, refuses and has the error recorded. A policy that can't be read is no open door.
func Open(o Options) (*Gate, error) {
	g := closed(o)
	return g, site.Undecided(g.open())
}

// closed gives a gate that has read nothing yet.
func closed(o Options) *Gate {
	if o.Partial {
		o.unseen = new(site.Unseen)
	}
	o.shapes = new(shapes)
	return &Gate{o: o, site: site.New(o.site(), nil), logs: new(translog.Client)}
}

func (g *Gate) open() (err error) {
	if g.site.Repo != nil { // that was tried before
		if err := g.site.Repo.Close(); err != nil {
			return err
		}
	}
	if g.site.Repo, err = g.o.openRepo(history.Limits{}); err != nil {
		return err
	}
	if err := g.readPolicy(context.Background()); err != nil {
		return err
	}
	for _, name := range g.o.Rules {
		if !g.site.InForce.HasRule(name) {
			return fmt.Errorf("the policy has no rule %q", name)
		}
	}
	g.o.shapes.rules.Store(g.site.Rules())
	if err := g.site.Repo.Close(); err != nil {
		return err
	}
	g.site.Repo, err = g.o.openRepo(limitsOf(g.site.Rules()))
	return err
}

// limitsOf gives a policy's limits on what is pushed.
func limitsOf(p *policy.Policy) history.Limits {
	return history.Limits{
		Commits: p.Limits.Commits, Blob: p.Limits.Blob, Merged: max(1, p.Limits.Time.Milliseconds()*mergedLines),
	}
}

// mergedLines is how many lines of merges are compared for each millisecond of limits.time: that takes about a tenth of
// it. By the default of a minute any 200 merges in a row of git's, redis', restic's, mpv's and libarchive's fit.
const mergedLines = 400

// readPolicy finds the policy in force.
func (g *Gate) readPolicy(ctx context.Context) (err error) {
	common := ""
	if g.o.Common != nil && g.o.Policy == "" && g.o.Introduction == nil {
		common = g.o.Common(g.GitDir())
	}
	g.site.Source, err = inforce.Open(inforce.Options{
		Dir: g.folder(), Common: common, Introduction: g.o.Introduction, Draft: g.o.Draft, Keyless: g.o.Keyless,
		Rules: g.o.Rules, Profile: g.o.Profile, Logs: g.logs, Keys: g.o.Keys,
	})
	if err != nil {
		return err
	}
	if i := g.site.Source.Introduction; g.o.Remote != nil && i != nil && i.Ref == "" {
		onServer := *i
		if onServer.Ref, err = g.site.Repo.Symbolic(ctx, "HEAD"); err != nil {
			return err
		}
		g.site.Source.Introduction = &onServer
	}
	if g.site.InForce, err = g.site.Source.Find(ctx, g.site.Repo); err != nil {
		return err
	}
	g.site.OpenTenure()
	return nil
}

// Close ends what the gate started.
func (g *Gate) Close() error { return g.site.Close() }

// Policy is the policy in force, nil where it couldn't be read.
func (g *Gate) Policy() *policy.Policy {
	if g.site.InForce == nil {
		return nil
	}
	return g.site.Rules()
}

// PolicyInTree says whether the policy lies in the tree, where a push may change it.
func (g *Gate) PolicyInTree() bool { return g.site.InTree() }

// Keyring is the keyring in force, nil where it couldn't be read.
func (g *Gate) Keyring() *verify.Keyring {
	if g.site.InForce == nil {
		return nil
	}
	return g.site.InForce.Keys
}

// Repository is the repository, nil where it couldn't be opened.
func (g *Gate) Repository() Repository { return g.site.Repo }

// GitDir is the repository's Git directory, or the folder the gate was opened with.
func (g *Gate) GitDir() string { return g.site.GitDir() }

// PolicyDir is the folder the policy is read from.
func (g *Gate) PolicyDir() string {
	if g.site.Source != nil {
		return g.site.Source.Folder
	}
	return g.folder()
}

// folder is that of the repository's own policy.
func (g *Gate) folder() string {
	if g.o.Policy != "" {
		return g.o.Policy
	}
	return filepath.Join(g.GitDir(), "countersign")
}

// Auditor judges what has landed here. It is for the same goroutine as the gate.
func (g *Gate) Auditor() *audit.Auditor {
	a := audit.New(g.site)
	a.Progress = g.o.Progress
	return a
}

// Prepare works out the tenure of each protected branch and stores it, so that the first push costs
// what any other does. It is for installation and after a change of policy.
func (g *Gate) Prepare(ctx context.Context) error { return earned.Prepare(ctx, g.site) }
