package draft

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"countersign/verify"
)

// Import reads files of keys: each in one of the forms that [verify.Import] knows, an openpgp-policy.toml of
// sequoia-git's, or a .guix-authorizations, which says which keys of the other files count. It gives each key once.
func Import(files []verify.File) ([]verify.Found, error) {
	var found []verify.Found
	var authorized authorizations
	for _, file := range files {
		var more []verify.Found
		var err error
		switch {
		case isSequoia(file.Data):
			more, err = sequoia(file.Name, file.Data)
		case isGuix(file.Data) && authorized == nil:
			authorized, err = guix(file.Name, file.Data)
		default:
			more, err = verify.Import(file.Name, file.Data)
		}
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	if found = verify.Merge(found); authorized != nil {
		return authorized.of(found)
	}
	return found, nil
}

// isSequoia says whether a file is an openpgp-policy.toml of sequoia-git's.
func isSequoia(data []byte) bool {
	return bytes.HasPrefix(data, []byte("[authorization.")) || bytes.Contains(data, []byte("\n[authorization."))
}

// sequoia reads an openpgp-policy.toml of sequoia-git's, version 0: its certificates, each with the name that the file
// has for its owner, and with what they may do there.
func sequoia(name string, data []byte) ([]verify.Found, error) {
	type authorization struct {
		Keyring string `toml:"keyring"`

		SignCommit  bool `toml:"sign_commit"`
		SignTag     bool `toml:"sign_tag"`
		SignArchive bool `toml:"sign_archive"`
		AddUser     bool `toml:"add_user"`
		RetireUser  bool `toml:"retire_user"`
		Audit       bool `toml:"audit"`
	}
	var file struct {
		Version       int                      `toml:"version"`
		Goodlist      []string                 `toml:"commit_goodlist"`
		Authorization map[string]authorization `toml:"authorization"`
	}
	read, err := toml.Decode(string(data), &file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if unknown := read.Undecoded(); len(unknown) > 0 || file.Version != 0 {
		return nil, fmt.Errorf("%s: it isn't of version 0 of sequoia-git's policy: %v", name, unknown)
	}
	var all []verify.Found
	for _, key := range read.Keys() {
		if len(key) != 2 || key[0] != "authorization" {
			continue // each table once, in the order of the file
		}
		a := file.Authorization[key[1]]
		found, err := verify.Import(name, []byte(a.Keyring))
		if err != nil {
			return nil, fmt.Errorf("%s: of %s", err, key[1])
		}
		may := []string{}
		for _, of := range []struct {
			word string
			may  bool
		}{
			{"sign_commit", a.SignCommit},
			{"sign_tag", a.SignTag},
			{"sign_archive", a.SignArchive},
			{"add_user", a.AddUser},
			{"retire_user", a.RetireUser},
			{"audit", a.Audit},
		} {
			if of.may {
				may = append(may, of.word)
			}
		}
		for _, f := range found {
			f.Owner, _, _ = strings.Cut(key[1], "<")
			f.Names = append(f.Names, "there with "+strings.Join(may, " "))
			all = append(all, f)
		}
	}
	if all == nil {
		return nil, fmt.Errorf("%s: it authorizes nobody", name)
	}
	return all, nil
}

// CodeOwners gives the lines of a work tree's CODEOWNERS file, where forges look for one, and its name.
func CodeOwners(top string) (file string, lines []string) {
	for _, file := range []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"} {
		data, err := os.ReadFile(filepath.Join(top, filepath.FromSlash(file)))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				lines = append(lines, line)
			}
		}
		return file, lines
	}
	return "", nil
}

// authorizations is who may sign by a file of Guix's: names by fingerprint, "" where it says none.
type authorizations map[string]string

// isGuix says whether a file is a .guix-authorizations of Guix's.
func isGuix(data []byte) bool {
	words, err := symbols(data)
	return err == nil && len(words) > 2 && words[0] == "(" && words[1] == "authorizations"
}

// guix reads a .guix-authorizations of Guix's, version 0: "Specifying Channel Authorizations" in its manual. It names
// keys by their fingerprints, and has none.
func guix(name string, data []byte) (authorizations, error) {
	malformed := fmt.Errorf("%s: want (authorizations (version 0) ((\"FINGERPRINT\" (name \"NAME\")) …))", name)
	words, err := symbols(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	next := func(want ...string) bool {
		if len(words) < len(want) || !slices.Equal(words[:len(want)], want) {
			return false
		}
		words = words[len(want):]
		return true
	}
	if !next("(", "authorizations", "(", "version", "0", ")", "(") {
		return nil, malformed
	}
	all := make(authorizations)
	for !next(")") {
		if !next("(") || len(words) < 2 || words[0] == "" || words[0][0] != '"' {
			return nil, malformed
		}
		fingerprint := strings.ToUpper(strings.ReplaceAll(words[0][1:], " ", ""))
		words = words[1:]
		called := ""
		for next("(") { // key and value; the value is a text, or it is none of ours
			if len(words) < 3 || words[2] != ")" {
				return nil, malformed
			}
			if words[0] == "name" {
				called = strings.TrimPrefix(words[1], `"`)
			}
			words = words[3:]
		}
		if _, twice := all[fingerprint]; !next(")") || twice || len(fingerprint) != 40 && len(fingerprint) != 64 {
			return nil, malformed
		}
		all[fingerprint] = called
	}
	if !next(")") || len(words) > 0 || len(all) == 0 {
		return nil, malformed
	}
	return all, nil
}

// symbols cuts Scheme into parentheses, words, and texts, which begin with a quote.
func symbols(data []byte) (words []string, err error) {
	text := string(data)
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		switch {
		case text == "":
			return words, nil
		case text[0] == ';':
			_, text, _ = strings.Cut(text, "\n")
		case text[0] == '(' || text[0] == ')':
			words, text = append(words, text[:1]), text[1:]
		case text[0] == '"':
			inside, rest, ok := strings.Cut(text[1:], `"`)
			if !ok || strings.Contains(inside, `\`) {
				return nil, errors.New("a text has no end, or a backslash in it")
			}
			words, text = append(words, `"`+inside), rest
		default:
			end := strings.IndexAny(text+" ", " \t\r\n()\";")
			words, text = append(words, text[:end]), text[end:]
		}
	}
}

// of gives those of the keys that are authorized, with their owners' names. A key that isn't among them is an error.
func (a authorizations) of(found []verify.Found) ([]verify.Found, error) {
	var all []verify.Found
	given := make(map[string]bool)
	for _, f := range found {
		fingerprints, err := fingerprintsOf(f)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(fingerprints, func(fingerprint string) bool { _, may := a[fingerprint]; return may })
		if i < 0 {
			continue
		}
		for _, fingerprint := range fingerprints {
			given[fingerprint] = true
		}
		f.Owner = a[fingerprints[i]]
		all = append(all, f)
	}
	var missing []string
	for fingerprint, called := range a {
		if !given[fingerprint] {
			missing = append(missing, fingerprint+" of "+called)
		}
	}
	slices.Sort(missing)
	if missing != nil {
		return nil, fmt.Errorf("keys are authorized that no file has: %s; give their files, too: in Guix they lie on the "+
			"branch keyring", strings.Join(missing, ", "))
	}
	return all, nil
}

// fingerprintsOf gives those of a key and its subkeys.
func fingerprintsOf(f verify.Found) ([]string, error) {
	f.Key.Principal = "somebody"
	keys, err := verify.NewKeyring([]verify.Key{f.Key}, verify.Settings{})
	if err != nil {
		return nil, err
	}
	return keys.List()[0].Fingerprints, nil
}
