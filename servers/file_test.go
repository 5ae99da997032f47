//go:build servers

package servers

import "testing"

// TestFile pushes to a folder of this machine, as one user of the system.
func TestFile(t *testing.T) {
	w := newWorld(t)
	w.server = &server{gitDir: w.path("project.git"), url: func(string) string { return w.path("project.git") }}
	w.sh(nil, `git init -q --bare -b main project.git`)
	w.begin("--guard")
	w.play()
}
