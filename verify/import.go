package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Found is a key found in a file that somebody exported, before anybody has said whose it is.
type Found struct {
	// Names are what the file says of the key's owner: user ids, patterns, a comment. Nobody has checked
	// them.
	Names []string
	// Emails are the addresses among them.
	Emails []string
	// Key has everything but a Principal. An OpenPGP key's Data is one armored certificate.
	Key Key
}

// Import finds the keys in a file of one of these forms; name is for messages.
//
//   - OpenPGP certificates, armored or binary, as gpg --export writes them
//   - OpenSSH "allowed signers", lines of which git takes the same signatures
//   - SSH public keys, one a line, as in .pub files and behind a forge's /USER.keys
//   - a forge's list of a user's keys in JSON, as GitHub's, GitLab's and Forgejo's programming interfaces
//     give it: objects with raw_key, public_key or key, and perhaps emails
//
// A file with anything that can't be read is an error that says where; nothing is left out.
func Import(name string, data []byte) ([]Found, error) {
	text := bytes.TrimSpace(data)
	var found []Found
	var err error
	switch {
	case len(text) == 0:
		return nil, fmt.Errorf("%s: the file is empty", name)
	case text[0] == '[' || text[0] == '{':
		found, err = importForge(text)
	case text[0] >= 0x80 || bytes.Contains(text, []byte("-----BEGIN PGP ")) || isKeybox(data):
		found, err = importOpenPGP(data)
	default:
		return importSSH(name, string(data)) // names its lines itself
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return found, nil
}

func isKeybox(data []byte) bool { return len(data) >= 12 && string(data[8:12]) == "KBXf" }

// importOpenPGP cuts a file into its certificates and armors each, with the revocations of it that stand
// elsewhere in the file: those count in a key file too.
func importOpenPGP(data []byte) ([]Found, error) {
	blocks, err := keyBlocks(data)
	if err != nil {
		return nil, err
	}
	var certificates [][]byte
	var revocations []rawPacket
	for _, block := range blocks {
		packets, err := splitPackets(block)
		if err != nil {
			return nil, err
		}
		begun := false
		for _, p := range packets {
			if p.tag == tagPublicKey {
				certificates, begun = append(certificates, nil), true
			}
			if head, _ := splitSignature(p); p.tag == tagSignature && head.kind == packet.SigTypeKeyRevocation {
				revocations = append(revocations, p)
			}
			if begun {
				last := &certificates[len(certificates)-1]
				*last = append(*last, p.bytes()...)
			}
		}
	}
	if certificates == nil {
		return nil, errors.New("no OpenPGP key in it")
	}
	var found []Found
	for _, certificate := range certificates {
		f, err := importCertificate(certificate, revocations)
		if err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
}

func importCertificate(data []byte, revocations []rawPacket) (Found, error) {
	f := Found{Key: Key{Kind: OpenPGP}}
	read, err := readOpenPGP(&Key{Kind: OpenPGP, Data: data})
	if err != nil {
		return f, err
	}
	own := read.certificates[0]
	for _, p := range revocations {
		has := slices.ContainsFunc(own.revocations, func(r rawPacket) bool { return bytes.Equal(r.body, p.body) })
		if head, err := splitSignature(p); !has && (err != nil || head.mayBeBy(own.primary)) {
			data = append(data, p.bytes()...)
		}
	}
	packets, err := splitPackets(data)
	if err != nil {
		return f, err
	}
	for _, p := range packets {
		if p.tag == tagUserID {
			f.name(string(p.body))
		}
	}
	var b bytes.Buffer
	w, err := armor.Encode(&b, "PGP PUBLIC KEY BLOCK", nil)
	if err != nil {
		return f, err
	}
	if _, err := w.Write(data); err != nil {
		return f, err
	}
	if err := w.Close(); err != nil {
		return f, err
	}
	b.WriteByte('\n')
	f.Key.Data, f.Key.Source = b.Bytes(), upperHex(own.primary.Fingerprint)
	return f, nil
}

// bytes writes the packet with the length in the one form that all programs know, RFC 9580 §4.2.1.
func (p rawPacket) bytes() []byte {
	n := len(p.body)
	return append([]byte{0xc0 | p.tag, 255, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, p.body...)
}

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
