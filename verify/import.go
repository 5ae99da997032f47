package verify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Found is a key found in a file that somebody exported, before anybody has said whose it is.
type Found struct {
	// Names are what the file says of the key's owner: user ids, patterns, a comment. Nobody has checked
	// them.
	Names []string
	// Emails are the addresses among them.
	Emails []string
	// Owner is whom the file calls the key's owner where that is no address; "" where it says nothing of the kind.
	Owner string
	// Key has everything but a Principal. An OpenPGP key's Data is one armored certificate.
	Key Key
	// Files are the names of the files that have it.
	Files []string

	certificate exported // of an OpenPGP key
}

// Import finds the keys in a file of one of these forms; name is for messages.
//
//   - OpenPGP certificates, armored or binary, as gpg --export writes them
//   - OpenSSH "allowed signers", lines of which git takes the same signatures
//   - SSH public keys, one a line, as in .pub files and behind a forge's /USER.keys
//   - a forge's list of a user's keys in JSON, as GitHub's, GitLab's and Forgejo's programming interfaces
//     give it: objects with raw_key, public_key or key, and perhaps emails
//
// A key that stands in the file twice is found once. A file with anything that can't be read is an error that says
// where; nothing is left out. Of files of other forms it says what they are, and which command makes one of these.
func Import(name string, data []byte) ([]Found, error) {
	text := bytes.TrimSpace(data)
	var found []Found
	var err error
	switch {
	case len(text) == 0:
		return nil, fmt.Errorf("%s: the file is empty", name)
	case foreign(name, data) != nil:
		return nil, fmt.Errorf("%s: %w", name, foreign(name, data))
	case text[0] == '[' || text[0] == '{':
		found, err = importForge(text)
	case text[0] >= 0x80 || bytes.Contains(text, []byte("-----BEGIN PGP ")) || isKeybox(data):
		found, err = importOpenPGP(data)
	default:
		if found, err = importSSH(name, string(data)); err != nil {
			return nil, err // it names its lines itself
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for i := range found {
		found[i].Files = []string{name}
	}
	return Merge(found), nil
}

// Merge gives each key once, with all that its copies say of it: of an OpenPGP certificate every user id, subkey and
// signature, as gpg --import keeps them.
func Merge(found []Found) []Found {
	var all []Found
	for _, f := range found {
		if !slices.ContainsFunc(all, func(same Found) bool { return same.is(&f) }) {
			all = append(all, f)
			continue
		}
		all[slices.IndexFunc(all, func(same Found) bool { return same.is(&f) })].add(&f)
	}
	return all
}

// is says whether two are of one key, in the same time.
func (f *Found) is(other *Found) bool {
	k, o := &f.Key, &other.Key
	if f.certificate != nil && other.certificate != nil {
		return bytes.Equal(f.certificate[0].what.body, other.certificate[0].what.body)
	}
	return k.Kind == o.Kind && bytes.Equal(k.Data, o.Data) && k.Authority == o.Authority &&
		k.From.Equal(o.From) && k.Until.Equal(o.Until)
}

// add takes what another copy of the key says.
func (f *Found) add(other *Found) {
	for _, name := range slices.Concat(other.Names, other.Emails) {
		f.name(name)
	}
	for _, file := range other.Files {
		if !slices.Contains(f.Files, file) {
			f.Files = append(f.Files, file)
		}
	}
	f.Owner = cmp.Or(f.Owner, other.Owner)
	if f.certificate != nil {
		f.certificate = f.certificate.with(other.certificate)
		f.Key.Data = f.certificate.armored()
	}
}

func isKeybox(data []byte) bool { return len(data) >= 12 && string(data[8:12]) == "KBXf" }

// name notes what a file calls the key's owner.
func (f *Found) name(text string) {
	if text = strings.TrimSpace(text); text == "" || slices.Contains(f.Names, text) {
		return
	}
	f.Names = append(f.Names, text)
	email := text
	if _, rest, ok := strings.Cut(text, "<"); ok {
		email, _, _ = strings.Cut(rest, ">")
	}
	if strings.Count(email, "@") == 1 && !strings.ContainsAny(email, " <>*?!\"") && !slices.Contains(f.Emails, email) {
		f.Emails = append(f.Emails, email)
	}
}

// importSSH reads lines of public keys, or an allowed signers file.
func importSSH(name, text string) ([]Found, error) {
	var found []Found
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := withoutOptions(name, line); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		first, _, _ := strings.Cut(line, " ")
		if !isSSHKeyType(first) && len(found) == 0 {
			return importAllowed(name, text)
		}
		key, err := readSSH(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
		f := Found{Key: Key{Kind: SSH, Data: key.line(), Source: fmt.Sprintf("%s:%d", name, i+1)}}
		if fields := strings.SplitN(line, " ", 3); len(fields) == 3 {
			f.name(fields[2])
		}
		found = append(found, f)
	}
	if found == nil {
		return nil, fmt.Errorf("%s: no key in it", name)
	}
	return found, nil
}

func importAllowed(name, text string) ([]Found, error) {
	signers, err := ParseAllowedSigners([]byte(text), name)
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, s := range signers {
		if s.Namespaces != nil && !matchPatterns(sshNamespace, s.Namespaces) {
			continue // a key for something else than git
		}
		f := Found{Key: s.Key}
		for _, pattern := range s.Principals {
			f.name(pattern)
		}
		if f.Emails == nil {
			f.Owner = s.Principals[0]
		}
		found = append(found, f)
	}
	if found == nil {
		return nil, fmt.Errorf("%s: no line lets a key sign for git", name)
	}
	return found, nil
}

// importForge reads a forge's list of a user's keys.
func importForge(text []byte) ([]Found, error) {
	if text[0] == '{' {
		text = slices.Concat([]byte("["), text, []byte("]"))
	}
	var entries []struct {
		RawKey    string `json:"raw_key"`
		PublicKey string `json:"public_key"`
		Key       string `json:"key"`
		Title     string `json:"title"`
		Emails    []struct {
			Email string `json:"email"`
		} `json:"emails"`
	}
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("it isn't a list of keys: %w", err)
	}
	var found []Found
	for i, e := range entries {
		var in []Found
		err := fmt.Errorf("entry %d has neither raw_key, public_key nor key", i+1)
		for _, key := range []string{e.RawKey, e.PublicKey, e.Key} {
			if key == "" {
				continue
			}
			if in, err = Import(fmt.Sprintf("entry %d", i+1), []byte(key)); err == nil {
				break
			}
		}
		if err != nil {
			return nil, err
		}
		for j := range in {
			in[j].name(e.Title)
			for _, email := range e.Emails {
				in[j].name(email.Email)
			}
		}
		found = append(found, in...)
	}
	if found == nil {
		return nil, errors.New("the list is empty")
	}
	return found, nil
}
