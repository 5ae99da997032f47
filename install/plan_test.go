package install

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Planning needs no disk: these tests make facts up.

var want = Server{Program: "/usr/local/bin/countersign", Kind: "none", Policy: "version = 1\n"}

// fresh is a repository as "git init --bare" makes it.
func fresh() Facts {
	folder := file{exists: true, mode: fs.ModeDir | 0o755}
	return Facts{
		GitDir: "/srv/r.git", isRepository: true, owner: 7, user: 7,
		pre:  slot{place: plain.place(preReceive), folder: folder},
		post: slot{place: plain.place(postReceive), folder: folder},
	}
}

// inPlace is the same after an installation.
func inPlace() Facts {
	f := fresh()
	f.HasPolicy, f.hasFolder, f.hasKeys = true, true, true
	for _, slot := range f.slots() {
		slot.hook = file{exists: true, mode: 0o755}
		slot.text = script{event: slot.place.name, program: want.Program, kind: want.Kind}.String()
	}
	return f
}

func withHook(f Facts, mode fs.FileMode, text string) Facts {
	f.pre.hook, f.pre.text = file{exists: true, mode: mode}, text
	return f
}

func plan(t *testing.T, f Facts, s Server) string {
	t.Helper()
	p, err := PlanServer(f, s)
	if err != nil {
		t.Fatal(err)
	}
	return p.String()
}

func TestPlanForFreshRepository(t *testing.T) {
	t.Parallel()
	got := plan(t, fresh(), want)
	if diff := cmp.Diff(`make folder countersign (0750)
make folder countersign/keys (0750)
create countersign/policy.toml (0640)
write hooks/pre-receive (0755)
write hooks/post-receive (0755)
`, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestPlanKeepsTheHookThatIsThere(t *testing.T) {
	t.Parallel()
	f := inPlace()
	for name, f := range map[string]Facts{
		"file": withHook(f, 0o755, "#!/bin/sh\nexit 0\n"),
		"link": func() Facts { f := withHook(f, 0o755, ""); f.pre.hook.link = true; return f }(),
	} {
		if diff := cmp.Diff(`keep hooks/pre-receive as hooks/pre-receive.before-countersign, to run as well
write hooks/pre-receive (0755)
`, plan(t, f, want)); diff != "" {
			t.Errorf("%s: plan (-want +got):\n%s", name, diff)
		}
	}
}

func TestPlanAgainIsEmpty(t *testing.T) {
	t.Parallel()
	alone := inPlace()
	chained := inPlace()
	chained.pre.kept = file{exists: true, mode: 0o755}
	chained.pre.text = script{
		event: "pre-receive", program: want.Program, kind: want.Kind,
		kept: "pre-receive.before-countersign",
	}.String()
	for name, f := range map[string]Facts{"alone": alone, "chained": chained} {
		if got := plan(t, f, want); got != "" {
			t.Errorf("%s: installed again:\n%s", name, got)
		}
	}
	pins, pinned := want, inPlace()
	pins.Introduction, pinned.introduction = "commit = 1\n", "commit = 1\n"
	if got := plan(t, pinned, pins); got != "" {
		t.Errorf("pinned again:\n%s", got)
	}
}

func TestPlanMendsWhatIsOurs(t *testing.T) {
	t.Parallel()
	moved := want
	moved.Program = "/opt/countersign"
	notExecutable := withHook(inPlace(), 0o644, inPlace().pre.text)
	noFolders := inPlace()
	noFolders.HasPolicy, noFolders.hasFolder, noFolders.hasKeys = false, false, false
	stopped := withHook(inPlace(), 0o755, "#!/bin/sh\n")
	stopped.pre.kept, stopped.pre.sameHook = stopped.pre.hook, true
	const write = "write hooks/pre-receive (0755)\n"
	for name, c := range map[string]struct {
		facts Facts
		want  Server
		plan  string
	}{
		"program moved":         {inPlace(), moved, write + "write hooks/post-receive (0755)\n"},
		"mode lost":             {notExecutable, want, write},
		"stopped after keeping": {stopped, want, write},
		"policy and folders deleted": {
			noFolders, want,
			"make folder countersign (0750)\nmake folder countersign/keys (0750)\ncreate countersign/policy.toml (0640)\n",
		},
	} {
		if diff := cmp.Diff(c.plan, plan(t, c.facts, c.want)); diff != "" {
			t.Errorf("%s: plan (-want +got):\n%s", name, diff)
		}
	}
}

func TestPlanForForges(t *testing.T) {
	t.Parallel()
	f := fresh()
	f.HasPolicy, f.hasFolder, f.hasKeys = true, true, true
	f = asGitea(f)
	if diff := cmp.Diff("write hooks/pre-receive.d/countersign (0755)\nwrite hooks/post-receive.d/countersign (0755)\n",
		plan(t, f, want)); diff != "" {
		t.Errorf("gitea (-want +got):\n%s", diff)
	}
	f.pre, f.post, f.hooksDir = slot{place: gitlab.place(preReceive)}, slot{place: gitlab.place(postReceive)},
		"/opt/gitlab/hooks"
	if diff := cmp.Diff(`make folder custom_hooks/pre-receive.d (0755)
write custom_hooks/pre-receive.d/countersign (0755)
make folder custom_hooks/post-receive.d (0755)
write custom_hooks/post-receive.d/countersign (0755)
`, plan(t, f, want)); diff != "" {
		t.Errorf("gitlab (-want +got):\n%s", diff)
	}
}

// asGitea gives the same repository as Gitea has it.
func asGitea(f Facts) Facts {
	folder, file := file{exists: true, mode: fs.ModeDir | 0o755}, file{exists: true, mode: 0o755}
	f.pre.place, f.post.place = gitea.place(preReceive), gitea.place(postReceive)
	f.guarded, f.hasTickets = true, true
	f.guard = slot{place: plain.place(transaction), folder: folder, hook: file}
	f.guard.text = script{event: Guard, program: want.Program, refs: patterns(nil)}.String()
	for _, slot := range []*slot{&f.pre, &f.post} {
		slot.runner, slot.scripts, slot.folder = file, folder, folder
	}
	return f
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	edit := func(change func(*Facts)) Facts {
		f := fresh()
		change(&f)
		return f
	}
	other := "#!/bin/sh\nexit 0\n"
	relative := want
	relative.Program = "countersign"
	pins, pinned := want, inPlace()
	pins.Introduction, pinned.introduction = "commit = 2\n", "commit = 1\n"
	for name, c := range map[string]struct {
		facts  Facts
		server Server
		want   string
	}{
		"zero facts":           {Facts{}, want, "not a Git directory"},
		"program not absolute": {fresh(), relative, "not absolute"},
		"pinned otherwise":     {pinned, pins, "move countersign/introduction.toml or countersign/policy.toml away"},
		"a policy beside":      {inPlace(), pins, "another policy counts here already"},
		"somebody else's": {
			edit(func(f *Facts) { f.user, f.owner = 0, 1<<30 }), want,
			"belongs to the user #1073741824, as whom its hook runs, and this is root",
		},
		"its own policy, not bounded": {
			edit(func(f *Facts) { f.HasPolicy = true }),
			Server{Program: want.Program, Common: "/nowhere"},
			"no floor.toml in /nowhere bounds a policy of the repository's own",
		},
		"a policy in the tree, not bounded": {
			fresh(),
			Server{Program: want.Program, Common: "/nowhere", Introduction: "commit = \"\"\n"},
			"no floor.toml in /nowhere bounds",
		},
		"core.hooksPath elsewhere": {
			edit(func(f *Facts) { f.hooksDir, f.setting = "/etc/hooks", "core.hooksPath in file:config" }), want,
			"in /etc/hooks, not in the repository (core.hooksPath in file:config)",
		},
		"hooks folder is a link": {
			edit(func(f *Facts) { f.pre.outside = true }), want,
			"hooks is a link out of the repository",
		},
		"dangling link": {
			edit(func(f *Facts) { f.pre.hook = file{exists: true, link: true, dangles: true} }),
			want, "leads nowhere",
		},
		"not executable": {withHook(fresh(), 0o644, other), want, "never run it"},
		"a folder":       {withHook(fresh(), fs.ModeDir|0o755, ""), want, "not an executable file"},
		"edited":         {withHook(fresh(), 0o755, inPlace().pre.text+"# mine\n"), want, "was edited"},
		"another hook, one kept": {
			edit(func(f *Facts) { *f = withHook(*f, 0o755, other); f.pre.kept = file{exists: true} }), want,
			"is in the way",
		},
		"goes by its own name": {
			edit(func(f *Facts) {
				*f = withHook(*f, 0o755, other)
				f.pre.scripts = file{exists: true, mode: fs.ModeDir}
			}), want, "--kind gitea",
		},
		"gitea without its hook": {
			edit(func(f *Facts) { *f = asGitea(*f); f.pre.runner = file{} }), want,
			"let Gitea write its hooks anew",
		},
		"gitea with other's script": {
			edit(func(f *Facts) { *f = asGitea(withHook(*f, 0o755, other)) }), want,
			"written by somebody else",
		},
	} {
		p, err := PlanServer(c.facts, c.server)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v: want %q in it", name, err, c.want)
		}
		if p.Steps != nil {
			t.Errorf("%s: refused, yet there are steps:\n%s", name, p)
		}
	}
}

func TestPlanRemoval(t *testing.T) {
	t.Parallel()
	chained, stopped, replaced := inPlace(), inPlace(), inPlace()
	chained.pre.kept = file{exists: true, mode: 0o755}
	stopped.pre.text, stopped.pre.kept, stopped.pre.sameHook = "#!/bin/sh\n", file{exists: true, mode: 0o755}, true
	replaced.pre.text, replaced.pre.kept = "#!/bin/sh\n", file{exists: true, mode: 0o755}
	halfRemoved := chained
	halfRemoved.pre.hook, halfRemoved.pre.text = file{}, ""
	for name, c := range map[string]struct {
		facts      Facts
		plan, fail string
	}{
		"nothing there": {fresh(), "", ""},
		"ours alone":    {inPlace(), "delete hooks/pre-receive\ndelete hooks/post-receive\n", ""},
		"one kept": {
			chained,
			"put hooks/pre-receive.before-countersign back as hooks/pre-receive\ndelete hooks/post-receive\n", "",
		},
		"ours deleted, kept": {
			halfRemoved,
			"put hooks/pre-receive.before-countersign back as hooks/pre-receive\ndelete hooks/post-receive\n", "",
		},
		"stopped after keeping": {stopped, "delete hooks/pre-receive.before-countersign\ndelete hooks/post-receive\n", ""},
		"somebody else's":       {withHook(fresh(), 0o755, "#!/bin/sh\n"), "", ""},
		"somebody else's, kept": {replaced, "", "put back by hand"},
		"edited":                {withHook(fresh(), 0o755, inPlace().pre.text+"exit 0\n"), "", "was edited"},
		"no repository":         {Facts{}, "", "not a Git directory"},
	} {
		p, err := PlanRemoval(c.facts, false)
		if c.fail == "" && err != nil || c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail)) {
			t.Errorf("%s: error %v, want %q in it", name, err, c.fail)
		}
		if diff := cmp.Diff(c.plan, p.String()); diff != "" {
			t.Errorf("%s: plan (-want +got):\n%s", name, diff)
		}
	}
}

// What lets pushes past the hook without a word is found.
func TestAttackHookThatGitDoesNotRun(t *testing.T) {
	t.Parallel()
	if got := Check(inPlace()); got != nil {
		t.Errorf("all is well, yet: %q", got)
	}
	edit := func(change func(*Facts)) Facts {
		f := inPlace()
		change(&f)
		return f
	}
	for name, c := range map[string]struct {
		facts Facts
		want  string
	}{
		"no repository": {Facts{}, "not a Git directory"},
		"no hook": {
			edit(func(f *Facts) { f.pre.hook, f.pre.text = file{}, "" }),
			"there is no hooks/pre-receive, and Git lets everything in",
		},
		"nothing after a push": {
			edit(func(f *Facts) { f.post.hook, f.post.text = file{}, "" }),
			"there is no hooks/post-receive, and what Git makes of a push isn't recorded: countersign install",
		},
		"not executable": {
			edit(func(f *Facts) { f.pre.hook.mode = 0o644 }),
			"not an executable file, and Git lets everything in",
		},
		"dangling link": {
			edit(func(f *Facts) { f.pre.hook, f.pre.text = file{exists: true, link: true, dangles: true}, "" }),
			"leads nowhere, and Git lets everything in",
		},
		"core.hooksPath": {
			edit(func(f *Facts) { f.hooksDir, f.setting = "/dev/null", "core.hooksPath in file:config" }),
			"looks for hooks in /dev/null",
		},
		"hooks folder a link": {edit(func(f *Facts) { f.pre.outside = true }), "link out of the repository"},
		"somebody else's": {
			edit(func(f *Facts) { f.pre.text = "#!/bin/sh\nexit 0\n" }),
			"not the hook that countersign install writes",
		},
		"edited": {
			edit(func(f *Facts) { f.pre.text = strings.Replace(f.pre.text, "exit 1", "exit 0", 1) }),
			"was edited",
		},
		"program gone": {
			edit(func(f *Facts) { f.pre.missing = true }),
			"/usr/local/bin/countersign, which hooks/pre-receive runs, is gone",
		},
		"kept hook gone": {
			edit(func(f *Facts) { f.pre.text = script{event: "pre-receive", kept: "x"}.String() }),
			"before-countersign, which hooks/pre-receive runs as well, is gone",
		},
		"setting defines hooks": {
			edit(func(f *Facts) { f.configHooks = []string{"hook.lint.event"} }),
			"hook.lint.event defines another hook",
		},
		"gitea's runner gone": {
			edit(func(f *Facts) { *f = asGitea(*f); f.pre.runner = file{} }),
			"hooks/pre-receive, which runs the scripts",
		},
		"no policy": {edit(func(f *Facts) { f.HasPolicy = false }), "there is no countersign/policy.toml"},
	} {
		if got := Check(c.facts); len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s: got %q, want one with %q", name, got, c.want)
		}
	}
}

func TestScriptIsReadBack(t *testing.T) {
	t.Parallel()
	for _, s := range []script{
		{event: "pre-receive", program: "/usr/bin/countersign", kind: "none"},
		{event: "pre-receive", program: "/opt/it's here/$(id)/`x`", kind: "gitea", kept: "pre-receive.before-countersign"},
		{event: "pre-receive", program: "'", kind: "ssh"},
		{event: "post-receive", program: "'", kind: "ssh"},
		{event: "post-receive", program: "/usr/bin/countersign", kind: "none", kept: "post-receive.before-countersign"},
	} {
		text := s.String()
		if got, who := readScript(text); who != ours || got != s {
			t.Errorf("%+v was read back as %+v (%d)", s, got, who)
		}
		for i := len(scriptHead); i < len(text); i++ {
			if _, who := readScript(text[:i] + "~" + text[i+1:]); who == ours {
				t.Errorf("byte %d changed, and still taken for ours", i)
			}
		}
		if _, who := readScript(text[:len(text)-1]); who == ours {
			t.Error("cut short, and still taken for ours")
		}
	}
}

func TestStarterPolicyNamesRefsAndCommits(t *testing.T) {
	t.Parallel()
	got := StarterPolicy([]string{"refs/heads/main", `refs/heads/"odd"`}, []string{strings.Repeat("1", 40)})
	for _, want := range []string{
		"\nversion = 1\n", "\nrefs = [\n  \"refs/heads/main\",\n  \"refs/heads/\\\"odd\\\"\",\n]\n",
		"\ncommits = [\"1111111111111111111111111111111111111111\"]\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in the policy:\n%s", want, got)
		}
	}
}
