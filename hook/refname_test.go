package hook

import (
	"strings"
	"testing"
)

// Characters that mean something to a shell or to a program that reads arguments mean nothing here:
// such a ref is legal to Git, and is read as it is or refused as Git would refuse it.
func TestAttackRefNameForAShell(t *testing.T) {
	t.Parallel()
	for _, ref := range []string{
		"refs/heads/$(touch${IFS}owned)", "refs/heads/`id`", "refs/heads/;reboot;", "refs/heads/|sh", "refs/heads/'\"",
		"refs/heads/-x", "refs/heads/--upload-pack=x", "refs/tags/&", "refs/heads/<a>", "refs/heads/#", "refs/heads/\xff\xfe",
	} {
		got, err := PreReceive(strings.NewReader(a1+" "+b2+" "+ref+"\n"), Environment{})
		if err != nil || got.Updates[0].Name != ref {
			t.Errorf("%q was read as %v, %v", ref, got.Updates, err)
		}
	}
	for _, ref := range []string{
		"-x", "--all", "refs/heads/*", "refs/heads/a..b", "refs/../../etc/passwd", "refs/heads/a:b", "refs/heads/\x1b[2J",
		"refs/heads/\x00", "refs//heads/x", "refs/heads/x/", "/refs/heads/x", "refs/heads/x.lock", "refs/heads/x.lock/y",
		"refs/heads/.x",
		"refs/heads/x.", "refs/heads/a@{1}", `refs/heads/a\b`, "refs/heads/\x7f", "refs/", "", "refs",
	} {
		if got, err := PreReceive(strings.NewReader(a1+" "+b2+" "+ref+"\n"), Environment{}); err == nil {
			t.Errorf("%q was read as %v", ref, got.Updates)
		}
	}
}
