package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/draft"
	"countersign/history"
	"countersign/install"
	"countersign/policy"
	"countersign/report"
	"countersign/verify"
)

func initCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write the first policy into this work tree, with you as its maintainer",
		Long: `Writes .countersign/policy.toml, which names you by what git config says of you: the address you commit with
and the key you sign with (user.signingKey, gpg.format). Read it, add the others, and commit it, signed. Trust
begins at that commit: what it prints says how a server and everybody else pin it. Nothing else is changed.

With --from-history it drafts a policy of all who signed what HEAD reaches: SSH keys are in the signatures, gitsign's
identities in the certificates, and OpenPGP keys are taken from the files that --keyring names, and from gpg. What HEAD
reaches is adopted. Each guess has a remark; who somebody is, only they can say.`,
		Args: cobra.NoArgs,
	}
	repository := repositoryFlag(cmd)
	as := principalFlag(cmd, "as", "your `name` in the keyring (default: made of user.name)")
	past := cmd.Flags().Bool("from-history", false, "draft it of who signed so far")
	keyrings := cmd.Flags().StringSlice("keyring", nil, "with --from-history: `FILE`s of OpenPGP keys")
	cmd.MarkFlagsMutuallyExclusive("from-history", "as")
	format := formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		f := founding{signing{userRepo: userRepo{env, env.path(*repository)}, name: string(*as)}, format}
		if len(*keyrings) > 0 && !*past {
			return usage("--keyring gives keys to --from-history")
		}
		if *past {
			return f.fromHistory(cmd.Context(), *keyrings)
		}
		return f.run(cmd.Context())
	}
	return cmd
}

// founding is a first policy in the making.
type founding struct {
	signing
	format *outputs
}

// founded is a first policy that was written.
type founded struct {
	Policy     string   `json:"policy"` // its file
	Principals []string `json:"principals"`
	Commits    int      `json:"commits,omitempty"` // of the history that it was drafted of
	Signed     int      `json:"signed,omitempty"`  // of these
	Missing    []string `json:"missing,omitempty"` // OpenPGP keys that signed some, and aren't at hand
	// Once the policy is committed, these pin that commit and the key that signs it: on the server, and in CI and clones.
	Install string `json:"install"`
	Verify  string `json:"verify"`
}

// place gives the folder that the policy is to be written to, and the branch that it is to lie on.
func (f *founding) place(ctx context.Context) (folder, branch string, err error) {
	top, err := f.git(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", "", usage("%s is in no work tree, to hold %s: run this in a clone", f.dir, policy.Folder)
	}
	folder = filepath.Join(strings.TrimSuffix(top, "\n"), policy.Folder)
	if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
		return "", "", usage("%s is there already; to check it: countersign policy check --policy %s", folder, policy.Folder)
	}
	branch, err = f.git(ctx, "symbolic-ref", "HEAD")
	if branch = strings.TrimSuffix(branch, "\n"); err != nil {
		return "", "", usage("HEAD is on no branch: check the one out that the policy is to lie on")
	}
	return folder, branch, nil
}

func (f *founding) run(ctx context.Context) error {
	folder, branch, err := f.place(ctx)
	if err != nil {
		return err
	}
	email, err := f.whoSigns(ctx)
	if err != nil {
		return err
	}
	key, keys, err := f.key(ctx)
	if err != nil {
		return err
	}
	if keys == nil {
		keys = make(map[string][]byte)
	}
	keys[policy.FileName] = []byte(install.FoundingPolicy(protecting(branch).Protect.Refs, f.name, email, key))
	for file, content := range keys {
		if err = write(filepath.Join(folder, file), content); err != nil {
			break
		}
	}
	if err == nil {
		err = f.tell(folder, branch)
	}
	if err != nil { // the folder wasn't there before
		return errors.Join(err, os.RemoveAll(folder))
	}
	return nil
}

// whoSigns finds the name and the address of the user.
func (f *founding) whoSigns(ctx context.Context) (email string, err error) {
	person, email, err := f.ident(ctx)
	if err != nil {
		return "", usage("git doesn't know who you are: git config --global user.name NAME, and " +
			"git config --global user.email ADDRESS")
	}
	if f.name == "" {
		other := func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789", r) }
		f.name = strings.Join(strings.FieldsFunc(strings.ToLower(person), other), "-")
	}
	if !policy.ValidName(f.name) {
		return "", usage("%q can't be your name in the keyring: want %s; say --as NAME", f.name, policy.NameRule)
	}
	return email, nil
}

// key gives the key that git signs with as the policy names it, and the file that has to go with it, if any.
func (f *founding) key(ctx context.Context) (entry string, files map[string][]byte, err error) {
	format, _ := f.git(ctx, "config", "--get", "gpg.format")
	signing, _ := f.git(ctx, "config", "--get", "--type=path", "user.signingKey")
	signing = strings.TrimSuffix(signing, "\n")
	format = strings.TrimSuffix(format, "\n")
	if signing == "" && format == "ssh" {
		signing = f.defaultKey(ctx)
	}
	switch {
	case signing == "":
		return "", nil, usage("git doesn't know which key you sign with: git config --global user.signingKey KEY " +
			"(see git-config(1), user.signingKey and gpg.format)")
	case format == "ssh":
		line := strings.TrimPrefix(signing, "key::")
		if !strings.Contains(line, " ") {
			file := strings.TrimSuffix(signing, ".pub") + ".pub"
			b, err := os.ReadFile(filepath.Clean(f.env.path(file)))
			if err != nil {
				return "", nil, usage("the public key of user.signingKey: %v", err)
			}
			line = strings.TrimSpace(string(b))
		}
		return fmt.Sprintf("{ ssh = %s }", install.Quote(line)), nil, nil
	case format == "x509":
		return "", nil, usage("a first policy for X.509 is yours to write: " +
			"policy.example.toml shows keys of Sigstore and of a company's authority")
	default:
		var out strings.Builder
		err := history.Command{
			Dir:    f.dir,
			Args:   []string{"gpg", "--batch", "--armor", "--export-options", "export-minimal", "--export", signing},
			Stdout: &out,
		}.Run(ctx)
		if err != nil || out.Len() == 0 {
			return "", nil, usage(
				"gpg has no public key for user.signingKey = %s: gpg --list-keys shows those that it has", signing)
		}
		file := "keys/" + f.name + ".asc"
		return fmt.Sprintf("{ openpgp = %s }", install.Quote(file)), map[string][]byte{file: []byte(out.String())}, nil
	}
}

// defaultKey gives the key that git-config(1), gpg.ssh.defaultKeyCommand, names: the first line of its output that
// is one, "" for none.
func (f *founding) defaultKey(ctx context.Context) string {
	command, err := f.git(ctx, "config", "--get", "gpg.ssh.defaultKeyCommand")
	if command = strings.TrimSpace(command); err != nil || command == "" {
		return ""
	}
	var out strings.Builder
	if (history.Command{Dir: f.dir, Args: []string{"sh", "-c", command}, Stdout: &out}).Run(ctx) != nil {
		return ""
	}
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSpace(line)
		for _, begins := range []string{"key::", "ssh-", "ecdsa-", "sk-"} {
			if strings.HasPrefix(line, begins) {
				return line
			}
		}
	}
	return ""
}

func write(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o666)
}

// tell says what was written and what comes next, once the policy that was written is found good.
func (f *founding) tell(folder, branch string) error {
	g, err := f.env.usable(f.dir, place{folder: folder}, gate.Options{})
	if err != nil {
		return err
	}
	defer g.Close()
	keys := g.Keyring().List()
	if why := neverSign(keys, f.env.Now()); why != nil {
		return usage("nothing that you sign with this key could land: %s\n"+
			"make another, as with ssh-keygen -t ed25519, have git sign with it (git config user.signingKey), and run this "+
			"again", strings.Join(why, "; "))
	}
	done := f.founded(folder, branch, keys[0].Fingerprints[0])
	done.Principals = []string{f.name}
	f.env.list(f.format, done, func(out *report.Printer) {
		out.Printf("wrote %s, with %s as the one maintainer\n", done.Policy, f.name)
		adviseLonely(out, g.Policy())
		out.Printf("next: add the others, then\n  countersign policy check --policy %s\n", policy.Folder)
		done.sayPin(out)
	})
	return nil
}

// founded gives what is told of any policy that is written into a folder, to lie on a branch; key signs it.
func (f *founding) founded(folder, branch, key string) founded {
	const commit = "$(git rev-parse HEAD)@"
	return founded{
		Policy:  filepath.Join(folder, policy.FileName),
		Install: "countersign install --server DIR --introduction " + commit + key + " --branch " + branch,
		Verify:  "countersign verify --policy " + commit + key,
	}
}

// sayPin says how the policy is committed, and how that commit is pinned with the key that signs it.
func (done *founded) sayPin(out *report.Printer) {
	out.Printf(`  git add %s && git commit -S -m 'Say who may land what'
and pin that commit and your key, where they can't be changed by a push:
  on the server:   %s
  in CI, in clones: %s
`, policy.Folder, done.Install, done.Verify)
}

// fromHistory drafts a policy of who signed so far.
func (f *founding) fromHistory(ctx context.Context, keyrings []string) error {
	folder, branch, err := f.place(ctx)
	if err != nil {
		return err
	}
	repo, err := history.Open(history.Options{
		Dir: f.dir, Env: f.env.Getenv, Limits: history.Limits{Commits: math.MaxInt32, Object: maxObject},
		Read: f.env.progress.read,
	})
	if err != nil {
		return usage("%v", err)
	}
	defer repo.Close()
	tip, err := repo.Resolve(ctx, "HEAD")
	if err != nil {
		return usage("%v", err)
	}
	past, err := draft.Read(ctx, repo, tip)
	if err != nil {
		return err
	}
	if len(past.Signers) == 0 {
		return usage("nobody has signed anything that HEAD reaches, of %s: "+
			"countersign init, without --from-history, makes a policy of you", report.Count(past.Commits, "commit"))
	}
	if err = f.give(ctx, past, keyrings); err == nil {
		err = past.Prove(ctx, repo)
	}
	if err != nil {
		return err
	}
	im := importing{folder: filepath.Join(folder, "keys"), shown: "keys", now: f.env.Now()}
	im.takePast(past)
	var text bytes.Buffer
	out := report.NewPrinter(&text)
	im.policy(out, past, protecting(branch).Protect.Refs, tip.String(), filepath.Dir(folder))
	if err = errors.Join(out.Err(), im.writeKeys()); err == nil {
		err = write(filepath.Join(folder, policy.FileName), text.Bytes())
	}
	if err != nil { // the folder wasn't there before
		return errors.Join(err, os.RemoveAll(folder))
	}
	done := f.founded(folder, branch, "FINGERPRINT")
	done.Commits, done.Signed, done.Missing = past.Commits, past.Commits-past.Unsigned, past.Missing()
	for _, o := range im.owners {
		done.Principals = append(done.Principals, o.name)
	}
	f.env.list(f.format, done, done.sayDraft)
	return nil
}

// maxObject is as much of a commit as anybody signs: a history may have large ones.
const maxObject = 64 << 20

// give gives a past the OpenPGP keys of files, and those that gpg has.
func (f *founding) give(ctx context.Context, past *draft.Past, keyrings []string) error {
	for _, file := range keyrings {
		data, err := readNamed(ctx, filepath.Clean(f.env.path(file)))
		if err != nil {
			return usage("%v", err)
		}
		found, err := verify.Import(file, data)
		if err == nil {
			err = past.Give(found)
		}
		if err != nil {
			return usage("%v", err)
		}
	}
	missing := past.Missing()
	if missing == nil {
		return nil
	}
	var out bytes.Buffer
	args := append([]string{"gpg", "--batch", "--armor", "--export-options", "export-minimal", "--export"}, missing...)
	if (history.Command{Dir: f.dir, Args: args, Stdout: &out}).Run(ctx) != nil || out.Len() == 0 {
		return nil // it has none of them, or isn't there
	}
	found, err := verify.Import("gpg's keys", out.Bytes())
	if err != nil {
		return usage("%v", err)
	}
	return past.Give(found)
}

// sayDraft says what was drafted, and what comes next.
func (done *founded) sayDraft(out *report.Printer) {
	out.Printf("wrote %s: %s, of %s of which %d are signed\n", done.Policy,
		report.Count(len(done.Principals), "principal"), report.Count(done.Commits, "commit"), done.Signed)
	for _, name := range done.Missing {
		out.Printf("missing: OpenPGP key %s; remove the folder, and run this again with --keyring FILE, which has it\n", name)
	}
	out.Printf(`next: read it, ask each one for their fingerprint, and mend the guesses; then
  countersign policy check --policy %[1]s
  countersign backtest --claimed --compare
`, policy.Folder)
	done.sayPin(out)
}
