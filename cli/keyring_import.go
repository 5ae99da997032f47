package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate/draft"
	"countersign/policy"
	"countersign/report"
	"countersign/verify"
)

func keyringImportCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import FILE...",
		Short: "Turn exported keys into principals for a policy",
		Long: `Reads keys that somebody exported and prints a [[principal]] for each owner it finds, for you to check and to
put into policy.toml. OpenPGP certificates are also written, one a file, to the folder that --keys names.

It reads OpenPGP files (gpg --armor --export), OpenSSH's allowed signers, files of SSH public keys, the lists of keys
that a forge gives as JSON, sequoia-git's openpgp-policy.toml, and Guix's .guix-authorizations together with the key
files of its branch keyring. It asks no network: save the forge's answer to a file first.

Whose a key is, the file only claims. Compare fingerprints with their owners before the policy counts.`,
		Args: cobra.MinimumNArgs(1),
	}
	name := principalFlag(cmd, "name", "all keys belong to the principal of this `NAME`")
	role := valued(cmd, chosen(importedRoles...), "role",
		"the `ROLE` of the principals: "+report.List(importedRoles, "or"))
	by := principalFlag(cmd, "introduced-by", "the `NAME` of who vouches for them, or \"founder\"")
	folder := cmd.Flags().String("keys", "keys", "the `FOLDER` to write OpenPGP keys to; made if it isn't there")
	_ = cmd.MarkFlagDirname("keys")
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		im := importing{
			folder: env.path(*folder), shown: filepath.ToSlash(filepath.Base(*folder)), name: string(*name), role: role.word,
			now: env.Now(),
		}
		if err := im.read(cmd.Context(), files, env.path); err != nil {
			return err
		}
		if err := im.writeKeys(); err != nil {
			return err
		}
		for i, o := range im.owners {
			if i > 0 {
				env.out.Printf("\n")
			}
			im.principal(env.out, o, string(*by))
		}
		for _, o := range im.owners {
			if len(o.emails) == 0 && o.role != string(policy.Reviewer) && o.role != string(policy.Service) {
				env.errs.Printf("missing: an address of %s. Say in emails which one they commit with, as git config user.email "+
					"gives it to them\n", o.name)
			}
		}
		return nil
	}
	return cmd
}

// importedRoles are those of principals, the default first.
var importedRoles = []string{
	string(policy.Contributor), string(policy.Reviewer), string(policy.Maintainer), string(policy.Service),
}

// importing gathers keys by who seems to own them.
type importing struct {
	folder string // where OpenPGP keys are written to
	shown  string // the folder as the policy names it
	name   string // the one owner, "" for as many as the files name
	role   string // of each
	now    time.Time
	owners []*owner
}

type owner struct {
	name   string
	called string // what the file calls them where that is no address
	role   string
	why    string // why it is that role, where it is guessed
	emails []string
	keys   []verify.Found
}

// read reads files of keys, and gathers what they hold by owner. A key is one owner's, in however many files it stands.
func (im *importing) read(ctx context.Context, files []string, path func(string) string) error {
	var given []verify.File
	for _, file := range files {
		data, err := readNamed(ctx, path(file))
		if err != nil {
			return usage("%v", err)
		}
		given = append(given, verify.File{Name: file, Data: data})
	}
	return im.gather(given)
}

// gather gathers what files hold by owner.
func (im *importing) gather(files []verify.File) error {
	found, err := draft.Import(files)
	if err != nil {
		return usage("%v", err)
	}
	for _, f := range found {
		im.owner(f).add(f)
	}
	return nil
}

// add gives an owner one more key.
func (o *owner) add(f verify.Found) {
	o.keys = append(o.keys, f)
	for _, email := range f.Emails {
		if !slices.Contains(o.emails, email) {
			o.emails = append(o.emails, email)
		}
	}
}

// owner gives who has one of a key's addresses already, or else somebody new.
func (im *importing) owner(f verify.Found) *owner {
	called := f.Owner
	if called == "" && f.Emails == nil { // a file of somebody's keys
		base := filepath.Base(f.Files[0])
		called = strings.TrimSuffix(base, filepath.Ext(base))
	}
	for _, o := range im.owners {
		known := func(email string) bool { return slices.Contains(o.emails, email) }
		if im.name != "" || slices.ContainsFunc(f.Emails, known) || called != "" && o.called == called {
			return o
		}
	}
	name := principalName(called)
	if called == "" {
		name = localName(f.Emails[0])
	}
	o := im.somebody(cmp.Or(im.name, name))
	o.called = called
	return o
}

// localName makes a name of an address.
func localName(email string) string {
	local, _, _ := strings.Cut(email, "@")
	return principalName(local)
}

// somebody adds an owner of that name, or one like it if that is taken.
func (im *importing) somebody(name string) *owner {
	o := &owner{name: name, role: im.role}
	for n := 2; slices.ContainsFunc(im.owners, func(other *owner) bool { return other.name == o.name }); n++ {
		o.name = fmt.Sprintf("%s.%d", name, n)
	}
	im.owners = append(im.owners, o)
	return o
}

var notInNames = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^a-z0-9]+`) })

// principalName makes a valid name of whatever somebody is called.
func principalName(text string) string {
	name := strings.Trim(notInNames().ReplaceAllString(strings.ToLower(text), "-"), "-")
	name = strings.Trim(name[:min(len(name), 60)], "-")
	if !policy.ValidName(name) || name == "founder" {
		return "somebody"
	}
	return name
}

// principal prints an owner as a principal of a policy.
func (im *importing) principal(out *report.Printer, o *owner, by string) {
	out.Printf("[[principal]]\nname = %s\nrole = %s", report.TOML(o.name), report.TOML(o.role))
	if o.why != "" {
		out.Printf("   # %s", o.why)
	}
	out.Printf("\n")
	if len(o.emails) == 0 {
		out.Printf("emails = []   # missing: the address that they commit with, else nothing that they sign can land\n")
	} else {
		out.Printf("emails = [")
		for i, email := range o.emails {
			if i > 0 {
				out.Printf(", ")
			}
			out.Printf("%s", report.TOML(email))
		}
		out.Printf("]\n")
	}
	if by != "" {
		out.Printf("introduced-by = %s\n", report.TOML(by))
	}
	out.Printf("keys = [\n")
	for _, f := range o.keys {
		if f.Key.Kind == verify.X509 {
			out.Printf("  { x509 = { identity = %s, issuer = %s } },",
				report.TOML(f.Key.Identities[0]), report.TOML(f.Key.Issuer))
		} else {
			name, text := im.entry(o, f)
			out.Printf("  { %s = %s%s },", name, report.TOML(text), validity(f.Key))
		}
		if words := comment(f, im.now); words != nil {
			out.Printf("   # %s", strings.Join(words, ", "))
		}
		out.Printf("\n")
	}
	out.Printf("]\n")
}

// entry gives what names the key in a policy.
func (im *importing) entry(o *owner, f verify.Found) (name, text string) {
	switch {
	case f.Key.Kind == verify.OpenPGP:
		return "openpgp", im.shown + "/" + keyFile(o, f)
	case f.Key.Authority:
		return "ssh-ca", string(f.Key.Data)
	default:
		return "ssh", string(f.Key.Data)
	}
}

func keyFile(o *owner, f verify.Found) string {
	return fmt.Sprintf("%s-%s.asc", o.name, f.Key.Source[max(0, len(f.Key.Source)-16):])
}

// writeKeys writes the OpenPGP keys of all owners, or none.
func (im *importing) writeKeys() (err error) {
	var written []string
	defer func() {
		for _, path := range written {
			if err != nil {
				err = errors.Join(err, os.Remove(path))
			}
		}
	}()
	for _, o := range im.owners {
		for _, f := range o.keys {
			if f.Key.Kind != verify.OpenPGP {
				continue
			}
			path := filepath.Join(im.folder, keyFile(o, f))
			wrote, err := writeNew(path, f)
			if wrote {
				written = append(written, path)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// writeNew writes a key into a file. One that is there already stays as it is: if it holds another key, somebody has
// to decide.
func writeNew(path string, f verify.Found) (wrote bool, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if there, err := os.ReadFile(path); err != nil || !bytes.Equal(there, f.Key.Data) {
			return false, usage("%s exists and differs from the key of %s: remove it, or name another folder with --keys",
				path, report.List(f.Files, "and"))
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = file.Write(f.Key.Data)
	return true, errors.Join(err, file.Close())
}

func validity(k verify.Key) string {
	text := ""
	if !k.From.IsZero() {
		text += ", from = " + k.From.UTC().Format(time.RFC3339)
	}
	if !k.Until.IsZero() {
		text += ", until = " + k.Until.UTC().Format(time.RFC3339)
	}
	return text
}

// comment says whose a key claims to be, and why nothing that it signs now can land, if so.
func comment(f verify.Found, now time.Time) []string {
	words := slices.Clone(f.Names)
	f.Key.Principal = "whose"
	if keys, err := verify.NewKeyring([]verify.Key{f.Key}, verify.Settings{}); err != nil {
		words = append(words, "not usable: "+err.Error())
	} else if why := neverSign(keys.List(), now); why != nil {
		words = append(words, "signs nothing that lands now: "+strings.Join(why, "; "))
	}
	return words
}

// takePast makes owners of who signed a history.
func (im *importing) takePast(past *draft.Past) {
	for _, person := range past.People() {
		most := slices.MaxFunc(person, func(a, b *draft.Signer) int { return a.Commits - b.Commits })
		commits, landings, last := 0, 0, time.Time{}
		for _, s := range person {
			commits, landings = commits+s.Commits, landings+s.Landings
			if s.Last.After(last) {
				last = s.Last
			}
		}
		o := im.somebody(localName(most.Email))
		o.role = string(policy.Contributor)
		switch {
		case strings.HasPrefix(most.Email, "noreply@"):
			o.role, o.why = string(policy.Service), "a guess: a forge's key, by its address"
		case landings > 0:
			o.role = string(policy.Maintainer)
			fallthrough
		default:
			o.why = fmt.Sprintf("a guess: %d of %s on the first-parent line, the last signed on %s",
				landings, report.Count(commits, "commit"), last.Format(time.DateOnly))
		}
		for _, s := range person {
			if !slices.Contains(o.emails, s.Email) && policy.ValidAddress(s.Email) {
				o.emails = append(o.emails, s.Email)
			}
			o.signed(s)
		}
	}
}

// signed gives an owner a key by which they signed, with a remark, unless they have it already or it is still missing.
func (o *owner) signed(s *draft.Signer) {
	has := func(f verify.Found) bool {
		return bytes.Equal(f.Key.Data, s.Key.Data) && slices.Equal(f.Key.Identities, s.Key.Identities) &&
			f.Key.Issuer == s.Key.Issuer && f.Key.Authority == s.Key.Authority
	}
	if s.Key.Kind == verify.OpenPGP && s.Key.Data == nil || slices.ContainsFunc(o.keys, has) {
		return
	}
	remark := fmt.Sprintf("%s by %s, %s to %s", report.Count(s.Commits, "commit"), s.Email,
		s.First.Format(time.DateOnly), s.Last.Format(time.DateOnly))
	if s.Problem != "" {
		remark += "; NOT VERIFIED: " + s.Problem
	}
	o.keys = append(o.keys, verify.Found{Names: []string{remark}, Key: s.Key})
}

// policy prints the draft of a policy, for a work tree.
func (im *importing) policy(out *report.Printer, past *draft.Past, refs []string, tip, top string) {
	out.Printf(`# A draft, of who signed so far: %s, of which %d aren't signed and of %d the signature can't be read.
# Of each key the newest signature was verified. Whose a key is, nobody has: the addresses are what committers wrote.
# Whoever signed under another's address stands among their keys. Ask each one for their fingerprint. All are taken for
# founders: say who introduced whom.
version = 1

[protect]
refs = [`, report.Count(past.Commits, "commit"), past.Unsigned, past.Unknown)
	for i, ref := range refs {
		if i > 0 {
			out.Printf(", ")
		}
		out.Printf("%s", report.TOML(ref))
	}
	out.Printf(`]

[adoption]
commits = [%s]   # what this reaches is not judged
`, report.TOML(tip))
	for _, o := range im.owners {
		out.Printf("\n")
		if len(o.keys) == 0 {
			out.Printf("# %s (%s) signed by a key that is missing: see below\n", o.name, strings.Join(o.emails, ", "))
			continue
		}
		im.principal(out, o, "founder")
	}
	for _, name := range past.Missing() {
		out.Printf("\n# missing: OpenPGP key %s\n", name)
	}
	if file, lines := draft.CodeOwners(top); lines != nil {
		out.Printf("\n# %s says whose word is wanted on what. Rules ask for it by classes of paths, [class.NAME]:\n", file)
		for _, line := range lines {
			out.Printf("#   %s\n", line)
		}
	}
}
