package cli

import (
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
		for _, file := range files {
			if err := im.read(env.path(file), file); err != nil {
				return err
			}
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
	emails []string
	keys   []verify.Found
}

func (im *importing) read(file, shown string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return usage("%v", err)
	}
	found, err := verify.Import(shown, data)
	if err != nil {
		return usage("%v", err)
	}
	for _, f := range found {
		o := im.owner(f, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)))
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
func (im *importing) owner(f verify.Found, fileName string) *owner {
	for _, o := range im.owners {
		known := func(email string) bool { return slices.Contains(o.emails, email) }
		if im.name != "" || slices.ContainsFunc(f.Emails, known) ||
			f.Emails == nil && o.name == principalName(fileName) {
			return o
		}
	}
	name := principalName(fileName)
	if len(f.Emails) > 0 {
		local, _, _ := strings.Cut(f.Emails[0], "@")
		name = principalName(local)
	}
	if im.name != "" {
		name = im.name
	}
	o := &owner{name: name}
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
		out.Printf("emails = []   # of their own: else nothing that they sign can land\n")
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

// writeKeys writes the OpenPGP keys of all owners.
func (im *importing) writeKeys() error {
	for _, o := range im.owners {
		for _, f := range o.keys {
			if f.Key.Kind != verify.OpenPGP {
				continue
			}
			if err := im.write(keyFile(o, f), f.Key.Data); err != nil {
				return err
			}
		}
	}
	return nil
}

// write puts a key into the folder. A file that is there already stays as it is: if it holds another
// key, somebody has to decide.
func (im *importing) write(file string, data []byte) error {
	if err := os.MkdirAll(im.folder, 0o755); err != nil {
		return err
	}
	path := filepath.Join(im.folder, file)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if there, err := os.ReadFile(path); err != nil || string(there) != string(data) {
			return usage("%s exists and differs: remove it, or name another folder with --keys", path)
		}
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
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
