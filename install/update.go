package install

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"

	"countersign/history"
)

const updateHook = "hooks/update"

// lookAtUpdate finds out whether hooks/update judges, which somebody wrote by hand where a server leaves only that one
// to its users, and what is wrong with it. It is run for the help of the command behind it, which judges nothing.
func lookAtUpdate(ctx context.Context, gitDir string, mayRun bool) (judges bool, fault string, err error) {
	name := filepath.Join(gitDir, updateHook)
	if hook := at(name); !hook.runs() {
		return false, "", nil
	}
	text, err := readText(name)
	if err != nil || !strings.Contains(text, "countersign") || !strings.Contains(text, "hook update") {
		return false, "", err
	}
	if !mayRun {
		return true, "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var out bytes.Buffer
	err = history.Command{Dir: gitDir, Args: []string{name, "--help"}, Stdout: &out, Stderr: &out}.Run(ctx)
	switch {
	case !strings.Contains(out.String(), "githooks(5), update"):
		fault = updateHook + " doesn't get as far as countersign hook update, or doesn't hand its arguments on"
	case err == nil:
		fault = updateHook + " passes what ends with 0, and so does a program that is empty or cut short"
	}
	return true, fault, nil
}
