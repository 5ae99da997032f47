package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

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

It reads OpenPGP files (gpg --armor --export), OpenSSH's allowed signers, files of SSH public keys, and the lists
of keys that a forge gives as JSON. It asks no network: save the forge's answer to a file first.

Whose a key is, the file only claims. Compare fingerprints with their owners before the policy counts.`,
		Args: cobra.MinimumNArgs(1),
	}
	name := principalFlag(cmd, "name", "all keys belong to the principal of this `NAME`")
	role := valued(cmd, chosen(importedRoles...), "role",
		"the `ROLE` of the principals: "+report.List(importedRoles, "or"))
	by := principalFlag(cmd, "introduced-by", "the `NAME` of who vouches for them, or \"founder\"")
	folder := cmd.Flags().String("keys", "keys", "the `FOLDER` to write OpenPGP keys to; made if it isn't there")
	_ = cmd.MarkFlagDirname("keys")
	cmd.RunE = func(_ *cobra.Command, files []string) error {
		im := importing{
			folder: env.path(*folder), shown: filepath.ToSlash(filepath.Base(*folder)), name: string(*name), now: env.Now(),
		}
		if err := im.read(files, env.path); err != nil {
			return err
		}
		if err := im.writeKeys(); err != nil {
			return err
		}
		for i, o := range im.owners {
			if i > 0 {
				env.out.Printf("\n")
			}
			im.principal(env.out, o, role.word, string(*by))
		}
		for _, o := range im.owners {
			if len(o.emails) == 0 && role.word != string(policy.Reviewer) && role.word != string(policy.Service) {
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
	now    time.Time
	owners []*owner
}

type owner struct {
	name   string
	called string // what the file calls them where that is no address
	emails []string
	keys   []verify.Found
}

// read reads files of keys, and gathers what they hold by owner. A key is one owner's, in however many files it stands.
func (im *importing) read(files []string, path func(string) string) error {
	var found []verify.Found
	for _, file := range files {
		data, err := os.ReadFile(path(file))
		if err != nil {
			return usage("%v", err)
		}
		more, err := verify.Import(file, data)
		if err != nil {
			return usage("%v", err)
		}
		found = append(found, more...)
	}
	for _, f := range verify.Merge(found) {
		o := im.owner(f)
		o.keys = append(o.keys, f)
		for _, email := range f.Emails {
			if !slices.Contains(o.emails, email) {
				o.emails = append(o.emails, email)
			}
		}
	}
	return nil
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
	name := cmp.Or(im.name, principalName(called))
	if im.name == "" && len(f.Emails) > 0 {
		local, _, _ := strings.Cut(f.Emails[0], "@")
		name = principalName(local)
	}
	o := &owner{name: name, called: called}
	for n := 2; slices.ContainsFunc(im.owners, func(other *owner) bool { return other.name == o.name }); n++ {
		o.name = fmt.Sprintf("%s.%d", name, n)
	}
	im.owners = append(im.owners, o)
	return o
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// principalName makes a valid name of whatever somebody is called.
func principalName(text string) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(text), "-"), "-")
	name = strings.Trim(name[:min(len(name), 60)], "-")
	if !policy.ValidName(name) || name == "founder" {
		return "somebody"
	}
	return name
}

// principal prints an owner as a principal of a policy.
func (im *importing) principal(out *report.Printer, o *owner, role, by string) {
	out.Printf("[[principal]]\nname = %s\nrole = %s\n", report.TOML(o.name), report.TOML(role))
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
		name, text := im.entry(o, f)
		out.Printf("  { %s = %s%s },", name, report.TOML(text), validity(f.Key))
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
