package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// readSSH reads one public key in the form "type base64 [comment]", as it stands in a .pub file,
// and takes only the one way to write a key.
func readSSH(text string) (*sshKey, error) {
	text = strings.TrimSpace(text)
	fields := strings.Fields(text)
	switch {
	case strings.HasPrefix(text, "-----BEGIN ") && strings.Contains(text, " PRIVATE KEY-----"):
		return nil, errors.New("a private key, which must never be in a keyring: remove it, make a new one if others saw it, and use the .pub file")
	case len(fields) < 2 || strings.ContainsAny(text, "\r\n"):
		return nil, errors.New("an SSH key is one line of the form \"type base64 [comment]\"")
	case isCertificate(fields[0]):
		return nil, fmt.Errorf("an SSH certificate (%s), which isn't supported yet: use the plain key in it", quote(fields[0]))
	case !isSSHKeyType(fields[0]):
		return nil, fmt.Errorf("an SSH key of the unknown type %s: want a line of the form \"type base64 [comment]\", without options", quote(fields[0]))
	}
	keyType := fields[0]
	blob, err := base64.StdEncoding.Strict().DecodeString(fields[1])
	if err != nil {
		return nil, fmt.Errorf("the SSH key isn't base64: %w", err)
	}
	public, err := ssh.ParsePublicKey(blob)
	if err != nil {
		return nil, fmt.Errorf("the SSH key is malformed: %w", err)
	}
	if public.Type() != keyType || !bytes.Equal(public.Marshal(), blob) {
		return nil, fmt.Errorf("the SSH key is malformed: it says %s and holds another key, or one written in another way", keyType)
	}
	return &sshKey{public: public, fingerprint: sshFingerprint(keyType, blob), application: sshApplication(keyType, blob)}, nil
}

// isSSHKeyType says whether a word is the name of a type of key, known to be good, weak or not
// supported.
func isSSHKeyType(word string) bool {
	return sshFormats(word) != nil || word == dsaKeyType || isCertificate(word)
}

// line gives the key as a line of a .pub file, without a comment.
func (k *sshKey) line() []byte {
	return bytes.TrimSpace(ssh.MarshalAuthorizedKey(k.public))
}

// sshKeyType gives the type that a public key says it is of; "" if it says none.
func sshKeyType(blob []byte) string {
	var key struct {
		Type string
		Rest []byte `ssh:"rest"`
	}
	if err := ssh.Unmarshal(blob, &key); err != nil {
		return ""
	}
	return key.Type
}

// sshApplication gives what a security key was made for; "" for other keys. PROTOCOL.u2f, "SSH U2F
// Key formats".
func sshApplication(keyType string, blob []byte) string {
	switch keyType {
	case ssh.KeyAlgoSKED25519:
		var key struct {
			Type        string
			Public      []byte
			Application string
		}
		if ssh.Unmarshal(blob, &key) == nil {
			return key.Application
		}
	case ssh.KeyAlgoSKECDSA256:
		var key struct {
			Type, Curve string
			Public      []byte
			Application string
		}
		if ssh.Unmarshal(blob, &key) == nil {
			return key.Application
		}
	}
	return ""
}

// sshFingerprint gives a public key's fingerprint as ssh-keygen -l prints it. A certificate's is
// that of the key it certifies; x/crypto/ssh would give the hash of the whole.
func sshFingerprint(keyType string, blob []byte) string {
	if isCertificate(keyType) {
		public, err := ssh.ParsePublicKey(blob)
		if certificate, ok := public.(*ssh.Certificate); err == nil && ok {
			blob = certificate.Key.Marshal()
		}
	}
	sum := sha256.Sum256(blob)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}
