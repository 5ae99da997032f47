package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ./demo and ./test say what they install, install just what is missing, and start what the README says. The programs
// that they find here say only how they were called.
func TestReadmeScripts(t *testing.T) {
	t.Parallel()
	for script, c := range map[string]struct {
		have string
		want []string
	}{
		"demo": {"go apt-get sudo", []string{"installing: git openssh-client", "go run . demo"}},
		"test": {"go apt-get sudo git gpg gpgsm dirmngr ssh-keygen", []string{
			"installing: openssl libxml2-utils gcc libc6-dev", "go -C . test -race -timeout 30m ./...",
			"go -C verify/oracle test -race -timeout 30m ./...",
		}},
	} {
		printed, err := runScript(t, script, c.have)
		if err != nil {
			t.Errorf("%s: %v", script, err)
		}
		for _, want := range c.want {
			if !strings.Contains(printed, want) {
				t.Errorf("%s doesn't print %q:\n%s", script, want, printed)
			}
		}
		if _, packages, _ := strings.Cut(c.want[0], ": "); !strings.Contains(printed,
			"apt-get install -qy --no-install-recommends "+packages) {
			t.Errorf("%s doesn't install %s:\n%s", script, packages, printed)
		}
	}
	for have, want := range map[string]string{"apt-get": "https://go.dev/dl/", "go": "missing: git openssh-client"} {
		if printed, err := runScript(t, "demo", have); err == nil || !strings.Contains(printed, want) {
			t.Errorf("demo with %s alone: %v, want %q:\n%s", have, err, want, printed)
		}
	}
}

// runScript runs a script of this folder where these programs are, and no others, and gives what it prints.
func runScript(t *testing.T, script, programs string) (string, error) {
	dir := t.TempDir()
	for _, name := range strings.Fields(programs) {
		text := "#!/bin/sh\necho " + name + " \"$@\"\n"
		if name == "sudo" {
			text = "#!/bin/sh\nshift\nexec \"$@\"\n"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"bash", "env", "dirname", "true"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("./" + script)
	cmd.Env = []string{"PATH=" + dir}
	out, err := cmd.CombinedOutput()
	return string(out), err
}
