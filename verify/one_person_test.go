package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"io"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	pgpecdsa "github.com/ProtonMail/go-crypto/openpgp/ecdsa"
	pgped25519 "github.com/ProtonMail/go-crypto/openpgp/ed25519"
	"github.com/ProtonMail/go-crypto/openpgp/eddsa"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"golang.org/x/crypto/ssh"
)

// One secret as an SSH key of one person and as an OpenPGP key of another, primary or subkey.
func TestAttackOneSecretTwoKinds(t *testing.T) {
	for name, config := range map[string]*packet.Config{
		"RSA":          {Algorithm: packet.PubKeyAlgoRSA, RSABits: 2048},
		"ECDSA":        {Algorithm: packet.PubKeyAlgoECDSA, Curve: packet.CurveNistP256},
		"EdDSA":        {Algorithm: packet.PubKeyAlgoEdDSA},
		"Ed25519 (v4)": {Algorithm: packet.PubKeyAlgoEd25519},
	} {
		t.Run(name, func(t *testing.T) {
			primary, other := entityOf(t, config), entityOf(t, &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA})
			line := asSSH(t, primary.PrimaryKey.PublicKey)
			key := *primary.PrimaryKey
			key.IsSubkey = true
			other.Subkeys = append(other.Subkeys, openpgp.Subkey{PublicKey: &key, Sig: other.Subkeys[0].Sig})
			for in, certificate := range map[string]*openpgp.Entity{"primary": primary, "subkey": other} {
				keys := func(principal string) []Key {
					return []Key{
						{Principal: "jia", Kind: SSH, Data: line, Source: "policy.toml:9"},
						{Principal: principal, Kind: OpenPGP, Data: certificateOf(t, certificate), Source: "keys/kim.asc"},
					}
				}
				for _, order := range [][]Key{keys("kim"), {keys("kim")[1], keys("kim")[0]}} {
					_, err := NewKeyring(order, Settings{})
					if err == nil || !strings.Contains(err.Error(), "the same secret") ||
						!strings.Contains(err.Error(), "policy.toml:9") || !strings.Contains(err.Error(), "keys/kim.asc") {
						t.Errorf("%s: %v", in, err)
					}
				}
				if _, err := NewKeyring(keys("jia"), Settings{}); err != nil { // control: one person has it both ways
					t.Errorf("%s: %v", in, err)
				}
				authority := keys("jia")
				authority[0].Authority, authority[0].Identities = true, []string{"jia"}
				if _, err := NewKeyring(authority, Settings{}); err == nil ||
					!strings.Contains(err.Error(), "certificate authority's") {
					t.Errorf("%s, and an authority's: %v", in, err)
				}
			}
		})
	}
}

func entityOf(t *testing.T, config *packet.Config) *openpgp.Entity {
	t.Helper()
	e, err := openpgp.NewEntity("kim", "", "kim@example.org", config)
	if err == nil {
		err = e.SerializePrivate(io.Discard, config) // signs what is in it
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func certificateOf(t *testing.T, e *openpgp.Entity) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := e.Serialize(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// asSSH gives an OpenPGP key as an SSH key.
func asSSH(t *testing.T, of any) []byte {
	t.Helper()
	var public crypto.PublicKey
	switch of := of.(type) {
	case *rsa.PublicKey:
		public = of
	case *pgpecdsa.PublicKey:
		point := append(append([]byte{4}, of.X.FillBytes(make([]byte, 32))...), of.Y.FillBytes(make([]byte, 32))...)
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			t.Fatal(err)
		}
		public = key
	case *eddsa.PublicKey:
		public = ed25519.PublicKey(of.X)
	case *pgped25519.PublicKey:
		public = ed25519.PublicKey(of.Point)
	default:
		t.Fatalf("%T", of)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(ssh.MarshalAuthorizedKey(key))
}
