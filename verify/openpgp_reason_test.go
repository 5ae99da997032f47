package verify

import (
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// TestAttackOpenPGPUnfitKeys signs with a subkey that a key's file has and that isn't good for it, each for a
// reason of its own: whoever is refused shall know what to mend, and whoever reads the journal what was tried.
func TestAttackOpenPGPUnfitKeys(t *testing.T) {
	bound := func(f *certificateFile, sub *packet.PrivateKey, made int) *packet.Signature {
		return f.agreed(sub, forSigning(saying(overSubkey, made)))
	}
	for _, c := range []struct {
		name   string
		life   func(*certificateFile, *packet.PrivateKey)
		made   int
		want   Status
		reason string
	}{
		{"control", func(f *certificateFile, sub *packet.PrivateKey) { f.subkey(sub, bound(f, sub, 2020)) }, 2021, Good, ""},
		{
			"for encryption alone", func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, forEncrypting(saying(overSubkey, 2020)))
			},
			2021, WrongPurpose, "isn't for signing, by its owner's word",
		},
		{
			"without a back-signature", func(f *certificateFile,
				sub *packet.PrivateKey,
			) {
				f.subkey(sub, forSigning(saying(overSubkey, 2020)))
			},
			2021, WrongPurpose, "has no back-signature: it never agreed to belong",
		},
		{
			"with another key's back-signature",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, f.agreed(newSecret(f.t, 2020), forSigning(saying(overSubkey, 2020))))
			},
			2021, WrongPurpose, "has no back-signature: it never agreed to belong",
		},
		{
			"never bound", func(f *certificateFile, sub *packet.PrivateKey) { f.subkey(sub) }, 2021, Unknown,
			"isn't bound to a principal's key",
		},
		{
			"expired",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, ending(bound(f, sub, 2020), 2020, 2022))
			},
			2023, Expired, "expired on 2022-01-01",
		},
		{
			"before it was made", func(f *certificateFile, sub *packet.PrivateKey) { f.subkey(sub, bound(f, sub, 2020)) },
			2019, NotYetValid, "is older than key",
		},
		{
			"revoked as compromised",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, bound(f, sub, 2020), because(saying(packet.SigTypeSubkeyRevocation, 2022), packet.KeyCompromised))
			},
			2021, Revoked, "is revoked as compromised",
		},
		{
			"retired",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, bound(f, sub, 2020), because(saying(packet.SigTypeSubkeyRevocation, 2022), packet.KeyRetired))
			},
			2023, Revoked, "since 2022-01-01",
		},
		{
			"expired, and revoked as compromised later",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, ending(bound(f, sub, 2020), 2020, 2022),
					because(saying(packet.SigTypeSubkeyRevocation, 2023), packet.KeyCompromised))
			},
			2023, Revoked, "is revoked as compromised",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newCertificate(t).user("a", forSigning(saying(overUser, 2018)))
			sub := newSecret(t, 2020)
			c.life(f, sub)
			k := mustKeyring(t, Key{Principal: "alice", Kind: OpenPGP, Data: f.Bytes()})
			res := k.Verify([]byte(testPayload), commitSignature(t, sub, c.made), year(c.made))
			wantStatus(t, res, c.want)
			if !strings.Contains(res.Reason, c.reason) {
				t.Errorf("%q, want %q", res.Reason, c.reason)
			}
		})
	}
}

// TestRetiredExplainsAMuteRevocation: gpg's own revocation certificates give no reason, and are dated when the key
// was made. The policy's word that a key is retired says since when. Of a key that its owner says is compromised it
// changes nothing.
func TestRetiredExplainsAMuteRevocation(t *testing.T) {
	silent := func() *packet.Signature { return saying(packet.SigTypeKeyRevocation, 2022) }
	for _, c := range []struct {
		name    string
		revoked []*packet.Signature
		word    Revocation
		at      int // when the policy has it retired
		made    int
		want    Status
	}{
		{"mute, and nothing said", []*packet.Signature{silent()}, NotRevoked, 0, 2021, Revoked},
		{"mute, and retired", []*packet.Signature{silent()}, Retired, 2023, 2021, Good},
		{"mute, and compromised", []*packet.Signature{silent()}, Compromised, 2023, 2021, Revoked},
		{"dated before what was signed", []*packet.Signature{silent()}, Retired, 2024, 2023, Good},
		{"signed after it was retired", []*packet.Signature{silent()}, Retired, 2020, 2021, Revoked},
		{"no reason is a reason", []*packet.Signature{because(silent(), packet.NoReason)}, Retired, 2023, 2021, Good},
		{"compromised", []*packet.Signature{because(silent(), packet.KeyCompromised)}, Retired, 2023, 2021, Revoked},
		{
			"mute, and compromised by its owner",
			[]*packet.Signature{silent(), because(silent(), packet.KeyCompromised)},
			Retired,
			2023, 2021, Revoked,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newCertificate(t).user("a", forSigning(saying(overUser, 2018)))
			file := f.Bytes()
			for _, r := range c.revoked {
				file = append(file, sign(t, f.primary, r, hashedKey(&f.primary.PublicKey))...)
			}
			key := Key{Principal: "alice", Kind: OpenPGP, Data: file, Revoked: c.word}
			if c.at != 0 {
				key.RevokedAt = year(c.at)
			}
			res := mustKeyring(t, key).Verify([]byte(testPayload), commitSignature(t, f.primary, c.made), year(c.made))
			wantStatus(t, res, c.want)
		})
	}
}
