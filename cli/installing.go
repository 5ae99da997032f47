package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"countersign/gate"
	"countersign/install"
	"countersign/policy"
)

// installation is what one run of install does.
type installation struct {
	open   func(dir string, o gate.Options) (*gate.Gate, error)
	begins gate.Request // who installs, and when
	*told
	wanted       install.Server
	kind         string // "" for what each repository's place tells
	guard        *bool  // nil for the default of the kind
	introduction string // text of the file that says where a policy in the tree begins; "" for none
	dry          bool

	common bool           // there is, or is to be, a policy of many repositories
	first  *policy.Policy // that one, where it isn't written yet

	plans  []install.Plan
	judged []install.Facts
}

// server installs in one repository.
func (i *installation) server(ctx context.Context, dir string) error {
	facts, err := install.Look(ctx, dir, i.kind)
	if err != nil {
		return err
	}
	i.keep(facts)
	i.commonPolicy(facts.Head)
	if err := i.repository(ctx, facts); err != nil {
		return err
	}
	i.sayKind(facts.Kind, facts.PlacedBy)
	return i.carryOut(ctx)
}

// all installs in all repositories of a folder.
func (i *installation) all(ctx context.Context, folder string, except []string) error {
	dirs, err := install.Repositories(folder)
	if err != nil {
		return err
	}
	kind, by := i.kind, ""
	for _, dir := range dirs {
		if kind == "" {
			kind, by = install.Placed(dir)
		}
	}
	var code install.Facts // gitolite's folder of hooks
	if i.wanted.Linked = kind == install.Gitolite; i.wanted.Linked {
		if code, err = install.LookCommon(ctx, folder); err != nil {
			return err
		}
		i.keep(code)
	}
	var found []install.Facts
	var heads []string
	for _, dir := range dirs {
		facts, err := install.Look(ctx, dir, kind)
		if err != nil {
			return err
		}
		i.keep(facts)
		found, heads = append(found, facts), append(heads, facts.Head)
	}
	i.commonPolicy(heads...)
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return err
	}
	var faults []error
	for _, facts := range found {
		name := nameIn(folder, facts.GitDir)
		at := slices.Index(except, name)
		if at >= 0 {
			except = slices.Delete(except, at, at+1)
		}
		plan := i.repository
		if at >= 0 || facts.Excepted(name) {
			plan = i.except
		}
		err := plan(ctx, facts)
		if errors.As(err, new(install.StrangerError)) {
			return err
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	if len(except) > 0 {
		return usage("--except %s: there is no repository of that name in %s", except[0], folder)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if i.wanted.Linked {
		if err := i.linked(code, folder); err != nil {
			return err
		}
	}
	i.sayKind(kind, by)
	return i.carryOut(ctx)
}

// nameIn gives what a repository is called in a folder, in one line.
func nameIn(folder, dir string) string {
	name, err := filepath.Rel(folder, dir)
	if err != nil || strings.HasPrefix(name, "..") { // a link in the folder led to it
		name = dir
	}
	return strings.ReplaceAll(filepath.ToSlash(name), "\n", `\n`)
}

// keep has the hooks judge by the policy of many repositories by which one that is there judges, unless another is
// wanted.
func (i *installation) keep(facts install.Facts) {
	i.wanted.Common = cmp.Or(i.wanted.Common, facts.Common)
}

// except plans that a repository isn't judged.
func (i *installation) except(_ context.Context, facts install.Facts) error {
	plan, err := install.PlanExcept(facts, "install was told, or knows of this kind of server, that this is not judged.\n"+
		"To have it judged delete this file, then run: countersign install --server FOLDER\n")
	if err != nil {
		return exitError{exitRefused, err}
	}
	i.next("not judged: %s", filepath.Base(facts.GitDir))
	i.plans = append(i.plans, plan)
	return nil
}

// sayKind says what kind of server it is, and how that is known.
func (i *installation) sayKind(kind, by string) {
	i.done.Kind = kind
	switch {
	case by != "" && i.kind == "":
		i.done.Notes = append(i.done.Notes, fmt.Sprintf("kind: %s, as %s tells", kind, by))
	case i.kind == "" && (kind == "none" || kind == ""):
		i.done.Notes = append(i.done.Notes,
			"kind: none, so the journal won't say who pushes; --kind ssh or --kind http would")
	}
}

// commonPolicy plans the policy of many repositories. It protects what is protected by default and these branches.
func (i *installation) commonPolicy(heads ...string) {
	folder := i.wanted.Common
	if folder == "" {
		return
	}
	first := protecting(heads...)
	plan := install.PlanPolicy(folder, install.CommonPolicy(first.Protect.Refs))
	if i.common, _ = install.CommonHas(folder); plan.Steps != nil {
		i.common, i.first = true, first
		i.plans = append(i.plans, plan)
		i.next("next: name the maintainers in %s/policy.toml, then run "+
			"countersign policy check --policy %s -C REPOSITORY", folder, install.Shell(folder))
	}
}

// repository plans for one repository.
func (i *installation) repository(ctx context.Context, facts install.Facts) error {
	wanted := i.wanted
	wanted.Kind, wanted.Introduction = facts.Kind, i.introduction
	if wanted.Guard = facts.Kind == "gitea"; i.guard != nil {
		wanted.Guard = *i.guard
	}
	if _, err := install.PlanServer(facts, wanted); err != nil {
		return exitError{exitRefused, err}
	}
	if err := i.policyOf(ctx, facts, &wanted); err != nil {
		return fmt.Errorf("no first policy could be made: %w", err)
	}
	plan, err := install.PlanServer(facts, wanted)
	if err != nil {
		return exitError{exitRefused, err}
	}
	i.plans, i.judged = append(i.plans, plan), append(i.judged, facts)
	return nil
}

// policyOf says by what a repository is to be judged, and what it holds already.
func (i *installation) policyOf(ctx context.Context, facts install.Facts, wanted *install.Server) error {
	g, err := i.gate(facts.GitDir, discard)
	if g.Repository() == nil {
		return err
	}
	defer g.Close()
	switch {
	case facts.HasPolicy:
		wanted.Protected = guarded(g) // what can't be read may protect anything
		return nil
	case i.introduction != "":
		return nil
	case err != nil && i.first == nil:
		return err
	}
	p := i.first
	switch {
	case p != nil:
	case i.common:
		p = g.Policy()
	default:
		p = protecting(facts.Head)
	}
	wanted.Protected = p.ProtectedPrefixes()
	var adopted []string
	if !exists(journalOf(g)) { // what was judged here is not adopted
		tips, err := protectedTips(ctx, g.Repository(), p)
		if err != nil {
			return err
		}
		if adopted, err = summits(ctx, g.Repository(), tips); err != nil {
			return err
		}
	}
	if i.common {
		wanted.Adoption = install.AdoptionText(adopted)
	} else {
		wanted.Policy = install.StarterPolicy(p.Protect.Refs, adopted)
	}
	return nil
}

// gate opens the gate of a repository as it will be. Nobody may be named in the policy yet.
func (i *installation) gate(
	dir string, record func(string, policy.Journal) (gate.Recorder, error),
) (*gate.Gate, error) {
	o := gate.Options{Record: record, Draft: true, Keyless: true}
	if i.wanted.Common != "" {
		o.Common = func(string) string { return i.wanted.Common }
	}
	return i.open(dir, o)
}

// baseline records what the protected refs hold. What is wrong with the policy, doctor says.
func (i *installation) baseline(ctx context.Context, dir string) error {
	g, _ := i.gate(dir, openJournal)
	defer g.Close()
	return g.Baseline(ctx, i.begins)
}

// linked plans the hooks that gitolite links into all its repositories.
func (i *installation) linked(facts install.Facts, folder string) error {
	wanted := i.wanted
	wanted.Kind, wanted.Linked = facts.Kind, false
	plan, err := install.PlanCommon(facts, wanted)
	if err != nil {
		return exitError{exitRefused, fmt.Errorf("%s: %w", facts.GitDir, err)}
	}
	i.plans = append(i.plans, plan)
	i.done.Next = append(i.done.Next, "in gitolite.conf, where a repository's rules name refs, let approvals come in:",
		"  RW+ refs/approvals/ refs/withdrawals/ refs/moves/ refs/exceptions/ = @maintainers")
	i.next("next: gitolite setup --hooks-only, which links the hooks into all repositories; "+
		"then countersign doctor --all %s", install.Shell(folder))
	return nil
}

// carryOut shows what is planned and, unless that was all, does it.
func (i *installation) carryOut(ctx context.Context) error {
	if err := i.told.carryOut(i.plans, i.dry); err != nil || i.dry {
		return err
	}
	for _, facts := range i.judged {
		if err := i.baseline(ctx, facts.GitDir); err != nil {
			return fmt.Errorf("%s: what the protected refs hold couldn't be recorded: %w", facts.GitDir, err)
		}
		switch {
		case facts.HasPolicy || i.common:
		case i.introduction != "":
			i.next("next: push the branch that holds the introduction")
		case len(i.judged) > 1:
			i.next("next: name the maintainers in %s/countersign/policy.toml", facts.GitDir)
		default:
			i.next("next: name the maintainers in countersign/policy.toml, then run countersign policy check")
		}
	}
	if i.wanted.Linked {
		return nil // nothing is linked, yet
	}
	for _, before := range i.judged {
		facts, err := install.Look(ctx, before.GitDir, i.kind)
		if err != nil {
			return err
		}
		for _, fault := range install.Check(facts) {
			i.done.Beware = append(i.done.Beware, fmt.Sprintf("%s: %s", facts.GitDir, fault))
		}
	}
	return nil
}
