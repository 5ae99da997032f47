package report

import (
	"regexp"
	"strings"
	"testing"
)

// A program and its subcommand stay in one row.
func TestStepKeepsSubcommands(t *testing.T) {
	t.Parallel()
	step := "git checkout --detach BASE && git merge --no-ff -S TIP && git push origin HEAD:REF"
	for columns := leastColumns; columns < len(step); columns++ {
		p := &page{columns: columns, rows: 2}
		p.step(0, "", step)
		for _, row := range p.lines {
			if strings.HasSuffix(row, `git \`) {
				t.Errorf("%d columns: git stands alone at the end of a row:\n%s", columns, strings.Join(p.lines, "\n"))
			}
		}
	}
}

// A command can be typed as it stands, however narrow the page is: what a shell makes of its rows is the command.
func TestStep(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("1", 40)
	move := "countersign approve " + id + " --ref refs/heads/main --from " + id + " --to " + strings.Repeat("2", 40)
	goesOn := regexp.MustCompile(` \\\n *`)
	for _, step := range []string{
		"git fetch",
		"then push again",
		move,
		"or have the quorum approve it: " + move,
		"in the list that opens, change pick to edit before 12345678: git rebase -r -i --gpg-sign " + id,
		"git rebase -r -x 'git commit --amend --no-edit --reset-author -S  -m x and more than fits' " + id,
		"git push origin :refs/heads/" + strings.Repeat("a", 200),
		"ask alice: she knows: git log is not what this is",
	} {
		for _, columns := range []int{0, leastColumns, 72, 91, 400} {
			p := &page{columns: columns, rows: 2}
			p.step(4, "next: ", step)
			text := goesOn.ReplaceAllString(strings.Join(p.lines, "\n"), " ")
			words, command := parts(step)
			rest, ok := strings.CutSuffix(text, command)
			if !ok || strings.Join(strings.Fields(rest), " ") != strings.TrimSpace("next: "+words) {
				t.Errorf("%d columns: %q is printed as\n%s", columns, step, strings.Join(p.lines, "\n"))
			}
			for _, row := range p.lines {
				if columns > 0 && width(row) > columns && len(arguments(strings.TrimSuffix(strings.TrimSpace(row), ` \`))) > 1 {
					t.Errorf("%d columns: too wide: %s", columns, row)
				}
			}
		}
	}
}
