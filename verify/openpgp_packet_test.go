package verify

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/ed25519"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// TestSignatureIssuer: what names the key must name one.
func TestSignatureIssuer(t *testing.T) {
	one := append([]byte{4}, "aaaaaaaaaaaaAAAAAAAA"...) // its key id is AAAAAAAA
	two := append([]byte{4}, "aaaaaaaaaaaaBBBBBBBB"...)
	collision := append([]byte{4}, "ccccccccccccAAAAAAAA"...)
	six := append([]byte{6}, "AAAAAAAAbbbbbbbbccccccccdddddddd"...)
	id := func(s string) *packet.OpaqueSubpacket {
		return &packet.OpaqueSubpacket{SubType: subIssuerKeyID, Contents: []byte(s)}
	}
	fingerprint := func(b []byte) *packet.OpaqueSubpacket {
		return &packet.OpaqueSubpacket{SubType: subIssuerFingerprint, Contents: b}
	}
	type parts = []*packet.OpaqueSubpacket
	const idA = 0x4141414141414141
	for _, c := range []struct {
		name             string
		version          byte
		hashed, unhashed parts
		want             issuer
		refused          string
	}{
		{"none", 4, nil, nil, issuer{}, ""},
		{"id", 4, parts{id("AAAAAAAA")}, nil, issuer{keyID: idA}, ""},
		{"unhashed id, as a hint", 4, nil, parts{id("AAAAAAAA")}, issuer{keyID: idA}, ""},
		{
			"fingerprint and id, as gpg writes them", 4,
			parts{fingerprint(one)},
			parts{id("AAAAAAAA")},
			issuer{idA, one[1:]},
			"",
		},
		{"the same twice", 4, parts{fingerprint(one)}, parts{fingerprint(one)}, issuer{idA, one[1:]}, ""},
		{"version 6", 6, parts{fingerprint(six)}, nil, issuer{idA, six[1:]}, ""},

		{"attack: another unhashed id", 4, parts{fingerprint(one)}, parts{id("BBBBBBBB")}, issuer{}, "two different keys"},
		{
			"attack: another unhashed fingerprint", 4,
			parts{fingerprint(one)},
			parts{fingerprint(two)},
			issuer{},
			"two different keys",
		},
		{
			"attack: a fingerprint with the same id", 4,
			parts{fingerprint(one)},
			parts{fingerprint(collision)},
			issuer{},
			"two different keys",
		},
		{"attack: two ids", 4, parts{id("AAAAAAAA")}, parts{id("BBBBBBBB")}, issuer{}, "two different keys"},
		{"another version's fingerprint", 4, parts{fingerprint(six)}, nil, issuer{}, "malformed"},
		{
			"a fingerprint that says another version", 4,
			parts{fingerprint(append([]byte{3}, one[1:]...))},
			nil,
			issuer{},
			"malformed",
		},
		{"an empty fingerprint", 4, parts{fingerprint(nil)}, nil, issuer{}, "malformed"},
		{"a short id", 4, parts{id("AAAA")}, nil, issuer{}, "malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := signaturePacket{version: c.version, hashed: c.hashed, unhashed: c.unhashed}.issuer()
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Errorf("%v, want an error with %q", err, c.refused)
				}
				return
			}
			if err != nil || got.keyID != c.want.keyID || !bytes.Equal(got.fingerprint, c.want.fingerprint) {
				t.Errorf("%+v, %v, want %+v", got, err, c.want)
			}
		})
	}
}

// TestFindSignersByFingerprint: a key made to have another's id isn't found by the fingerprint.
func TestFindSignersByFingerprint(t *testing.T) {
	honest := &packet.PublicKey{KeyId: 7, Fingerprint: []byte("honest")}
	collision := &packet.PublicKey{KeyId: 7, Fingerprint: []byte("collision")}
	keys := []*openpgpKey{{certificates: []*certificate{{primary: collision}, {primary: honest}}}}
	if found := findSigners(keys, issuer{7, []byte("honest")}); len(found) != 1 || found[0].key != honest {
		t.Errorf("by fingerprint: %v", found)
	}
	if found := findSigners(keys, issuer{keyID: 7}); len(found) != 2 {
		t.Errorf("by id alone: %v, want both", found)
	}
}

// TestOpenPGPAttackOtherVersion: a key of version 6 makes no signatures of version 4, though the
// same secret could, and a signature could name it by its id.
func TestOpenPGPAttackOtherVersion(t *testing.T) {
	secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := newCertificateOf(t, packet.NewEd25519PrivateKey(year(2020), secret))
	if err := f.primary.UpgradeToV6(); err != nil {
		t.Fatal(err)
	}
	f.Reset()
	if err := f.primary.PublicKey.Serialize(f); err != nil {
		t.Fatal(err)
	}
	self := forSigning(saying(packet.SigTypeDirectSignature, 2020))
	self.Version = 6
	f.direct(self)
	ours := saying(packet.SigTypeBinary, 2021)
	ours.Version = 6
	older := *f.primary
	older.Version, older.Fingerprint = 4, nil
	theirs := saying(packet.SigTypeBinary, 2021)
	theirs.IssuerKeyId = &f.primary.KeyId
	for want, signature := range map[Status][]byte{
		Good: sign(t, f.primary, ours, []byte(testPayload)),
		Bad:  sign(t, &older, theirs, []byte(testPayload)),
	} {
		res, _ := verifyOpenPGP(among(f.read()), []byte(testPayload), armored(kindOpenPGPSignature, signature), year(2021))
		if res.Status != want {
			t.Errorf("%s (%s), want %s", res.Status, res.Reason, want)
		}
	}
}
