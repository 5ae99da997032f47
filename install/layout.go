package install

// The kinds of server that a repository's place tells. Package hook has them all.
const (
	Gitolite   = "gitolite"
	giteaKind  = "gitea"
	gitlabKind = "gitlab"
)

// Guard is Git's hook that sees every move of a ref.
const Guard = "reference-transaction"

// event is a hook of Git's that an installation places (githooks(5)).
type event struct {
	name   string
	unrun  string // what follows where Git doesn't run it
	broken string // what follows where it runs and the program behind it doesn't answer
}

var (
	preReceive  = event{"pre-receive", "Git lets everything in", "every push is refused"}
	transaction = event{
		Guard,
		"protected refs that move beside a push aren't stopped",
		"no ref that may be protected can move",
	}
	postReceive = event{
		"post-receive",
		"what Git makes of a push isn't recorded",
		"what Git makes of a push isn't recorded",
	}
)

// layout is where a kind of server looks for hooks.
type layout struct {
	folder string // of the hooks, or of the folders below
	each   bool   // a hook has a folder EVENT.d, whose files all run
	runner bool   // hooks/EVENT goes through that folder; else Git runs the hook, or the server
	byGit  bool   // Git looks for it, so that core.hooksPath matters
}

// Where hooks are. Gitea's own hooks tell by their names what they are to run, so that renaming one
// would switch off what it guards: ours goes into the folder it goes through
// (modules/repository/hooks.go). GitLab never looks into hooks/ ("Git server hooks", chained). Gitolite
// links what is in a folder of its own into each repository's hooks/, over what is there (Store.pm, hook_1).
var (
	plain  = layout{folder: "hooks", byGit: true}
	common = layout{folder: "hooks/common"} // of gitolite's LOCAL_CODE
	gitea  = layout{folder: "hooks", each: true, runner: true, byGit: true}
	gitlab = layout{folder: "custom_hooks", each: true}
)

// place is where one hook belongs.
type place struct {
	event
	folder, file string
	chain        bool   // a hook that stands there already can run beside ours
	runner       string // goes through the folder's files; "" where Git runs the hook, or the server
	byGit        bool
}

func (l layout) place(e event) place {
	p := place{event: e, folder: l.folder, file: e.name, chain: !l.each, byGit: l.byGit}
	if l.each {
		p.folder, p.file = l.folder+"/"+e.name+".d", "countersign"
	}
	if l.runner {
		p.runner = l.folder + "/" + e.name
	}
	return p
}

func (p place) path() string     { return p.folder + "/" + p.file }
func (p place) keptPath() string { return p.path() + ".before-countersign" }

// layouts are all of them, with what is looked for first.
var layouts = []layout{gitea, gitlab, plain}

// layoutOf gives where a kind of server looks for hooks.
func layoutOf(kind string) layout {
	switch kind {
	case giteaKind:
		return gitea
	case gitlabKind:
		return gitlab
	default:
		return plain
	}
}
