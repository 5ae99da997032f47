package verify

import (
	"bytes"
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
// those; here they are weak, and smaller ones worth nothing.
const (
	minRSABits     = 2048
	minWeakRSABits = 1024
)

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

// What is set in touch.Flags when somebody touched the security key, and when they gave it their PIN
// or finger.
const (
	userPresent  = 0x01
	userVerified = 0x04
)

// verifySSH says which key made the signature over the payload, and whether it fits: everything
// about a Result but the principal and the keyring's windows, and the entries that say those. An SSH
// signature has no time, so everything is judged at its arrival.
//
// The formats are read here, strictly, but for certificates and keys, which x/crypto reads. A plain key in the
// signature only serves to find the same bytes in the keyring, and so does the key of a certificate's authority: it is
// the keyring's own that is used.
func (k *Keyring) verifySSH(payload, signature []byte, at Arrival) (Result, []*entry) {
	res := Result{Kind: SSH}
	entries, err := k.judgeSSH(&res, payload, signature, at)
	res.settle(err)
	return res, entries
}

// judgeSSH fills in what is known of the key and its certificate; the status and its reason are the
// error's.
func (k *Keyring) judgeSSH(r *Result, payload, signature []byte, at Arrival) (entries []*entry, err error) {
	body, err := oneArmorBlock(signature, kindSSHSignature)
	if err != nil {
		return nil, err
	}
	var blob sshBlob
	if err := ssh.Unmarshal(body, &blob); err != nil {
		return nil, fmt.Errorf("the SSH signature is malformed: %w", err)
	}
	plain, verified := blob.PublicKey, k.settings.UserVerified
	var cert *sshCertificate
	if isCertificate(sshKeyType(plain)) {
		if cert, err = readSSHCertificate(plain); err != nil {
			return nil, err
		}
		plain, verified = cert.key.public.Marshal(), verified || cert.verifyRequired()
	}
	r.Fingerprint = sshFingerprint(plain)
	if cert == nil {
		entries = k.byFingerprint[r.Fingerprint]
	}
	if err := blob.check(); err != nil {
		return entries, err
	}
	sig, err := blob.signature(sshKeyType(plain), verified)
	if err != nil {
		return entries, err
	}
	if list := k.revokedSSH.key(r.Fingerprint, plain); list != "" {
		return entries, refuse(Revoked, "the SSH key is revoked by %s", list)
	}
	var key *sshKey
	switch {
	case cert != nil:
		if entries, err = k.certifiedSSH(r, cert, at); err != nil {
			return entries, err
		}
		key = cert.key
	case len(entries) > 0:
		key = entries[0].ssh
	case len(k.authorities[r.Fingerprint]) > 0:
		return nil, refuse(WrongPurpose, "the SSH key is a certificate authority's, which signs certificates and nothing "+
			"else")
	default:
		return nil, refuse(Unknown, "no principal has the SSH key %s", r.Fingerprint)
	}
	if err := key.usable(); err != nil {
		return entries, err
	}
	if weakness := key.weakness(sig.Format); weakness != "" {
		if !at.received.Before(k.settings.WeakUntil) {
			return entries, refuse(Weak, "%s", weakness)
		}
		r.Warnings = append(r.Warnings, "accepted for its age: "+weakness)
	}
	err = sshsig.Verify(bytes.NewReader(payload), &sshsig.Signature{
		Version:       blob.Version,
		PublicKey:     key.public,
		Namespace:     blob.Namespace,
		HashAlgorithm: sshsig.HashAlgorithm(blob.Hash),
		Signature:     sig,
	}, key.public, sshsig.HashAlgorithm(blob.Hash), sshNamespace)
	if err != nil {
		return entries, refuse(Bad, "the signature doesn't fit the content: it was made over other bytes or by another key")
	}
	return entries, nil
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
		return refuse(Unsupported, "an SSH signature over a hash of the kind %s; sha512 and sha256 are accepted",
			quote(b.Hash))
	default:
		return nil
	}
}

// signature reads the signature proper, which must be of a format that goes with the type of key, and
// by a user whom a security key verified where that is wanted.
func (b *sshBlob) signature(keyType string, verified bool) (*ssh.Signature, error) {
	if sshFormats(keyType) == nil {
		return nil, refuse(Unsupported, "a signature by an SSH key of the type %s", quote(keyType))
	}
	var sig sshSignature
	if err := ssh.Unmarshal(b.Signature, &sig); err != nil {
		return nil, fmt.Errorf("the SSH signature is malformed: %w", err)
	}
	if !slices.Contains(sshFormats(keyType), sig.Format) {
		return nil, fmt.Errorf("the SSH signature is malformed: a signature of the type %s by a key of the type %s",
			quote(sig.Format), keyType)
	}
	if err := checkRest(keyType, sig.Rest, verified); err != nil {
		return nil, err
	}
	return &ssh.Signature{Format: sig.Format, Blob: sig.Blob, Rest: sig.Rest}, nil
}

// checkRest checks what stands behind the signature proper: with a security key, that somebody
// touched it, and gave it a PIN or finger where that is wanted; else nothing.
//
// ssh-keygen -Y verify doesn't ask for the touch. But sshd does unless told otherwise, and whoever
// owns a security key that wants no touch may have had it used by any program on their machine. No
// option of a keyring or certificate says that this is all right, so it isn't.
func checkRest(keyType string, rest []byte, verified bool) error {
	if !isSecurityKey(keyType) {
		if len(rest) > 0 {
			return fmt.Errorf("the SSH signature is malformed: %d bytes stand behind it", len(rest))
		}
		return nil
	}
	var by touch
	if err := ssh.Unmarshal(rest, &by); err != nil {
		return fmt.Errorf("the SSH signature by a security key is malformed: %w", err)
	}
	switch {
	case by.Flags&userPresent == 0:
		return refuse(Unsupported, "nobody touched the security key for this signature; sign with a key that wants to be "+
			"touched")
	case verified && by.Flags&userVerified == 0:
		return refuse(Unsupported, "nobody gave the security key a PIN or finger for this signature; sign with a key made "+
			"with ssh-keygen -O verify-required")
	default:
		return nil
	}
}

func isSecurityKey(keyType string) bool {
	return keyType == ssh.KeyAlgoSKED25519 || keyType == ssh.KeyAlgoSKECDSA256
}

// sshFormats gives the formats of signature that a key of the type may make, the newest first; nil
// for a type that isn't known. RSA's are those of RFC 8332 §3, and the one over SHA-1, which
// PROTOCOL.sshsig forbids; [sshKey.weakness] knows that one and DSA's for weak.
func sshFormats(keyType string) []string {
	switch keyType {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKED25519,
		ssh.KeyAlgoSKECDSA256, dsaKeyType:
		return []string{keyType}
	case ssh.KeyAlgoRSA:
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	default:
		return nil
	}
}

func isCertificate(keyType string) bool { return strings.HasSuffix(keyType, "-cert-v01@openssh.com") }

// quote shows a word of the signer's, which may be anything, in a message. An address or a workflow's URI must be
// whole: people copy it into the policy.
func quote(word string) string {
	const most = 512
	if len(word) > most {
		word = word[:most] + "..."
	}
	return fmt.Sprintf("%q", word)
}
