package cli

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/keyring"
	"countersign/report"
	"countersign/verify"
)

// keysFlag gives a command the flag that makes a keyring of files.
func keysFlag(cmd *cobra.Command, with string) *[]string {
	const name = "keys"
	files := cmd.Flags().StringArray(name, nil, with+"`FILE` of the keys that count, or a folder of such files; may be "+
		"given several times")
	_ = cmd.MarkFlagFilename(name)
	return files
}

// givenOnly has only the keys of files count, if there are any, and no policy be read.
func (e Env) givenOnly(ctx context.Context, o *gate.Options, files []string, at place) (err error) {
	switch {
	case len(files) == 0:
		return nil
	case at != (place{}):
		return usage("--keys and --policy both say which keys count: give one of them")
	}
	o.Keys, err = e.givenKeys(ctx, files)
	return err
}

// givenKeys makes a keyring of files, and of those in folders: whoever a file says its keys are of.
func (e Env) givenKeys(ctx context.Context, names []string) (*verify.Keyring, error) {
	files, err := e.filesIn(ctx, names)
	if err != nil {
		return nil, err
	}
	var keys []verify.Key
	var certificates, others []verify.File
	for _, file := range files {
		if bytes.Contains(file.Data, []byte("-----BEGIN CERTIFICATE-----")) {
			certificates = append(certificates, file)
		} else {
			others = append(others, file)
		}
	}
	im := importing{now: e.Now()}
	if err := im.gather(others); err != nil {
		return nil, err
	}
	for _, o := range im.owners {
		for _, f := range o.keys {
			f.Key.Principal = o.name
			keys = append(keys, f.Key)
		}
	}
	if certificates != nil { // theirs are whom the authorities certify, each by an address
		keys = append(keys, verify.Key{
			Principal: "x509", Kind: verify.X509, Identities: []string{"*@*"}, Source: certificates[0].Name,
		})
	}
	given, err := keyring.Given(keys, certificates)
	if err != nil {
		return nil, usage("--keys: %w", err)
	}
	return given, nil
}

// keyEndings are those of files with keys, as people name them. Only of a folder that matters.
var keyEndings = []string{".asc", ".gpg", ".pgp", ".key", ".pub", ".pem", ".crt", ".cer"}

// filesIn reads files, and those of keys that lie in folders, however deep. Links in a folder are passed over.
func (e Env) filesIn(ctx context.Context, names []string) (files []verify.File, err error) {
	for _, name := range names {
		before := len(files)
		err := filepath.WalkDir(e.path(name), func(path string, entry fs.DirEntry, err error) error {
			inFolder := path != e.path(name)
			if err != nil || entry.IsDir() {
				return err
			}
			if inFolder && (!entry.Type().IsRegular() || !slices.Contains(keyEndings, filepath.Ext(path))) {
				return nil
			}
			data, err := readNamed(ctx, path)
			files = append(files, verify.File{Name: path, Data: data})
			return err
		})
		if err == nil && len(files) == before {
			err = fmt.Errorf("no file in %s ends in %s", name, report.List(keyEndings, "or"))
		}
		if err != nil {
			return nil, usage("--keys: %w", err)
		}
	}
	return files, nil
}
