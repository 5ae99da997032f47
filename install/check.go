package install

import (
	"fmt"
	"strings"
)

// Check says what would let a push past the hooks or leaves it without a record, or makes them refuse every
// push; nothing if all is well.
func Check(f Facts) []string {
	if !f.isRepository {
		return []string{f.GitDir + " is not a Git directory"}
	}
	if f.NotJudged {
		return nil
	}
	var faults []string
	fault := func(when bool, format string, args ...any) {
		if when {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	fault(f.pre.place.byGit && f.hooksDir != "",
		"Git looks for hooks in %s and doesn't run %s (%s): take that setting away",
		f.hooksDir, f.pre.place.path(), f.setting)
	for _, folder := range f.linkedOut() {
		fault(true, "%s is a link out of the repository: whoever may write there decides what is let in", folder)
	}
	fault(f.update != "", "%s: write it as countersign hook update --help shows", f.update)
	for _, slot := range f.slots() {
		if !f.ByUpdate || slot.place.name == Guard {
			faults = append(faults, slot.check()...)
		}
	}
	faults = append(faults, f.checkKind()...)
	fault(!f.guarded && f.pre.place.runner != "" && f.mirror == "",
		"there is no %s, and %s: countersign install --kind gitea", f.guard.place.path(), f.guard.place.unrun)
	fault(f.guarded && !f.hasTickets, "there is no %s, and the guard stops every push: countersign install", ticketFolder)
	fault(f.guarded && f.mirror != "", "%s lets fetches write refs here, and the guard stops them half way: "+
		"countersign uninstall, then install --guard=false", f.mirror)
	fault(f.ignoreCase, "core.ignoreCase is on: names of refs and files that differ in case alone may be one here; "+
		"serve from a file system that tells them apart")
	for _, value := range f.procReceive {
		_, prefix, modified := strings.Cut(value, ":")
		if !modified {
			prefix = value
		}
		fault(strings.Contains(strings.TrimSuffix(value, prefix), "!") || !strings.HasPrefix(prefix, "refs/for"),
			"receive.procReceiveRefs = %s hands pushes to the hook proc-receive, which moves what refs it likes after they "+
				"are judged: git config --unset-all receive.procReceiveRefs", value)
	}
	fault(f.proc.exists && len(f.procReceive) > 0 && f.pre.place.runner == "",
		"there is a hook hooks/proc-receive, which moves refs by itself: see that it moves no protected one")
	for _, key := range f.configHooks {
		fault(true, "the setting %s defines another hook, which runs beside %s", key, f.pre.place.path())
	}
	for i, path := range f.notShared {
		if i == 3 {
			fault(true, "and %d more files and folders like that", len(f.notShared)-i)
			break
		}
		fault(true, "the repository is shared (core.sharedRepository), and the group can't write %s: "+
			"chmod -R g+rwX %s && find %[2]s -type d -exec chmod g+s {} +", path, policyFolder)
	}
	fault(f.commonUnread, "the repository is shared (core.sharedRepository), and its group can't read all of %s: "+
		"chgrp -R --reference=%s %[1]s && chmod -R g+rX %[1]s", Shell(f.Common), Shell(f.GitDir))
	hasPolicy, _ := CommonHas(f.Common)
	fault(!f.HasPolicy && f.Common == "", "there is no %s: every push is refused; countersign install", policyFile)
	fault(!f.HasPolicy && f.Common != "" && !hasPolicy,
		"there is no policy in %s, and none beside the repository: every push is refused; "+
			"countersign install --policy-folder %[1]s", f.Common)
	return faults
}

// checkKind says where the hooks aren't those of this kind of server.
func (f *Facts) checkKind() (faults []string) {
	s, who := readScript(f.pre.text)
	if f.placed != "" && who == ours && s.kind != f.placed {
		faults = append(faults, fmt.Sprintf("%s was installed for the kind %s, and %s shows that this is %s, so the journal "+
			"doesn't say who pushes: countersign install", f.pre.place.path(), s.kind, f.PlacedBy, f.placed))
	}
	for _, slot := range f.strays {
		faults = append(faults, fmt.Sprintf("%s is a hook of ours, too, and belongs to another kind of server: "+
			"countersign install takes it away", slot.place.path()))
	}
	return faults
}

// CheckCommon says the same of the hooks that gitolite links into a repository which is made later.
func CheckCommon(f Facts) (faults []string) {
	for _, slot := range f.slots() {
		faults = append(faults, slot.check()...)
	}
	return faults
}

// Covers says whether the guard, where there is one, looks at all that a policy protects. See [Server.Protected].
func Covers(f Facts, protected []string) bool {
	s, who := readScript(f.guard.text)
	return !f.guarded || who != ours || covers(s.refs, patterns(protected))
}

// Unseen says what the guard, where there is one, isn't told of by this git, with refs kept as they are here.
func Unseen(f Facts) (unseen []string) {
	if !f.guarded {
		return nil
	}
	const found = "; where PROTECTED was known before, countersign log compare and the next push find it afterwards, " +
		"else countersign verify does"
	unseen = append(unseen, "the guard doesn't see git branch -c X PROTECTED"+found)
	if f.reftable {
		unseen = append(unseen, "the guard doesn't see git branch -m X PROTECTED, as refs are in a reftable"+found)
	}
	if before(f.version, 2, 46) {
		unseen = append(unseen,
			"the guard doesn't see git symbolic-ref over a protected name, as git is older than 2.46"+found)
	}
	return unseen
}

// before says whether "git version 2.39.5" is older than a version, or can't be read.
func before(text string, major, minor int) bool {
	var is, with int
	if n, _ := fmt.Sscanf(text, "git version %d.%d", &is, &with); n != 2 {
		return true
	}
	return is < major || is == major && with < minor
}

// check says what is wrong with one hook.
func (f slot) check() (faults []string) {
	fault := func(when bool, format string, args ...any) {
		if when {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	hook, unrun, broken := f.place.path(), f.place.unrun, f.place.broken
	s, who := readScript(f.text)
	fault(!f.hook.exists, "there is no %s, and %s: countersign install", hook, unrun)
	fault(f.hook.dangles, "%s is a link that leads nowhere, and %s: delete it, then countersign install", hook, unrun)
	fault(f.hook.exists && !f.hook.dangles && !f.hook.runs(),
		"%s is not an executable file, and %s: chmod +x it", hook, unrun)
	again := "countersign install"
	switch {
	case strings.HasSuffix(f.target, "/multi-hook-driver"):
		again = "take option hook." + f.place.name + " out of gitolite.conf, then gitolite setup"
	case f.hook.link:
		again = "countersign install --all FOLDER, with the folder of all repositories"
	}
	fault(f.hook.exists && !f.hook.dangles && who == foreign,
		"%s is not the hook that countersign install writes, and as far as that is known %s: %s", hook, unrun, again)
	fault(who == edited, "%s was edited since it was installed", hook)
	fault(who == ours && f.missing,
		"%s, which %s runs, is gone or can't be run: %s; countersign install", s.program, hook, broken)
	fault(who == ours && f.silent, "%s, which %s runs, is not this program, or is cut short: "+
		"asked to, it doesn't answer, and %s; put the program there again, then countersign install", s.program, hook, broken)
	fault(who == ours && f.text != s.String(), "%s was written by another version of countersign: %s", hook, again)
	fault(who == ours && s.kept != "" && !f.kept.runs(),
		"%s, which %s runs as well, is gone or not executable: %s", f.place.keptPath(), hook, broken)
	fault(f.place.runner != "" && !f.runner.runs(),
		"%s, which runs the scripts in %s, is not there or not executable, and %s", f.place.runner, f.place.folder, unrun)
	return faults
}
