package verify

import (
	"slices"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// TestAttackImportLosesRevocation: a revocation that stands in a block of its own, as the certificate that gpg
// makes with each key does when it is appended to a file, must not get lost on the way into the keyring.
func TestAttackImportLosesRevocation(t *testing.T) {
	alice := newCertificate(t).user("alice", forSigning(saying(overUser, 2020)))
	bob := newCertificate(t).user("bob", forSigning(saying(overUser, 2020)))
	compromised := because(saying(packet.SigTypeKeyRevocation, 2021), packet.KeyCompromised)
	revocation := sign(t, alice.primary, compromised, hashedKey(&alice.primary.PublicKey))
	block := func(body []byte) []byte { return armored("PGP PUBLIC KEY BLOCK", body) }
	for name, file := range map[string][]byte{
		"in a block of its own":        slices.Concat(block(alice.Bytes()), block(bob.Bytes()), block(revocation)),
		"before the keys":              slices.Concat(block(revocation), block(alice.Bytes()), block(bob.Bytes())),
		"behind another's certificate": block(slices.Concat(alice.Bytes(), bob.Bytes(), revocation)),
		"binary, at the end":           slices.Concat(alice.Bytes(), bob.Bytes(), revocation),
		"in the armor of a signature": slices.Concat(block(alice.Bytes()), block(bob.Bytes()),
			armored(kindOpenPGPSignature, revocation)),
	} {
		found, err := Import("keys.asc", file)
		if err != nil || len(found) != 2 {
			t.Fatalf("%s: %d keys, %v", name, len(found), err)
		}
		for i, revoked := range []string{"as compromised on 2021-01-01", ""} {
			found[i].Key.Principal = "somebody"
			if got := mustKeyring(t, found[i].Key).List()[0].Keys[0].Revoked; got != revoked {
				t.Errorf("%s: %s is revoked %q, want %q", name, found[i].Names, got, revoked)
			}
		}
	}
}
