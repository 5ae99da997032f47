package gate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"countersign/gate/keyring"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// policyInForce is the policy in force at a point of a history, with its keyring. It is immutable.
type policyInForce struct {
	policy *policy.Policy
	keys   *verify.Keyring // nil where a draft names no key
	floor  *policy.Policy  // judges too, nil for none
	folder history.ID      // the tree that it was read from; zero where it lies beside the repository
}

// origin is what stands before the first landing of a range.
type origin struct {
	last    int64          // the landing time there, seconds since 1970
	arrival verify.Arrival // of what comes after it, as far as the push or the audit knows it
	ref     string         // that the range is judged for, "" where nothing is judged
	inForce *policyInForce
	links   *policy.Links // in the tree there; nil where they are still to be read
	folder  history.ID    // what the tree there has in the place of the policy, zero for nothing
	// also judges too, nil for none: where a line goes on from an old policy, which may trust whom nobody
	// trusts any more, the one in force today has its say.
	also *policyInForce
}

// readPolicyInForce reads a policy and its keys from a folder.
func (g *Gate) readPolicyInForce(fsys fs.FS) (*policyInForce, error) {
	load := policy.Load
	if g.o.Draft {
		load = policy.LoadDraft
	}
	p, err := load(fsys)
	if err != nil {
		return nil, err
	}
	if g.o.Keyless {
		return &policyInForce{policy: p}, nil
	}
	keys, err := keyring.Of(p, g.logs)
	return &policyInForce{policy: p, keys: keys}, err
}

// ErrNotConfigured says that there is no policy at all: a refusal that says how to begin.
var ErrNotConfigured = errors.New("no policy: run countersign install, then name the maintainers in policy.toml")

// readServer reads what the server's folder says: its own policy, or where the one in the tree begins.
func (g *Gate) readServer() error {
	root, err := os.OpenRoot(g.PolicyDir())
	if errors.Is(err, fs.ErrNotExist) && (g.o.Draft || g.o.Introduction != nil) {
		if g.introduction = g.o.Introduction; g.introduction == nil {
			g.server = &policyInForce{policy: policy.Default()}
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
	if g.introduction = g.o.Introduction; g.introduction != nil {
		if err := g.introduction.Check(); err != nil {
			return err
		}
	} else {
		if g.introduction, err = policy.LoadIntroduction(root.FS()); err != nil {
			return err
		}
	}
	if g.introduction != nil {
		g.floor, err = policy.LoadFloor(root.FS())
		return err
	}
	g.server, err = g.readPolicyInForce(root.FS())
	if errors.Is(err, fs.ErrNotExist) {
		if g.o.Draft {
			g.server, err = &policyInForce{policy: policy.Default()}, nil
		} else {
			err = ErrNotConfigured
		}
	}
	return err
}

// stand finds the policy that is in force: the server's, or that of the tip of the branch that holds it, or
// before there is one that of the introduction. A clone takes HEAD for that branch: it judges what it
// chose, and each landing by its own parent.
func (g *Gate) stand(ctx context.Context) (*policyInForce, error) {
	if g.introduction == nil {
		return g.server, nil
	}
	var err error
	if g.server, err = g.introduced(ctx); err != nil {
		return nil, err
	}
	if g.introduction.Ref == "" {
		head, err := g.repo.Resolve(ctx, "@") // HEAD, whatever else may be called so
		if err != nil {
			return g.server, nil
		}
		return g.policyAt(ctx, g.repo, head)
	}
	refs, err := g.repo.Refs(ctx, g.introduction.Ref)
	if err != nil || len(refs) == 0 {
		return g.server, err
	}
	return g.policyAt(ctx, g.repo, refs[0].ID)
}

// introduced reads the policy of the introduction, which must be signed by the key that was pinned with
// it: from then on every policy was let in by the one before.
func (g *Gate) introduced(ctx context.Context) (*policyInForce, error) {
	id, err := history.ParseID(g.introduction.Commit)
	if err != nil {
		return nil, err
	}
	broken := func(err error) error { return fmt.Errorf("the introduction %s: %w", id, err) }
	c, err := g.repo.Commit(ctx, id)
	if errors.Is(err, history.ErrMissing) {
		err = fmt.Errorf("%w; or, on a server that nobody has pushed it to, push the branch that holds it", err)
	}
	if err != nil {
		return nil, broken(err)
	}
	folder, err := g.repo.Folder(ctx, id, policy.Folder)
	if err != nil {
		return nil, broken(err)
	}
	st, err := g.fromTree(folder)
	if err != nil {
		return nil, broken(err)
	}
	r := st.verify(c.Payload, c.Signature, c.Committer.When, verify.LandedThen(time.Unix(c.Committer.When, 0)))
	switch {
	case r.Status != verify.Good:
		return nil, broken(fmt.Errorf("it has no signature that counts: %s, %s", r.Status, r.Reason))
	case !st.isKey(r, g.introduction.Fingerprint):
		pinned := g.introduction.Fingerprint
		return nil, broken(fmt.Errorf("it is signed by key %s, not by %s, which was pinned", r.Fingerprint, pinned))
	}
	return st, nil
}

// isKey says whether a good signature was made by the key with a fingerprint, or by a subkey of it.
func (st *policyInForce) isKey(r verify.Result, fingerprint string) bool {
	if r.Fingerprint == fingerprint {
		return true
	}
	return slices.ContainsFunc(st.keys.List(), func(k verify.Listed) bool {
		return k.Principal == r.Principal && slices.Contains(k.Fingerprints, r.Fingerprint) &&
			slices.Contains(k.Fingerprints, fingerprint)
	})
}

// fromTree reads the policy in a tree. Nothing is judged up to the introduction.
func (g *Gate) fromTree(folder *history.Folder) (*policyInForce, error) {
	p, err := policy.Load(folder)
	if err != nil {
		return nil, err
	}
	st := &policyInForce{policy: p.Since(g.introduction), folder: folder.ID}
	if g.floor != nil {
		st.policy = st.policy.WithFloor(g.floor)
		st.floor = g.floor.AsFloorOf(st.policy)
	}
	st.keys, err = keyring.Of(st.policy, g.logs)
	return st, err
}

// policyAt gives the policy that judges what comes after a commit. Where the line doesn't have one,
// since it left the others before the introduction, it is the introduction's.
func (g *Gate) policyAt(ctx context.Context, repo Repository, commit history.ID) (*policyInForce, error) {
	if g.introduction == nil || commit.IsZero() {
		return g.server, nil
	}
	folder, err := repo.Folder(ctx, commit, policy.Folder)
	if errors.Is(err, fs.ErrNotExist) {
		return g.server, nil
	}
	if err != nil {
		return nil, err
	}
	st, err := g.fromTree(folder)
	if err != nil {
		return nil, fmt.Errorf("the policy in commit %s: %w", commit, err)
	}
	return st, nil
}

// originAt gives what stands before what comes after a commit.
func (g *Gate) originAt(ctx context.Context, repo Repository, commit history.ID) (origin, error) {
	st, err := g.policyAt(ctx, repo, commit)
	o := origin{inForce: st}
	if err == nil && st != g.server { // which stands where the tree has none
		o.folder = st.folder
	}
	return o, err
}

// amend says what a landing makes of the policy in the tree, nil for nothing, and gives the policy that stands after
// it if nothing is found against the landing, nil for the same as before. What counts is the folder's tree, whatever
// way it came to be what it is: each landing's is compared with the one before. An invalid policy changes nothing:
// the landing is refused for it.
func (g *Gate) amend(
	ctx context.Context, repo Repository, at *origin, l *history.Landing,
) (*policy.Amended, *policyInForce, error) {
	if g.introduction == nil || l.Commit.Watched == at.folder {
		return nil, nil, nil
	}
	at.folder = l.Commit.Watched
	if at.folder == at.inForce.folder {
		return nil, nil, nil
	}
	folder, err := repo.Folder(ctx, l.Commit.ID, policy.Folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem := "it takes " + policy.Folder + " away, and nobody could say any more who may do what"
		return &policy.Amended{Problem: problem}, nil, nil
	case errors.Is(err, history.ErrMalformed), errors.Is(err, history.ErrLimit):
		return &policy.Amended{Problem: err.Error()}, nil, nil
	case err != nil:
		return nil, nil, err
	}
	st, err := g.fromTree(folder)
	if err != nil {
		return &policy.Amended{Problem: err.Error()}, nil, nil
	}
	if follows, err := g.follows(ctx, repo, at, l, folder.ID); err != nil || follows {
		return nil, st, err
	}
	return &policy.Amended{Policy: st.policy, Same: g.same(ctx, repo, l)}, st, nil
}

// same gives the commits of a landing that have the policy that it leads to, and those that they began with.
func (g *Gate) same(ctx context.Context, repo Repository, l *history.Landing) map[string]bool {
	folders := make(map[history.ID]history.ID, len(l.Brought))
	for i := range l.Brought {
		folders[l.Brought[i].ID] = l.Brought[i].Watched
	}
	same := map[string]bool{l.Commit.ID.String(): true}
	for i := range l.Brought {
		for _, id := range append(slices.Clone(l.Brought[i].Parents), l.Brought[i].ID) {
			if _, known := folders[id]; !known {
				if there, err := repo.Folder(ctx, id, policy.Folder); err == nil {
					folders[id] = there.ID
				} else {
					folders[id] = history.ID{}
				}
			}
			if folders[id] == l.Commit.Watched {
				same[id.String()] = true
			}
		}
	}
	return same
}

// follows says whether a merge onto another branch takes over, as it is, the policy of the branch that holds it:
// the one in force where it lands now, and else one that the merged commit had there. Nobody is asked twice.
func (g *Gate) follows(
	ctx context.Context, repo Repository, at *origin, l *history.Landing, folder history.ID,
) (bool, error) {
	holder := g.introduction.Ref
	if at.ref == "" || at.ref == holder || holder == "" || len(l.Commit.Parents) < 2 ||
		at.arrival.Now() && folder != g.inForce.folder {
		return false, nil
	}
	refs, err := repo.Refs(ctx, holder)
	if err != nil || len(refs) == 0 {
		return false, err
	}
	for _, parent := range l.Commit.Parents[1:] {
		there, err := repo.Folder(ctx, parent, policy.Folder)
		if err != nil || there.ID != folder {
			continue
		}
		if on, err := onLineOf(ctx, repo, parent, refs[0].ID); err != nil || on {
			return on, err
		}
	}
	return false, nil
}

// judge asks the policy that stood before a landing, and the floor beneath it.
func (st *policyInForce) judge(ledger *policy.Ledger, landing *policy.Landing) policy.Outcome {
	outcome := st.policy.Judge(ledger, landing)
	if st.floor == nil {
		return outcome
	}
	return outcome.Join(st.floor.Judge(ledger, landing))
}
