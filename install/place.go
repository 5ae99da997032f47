package install

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"countersign/history"
)

// slot is a place as it stands in a repository.
type slot struct {
	place    place
	hook     file
	text     string // of the hook, if it is a regular file or a link to one
	target   string // where the hook leads, if it is a link
	kept     file
	sameHook bool // hook and kept are one file
	runner   file // see place
	scripts  file // hooks/EVENT.d
	folder   file // of the hook
	outside  bool // the hook's folder is a link out of the Git directory
	missing  bool // the program that our hook runs is gone, or can't run
	silent   bool // it is there, and doesn't answer as this program does
}

// linked says whether the hook is a link to one of ours, by which other repositories are judged as well.
func (s slot) linked() bool { return s.hook.link && s.origin() == ours }

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
		if text, err := readText(filepath.Join(f.GitDir, p.runner)); err == nil && strings.HasPrefix(text, scriptHead) {
			s.runner = file{} // our own runs no others
		}
	}
	s.lookAtFolder(f.GitDir)
	if !s.hook.exists || s.hook.dangles || !s.hook.mode.IsRegular() {
		return s, nil
	}
	var err error
	if s.hook.link {
		if s.target, err = filepath.EvalSymlinks(filepath.Join(f.GitDir, p.path())); err != nil {
			return s, err
		}
	}
	if s.text, err = readText(filepath.Join(f.GitDir, p.path())); err != nil {
		return s, err
	}
	if written, who := readScript(s.text); who == ours {
		s.missing = !at(written.program).runs()
		s.silent = !s.missing && f.mayRun() && !f.answers(ctx, written.program)
	}
	return s, nil
}

// mayRun says whether to run what a repository names: root doesn't run what another user wrote there.
func (f *Facts) mayRun() bool { return f.user != 0 || f.owner == 0 }

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
