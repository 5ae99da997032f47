package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"countersign/report"
)

const (
	keySuffix  = ".key"  // of the key that signs checkpoints, after the journal's name
	vkeySuffix = ".vkey" // of its public half, after the key's
)

func logKeyCommand(env Env, repository *string, format *outputs) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Make the key that signs checkpoints of the journal",
		Long: `Makes a key (Ed25519) that signs checkpoints, for log checkpoint, and prints its public half: give that to
whoever is to check proofs. The name says which log it is: take an address, such as example.org/project. It is
in every checkpoint, and never changes. The key is written to a file that only its owner can read, beside the
journal or where --key says, and the public half to a file beside it. A file that is there is never overwritten.

Who has the key can sign for the log. Keep it where who may write to the repository can't read it, if you can, and
give the printed line, by another way, to somebody who keeps checkpoints.`,
		Args: cobra.NoArgs,
	}
	name := cmd.Flags().String("name", "", "the `name` of the log, as example.org/project")
	file := keyFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *name == "" {
			return mistyped(cmd, errors.New("which log? --name NAME, as example.org/project"))
		}
		if !logName(*name) {
			return usage("--name %q: want an address as example.org/project, without spaces or +", *name)
		}
		path, err := keyPath(env, *repository, *file)
		if err != nil {
			return err
		}
		skey, vkey, err := note.GenerateKey(rand.Reader, *name)
		if err != nil {
			return err
		}
		if err := writeKey(path, 0o600, skey+"\n"); err != nil {
			return err
		}
		if err := writeKey(path+vkeySuffix, 0o644, vkey+"\n"); err != nil {
			return errors.Join(err, os.Remove(path))
		}
		env.list(format, madeKey{vkey, path}, func(out *report.Printer) { out.Printf("%s\n", vkey) })
		return nil
	}
	return cmd
}

// madeKey is what log key has made.
type madeKey struct {
	Public string `json:"public"`
	File   string `json:"file"`
}

// logName says whether a text can be the name of a log, as signed notes have it (https://c2sp.org/signed-note).
func logName(name string) bool {
	odd := func(r rune) bool {
		return r == '+' || unicode.IsSpace(r) || !unicode.IsPrint(r) || r == unicode.ReplacementChar
	}
	return name != "" && len(name) <= 200 && !strings.ContainsFunc(name, odd)
}

// keyFlag gives a command the flag that says where the key is that signs checkpoints.
func keyFlag(cmd *cobra.Command) *string {
	const name = "key"
	file := cmd.Flags().String(name, "", "`file` of the key that signs checkpoints (default: beside the journal)")
	_ = cmd.MarkFlagFilename(name)
	return file
}

// keyPath gives where the key is.
func keyPath(env Env, repository, file string) (string, error) {
	if file != "" {
		return env.path(file), nil
	}
	path, err := logPath(env, repository)
	return path + keySuffix, err
}

// writeKey writes a file that isn't there yet.
func writeKey(path string, mode fs.FileMode, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s is there already: move it away, or name another by --key", path)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// readKey reads the key that signs checkpoints, and its public half. A key that others can read is none.
func readKey(ctx context.Context, path string) (note.Signer, note.Verifier, error) {
	at, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, usage("there is no key %s: countersign log key makes one", path)
	}
	if err != nil {
		return nil, nil, err
	}
	if !at.Mode().IsRegular() || at.Mode().Perm()&0o077 != 0 {
		return nil, nil, usage("%s can be read by others (%s): chmod 600 %[1]s, or make another key if somebody may have "+
			"read it", path, at.Mode())
	}
	text, err := readSmall(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	signer, err := note.NewSigner(strings.TrimSuffix(string(text), "\n"))
	if err != nil {
		return nil, nil, usage("%s is no key of log key: %v", path, err)
	}
	key, err := readVerifier(ctx, path+vkeySuffix)
	if err != nil {
		return nil, nil, err
	}
	if key.Name() != signer.Name() || key.KeyHash() != signer.KeyHash() {
		return nil, nil, usage("%s and %s are of two keys", path, path+vkeySuffix)
	}
	return signer, key, nil
}

// readVerifier reads the public half of a key: as it is printed, or from a file.
func readVerifier(ctx context.Context, text string) (note.Verifier, error) {
	if !strings.Contains(text, "+") {
		b, err := readSmall(ctx, text)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usage("%q is no public key as log key prints it, and no file of one", text)
		}
		if err != nil {
			return nil, err
		}
		text = strings.TrimSuffix(string(b), "\n")
	}
	key, err := note.NewVerifier(text)
	if err != nil {
		return nil, usage("%q is no public key as log key prints it: NAME+HASH+KEY", text)
	}
	return key, nil
}
