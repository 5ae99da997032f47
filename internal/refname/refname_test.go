package refname

import (
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Git itself is the oracle.
func TestRefNamesAgreeWithGit(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{
		"a", "Z", "0", "/", "/", ".", ".", "..", "@", "{", "@{", "}", ".lock", "lock", "-", "~", "^", ":", "?", "*", "[", "]",
		`\`, " ", "\t", "\n",
		"\x7f", "\x1f", "\x80", "ü", "\u202e", "$", "'", `"`, ";", "&", "%", "!", "#", "+", "=", ",", "<", ">", "|",
	})
	rapid.Check(t, func(t *rapid.T) {
		name := "refs/" + strings.Join(rapid.SliceOfN(piece, 0, 6).Draw(t, "pieces"), "")
		err := exec.Command("git", "check-ref-format", name).Run()
		if fault := Fault(name); (fault == "") != (err == nil) {
			t.Errorf("%q: here %q, git %v", name, fault, err)
		}
	})
}
