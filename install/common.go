package install

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"countersign/history"
)

// What a folder with the policy of many repositories may hold, see package gate/inforce.
const (
	commonPolicy = "policy.toml"
	commonFloor  = "floor.toml"
)

// CommonHas says what a folder with the policy of many repositories holds: their policy, and the floor of those that
// have their own.
func CommonHas(folder string) (hasPolicy, hasFloor bool) {
	has := func(name string) bool { return at(filepath.Join(folder, name)).exists }
	return has(commonPolicy), has(commonFloor)
}

// PlanPolicy plans the folder with the policy of many repositories; nothing where it holds one, or a floor.
func PlanPolicy(folder, text string) Plan {
	p := Plan{Folder: filepath.Dir(folder)}
	name, mode := filepath.Base(folder), modesFor("")
	if hasPolicy, hasFloor := CommonHas(folder); hasPolicy || hasFloor {
		return p
	}
	if !at(folder).exists {
		p.Steps = append(p.Steps, Step{Action: MakeFolder, Path: name, Mode: mode.folder})
	}
	if keys := name + "/keys"; !at(filepath.Join(p.Folder, keys)).exists {
		p.Steps = append(p.Steps, Step{Action: MakeFolder, Path: keys, Mode: mode.folder})
	}
	p.Steps = append(p.Steps, Step{Action: Create, Path: name + "/" + commonPolicy, Mode: mode.file, Text: text})
	return p
}

// localCode asks gitolite for the folder with the hooks that it links into all its repositories.
func localCode(ctx context.Context, dir string) (string, error) {
	var out, errs bytes.Buffer
	err := history.Command{
		Dir: dir, Args: []string{"gitolite", "query-rc", "LOCAL_CODE"}, Stdout: &out, Stderr: &errs,
	}.Run(ctx)
	folder := strings.TrimSpace(out.String())
	switch {
	case err != nil && !says(err, 1): // it is there, and the variable isn't
		return "", fmt.Errorf("gitolite query-rc LOCAL_CODE: %w\n%s: run this as gitolite's user, with gitolite in PATH",
			err, strings.TrimSpace(errs.String()))
	case folder == "":
		return "", fmt.Errorf("gitolite has no folder for hooks of its own: in ~/.gitolite.rc write\n" +
			"  LOCAL_CODE => \"$ENV{HOME}/local\",\nthen mkdir ~/local, and run this again")
	}
	if found, err := os.Stat(folder); err != nil || !found.IsDir() {
		return "", fmt.Errorf("the folder that ~/.gitolite.rc calls LOCAL_CODE isn't there: mkdir -p %s", folder)
	}
	return folder, nil
}

// LookCommon gathers the facts about the folder whose hooks gitolite links into all its repositories.
func LookCommon(ctx context.Context, repositories string) (Facts, error) {
	folder, err := localCode(ctx, repositories)
	if err != nil {
		return Facts{}, err
	}
	folder, err = filepath.EvalSymlinks(folder)
	if err != nil {
		return Facts{}, err
	}
	f := Facts{GitDir: folder, isCommon: true, Kind: Gitolite, owner: owner(folder), user: os.Getuid()}
	if f.pre, err = f.lookAt(ctx, common.place(preReceive)); err != nil {
		return f, err
	}
	if s, who := readScript(f.pre.text); who == ours {
		f.Common = s.folder
	}
	f.post, err = f.lookAt(ctx, common.place(postReceive))
	return f, err
}
