package install

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign/history"
)

// Facts are what an installation depends on. The zero Facts are of no repository, and nothing can be
// installed there.
type Facts struct {
	GitDir    string // absolute, no link in it
	HasPolicy bool   // of its own
	Head      string // the ref that HEAD names, "" if none
	Kind      string // of server, see package hook
	PlacedBy  string // the file by which that was found, "" where nothing told it
	Common    string // the folder of the policy of many repositories by which our hook judges; "" for none
	NotJudged bool   // the operator excepted it, see [NotJudgedFile]
	// ByUpdate says that hooks/update judges, in place of our pre-receive.
	ByUpdate bool
	// AsksCertificates says that Git asks clients for signed pushes (receive.certNonceSeed).
	AsksCertificates bool

	isRepository bool
	isCommon     bool     // a folder of hooks for many repositories instead, see [LookCommon]
	placed       string   // the kind that PlacedBy tells
	owner, user  int      // of the Git directory, and who is asking; -1 where there is no such number
	hooksDir     string   // where Git looks for hooks; "" is the Git directory's own folder
	setting      string   // the setting behind hooksDir, and where it stands
	procReceive  []string // values of receive.procReceiveRefs
	ignoreCase   bool     // core.ignoreCase
	reftable     bool     // refs are no files
	version      string   // of git
	sharing      string   // core.sharedRepository
	notShared    []string // below countersign/, see unshared
	commonUnread bool     // see unread
	configHooks  []string // settings that define hooks beside ours, "hook.NAME.event"

	pre, post slot    // of the hooks that a push runs
	guard     slot    // of the hook that every move of a ref runs
	guarded   bool    // it is, or is to be, in place
	update    string  // what is wrong with that one, "" for nothing
	strays    []*slot // hooks of ours that belong to another kind of server
	mirror    string  // the setting by which fetches write branches here; "" for none

	asked map[string]bool // programs, and whether they answered

	proc         file   // hooks/proc-receive
	introduction string // the text that pins a policy in the tree, "" for none
	hasFolder    bool   // for the policy
	hasAdoption  bool
	hasKeys      bool
	hasTickets   bool
}

// slots are the places of our hooks.
func (f *Facts) slots() []*slot {
	if f.guarded {
		return []*slot{&f.pre, &f.post, &f.guard}
	}
	return []*slot{&f.pre, &f.post}
}

// linkedOut gives the folders of hooks that are links out of the Git directory, each once.
func (f *Facts) linkedOut() (folders []string) {
	for _, slot := range f.slots() {
		if slot.outside && !slices.Contains(folders, slot.place.folder) {
			folders = append(folders, slot.place.folder)
		}
	}
	return folders
}

const (
	policyFolder = "countersign"
	policyFile   = policyFolder + "/policy.toml"
	// In place of the above, where the policy lies in the tree.
	introductionFile = policyFolder + "/introduction.toml"
	adoptionFile     = policyFolder + "/adoption.toml" // beside the policy of many repositories
	keysFolder       = policyFolder + "/keys"
	ticketFolder     = policyFolder + "/tickets" // see package gate/ticket
)

// Look gathers the facts about a repository. Kind is the kind of server, see package hook, or "" for the one that the
// repository's place tells. Git is asked for the settings that count for whoever runs this. Where there is no
// repository the error is [history.ErrNotFound].
func Look(ctx context.Context, gitDir, kind string) (Facts, error) {
	gitDir, err := filepath.Abs(gitDir)
	if err != nil {
		return Facts{}, err
	}
	if gitDir, err = filepath.EvalSymlinks(gitDir); errors.Is(err, fs.ErrNotExist) {
		err = history.NotFound(err)
	}
	if err != nil {
		return Facts{}, err
	}
	f := Facts{GitDir: gitDir, owner: owner(gitDir), user: os.Getuid()}
	f.Common = PolicyFolder(gitDir)
	// What may not be read looks like what isn't there.
	for _, folder := range []string{gitDir, filepath.Join(gitDir, policyFolder), f.Common} {
		if _, err := os.ReadDir(folder); errors.Is(err, fs.ErrPermission) {
			return f, err
		}
	}
	if f.isRepository = isRepository(gitDir); !f.isRepository {
		return f, history.NotFound(fmt.Errorf("%s is not a Git directory: name a bare repository, "+
			"or the .git folder of another", gitDir))
	}
	f.placed, f.PlacedBy = Placed(gitDir)
	f.Kind = cmp.Or(kind, f.placed, written(gitDir).kind, "none")
	f.NotJudged = NotJudged(gitDir)
	layout := layoutOf(f.Kind)
	if f.pre, err = f.lookAt(ctx, layout.place(preReceive)); err != nil {
		return f, err
	}
	if f.post, err = f.lookAt(ctx, layout.place(postReceive)); err != nil {
		return f, err
	}
	// No server has a folder of its own for this one.
	if f.guard, err = f.lookAt(ctx, plain.place(transaction)); err != nil {
		return f, err
	}
	if err := f.lookForStrays(ctx, layout); err != nil {
		return f, err
	}
	f.guarded = f.guard.origin() == ours
	if f.pre.origin() != ours {
		if f.ByUpdate, f.update, err = lookAtUpdate(ctx, gitDir, f.mayRun()); err != nil {
			return f, err
		}
	}
	f.proc = f.look("hooks/proc-receive")
	f.hasTickets = f.look(ticketFolder).exists
	f.HasPolicy = f.look(policyFile).exists || f.look(introductionFile).exists
	f.introduction, err = readText(filepath.Join(gitDir, introductionFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	f.reftable = f.look("reftable").exists
	if f.version, err = git(ctx, gitDir, "version"); err != nil {
		return f, err
	}
	f.hasFolder, f.hasKeys = f.look(policyFolder).exists, f.look(keysFolder).exists
	f.hasAdoption = f.look(adoptionFile).exists
	head, err := git(ctx, gitDir, "symbolic-ref", "--quiet", "HEAD")
	if err != nil && !says(err, 1) { // git-symbolic-ref(1): HEAD is detached
		return f, err
	}
	f.Head = strings.TrimSuffix(head, "\n")
	if err := f.lookAtSettings(ctx); err != nil {
		return f, err
	}
	if f.notShared, err = f.unshared(); err != nil {
		return f, err
	}
	f.commonUnread, err = f.unread()
	return f, err
}

// lookForStrays finds hooks of ours where another kind of server has its own.
func (f *Facts) lookForStrays(ctx context.Context, here layout) error {
	for _, l := range layouts {
		if l == here {
			continue
		}
		for _, e := range []event{preReceive, postReceive} {
			s, err := f.lookAt(ctx, l.place(e))
			if err != nil {
				return err
			}
			if s.origin() == ours {
				f.strays = append(f.strays, &s)
			}
		}
	}
	return nil
}

// isRepository says whether a folder is the Git directory of a repository, and not a linked worktree's.
func isRepository(dir string) bool {
	return history.IsGitDir(dir) && !at(filepath.Join(dir, "commondir")).exists
}

func (f *Facts) look(name string) file { return at(filepath.Join(f.GitDir, name)) }

// lookAtSettings asks git for the settings that lead hooks elsewhere or add some.
func (f *Facts) lookAtSettings(ctx context.Context) error {
	const wanted = `^(core\.hookspath|core\.ignorecase|core\.sharedrepository|receive\.procreceiverefs|` +
		`remote\..*\.(mirror|fetch)|receive\.certnonceseed|hook\..*)$`
	out, err := git(ctx, f.GitDir, "config", "-z", "--show-origin", "--get-regexp", wanted)
	if says(err, 1) {
		return nil // git-config(1): there is no such key
	}
	if err != nil {
		return err
	}
	words := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	for i := 0; i+1 < len(words); i += 2 {
		key, value, _ := strings.Cut(words[i+1], "\n")
		_, into, _ := strings.Cut(value, ":")
		switch {
		case key == "core.hookspath":
			f.setting = "core.hooksPath in " + words[i]
		case key == "core.ignorecase":
			f.ignoreCase = value == "true"
		case key == "core.sharedrepository":
			f.sharing = strings.ToLower(value)
		case key == "receive.certnonceseed":
			f.AsksCertificates = value != ""
		case key == "receive.procreceiverefs":
			f.procReceive = append(f.procReceive, value)
		case strings.HasPrefix(key, "hook.") && strings.HasSuffix(key, ".event"):
			f.configHooks = append(f.configHooks, key)
		case strings.HasSuffix(key, ".mirror") && value == "true",
			strings.HasSuffix(key, ".fetch") && (strings.HasPrefix(into, "refs/heads/") ||
				strings.HasPrefix(into, "refs/tags/") || strings.HasPrefix(into, "refs/*")):
			f.mirror = key
		}
	}
	dir, err := git(ctx, f.GitDir, "rev-parse", "--git-path", "hooks")
	if err != nil {
		return err
	}
	if dir = strings.TrimSuffix(dir, "\n"); !filepath.IsAbs(dir) {
		dir = filepath.Join(f.GitDir, dir)
	}
	own := filepath.Join(f.GitDir, "hooks")
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if real, err := filepath.EvalSymlinks(own); err == nil {
		own = real
	}
	if dir != own {
		f.hooksDir = dir
	}
	return nil
}

func git(ctx context.Context, gitDir string, args ...string) (string, error) {
	return gitIn(ctx, gitDir, []string{"GIT_DIR=" + gitDir}, args...)
}

// gitIn runs git in a folder, with these variables besides the user's.
func gitIn(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	var out, errs bytes.Buffer
	err := history.Command{
		Dir: dir, Args: append([]string{"git"}, args...), Env: env, Stdout: &out, Stderr: &errs,
	}.Run(ctx)
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}
