package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/gate/tarball"
	"countersign/history"
	"countersign/internal/archive"
	"countersign/internal/regular"
	"countersign/policy"
	"countersign/report"
)

func tarballCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tarball FILE TAG",
		Short: "Compare a release archive with the tree of its signed tag",
		Long: `Compares a release archive, a tar (plain, or compressed by gzip, xz, zstd or bzip2) or a zip, with the tree of
the tag that it is made of. It shows which files are only in the archive, which are missing from it, and which
differ: at which line, whether they may be run, where a symbolic link leads. The tag must be signed by a maintainer
of the policy; with --keys, which takes what verify --signatures-only takes, by one of these keys, and no policy is
needed. Nothing of the archive is written to disk, and nothing in it is run.

What git archive leaves out (export-ignore) or rewrites (export-subst, eol=crlf) by the tree's .gitattributes is no
difference, and is shown. A file that a command makes, such as configure, is one, unless --allow names a file that says
which command that is:

    version = 1

    [[generated]]
    paths = ["configure", "**/Makefile.in"]
    made-by = "autoreconf -fi"

    [[generated]]
    paths = ["m4/gettext.m4"]
    made-by = "autopoint, of gettext 0.22"
    sha256 = ["d3b0…"]   # then this content alone is allowed

    [[rewritten]]
    paths = ["po/*.po"]      # these are in the tree, too
    made-by = "make dist"

    [[left-out]]
    paths = [".github/**"]
    why = "make dist doesn't take them"

What [[generated]] allows is only a file that the tree hasn't: one that it has takes [[rewritten]].`,
		Example: `  countersign tarball xz-5.6.1.tar.gz v5.6.1 --allow generated.toml
  countersign tarball project-1.0.zip v1.0 --format json
  countersign tarball project-1.0.tar.xz v1.0 --keys maintainers.asc
  countersign tarball nightly.tar.zst origin/main --unsigned`,
		Args: cobra.ExactArgs(2),
	}
	repository, folder, reader, format := repositoryFlag(cmd), policyFlag(cmd), readerFlag(cmd), formatFlag(cmd)
	allow := cmd.Flags().String("allow", "",
		"`file` that says what the archive may have beside the tree, and what it may lack")
	_ = cmd.MarkFlagFilename("allow", "toml")
	unsigned := cmd.Flags().Bool("unsigned", false,
		"compare with any revision in place of TAG, and ask for nobody's signature")
	keys := keysFlag(cmd, "without a policy: ")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *unsigned && len(*keys) > 0 {
			return mistyped(cmd, errors.New("--unsigned asks for nobody's signature, so it goes with no --keys"))
		}
		allowed, err := env.allowed(*allow)
		if err != nil {
			return err
		}
		file, size, err := env.archive(args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		o := gate.Options{GoGit: reader.goGit()}
		if err := env.givenOnly(cmd.Context(), &o, *keys, *folder); err != nil {
			return err
		}
		r := releaseArchive{Archive: filepath.Base(args[0]), Unsigned: *unsigned, Findings: []policy.Finding{}}
		g, commit, err := env.released(cmd.Context(), *repository, *folder, o, args[1], &r)
		if err != nil {
			return err
		}
		defer g.Close()
		found, err := tarball.Compare(cmd.Context(), g.Repository(), commit, file, size, allowed)
		switch {
		case errors.Is(err, archive.ErrRefused):
			return exitError{exitRefused, err}
		case errors.Is(err, archive.ErrFormat):
			return usage("%s: %w", args[0], err)
		case err != nil:
			return err
		}
		if r.Comparison = *found; len(r.Findings) == 0 && len(r.Differences) == 0 {
			r.Verdict = policy.Accepted
		}
		format.print(func(one *output) { one.list(r, r.text) })
		if r.Verdict != policy.Accepted {
			return exitError{exitRefused, nil}
		}
		return nil
	}
	return cmd
}

// releaseArchive is what tarball says of an archive.
type releaseArchive struct {
	Verdict  policy.Verdict `json:"verdict"`
	Archive  string         `json:"archive"`
	Ref      string         `json:"ref"`
	Unsigned bool           `json:"unsigned,omitempty"` // nobody's signature was asked for
	// Signer and Key are of the tag's signature, where it is good.
	Signer string `json:"signer,omitempty"`
	Key    string `json:"key,omitempty"`
	// Findings stand against the tag.
	Findings []policy.Finding `json:"findings"`
	tarball.Comparison
}

// allowed reads the file that says what an archive may have.
func (e Env) allowed(name string) (policy.Allowed, error) {
	if name == "" {
		return policy.Allowed{}, nil
	}
	a, err := policy.LoadAllowed(os.DirFS(filepath.Dir(e.path(name))), filepath.Base(name))
	if err != nil {
		return a, usage("--allow: %w", err)
	}
	return a, nil
}

// archive opens an archive, which must be a file: it is read twice.
func (e Env) archive(name string) (*os.File, int64, error) {
	f, size, err := regular.Open(e.path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = usage("there is no archive %s", name)
	case errors.Is(err, regular.ErrNot):
		err = usage("%s is no file: an archive is read twice", name)
	}
	return f, size, err
}

// released opens a gate, and finds the commit of a release and what stands against its tag.
func (e Env) released(
	ctx context.Context, repository string, folder place, o gate.Options, ref string, r *releaseArchive,
) (g *gate.Gate, commit history.ID, err error) {
	if r.Unsigned {
		o.Draft, r.Ref = true, ref
	}
	if g, err = e.usable(repository, folder, o); err != nil {
		return nil, commit, err
	}
	if r.Unsigned {
		commit, err = g.Repository().Resolve(ctx, ref)
	} else {
		var of audit.Release
		of, err = g.Auditor().Release(ctx, ref, o.Keys != nil)
		if errors.Is(err, audit.ErrQuestion) {
			err = usage("%w; --unsigned compares with any revision, and asks for nobody's signature", err)
		}
		r.Ref, r.Findings, commit = of.Tag, append(r.Findings, of.Findings...), of.Commit
		if of.Signature.Status == policy.StatusGood {
			r.Signer, r.Key = of.Signature.Principal, of.Signature.Fingerprint
		}
	}
	if err != nil {
		return nil, commit, errors.Join(err, g.Close())
	}
	return g, commit, nil
}

// text prints what there is to say, what refuses the archive first.
func (r releaseArchive) text(out *report.Printer) {
	files := report.Count(r.Files, "file")
	out.Printf("%s: %s (%s), %s, %d as in %s\n", r.Verdict, r.Archive, r.Format, files, r.Same, r.Ref)
	out.Printf("  archive: sha256 %s\n  commit:  %s\n", r.SHA256, r.Commit)
	switch {
	case r.Unsigned:
		out.Printf("  nobody's signature was asked for: this says nothing of who made the commit\n")
	case r.Signer != "":
		out.Printf("  tag:     signed by %s with %s\n", r.Signer, r.Key)
	}
	if r.Folder != "" {
		out.Printf("  folder:  everything lies in %s/\n", r.Folder)
	}
	for _, f := range r.Findings {
		out.Printf("\nthe tag is refused: %s\n  why: countersign explain %s\n", f.Detail, f.Code)
		for _, step := range f.Next {
			out.Printf("  next: %s\n", step)
		}
	}
	if len(r.Differences) > 0 {
		out.Printf("\n%s:\n", report.Count(len(r.Differences), "difference"))
	}
	for _, i := range r.Differences {
		itemText(out, i)
	}
	r.allowedText(out)
}

// itemText prints a difference.
func itemText(out *report.Printer, i tarball.Item) {
	out.Printf("  %s: %s\n", i.What, i.Path)
	if i.Text != "" {
		out.Printf("    %s\n", i.Text)
	}
	if i.Line > 0 {
		out.Printf("    line %d in the tree:    %s\n", i.Line, i.Tree)
		out.Printf("    line %d in the archive: %s\n", i.Line, i.Archive)
	}
	if i.SHA256 != "" {
		out.Printf("    sha256 %s\n", i.SHA256)
	}
}

// allowedText prints what doesn't refuse the archive, for each reason together.
func (r releaseArchive) allowedText(out *report.Printer) {
	last := ""
	for _, kind := range []string{
		tarball.Generated, tarball.Rewritten, tarball.Substituted, tarball.LineEnds, tarball.LeftOut, tarball.Ignored,
	} {
		for _, i := range r.byReason(kind) {
			if reason := kind + cmp.Or(i.MadeBy, i.Text); reason != last {
				last = reason
				reasonText(out, i)
			}
			switch {
			case i.What == tarball.Rewritten && i.Line > 0:
				out.Printf("    %s  sha256 %s\n      line %d: %s\n      was:    %s\n", i.Path, i.SHA256, i.Line, i.Archive, i.Tree)
			case i.Line > 0:
				out.Printf("    %s, line %d: %s\n", i.Path, i.Line, i.Archive)
			case i.Pinned:
				out.Printf("    %s  sha256 %s, which is allowed\n", i.Path, i.SHA256)
			case i.SHA256 != "":
				out.Printf("    %s  sha256 %s\n", i.Path, i.SHA256)
			default:
				out.Printf("    %s\n", i.Path)
			}
		}
	}
}

// reasonText says why something is allowed.
func reasonText(out *report.Printer, i tarball.Item) {
	switch i.What {
	case tarball.Generated:
		out.Printf("\nonly in the archive, and allowed. To compare them, run in a clone of the tag: %s\n", i.MadeBy)
	case tarball.Rewritten:
		out.Printf("\nanother content, which is allowed. To compare it, run in a clone of the tag: %s\n", i.MadeBy)
	case tarball.Substituted:
		out.Printf("\nwritten by git archive (%s):\n", i.Text)
	case tarball.LineEnds:
		out.Printf("\nthe same but for the ends of lines (%s):\n", i.Text)
	default:
		out.Printf("\nleft out (%s):\n", i.Text)
	}
}

// byReason gives the allowed items of a kind, those of one reason together.
func (r releaseArchive) byReason(kind string) (items []tarball.Item) {
	for _, i := range r.Allowed {
		if i.What == kind {
			items = append(items, i)
		}
	}
	slices.SortStableFunc(items, func(a, b tarball.Item) int {
		return cmp.Or(cmp.Compare(a.MadeBy, b.MadeBy), cmp.Compare(a.Text, b.Text))
	})
	return items
}
