package install

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/history"
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
// (modules/repository/hooks.go). GitLab never looks into hooks/ ("Git server hooks", chained).
var (
	plain  = layout{folder: "hooks", byGit: true}
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

// slot is a place as it stands in a repository.
type slot struct {
	place    place
	hook     file
	text     string // of the hook, if it is a regular file
	kept     file
	sameHook bool // hook and kept are one file
	runner   file // see place
	scripts  file // hooks/EVENT.d
	folder   file // of the hook
	outside  bool // the hook's folder is a link out of the Git directory
	missing  bool // the program that our hook runs is gone, or can't run
	silent   bool // it is there, and doesn't answer as this program does
}

// origin says who wrote the hook.
func (s slot) origin() origin {
	_, who := readScript(s.text)
	return who
}

// lookAt finds out how a place stands.
func (f *Facts) lookAt(ctx context.Context, p place) (slot, error) {
	s := slot{place: p, hook: f.look(p.path()), kept: f.look(p.keptPath()), scripts: f.look("hooks/" + p.name + ".d")}
	if p.runner != "" {
		s.runner = f.look(p.runner)
	}
	s.lookAtFolder(f.GitDir)
	if !s.hook.regular() {
		return s, nil
	}
	var err error
	if s.text, err = readHook(filepath.Join(f.GitDir, p.path())); err != nil {
		return s, err
	}
	if written, who := readScript(s.text); who == ours {
		s.missing = !at(written.program).runs()
		s.silent = !s.missing && !f.answers(ctx, written.program)
	}
	return s, nil
}

// answerTime is how long a program may take to answer.
const answerTime = 10 * time.Second

// answers runs a program as our hooks do, and says whether it is the one that they wait for: an empty file, or
// one that was cut short, runs as well.
func (f *Facts) answers(ctx context.Context, program string) bool {
	if answers, known := f.asked[program]; known {
		return answers
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	// By the shell: it runs what the system can't, and so does a hook.
	err := history.Command{Dir: f.GitDir, Args: []string{"sh", "-c", `"$0" hook "$1"`, program, AnswerCommand}}.Run(ctx)
	if f.asked == nil {
		f.asked = make(map[string]bool)
	}
	f.asked[program] = says(err, Answer)
	return f.asked[program]
}

// lookAtFolder finds out where the hook's folder really is, and whether the hook that was kept is
// the one in place: an installation was stopped between the two.
func (s *slot) lookAtFolder(gitDir string) {
	dir := filepath.Join(gitDir, s.place.folder)
	if s.folder = at(dir); !s.folder.exists {
		return
	}
	behind, err := filepath.EvalSymlinks(dir)
	s.outside = err != nil || !strings.HasPrefix(behind, gitDir+string(filepath.Separator))
	hook, herr := os.Lstat(filepath.Join(gitDir, s.place.path()))
	kept, kerr := os.Lstat(filepath.Join(gitDir, s.place.keptPath()))
	s.sameHook = herr == nil && kerr == nil && os.SameFile(hook, kept)
}
