package cli

import (
	"fmt"
	"path/filepath"

	"countersign/gate"
)

// observing says, where the gate of a repository only observes, that it refuses nothing, and how to end that; nil where
// it doesn't.
func observing(gitDir string) error {
	if !gate.Observes(gitDir) {
		return nil
	}
	return fmt.Errorf("nothing is refused: the gate only observes. countersign log --refused lists what it would have "+
		"refused; what landed meanwhile, also in a policy in the tree, is for countersign verify. This ends it: rm %s",
		filepath.Join(gitDir, filepath.FromSlash(gate.ObserveFile)))
}
