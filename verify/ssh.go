package verify

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// sshNamespace is what git has ssh-keygen write into a signature, so that one made for a file or a
// mail proves nothing about a commit.
const sshNamespace = "git"

// dsaKeyType is a name of its own here, since the library's is marked as deprecated: it has to be
// known to be refused.
const dsaKeyType = "ssh-dss"

// minRSABits is the least size of an RSA key. ssh-keygen(1) makes none under 1024 bits, and takes
// those.
const minRSABits = 2048

// sshBlob is what an SSH signature's armor holds: PROTOCOL.sshsig, "Blob format".
type sshBlob struct {
	Magic     [6]byte
	Version   uint32
	PublicKey []byte
	Namespace string
	Reserved  []byte
	Hash      string
	Signature []byte
}

// sshSignature is a blob's last field. Rest is for security keys alone.
type sshSignature struct {
	Format string
	Blob   []byte
	Rest   []byte `ssh:"rest"`
}

// touch is what a security key adds to a signature: PROTOCOL.u2f, "SSH U2F Signatures".
type touch struct {
	Flags   byte
	Counter uint32
}

// userPresent is set in touch.Flags when somebody touched the security key.
const userPresent = 0x01

// verifySSH says which key made the signature over the payload, and whether it fits: everything
// about a Result but the principal, and but the time, for an SSH signature has none.
//
// The formats are read here, strictly; the public key in the signature isn't read at all, it only
// serves to find the same bytes among the keys that find knows.
func verifySSH(find func(fingerprint string) *sshKey, payload, signature []byte) Result {
	res := Result{Kind: SSH}
	res.settle(res.verifySSH(find, payload, signature))
	return res
}

// verifySSH fills in the fingerprint; the status and its reason are the error's.
func (r *Result) verifySSH(find func(string) *sshKey, payload, signature []byte) error {
	body, err := oneArmorBlock(signature, kindSSHSignature)
	if err != nil {
		return err
	}
	var blob sshBlob
	if err := ssh.Unmarshal(body, &blob); err != nil {
		return fmt.Errorf("the SSH signature is malformed: %w", err)
	}
	keyType := sshKeyType(blob.PublicKey)
	r.Fingerprint = sshFingerprint(keyType, blob.PublicKey)
	if err := blob.check(); err != nil {
		return err
	}
	sig, err := blob.signature(keyType)
	if err != nil {
		return err
	}
	key := find(r.Fingerprint)
	if key == nil {
		return refuse(Unknown, "no principal has the SSH key %s", r.Fingerprint)
	}
	if err := key.usable(); err != nil {
		return err
	}
	err = sshsig.Verify(bytes.NewReader(payload), &sshsig.Signature{
		Version:       blob.Version,
		PublicKey:     key.public,
		Namespace:     blob.Namespace,
		HashAlgorithm: sshsig.HashAlgorithm(blob.Hash),
		Signature:     sig,
	}, key.public, sshsig.HashAlgorithm(blob.Hash), sshNamespace)
	if err != nil {
		return refuse(Bad, "the signature doesn't fit the content: it was made over other bytes or by another key")
	}
	return nil
}

// check refuses all but a signature for git, in the one version there is.
func (b *sshBlob) check() error {
	switch {
	case string(b.Magic[:]) != "SSHSIG":
		return errors.New("the SSH signature is malformed: it doesn't begin with SSHSIG")
	case b.Version != 1:
		return refuse(Unsupported, "an SSH signature of version %d; only version 1 is known", b.Version)
	case len(b.Reserved) > 0:
		// The protocol would have it ignored; but nobody signed it.
		return errors.New("the SSH signature is malformed: it has something in its reserved field")
	case b.Namespace != sshNamespace:
		return refuse(WrongPurpose, "an SSH signature for %s, not for git", quote(b.Namespace))
	case b.Hash != string(sshsig.HashSHA256) && b.Hash != string(sshsig.HashSHA512):
		return refuse(Unsupported, "an SSH signature over a hash of the kind %s; sha512 and sha256 are accepted", quote(b.Hash))
	default:
		return nil
	}
}

// signature reads the signature proper, which must be of a format that goes with the type of key.
func (b *sshBlob) signature(keyType string) (*ssh.Signature, error) {
	switch {
	case isCertificate(keyType):
		return nil, refuse(Unsupported, "the SSH signature is by a certificate (%s), which isn't supported yet: sign with the plain key", quote(keyType))
	case keyType == dsaKeyType:
		return nil, refuse(Weak, "a signature by a DSA key")
	case sshFormats(keyType) == nil:
		return nil, refuse(Unsupported, "a signature by an SSH key of the type %s", quote(keyType))
	}
	var sig sshSignature
	if err := ssh.Unmarshal(b.Signature, &sig); err != nil {
		return nil, fmt.Errorf("the SSH signature is malformed: %w", err)
	}
	switch {
	case keyType == ssh.KeyAlgoRSA && sig.Format == ssh.KeyAlgoRSA:
		return nil, refuse(Weak, "an ssh-rsa signature, which is over a SHA-1 hash")
	case !slices.Contains(sshFormats(keyType), sig.Format):
		return nil, fmt.Errorf("the SSH signature is malformed: a signature of the type %s by a key of the type %s", quote(sig.Format), keyType)
	}
	if err := checkRest(keyType, sig.Rest); err != nil {
		return nil, err
	}
	return &ssh.Signature{Format: sig.Format, Blob: sig.Blob, Rest: sig.Rest}, nil
}

// checkRest checks what stands behind the signature proper: with a security key, that somebody
// touched it; else nothing.
//
// ssh-keygen -Y verify doesn't ask for the touch. But sshd does unless told otherwise, and whoever
// owns a security key that wants no touch may have had it used by any program on their machine. No
// option of a keyring says that this is all right, so it isn't.
func checkRest(keyType string, rest []byte) error {
	if keyType != ssh.KeyAlgoSKED25519 && keyType != ssh.KeyAlgoSKECDSA256 {
		if len(rest) > 0 {
			return fmt.Errorf("the SSH signature is malformed: %d bytes stand behind it", len(rest))
		}
		return nil
	}
	var by touch
	if err := ssh.Unmarshal(rest, &by); err != nil {
		return fmt.Errorf("the SSH signature by a security key is malformed: %w", err)
	}
	if by.Flags&userPresent == 0 {
		return refuse(Unsupported, "nobody touched the security key for this signature; sign with a key that wants to be touched")
	}
	return nil
}

// sshFormats gives the formats of signature that a key of the type may make, the newest first; nil
// for a type that isn't accepted. RSA's are those of RFC 8332 §3, and PROTOCOL.sshsig forbids the
// old one.
func sshFormats(keyType string) []string {
	switch keyType {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256:
		return []string{keyType}
	case ssh.KeyAlgoRSA:
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	default:
		return nil
	}
}

func isCertificate(keyType string) bool { return strings.HasSuffix(keyType, "-cert-v01@openssh.com") }

// quote shows a word of the signer's, which may be anything, in a message.
func quote(word string) string {
	const most = 40
	if len(word) > most {
		word = word[:most] + "..."
	}
	return fmt.Sprintf("%q", word)
}

// sshKey is an SSH key of the keyring.
type sshKey struct {
	public      ssh.PublicKey
	fingerprint string
	application string // what a security key's owner made it for
}

// usable says why the key's signatures prove nothing, or nothing about commits.
func (k *sshKey) usable() error {
	switch k.public.Type() {
	case ssh.KeyAlgoRSA:
		key, ok := k.public.(ssh.CryptoPublicKey).CryptoPublicKey().(*rsa.PublicKey)
		if !ok || key.N.BitLen() < minRSABits {
			return refuse(Weak, "the SSH key is RSA of under %d bits", minRSABits)
		}
	case ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256:
		// ssh-keygen(1), FIDO AUTHENTICATOR: "must begin with ssh:". Others are web sites'.
		if !strings.HasPrefix(k.application, "ssh:") {
			return refuse(WrongPurpose, "the security key is for %s, not for SSH", quote(k.application))
		}
	}
	return nil
}
