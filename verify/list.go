package verify

import (
	"crypto/rsa"
	"errors"
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

// CanSign says whether the entry has a key that can sign at a time, or may have one: a certificate's is made for each
// signature.
func (l *Listed) CanSign(at time.Time) bool {
	ended := func(end time.Time) bool { return !end.IsZero() && !at.Before(end) }
	if l.Revoked != NotRevoked || at.Before(l.From) || ended(l.Until) {
		return false
	}
	return l.Kind == X509 || l.Authority || slices.ContainsFunc(l.Keys, func(k ListedKey) bool {
		return k.CanSign && k.Revoked == "" && !ended(k.Expires)
	})
}

// ListedKey is one key of an entry.
type ListedKey struct {
	Fingerprint string
	Algorithm   string // "ed25519", "rsa4096", "ssh-ed25519", "ssh-rsa 4096"
	// For OpenPGP: when the key was made, and when it ends by its newest valid self-signature, zero if
	// never. Zero for SSH.
	Created, Expires time.Time
	// Revoked says why and when the key's owner revoked it, such as "as retired on 2024-05-01", or which list of the
	// policy's revokes it, such as "by keys/revoked"; "" if nothing does.
	Revoked string
	// Mute says that the revocation gives no reason: then nothing that the key signed counts, unless the policy has it
	// as retired.
	Mute bool
	// CanSign says whether the key is of a kind, and by its owner's word for a use, that may sign today.
	// Whether it has ended or is revoked is said by Expires, Revoked and the entry.
	CanSign bool
	// Warnings are reasons for concern, such as a self-signature over a SHA-1 hash.
	Warnings []string
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
			err := e.ssh.usable()
			if formats := sshFormats(e.ssh.public.Type()); err == nil && len(formats) > 0 {
				if weakness := e.ssh.weakness(formats[0]); weakness != "" {
					err = errors.New(weakness)
				}
			}
			if err != nil {
				key.CanSign, key.Warnings = false, []string{err.Error()}
			}
			if list := k.revokedSSH.key(e.ssh.fingerprint, e.ssh.public.Marshal()); list != "" {
				key.Revoked = "by " + list
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
	keys := []ListedKey{word.primary.listed(false)}
	for _, sub := range word.subkeys {
		keys = append(keys, sub.listed(true))
	}
	warn := func(text string) { keys[0].Warnings = append(keys[0].Warnings, text) }
	for _, err := range c.unread {
		warn(fmt.Sprintf("a subkey of it can't be read and signs nothing here: %v", err))
	}
	if !slices.ContainsFunc(keys, func(k ListedKey) bool { return k.CanSign }) {
		warn("neither it nor a subkey of it can sign")
	}
	return keys
}

func (l keyLife) listed(isSubkey bool) ListedKey {
	k := ListedKey{
		Fingerprint: upperHex(l.key.Fingerprint), Algorithm: openPGPAlgorithm(l.key), Created: l.key.CreationTime,
	}
	k.Expires = l.expires(k.Created)
	if r, ok := l.revokedAt(farFuture, false); ok {
		k.Revoked, k.Mute = r.why, r.mute
		if !r.made.IsZero() {
			k.Revoked += " on " + r.made.UTC().Format(time.DateOnly)
		}
	}
	self, bound := l.latest(k.Created, func(selfSignature) bool { return true })
	if !bound {
		k.Warnings = append(k.Warnings, "it has no self-signature, so it isn't known to be its owner's")
		return k
	}
	k.CanSign = l.wrongPurpose(k.Created, isSubkey) == ""
	if self.sha1 {
		k.Warnings = append(k.Warnings, "its self-signature is over a SHA-1 hash")
	}
	// A primary key that signs no commits says which subkeys do.
	if err := strongKey(l.key, false); err != nil && (k.CanSign || !isSubkey) {
		k.CanSign = false
		k.Warnings = append(k.Warnings, err.Error())
	}
	return k
}

// farFuture is after every time that OpenPGP's four octets can write.
var farFuture = time.Unix(1<<32, 0)

// openPGPAlgorithm names a key's algorithm as gpg's lists of keys do: pubkey_string in g10/keyid.c.
func openPGPAlgorithm(key *packet.PublicKey) string {
	bits, _ := key.BitLength() // known for every key that was read
	switch key.PubKeyAlgo {
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly, packet.PubKeyAlgoRSAEncryptOnly:
		return fmt.Sprintf("rsa%d", bits)
	case packet.PubKeyAlgoDSA:
		return fmt.Sprintf("dsa%d", bits)
	case packet.PubKeyAlgoElGamal:
		return fmt.Sprintf("elg%d", bits)
	case packet.PubKeyAlgoX25519:
		return "cv25519"
	case packet.PubKeyAlgoX448:
		return "cv448"
	}
	curve, err := key.Curve()
	name := string(curve)
	switch {
	case err != nil:
		return fmt.Sprintf("algorithm %d", key.PubKeyAlgo)
	case strings.HasPrefix(name, "Curve") && key.PubKeyAlgo == packet.PubKeyAlgoECDH:
		return "cv" + strings.TrimPrefix(name, "Curve")
	case strings.HasPrefix(name, "Curve"):
		return "ed" + strings.TrimPrefix(name, "Curve")
	case strings.HasPrefix(name, "Brainpool"):
		return "b" + strings.TrimPrefix(name, "B") + "r1"
	case strings.HasPrefix(name, "P"):
		return "nistp" + strings.TrimPrefix(name, "P")
	default:
		return strings.ToLower(name)
	}
}

func sshAlgorithm(key ssh.PublicKey) string {
	if public, ok := key.(ssh.CryptoPublicKey); ok {
		if key, ok := public.CryptoPublicKey().(*rsa.PublicKey); ok {
			return fmt.Sprintf("ssh-rsa %d", key.N.BitLen())
		}
	}
	return key.Type()
}
