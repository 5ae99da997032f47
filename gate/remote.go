package gate

import (
	"context"
	"strings"

	"countersign/history"
	"countersign/policy"
)

// Remote says that the repository is a clone, in which refs are to be seen as one of its remotes has them: its branches
// as they were last fetched, the attestations that are here, and no other ref of the clone's own. It is for one gate.
type Remote struct {
	// Name is what git calls the remote: it has its branches under refs/remotes/NAME/.
	Name string
	// Updates are of a push that is about to leave. Git has asked the remote for their old ids.
	Updates []history.RefUpdate

	refs []history.Ref // as the remote has them; nil before it was asked
	head string        // the branch that its HEAD names, "" where that isn't known
}

// look reads the refs of a clone, once.
func (r *Remote) look(ctx context.Context, clone Repository) error {
	if r.refs != nil {
		return nil
	}
	prefix := "refs/remotes/" + r.Name + "/"
	patterns := []string{prefix}
	for _, kind := range policy.AttestationKinds {
		patterns = append(patterns, kind.Prefix())
	}
	here, err := clone.Refs(ctx, patterns...)
	if err != nil {
		return err
	}
	moves := make(map[string]bool)
	r.refs = []history.Ref{}
	for _, u := range r.Updates {
		moves[u.Name] = true
		if !u.Old.IsZero() {
			r.refs = append(r.refs, history.Ref{Name: u.Name, ID: u.Old})
		}
	}
	for _, ref := range here {
		branch, isBranch := strings.CutPrefix(ref.Name, prefix)
		switch target, ok := strings.CutPrefix(ref.Target, prefix); {
		case ok && branch == "HEAD":
			r.head = "refs/heads/" + target
			continue
		case ref.Target != "":
			continue
		case isBranch:
			ref.Name = "refs/heads/" + branch
		}
		if !moves[ref.Name] {
			r.refs = append(r.refs, ref)
		}
	}
	return nil
}

// remoteRefs is a clone with the refs of a remote.
type remoteRefs struct {
	Repository
	of *Remote
}

func (r remoteRefs) Refs(ctx context.Context, patterns ...string) ([]history.Ref, error) {
	if err := r.of.look(ctx, r.Repository); err != nil {
		return nil, err
	}
	return history.Matching(r.of.refs, patterns), nil
}

// Symbolic knows of no symbolic ref of a remote but HEAD.
func (r remoteRefs) Symbolic(ctx context.Context, name string) (string, error) {
	if name != "HEAD" {
		return "", nil
	}
	return r.of.head, r.of.look(ctx, r.Repository)
}
