package install

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Clone is what an installation in somebody's own clone depends on.
type Clone struct {
	GitDir    string // absolute, no link in it; common to the clone's worktrees
	HasPolicy bool   // a policy, or where one in the tree begins, lies beside it

	hook, kept file
	text       string // of the hook, if it is a regular file
	hooksDir   string // where Git looks for hooks instead; "" for nowhere else
	manager    manager
}

const (
	prePushHook = "hooks/pre-push"
	prePushKept = prePushHook + ".before-countersign"
	// prePush is what another program's hook has to run, with the same input.
	prePush = "countersign hook pre-push"
)

// manager is a program that writes the hooks of a clone, and would write over ours.
type manager struct {
	name  string
	files []string // at the top of the work tree: one of them says that it is in use
	chain string   // how it comes to run ours as well
}

// managers are those that are known. The ways of husky 9.1 and lefthook 2.2 were tried; the hook of pre-commit 3.0 runs
// what stood in its place, which it calls pre-push.legacy, with the same input.
var managers = []manager{
	{"husky", []string{".husky"}, `add this line to .husky/pre-push:
` + prePush + ` "$1" "$2"`},
	{"lefthook", []string{
		"lefthook.yml", ".lefthook.yml", "lefthook.yaml", ".lefthook.yaml", "lefthook.toml", ".lefthook.toml",
		"lefthook.json", ".lefthook.json", "lefthook.jsonc", ".lefthook.jsonc",
	}, `add this to lefthook.yml, then: lefthook install
pre-push:
  commands:
    countersign:
      run: ` + prePush + ` {1} {2}
      use_stdin: true`},
	{"pre-commit", []string{".pre-commit-config.yaml"}, `run these in the clone:
printf '#!/bin/sh\nexec ` + prePush + ` "$@"\n' >"$(git rev-parse --git-path hooks/pre-push.legacy)"
chmod +x "$(git rev-parse --git-path hooks/pre-push.legacy)"
pre-commit install --hook-type pre-push`},
}

// LookLocal gathers the facts about the clone that a folder is in.
func LookLocal(ctx context.Context, dir string) (Clone, error) {
	ask := func(args ...string) (string, error) {
		out, err := gitIn(ctx, dir, nil, append([]string{"rev-parse", "--path-format=absolute"}, args...)...)
		return strings.TrimSuffix(out, "\n"), err
	}
	common, err := ask("--git-common-dir")
	if err != nil {
		return Clone{}, err
	}
	var c Clone
	if c.GitDir, err = filepath.EvalSymlinks(common); err != nil {
		return c, err
	}
	look := func(name string) file { return at(filepath.Join(c.GitDir, name)) }
	c.hook, c.kept = look(prePushHook), look(prePushKept)
	c.HasPolicy = look(policyFile).exists || look(introductionFile).exists
	if c.hook.regular() {
		if c.text, err = readText(filepath.Join(c.GitDir, prePushHook)); err != nil {
			return c, err
		}
	}
	hooks, err := ask("--git-path", "hooks")
	if err != nil {
		return c, err
	}
	if hooks != filepath.Join(common, "hooks") {
		c.hooksDir = hooks
	}
	top, err := ask("--show-toplevel")
	if err != nil {
		return c, nil // there is no work tree
	}
	for _, m := range managers {
		for _, name := range m.files {
			if at(filepath.Join(top, name)).exists {
				c.manager = m
			}
		}
	}
	return c, nil
}

// PlanLocal plans to place the hook that judges before each push, and to pin where the policy in the tree begins, by
// the text of introduction.toml, "" for none. Where another program writes the clone's hooks, or Git looks for them
// elsewhere, nothing is planned. The error says what to do instead, and what is to be copied in lines of its own.
func PlanLocal(c Clone, program, introduction string) (Plan, error) {
	if !filepath.IsAbs(program) {
		return Plan{}, fmt.Errorf("the program's path %q is not absolute", program)
	}
	_, who := readScript(c.text)
	replaces := c.hook.exists && who == foreign
	switch {
	case c.manager.name != "":
		return Plan{}, fmt.Errorf("%s writes the hooks here, so nothing was changed: %s", c.manager.name, c.manager.chain)
	case c.hooksDir != "":
		return Plan{}, fmt.Errorf("hooks are looked for in %s (core.hooksPath), which others may use, so nothing was "+
			"changed: have the file pre-push there run this, with the same input:\n%s \"$@\"", c.hooksDir, prePush)
	case who == edited:
		return Plan{}, fmt.Errorf("%s was edited since it was installed: move it away, then install again", prePushHook)
	case replaces && !c.hook.runs():
		return Plan{}, fmt.Errorf("%s is not an executable file, so Git has never run it: "+
			"delete it, or make it executable to have it run as well", prePushHook)
	case replaces && c.kept.exists:
		return Plan{}, fmt.Errorf("%s is in the way: a hook was kept there, and %s is another one by now; "+
			"move one of them away", prePushKept, prePushHook)
	case introduction != "" && c.HasPolicy:
		return Plan{}, errors.New("there is a policy in countersign/ of the Git directory already: move it away first")
	}
	p := Plan{Folder: c.GitDir}
	add := func(done bool, step Step) {
		if !done {
			p.Steps = append(p.Steps, step)
		}
	}
	text := localScript(program, replaces || c.kept.exists)
	add(at(filepath.Join(c.GitDir, "hooks")).exists, Step{Action: MakeFolder, Path: "hooks", Mode: 0o755})
	add(!replaces, Step{Action: Keep, Path: prePushKept, From: prePushHook})
	add(c.text == text && c.hook.runs(), Step{Action: Write, Path: prePushHook, Mode: 0o755, Text: text})
	if introduction != "" {
		add(at(filepath.Join(c.GitDir, policyFolder)).exists, Step{Action: MakeFolder, Path: policyFolder, Mode: 0o755})
		p.Steps = append(p.Steps, Step{Action: Create, Path: introductionFile, Mode: 0o644, Text: introduction})
	}
	return p, nil
}

// PlanLocalRemoval plans to take the hook out again and to put back what was there before.
func PlanLocalRemoval(c Clone) (Plan, error) {
	p := Plan{Folder: c.GitDir}
	switch _, who := readScript(c.text); {
	case who == edited:
		return Plan{}, fmt.Errorf("%s was edited since it was installed: see what it does, then delete it by hand",
			prePushHook)
	case who == foreign:
		return p, nil
	case c.kept.exists:
		p.Steps = []Step{{Action: PutBack, Path: prePushHook, From: prePushKept}}
	default:
		p.Steps = []Step{{Action: Delete, Path: prePushHook}}
	}
	return p, nil
}

const (
	localStart = `# Git runs this before it pushes (githooks(5), pre-push). Anything but success stops the push.
`
	localKept = `"${0%/*}"/pre-push.before-countersign "$@" || exit 1
`
	localGone = `	echo 'countersign: the program that judges before a push is gone, so nothing was pushed' >&2
	echo 'countersign:   next: git push --no-verify; for good, put it there again, or delete .git/hooks/pre-push' >&2
	exit 1
fi
`
	localRun = `"$program" hook pre-push "$@"
`
)

// localScript gives the text of the hook in a clone.
func localScript(program string, kept bool) string {
	begin, pipe := localStart, ""
	if kept {
		pipe = scriptPipe
		begin += scriptInput + pipe + localKept
	}
	return sealed(begin + fmt.Sprintf(scriptProgram, quote(program)) + scriptGone + localGone + pipe + localRun)
}
