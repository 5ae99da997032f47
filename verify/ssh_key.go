package verify

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// sshKey is a plain SSH key, of the keyring or in a certificate.
type sshKey struct {
	public      ssh.PublicKey
	fingerprint string
	application string // what a security key's owner made it for
}

func newSSHKey(public ssh.PublicKey) *sshKey {
	blob := public.Marshal()
	return &sshKey{public: public, fingerprint: sshFingerprint(blob), application: sshApplication(public.Type(), blob)}
}

// usable says why the key's signatures prove nothing, or nothing about commits.
func (k *sshKey) usable() error {
	switch {
	case k.public.Type() == ssh.KeyAlgoRSA && k.rsaBits() < minWeakRSABits:
		return refuse(Weak, "the SSH key is RSA of under %d bits", minWeakRSABits)
	// ssh-keygen(1), FIDO AUTHENTICATOR: "must begin with ssh:". Others are web sites'.
	case isSecurityKey(k.public.Type()) && !strings.HasPrefix(k.application, "ssh:"):
		return refuse(WrongPurpose, "the security key is for %s, not for SSH", quote(k.application))
	default:
		return nil
	}
}

// weakness says why a signature of that format by the key proves little by now; "" if it proves what
// it should.
func (k *sshKey) weakness(format string) string {
	switch {
	case format == dsaKeyType:
		return "a signature by a DSA key"
	case format == ssh.KeyAlgoRSA:
		return "an ssh-rsa signature, which is over a SHA-1 hash"
	case k.public.Type() == ssh.KeyAlgoRSA && k.rsaBits() < minRSABits:
		return fmt.Sprintf("the SSH key is RSA of under %d bits", minRSABits)
	default:
		return ""
	}
}

// rsaBits gives the size of an RSA key; 0 for others.
func (k *sshKey) rsaBits() int {
	if key, ok := k.public.(ssh.CryptoPublicKey); ok {
		if key, ok := key.CryptoPublicKey().(*rsa.PublicKey); ok {
			return key.N.BitLen()
		}
	}
	return 0
}

// readSSH reads the entry's key, and wants what makes an authority of it, or nothing of that.
func (e *entry) readSSH() (err error) {
	switch {
	case e.key.Authority && len(e.key.Identities) == 0:
		return errors.New("the authority's certificates are for nobody: say for which identities they count")
	case slices.Contains(e.key.Identities, ""):
		return errors.New("an identity is empty")
	case !e.key.Authority && e.key.Identities != nil:
		return errors.New("a plain SSH key has no identities: they are in certificates, and the key would have to be their " +
			"authority's")
	}
	if e.ssh, err = readSSH(string(e.key.Data)); err == nil {
		e.fingerprints = []string{e.ssh.fingerprint}
	}
	return err
}

// readSSH reads one public key in the form "type base64 [comment]", as it stands in a .pub file,
// and takes only the one way to write a key.
func readSSH(text string) (*sshKey, error) {
	text = strings.TrimSpace(text)
	fields := strings.Fields(text)
	switch {
	case strings.HasPrefix(text, "-----BEGIN ") && strings.Contains(text, " PRIVATE KEY-----"):
		return nil, errors.New("a private key, which must never be in a keyring: remove it, make a new one if others saw " +
			"it, and use the .pub file")
	case len(fields) < 2 || strings.ContainsAny(text, "\r\n"):
		return nil, errors.New("an SSH key is one line of the form \"type base64 [comment]\"")
	case isCertificate(fields[0]):
		return nil, fmt.Errorf("an SSH certificate (%s), whose own times and names wouldn't count: list the authority that "+
			"issued it, or the plain key in it", quote(fields[0]))
	case !isSSHKeyType(fields[0]):
		return nil, fmt.Errorf("an SSH key of the unknown type %s: want a line of the form \"type base64 [comment]\", "+
			"without options", quote(fields[0]))
	}
	keyType := fields[0]
	blob, err := decodeKey(fields[1])
	if err != nil {
		return nil, err
	}
	public, err := ssh.ParsePublicKey(blob)
	if err != nil {
		return nil, fmt.Errorf("the SSH key is malformed: %w", err)
	}
	if public.Type() != keyType || !bytes.Equal(public.Marshal(), blob) {
		return nil, fmt.Errorf("the SSH key is malformed: it says %s and holds another key, or one written in another way",
			keyType)
	}
	return newSSHKey(public), nil
}

func decodeKey(text string) ([]byte, error) {
	blob, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the SSH key isn't base64: %w", err)
	}
	return blob, nil
}

// isSSHKeyType says whether a word is the name of a type of key or certificate, good or weak.
func isSSHKeyType(word string) bool { return sshFormats(word) != nil || isCertificate(word) }

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

// OfSSH gives the principal who has the SSH key of a fingerprint, "" for nobody. Whether the key still counts isn't
// asked.
func (k *Keyring) OfSSH(fingerprint string) string {
	for _, e := range k.byFingerprint[fingerprint] {
		if e.ssh != nil {
			return e.key.Principal
		}
	}
	return ""
}

// sshFingerprint gives a plain public key's fingerprint as ssh-keygen -l prints it. A certificate's is
// that of the key in it; x/crypto/ssh would give the hash of the whole.
func sshFingerprint(blob []byte) string {
	sum := sha256.Sum256(blob)
	return sshFingerprintOf(sum[:])
}

func sshFingerprintOf(sum []byte) string {
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum)
}
