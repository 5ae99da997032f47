package cli

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"countersign/history"
	"countersign/policy"
	"countersign/report"
)

// covered are commits that somebody is asked to stand behind, the last of which brings the others.
type covered struct {
	userRepo
	by      *policy.Policy
	commits []policy.Commit
}

const (
	shownPaths = 30      // of one commit
	shownLooks = 100     // files of which is said what they look like
	looksAt    = 1 << 20 // bytes of each
	namedIn    = 4 << 20 // bytes of lines that name them
)

// show says who made them and what they change; of files that no diff shows also what these look like, and which
// build files name them.
func (c covered) show(ctx context.Context) {
	out, looks := c.env.out, c.looks(ctx)
	for i := range c.commits {
		commit := &c.commits[i]
		out.Printf("\n%.10s  %s\n", commit.ID, commit.Subject)
		signer := "signature not checked: no keyring here"
		switch {
		case commit.Signature.Status == policy.StatusGood:
			signer = "signed by " + commit.Signature.Principal
			if author, service := c.by.Author(commit); service != "" {
				signer = fmt.Sprintf("%s's, attested by %s", author, service)
			}
		case commit.Signature.Status != "":
			signer = "signature " + commit.Signature.Status
		}
		out.Printf("  committer %s <%s>, %s\n", commit.Committer.Name, commit.Committer.Email, signer)
		for j, ch := range c.conspicuousFirst(commit) {
			if j == shownPaths {
				out.Printf("  and %d more: git show --stat %.10s\n", len(commit.Changes)-j, commit.ID)
				break
			}
			classes := strings.Join(c.by.Classes.Of(ch), ", ")
			if classes != "" {
				classes = ", " + classes
			}
			out.Printf("  %s  (%s%s)\n", ch.Path, ch.Kind(), classes)
			if look := looks[file{commit.ID, ch.Path}]; look != "" {
				out.Printf("    %s\n", look)
			}
		}
	}
	out.Printf("\n")
}

// conspicuousFirst gives the changes of a commit, those in a class first: what is left out is the rest.
func (c covered) conspicuousFirst(commit *policy.Commit) []policy.Change {
	some := slices.Clone(commit.Changes)
	plain := func(ch policy.Change) int {
		if len(c.by.Classes.Of(ch)) > 0 {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(some, func(a, b policy.Change) int { return plain(a) - plain(b) })
	return some
}

// file is a path in a commit.
type file struct{ commit, path string }

// looks says what the shown files look like that no diff shows, in a line each.
func (c covered) looks(ctx context.Context) map[file]string {
	var files []file
	sizes := make(map[file]int64)
	for i := range c.commits {
		changes := c.conspicuousFirst(&c.commits[i])
		for _, ch := range changes[:min(len(changes), shownPaths)] {
			const regular = 0o100000
			classes := ch.Traits.Names()
			opaque := slices.Contains(classes, "binary") || slices.Contains(classes, "large")
			if ch.NewMode&0o170000 == regular && opaque && len(files) < shownLooks {
				f := file{c.commits[i].ID, ch.Path}
				files, sizes[f] = append(files, f), ch.Size
			}
		}
	}
	if files == nil {
		return nil
	}
	looks, named := make(map[file]string), c.namers(ctx, files)
	for _, f := range files {
		blob := []string{"-c", "core.bigFileThreshold=1m", "cat-file", "blob", f.commit + ":" + f.path} // not whole in memory
		look := policy.LookAt(c.begin(ctx, looksAt, blob...))
		by := "no build file names it"
		if names := named[path.Base(f.path)]; len(names) > 0 {
			by = "named in " + report.List(names[:min(len(names), 5)], "and")
		}
		looks[f] = fmt.Sprintf("%s, %s, %d %% of it as if by chance; %s",
			report.Count(int(sizes[f]), "byte"), look.Type, look.Chance, by)
	}
	return looks
}

// namers gives the build files of the last commit's tree that name files, by the last words of their paths.
func (c covered) namers(ctx context.Context, files []file) map[string][]string {
	tip := c.commits[len(c.commits)-1].ID
	args := []string{
		"grep", "-z", "-o", "-F", "-a", "--full-name", "--no-color", "--no-line-number", "--no-column",
		"--no-recurse-submodules",
	}
	for _, f := range files {
		if name := path.Base(f.path); !strings.Contains(name, "\n") {
			args = append(args, "-e", name)
		}
	}
	named := make(map[string][]string)
	mode := uint32(history.ModeFile)
	for line := range bytes.Lines(c.begin(ctx, namedIn, append(args, tip, "--", ":/")...)) {
		where, name, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), "\x00")
		where = strings.TrimPrefix(where, tip+":")
		classes := c.by.Classes.Of(policy.Change{Path: where, OldMode: mode, NewMode: mode})
		if (slices.Contains(classes, "build") || slices.Contains(classes, "ci")) && !slices.Contains(named[name], where) {
			named[name] = append(named[name], where)
		}
	}
	return named
}
