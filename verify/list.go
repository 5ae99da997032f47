package verify

import (
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"golang.org/x/crypto/ssh"
)

// Listed is an entry of a keyring, for showing it.
type Listed struct {
	Principal string
	Kind      Kind
	// Fingerprints are as in [Result]: one for SSH; for OpenPGP those of each primary key followed
	// by its subkeys'; none for X.509, where whoever the issuer certifies makes a new key each time.
	Fingerprints []string
	// Keys says more of each, in the same order.
	Keys []ListedKey
	// Names are the user ids of OpenPGP certificates. Nobody has checked them.
	Names []string
	// Authority, Identities and Issuer are as in [Key].
	Authority   bool
	Identities  []string
	Issuer      string
	Source      string
	From, Until time.Time
	Revoked     Revocation
	RevokedAt   time.Time
}

// ListedKey is one key of an entry.
type ListedKey struct {
	Fingerprint string
	Algorithm   string // "ed25519", "rsa4096", "ssh-ed25519"
	// For OpenPGP, by its newest valid self-signature: when the key was made and when it ends, zero if
	// never; why its owner revoked it, "" if not; and whether it may sign.
	Created, Expires time.Time
	Revoked          string
	CanSign          bool
	Warnings         []string
}

// List gives the entries in the order in which [NewKeyring] was given the keys. It checks the
// self-signatures of all OpenPGP keys, which takes about a millisecond a key.
func (k *Keyring) List() []Listed {
	var list []Listed
	for _, e := range k.entries {
		l := Listed{
			Principal: e.key.Principal, Kind: e.key.Kind, Fingerprints: slices.Clone(e.fingerprints), Source: e.key.Source,
			Authority: e.key.Authority, Identities: slices.Clone(e.key.Identities), Issuer: e.key.Issuer,
			From: e.key.From, Until: e.key.Until, Revoked: e.key.Revoked, RevokedAt: e.key.RevokedAt,
		}
		switch {
		case e.openpgp != nil:
			for _, c := range e.openpgp.certificates {
				l.Keys = append(l.Keys, c.listed()...)
				for _, user := range c.users {
					if user.id != "" && !slices.Contains(l.Names, user.id) {
						l.Names = append(l.Names, user.id)
					}
				}
			}
		case e.ssh != nil:
			key := ListedKey{Fingerprint: e.ssh.fingerprint, Algorithm: sshAlgorithm(e.ssh.public), CanSign: true}
			if err := e.ssh.usable(); err != nil {
				key.CanSign, key.Warnings = false, []string{err.Error()}
			}
			l.Keys = []ListedKey{key}
		}
		list = append(list, l)
	}
	return list
}

// listed gives the primary key and the subkeys, each as its owner's newest word has it.
func (c *certificate) listed() []ListedKey {
	word := c.word()
	var keys []ListedKey
	for i, life := range append([]keyLife{word.primary}, word.subkeys...) {
		k := ListedKey{Fingerprint: upperHex(life.key.Fingerprint), Algorithm: openPGPAlgorithm(life.key), Created: life.key.CreationTime}
		now := farFuture // no self-signature is newer, so that the newest decides
		k.Expires = life.expires(life.key.CreationTime)
		if r, ok := life.revokedAt(now); ok {
			k.Revoked = r.why
		}
		self, bound := life.latest(life.key.CreationTime, func(selfSignature) bool { return true })
		switch {
		case !bound:
			k.Warnings = append(k.Warnings, "it has no self-signature, so it isn't known to be its owner's")
		default:
			k.CanSign = life.wrongPurpose(life.key.CreationTime, i > 0) == ""
			if self.sha1 {
				k.Warnings = append(k.Warnings, "its self-signature is over a SHA-1 hash")
			}
		}
		if err := strongKey(life.key, false); err != nil && k.CanSign {
			k.CanSign = false
			k.Warnings = append(k.Warnings, err.Error())
		}
		keys = append(keys, k)
	}
	return keys
}

// farFuture is after every time that OpenPGP's four octets can write.
var farFuture = time.Unix(1<<32, 0)

// openPGPAlgorithm names a key's algorithm as gpg does.
func openPGPAlgorithm(key *packet.PublicKey) string {
	switch key.PubKeyAlgo {
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly, packet.PubKeyAlgoRSAEncryptOnly:
		if public, ok := key.PublicKey.(*rsa.PublicKey); ok {
			return fmt.Sprintf("rsa%d", public.N.BitLen())
		}
		return "rsa"
	case packet.PubKeyAlgoDSA:
		return "dsa"
	case packet.PubKeyAlgoElGamal:
		return "elg"
	case packet.PubKeyAlgoEd25519:
		return "ed25519"
	case packet.PubKeyAlgoEd448:
		return "ed448"
	}
	if curve, err := key.Curve(); err == nil {
		switch curve {
		case packet.Curve25519:
			if key.PubKeyAlgo == packet.PubKeyAlgoEdDSA {
				return "ed25519"
			}
			return "cv25519"
		default:
			return strings.ToLower(string(curve))
		}
	}
	return fmt.Sprintf("algorithm %d", key.PubKeyAlgo)
}

func sshAlgorithm(key ssh.PublicKey) string {
	if public, ok := key.(ssh.CryptoPublicKey); ok {
		if key, ok := public.CryptoPublicKey().(*rsa.PublicKey); ok {
			return fmt.Sprintf("ssh-rsa %d", key.N.BitLen())
		}
	}
	return key.Type()
}
