package verify

import (
	"cmp"
	//lint:ignore SA1019 old keys are DSA, and such a key is one person's, too
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"math/big"

	pgpecdsa "github.com/ProtonMail/go-crypto/openpgp/ecdsa"
	pgped25519 "github.com/ProtonMail/go-crypto/openpgp/ed25519"
	pgped448 "github.com/ProtonMail/go-crypto/openpgp/ed448"
	"github.com/ProtonMail/go-crypto/openpgp/eddsa"
	"golang.org/x/crypto/ssh"
)

// rawKeys gives the entry's public keys that could sign, whatever they are wrapped in: an SSH key and an OpenPGP
// key of the same secret have one raw key and two fingerprints.
func (e *entry) rawKeys() []string {
	var raw []string
	if e.ssh != nil {
		if key, ok := e.ssh.public.(ssh.CryptoPublicKey); ok {
			raw = append(raw, rawKey(key.CryptoPublicKey()))
		}
	}
	if e.openpgp != nil {
		for _, c := range e.openpgp.certificates {
			raw = append(raw, rawKey(c.primary.PublicKey))
			for _, s := range c.subkeys {
				raw = append(raw, rawKey(s.key.PublicKey))
			}
		}
	}
	return raw
}

// rawKey gives the numbers of a public key; "" for kinds that don't sign.
// Of an RSA key the modulus alone: who can factor it for one exponent has it for all.
func rawKey(key any) string {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return fmt.Sprintf("ed25519 %x", []byte(key))
	case *pgped25519.PublicKey:
		return fmt.Sprintf("ed25519 %x", key.Point)
	case *eddsa.PublicKey:
		// The one curve that OpenPGP writes so; RFC 9580 §9.2.1 puts 0x40 before the point, which go-crypto takes off.
		return fmt.Sprintf("ed25519 %x", key.X)
	case *pgped448.PublicKey:
		return fmt.Sprintf("ed448 %x", key.Point)
	case *rsa.PublicKey:
		return fmt.Sprintf("rsa %x", key.N)
	case *ecdsa.PublicKey:
		point, err := key.Bytes() // 4, and both coordinates in as many bytes each
		if err != nil {
			return ""
		}
		half := len(point) / 2
		return fmt.Sprintf("ecdsa %x %x", new(big.Int).SetBytes(point[1:1+half]), new(big.Int).SetBytes(point[1+half:]))
	case *pgpecdsa.PublicKey:
		return fmt.Sprintf("ecdsa %x %x", key.X, key.Y)
	case *dsa.PublicKey:
		return fmt.Sprintf("dsa %x", key.Y)
	default:
		return ""
	}
}

// oneSecret refuses a key that stands under another principal in another kind, and one that is a person's own and
// an authority's in different kinds.
func (k *Keyring) oneSecret(e *entry) error {
	for _, raw := range e.rawKeys() {
		switch other := k.byRaw[raw]; {
		case other == nil || raw == "":
		case other.key.Authority != e.key.Authority:
			return bothRoles(e.fingerprints[0], other)
		case e.key.Authority: // its certificates say who signed
		case other.key.Principal != e.key.Principal:
			return fmt.Errorf("key %s of %q is the same secret as %s of %q, at %s: one key is one person, whatever it is "+
				"wrapped in; remove it from one of them",
				e.fingerprints[0], e.key.Principal, other.fingerprints[0], other.key.Principal,
				cmp.Or(other.key.Source, "another entry"))
		}
	}
	for _, raw := range e.rawKeys() {
		if k.byRaw[raw] == nil {
			k.byRaw[raw] = e
		}
	}
	return nil
}

// identity is a name in certificates, and who says it in which kind of them: an OpenID Connect issuer, "" where it is
// another authority, or the fingerprint of an SSH authority.
type identity struct {
	kind     Kind
	by, name string
}

// alreadyCertified gives the first key of another principal whose certificates are for one of the names that an entry's
// are for, and that name; nil where there is none.
func (k *Keyring) alreadyCertified(e *entry, by string) (name string, other *Key) {
	first := len(k.entries)
	for _, n := range e.key.Identities {
		i, known := k.identities[identity{e.key.Kind, by, n}]
		if known && i < first && k.entries[i].key.Principal != e.key.Principal {
			first, name, other = i, n, &k.entries[i].key
		}
	}
	return name, other
}

// certify notes whom the certificates are for of the entry that is the next.
func (k *Keyring) certify(e *entry, by string) {
	for _, n := range e.key.Identities {
		id := identity{e.key.Kind, by, n}
		if _, known := k.identities[id]; !known {
			k.identities[id] = len(k.entries)
		}
	}
}
