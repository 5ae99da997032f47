package audit

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"countersign/gate/lineage"
	"countersign/gate/site"
	"countersign/history"
)

// reading is what a revision names here.
type reading struct {
	commit history.ID
	name   string     // of the ref that was read, or the commit's where no ref was
	ref    string     // whose rules apply to it
	holds  history.ID // what the ref holds, where that is a protected tag; else zero
	// assumed says that the revision doesn't tell whose rules apply.
	assumed bool
}

// sameLine are the endings of a revision that lead to what the ref itself holds or held on its line of first
// parents: gitrevisions(7).
var sameLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(@\{[0-9]+\}|~[0-9]*|\^[01]?|\^\{(commit)?\})*$`)
})

// read finds the commit that a revision names, and the ref whose rules apply: the branch itself, the branch that
// HEAD is on, the branch of the server that a remote-tracking name stands for, or a protected tag.
func (a *Auditor) read(ctx context.Context, rev string) (r reading, err error) {
	held, rest, err := a.site.Repo.Named(ctx, rev)
	if err != nil {
		return r, err
	}
	name := held.Name
	if name == "HEAD" || held.Target != "" {
		name = held.Target
	}
	if rest == "" && lineage.IsTag(name) && a.site.Rules().Protects(name) {
		r = reading{name: name, ref: name, holds: held.ID}
		if r.commit, err = a.tagged(ctx, held.ID); err == nil {
			return r, nil
		}
		return r, site.Undecided(err)
	}
	if r.commit, err = a.site.Repo.Resolve(ctx, rev); err != nil {
		return r, err
	}
	if r.name = name; rest != "" || name == "" {
		r.name = r.commit.String()
	}
	switch {
	case !sameLine().MatchString(rest):
	case lineage.IsBranch(name):
		r.name, r.ref = name, name
	default:
		r.ref = branchOf(name)
	}
	if r.ref == "" {
		r.ref, err = a.site.MainRef(ctx)
		r.assumed = true
	}
	return r, site.Undecided(err)
}

// branchOf gives the branch of the server that a remote-tracking name stands for, "" for another name.
func branchOf(name string) string {
	remote, isRemote := strings.CutPrefix(name, "refs/remotes/")
	_, branch, ok := strings.Cut(remote, "/")
	if !isRemote || !ok {
		return ""
	}
	return "refs/heads/" + branch
}

// fetched gives the remote-tracking refs of protected branches.
func (a *Auditor) fetched(ctx context.Context) ([]history.Ref, error) {
	refs, err := a.site.Repo.Refs(ctx, "refs/remotes/")
	return slices.DeleteFunc(refs, func(r history.Ref) bool { return !a.site.Rules().Protects(branchOf(r.Name)) }), err
}

// tagged gives the commit that a tag leads to, zero if that isn't one.
func (a *Auditor) tagged(ctx context.Context, id history.ID) (history.ID, error) {
	target, kind, err := history.Peel(ctx, a.site.Repo, id, nil)
	if errors.Is(err, history.ErrTooDeep) || errors.Is(err, history.ErrMalformed) {
		return history.ID{}, nil // which is a finding of the tag
	}
	if err != nil {
		return target, err
	}
	if kind != "commit" {
		return history.ID{}, nil
	}
	return target, nil
}
