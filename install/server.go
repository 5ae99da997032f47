package install

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Server is what to install in a repository.
type Server struct {
	Program string // absolute path of the program that judges
	Kind    string // kind of server, see package hook: how it says who pushes
	Policy  string // text of the first policy, see [StarterPolicy]; "" where it has none of its own
	// Common is the folder of the policy by which many repositories are judged, "" for none, and Adoption the text of the
	// file that says what is adopted in this one.
	Common, Adoption string
	// Linked says that the server links the hooks into the repository: see [PlanCommon].
	Linked bool
	// Guard puts the hook in place that stops what moves protected refs beside a push.
	Guard bool
	// Protected are ref names, and prefixes that end in "/", that take in every ref that the policy protects; nil for
	// a policy in the tree, which each push may change: the guard then looks at every ref but the approvals.
	Protected []string
	// Introduction is the text of the file that says where a policy in the tree begins; where it isn't "",
	// there is no Policy.
	Introduction string
}

// PlanServer plans the hook, a first policy and a folder for keys. It fails, with all the reasons,
// where the hook wouldn't run or would take the place of something that can't be kept.
func PlanServer(f Facts, s Server) (Plan, error) {
	if !f.isRepository {
		return Plan{}, fmt.Errorf("%s is not a Git directory", f.GitDir)
	}
	f.guarded = f.guarded || s.Guard
	if err := obstacles(f, s); err != nil {
		return Plan{}, err
	}
	p := Plan{Folder: f.GitDir}
	add := func(done bool, step Step) {
		if !done {
			p.Steps = append(p.Steps, step)
		}
	}
	mode := modesFor(f.sharing)
	add(f.hasFolder, Step{Action: MakeFolder, Path: policyFolder, Mode: mode.folder})
	if s.Introduction != "" {
		add(f.HasPolicy, Step{Action: Create, Path: introductionFile, Mode: mode.file, Text: s.Introduction})
	} else if s.Policy != "" || s.Common == "" {
		add(f.hasKeys, Step{Action: MakeFolder, Path: keysFolder, Mode: mode.folder})
		add(f.HasPolicy, Step{Action: Create, Path: policyFile, Mode: mode.file, Text: s.Policy})
	}
	add(s.Adoption == "" || f.hasAdoption,
		Step{Action: Create, Path: adoptionFile, Mode: mode.file, Text: s.Adoption})

	// From here on each push leaves a ticket, so that the guard knows it.
	add(!f.guarded || f.hasTickets, Step{Action: MakeFolder, Path: ticketFolder, Mode: mode.folder})
	for _, slot := range f.slots() {
		if !s.Linked || slot.place.name == Guard {
			p.Steps = append(p.Steps, slot.plan(s)...)
		}
	}
	for _, slot := range f.strays {
		steps, err := slot.planRemoval(false)
		if err != nil {
			return Plan{}, err
		}
		p.Steps = append(p.Steps, steps...)
	}
	return p, nil
}

// PlanCommon plans the hooks that a server links into all its repositories, in the folder that [LookCommon] looked at.
func PlanCommon(f Facts, s Server) (Plan, error) {
	if err := obstacles(f, s); err != nil {
		return Plan{}, err
	}
	p := Plan{Folder: f.GitDir}
	for _, slot := range f.slots() {
		for _, step := range slot.plan(s) {
			if step.Action != MakeFolder || !slices.Contains(p.Steps, step) { // both hooks have the same one
				p.Steps = append(p.Steps, step)
			}
		}
	}
	return p, nil
}

// PlanExcept plans that a repository isn't judged; why says so in the file.
func PlanExcept(f Facts, why string) (Plan, error) {
	if err := f.stranger(); err != nil {
		return Plan{}, err
	}
	p := Plan{Folder: f.GitDir}
	mode := modesFor(f.sharing)
	if !f.hasFolder {
		p.Steps = append(p.Steps, Step{Action: MakeFolder, Path: policyFolder, Mode: mode.folder})
	}
	if !f.NotJudged {
		p.Steps = append(p.Steps, Step{Action: Create, Path: NotJudgedFile, Mode: mode.file, Text: why})
	}
	return p, nil
}

// plan puts one hook in place.
func (f slot) plan(s Server) (steps []Step) {
	add := func(done bool, step Step) {
		if !done {
			steps = append(steps, step)
		}
	}
	if f.linked() {
		return nil
	}
	wanted := script{event: f.place.name, program: s.Program, kind: s.Kind, folder: s.Common}
	if wanted.event == Guard {
		wanted.kind, wanted.refs = "", patterns(s.Protected)
	}
	_, who := readScript(f.text)
	replaces := f.hook.exists && who == foreign
	if replaces || f.kept.exists {
		wanted.kept = filepath.Base(f.place.keptPath())
	}
	add(f.folder.exists, Step{Action: MakeFolder, Path: f.place.folder, Mode: 0o755})
	add(!replaces || f.sameHook, Step{Action: Keep, Path: f.place.keptPath(), From: f.place.path()})
	add(f.text == wanted.String() && f.hook.runs(),
		Step{Action: Write, Path: f.place.path(), Mode: 0o755, Text: wanted.String()})
	return steps
}

// obstacles says all that stands in the way of an installation.
func obstacles(f Facts, s Server) error {
	var errs []error
	refuse := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(!filepath.IsAbs(s.Program), "the program's path %q is not absolute", s.Program)
	if err := f.stranger(); err != nil {
		errs = append(errs, err)
	}
	refuse(f.NotJudged, "%s says that this repository is not judged: delete that file, then install again", NotJudgedFile)
	_, bounded := CommonHas(s.Common)
	refuse(s.Introduction != "" && f.HasPolicy && f.introduction != s.Introduction,
		"another policy counts here already: move %s or %s away, then install again", introductionFile, policyFile)
	refuse(s.Common != "" && (f.HasPolicy || s.Introduction != "") && !bounded,
		"no %s in %s bounds a policy of the repository's own: write that file, or do without a policy in the tree or in %s/",
		commonFloor, s.Common, policyFolder)
	refuse(f.pre.place.byGit && f.hooksDir != "",
		"Git looks for hooks in %s, not in the repository (%s): take that setting away", f.hooksDir, f.setting)
	for _, folder := range f.linkedOut() {
		refuse(true, "%s is a link out of the repository: other repositories may share it; make it a folder", folder)
	}
	refuse(f.guarded && f.mirror != "",
		"%s lets fetches write refs here, and the guard would stop them half way: install without --guard", f.mirror)
	refuse(f.guarded && !at("/proc/self/stat").exists,
		"the guard needs /proc, to tell by which process a ref moves: install without --guard")
	for _, slot := range f.slots() {
		if !s.Linked || slot.place.name == Guard {
			errs = append(errs, slot.obstacles()...)
			continue
		}
		refuse(slot.hook.regular() && slot.origin() != ours, "%s is the repository's own, and gitolite setup would put "+
			"its link over it: move it away, or have it run in all repositories from hooks/common of LOCAL_CODE",
			slot.place.path())
	}
	return errors.Join(errs...)
}

func (f slot) obstacles() (errs []error) {
	refuse := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	hook, kept := f.place.path(), f.place.keptPath()
	_, who := readScript(f.text)
	replaces := f.hook.exists && who == foreign

	refuse(f.hook.dangles, "%s is a link that leads nowhere, and %s: delete it", hook, f.place.unrun)
	refuse(replaces && !f.hook.dangles && !f.hook.runs(),
		"%s is not an executable file, so Git has never run it: "+
			"delete it, or make it executable to have it run as well", hook)
	refuse(who == edited, "%s was edited since it was installed: move it away, then install again", hook)
	refuse(replaces && !f.place.chain, "%s was written by somebody else: move it away", hook)
	refuse(replaces && f.kept.exists && !f.sameHook,
		"%s is in the way: a hook was kept there, and %s is another one by now; move one of them away", kept, hook)
	refuse(replaces && f.place.chain && f.hook.link && strings.HasSuffix(f.target, "/hooks/common/"+f.place.file),
		"%s is gitolite's link to %s, and gitolite setup would put it back in place of ours: "+
			"install --all FOLDER, with the folder of all repositories", hook, f.target)
	refuse(replaces && f.place.chain && f.scripts.mode.IsDir(),
		"%s goes through the scripts in %[1]s.d by its own name, and can't be moved: install with --kind gitea", hook)
	refuse(f.place.runner != "" && !f.runner.runs(),
		"%s, which runs the scripts in %s, is not there or not executable: let Gitea write its hooks anew",
		f.place.runner, f.place.folder)
	return errs
}

// PlanRemoval plans to take the hooks out again and to put back what was there before. The policy and
// the journal stay. A hook that isn't ours, or that was edited since, is left alone. With links those go, too, by
// which hooks of many repositories are linked into this one.
func PlanRemoval(f Facts, links bool) (Plan, error) {
	if !f.isRepository && !f.isCommon {
		return Plan{}, fmt.Errorf("%s is not a Git directory", f.GitDir)
	}
	p := Plan{Folder: f.GitDir}
	var errs []error
	for _, slot := range append(f.slots(), f.strays...) {
		steps, err := slot.planRemoval(links)
		p.Steps, errs = append(p.Steps, steps...), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return Plan{}, err
	}
	if f.guarded && f.hasTickets {
		p.Steps = append(p.Steps, Step{Action: DeleteFolder, Path: ticketFolder})
	}
	return p, nil
}

func (f slot) planRemoval(links bool) ([]Step, error) {
	hook, kept := f.place.path(), f.place.keptPath()
	_, who := readScript(f.text)
	switch {
	case f.linked() && !links:
		return nil, fmt.Errorf("%s is a link to %s, by which other repositories are judged, too: "+
			"uninstall --all FOLDER, with the folder of all repositories", hook, f.target)
	case f.linked() && f.kept.exists: // it will lead to the former hook again
		return []Step{{Action: Delete, Path: kept}}, nil
	case f.linked():
		return []Step{{Action: Delete, Path: hook}}, nil
	case f.hook.exists && who == edited:
		return nil, fmt.Errorf("%s was edited since it was installed: see what it does, then delete it by hand", hook)
	case f.hook.exists && who == foreign && f.sameHook:
		return []Step{{Action: Delete, Path: kept}}, nil
	case f.hook.exists && who == foreign && f.kept.exists:
		return nil, fmt.Errorf("%s is not ours, and %s was kept from before: put back by hand the one that is to run",
			hook, kept)
	case f.kept.exists:
		return []Step{{Action: PutBack, Path: hook, From: kept}}, nil
	case f.hook.exists && who == ours:
		return []Step{{Action: Delete, Path: hook}}, nil
	default:
		return nil, nil
	}
}
