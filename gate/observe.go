package gate

import (
	"os"
	"path/filepath"
)

// ObserveFile is the file in the Git directory with which an operator has the gate observe only: while it is there,
// pushes are judged, recorded and told what is wrong with them, and none is refused for that. It lies where no push
// leads, and outside of any policy: what a policy says of itself, a push could bring.
const ObserveFile = "countersign/observe"

// Observes says whether the gate of a repository only observes. What can't be looked up doesn't.
func Observes(gitDir string) bool {
	info, err := os.Lstat(filepath.Join(gitDir, filepath.FromSlash(ObserveFile)))
	return err == nil && info.Mode().IsRegular()
}
