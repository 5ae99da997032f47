package install

import (
	"errors"
	"fmt"
	"path/filepath"
)

// Server is what to install in a repository.
type Server struct {
	Program string // absolute path of the program that judges
	Kind    string // kind of server, see package hook: how it says who pushes
	Policy  string // text of the first policy; see [StarterPolicy]
	// Introduction is the text of the file that says where a policy in the tree begins; where it isn't "",
	// there is no Policy.
	Introduction string
}

// PlanServer plans the hook, a first policy and a folder for keys. It fails, with all the reasons,
// where the hook wouldn't run or would take the place of something that can't be kept.
func PlanServer(f Facts, s Server) (Plan, error) {
	if !f.isRepository {
		return Plan{}, fmt.Errorf("%s is not a Git directory: name a bare repository, or the .git folder of another", f.GitDir)
	}
	if err := obstacles(f, s); err != nil {
		return Plan{}, err
	}
	p := Plan{GitDir: f.GitDir}
	add := func(done bool, step Step) {
		if !done {
			p.Steps = append(p.Steps, step)
		}
	}
	add(f.hasFolder, Step{Action: MakeFolder, Path: policyFolder, Mode: 0o750})
	if s.Introduction != "" {
		add(f.HasPolicy, Step{Action: Create, Path: introductionFile, Mode: 0o640, Text: s.Introduction})
	} else {
		add(f.hasKeys, Step{Action: MakeFolder, Path: keysFolder, Mode: 0o750})
		add(f.HasPolicy, Step{Action: Create, Path: policyFile, Mode: 0o640, Text: s.Policy})
	}

	wanted := script{program: s.Program, kind: s.Kind}
	_, who := readScript(f.text)
	replaces := f.hook.exists && who == foreign
	if replaces || f.kept.exists {
		wanted.before = filepath.Base(f.place.kept())
	}
	add(f.folder.exists, Step{Action: MakeFolder, Path: f.place.folder, Mode: 0o755})
	add(!replaces || f.sameHook, Step{Action: Keep, Path: f.place.kept(), From: f.place.hook()})
	add(f.text == wanted.String() && f.hook.runs(), Step{Action: Write, Path: f.place.hook(), Mode: 0o755, Text: wanted.String()})
	return p, nil
}

// obstacles says all that stands in the way of an installation.
func obstacles(f Facts, s Server) error {
	var errs []error
	refuse := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	hook, kept := f.place.hook(), f.place.kept()
	_, who := readScript(f.text)
	replaces := f.hook.exists && who == foreign

	refuse(!filepath.IsAbs(s.Program), "the program's path %q is not absolute", s.Program)
	refuse(f.owner != f.user, "the repository belongs to user number %d, and this is %d: install as its owner, or the hook can't read its policy and write its journal", f.owner, f.user)
	refuse(f.place.byGit && f.hooksDir != "", "Git looks for hooks in %s, not in the repository (%s): take that setting away", f.hooksDir, f.setting)
	refuse(f.outside, "%s is a link out of the repository: other repositories may share it; make it a folder", f.place.folder)
	refuse(f.hook.dangles, "%s is a link that leads nowhere, and Git lets everything in: delete it", hook)
	refuse(replaces && !f.hook.dangles && !f.hook.runs(), "%s is not an executable file, so Git has never run it: delete it, or make it executable to have it run first", hook)
	refuse(who == edited, "%s was edited since it was installed: move it away, then install again", hook)
	refuse(replaces && !f.place.chain, "%s was written by somebody else: move it away", hook)
	refuse(replaces && f.kept.exists && !f.sameHook, "%s is in the way: a hook was kept there, and %s is another one by now; move one of them away", kept, hook)
	refuse(replaces && f.place.chain && f.scripts.mode.IsDir(), "%s goes through the scripts in %s by its own name, and can't be moved: install with --kind gitea", hook, gitea.folder)
	refuse(f.place.runner != "" && !f.runner.runs(), "%s, which runs the scripts in %s, is not there or not executable: let Gitea write its hooks anew", f.place.runner, f.place.folder)
	return errors.Join(errs...)
}

// PlanRemoval plans to take the hook out again and to put back what was there before. The policy and
// the journal stay. A hook that isn't ours, or that was edited since, is left alone.
func PlanRemoval(f Facts) (Plan, error) {
	if !f.isRepository {
		return Plan{}, fmt.Errorf("%s is not a Git directory", f.GitDir)
	}
	p := Plan{GitDir: f.GitDir}
	hook, kept := f.place.hook(), f.place.kept()
	_, who := readScript(f.text)
	switch {
	case f.hook.exists && who == edited:
		return Plan{}, fmt.Errorf("%s was edited since it was installed: see what it does, then delete it by hand", hook)
	case f.hook.exists && who == foreign && f.sameHook:
		p.Steps = []Step{{Action: Delete, Path: kept}}
	case f.hook.exists && who == foreign && f.kept.exists:
		return Plan{}, fmt.Errorf("%s is not ours, and %s was kept from before: put back by hand the one that is to run", hook, kept)
	case f.kept.exists:
		p.Steps = []Step{{Action: PutBack, Path: hook, From: kept}}
	case f.hook.exists && who == ours:
		p.Steps = []Step{{Action: Delete, Path: hook}}
	}
	return p, nil
}

// Check says what would let a push past the hook, or makes it refuse every push; nothing if all is
// well.
func Check(f Facts) []string {
	if !f.isRepository {
		return []string{f.GitDir + " is not a Git directory"}
	}
	var faults []string
	fault := func(when bool, format string, args ...any) {
		if when {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	hook := f.place.hook()
	s, who := readScript(f.text)
	fault(f.place.byGit && f.hooksDir != "", "Git looks for hooks in %s and doesn't run %s (%s): take that setting away", f.hooksDir, hook, f.setting)
	fault(f.outside, "%s is a link out of the repository: whoever may write there decides what is let in", f.place.folder)
	fault(!f.hook.exists, "there is no %s, and Git lets everything in: countersign install", hook)
	fault(f.hook.dangles, "%s is a link that leads nowhere, and Git lets everything in: delete it, then countersign install", hook)
	fault(f.hook.exists && !f.hook.dangles && !f.hook.runs(), "%s is not an executable file, and Git lets everything in: chmod +x it", hook)
	fault(f.hook.exists && !f.hook.dangles && who == foreign, "%s is not the hook that countersign install writes: nothing says that it judges anything", hook)
	fault(who == edited, "%s was edited since it was installed", hook)
	fault(who == ours && f.missing, "%s, which %s runs, is gone or can't be run: every push is refused; countersign install", s.program, hook)
	fault(who == ours && s.before != "" && !f.kept.runs(), "%s, which runs before %s, is gone or not executable: every push is refused", f.place.kept(), hook)
	fault(f.place.runner != "" && !f.runner.runs(), "%s, which runs the scripts in %s, is not there or not executable, and Git lets everything in", f.place.runner, f.place.folder)
	for _, key := range f.configHooks {
		fault(true, "the setting %s defines another hook, which runs beside %s", key, hook)
	}
	fault(!f.HasPolicy, "there is no %s: every push is refused; countersign install", policyFile)
	return faults
}
