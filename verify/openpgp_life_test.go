package verify

import (
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

const (
	overUser    = packet.SigTypePositiveCert
	overPrimary = packet.SigTypeDirectSignature
	overSubkey  = packet.SigTypeSubkeyBinding
)

// TestOpenPGPPrimaryLife tells lives of keys that were made in 2020, and judges signatures made in
// some year that landed at once. gpg judges each of them too, from the same certificate.
func TestOpenPGPPrimaryLife(t *testing.T) {
	g := newGPGHome(t)
	differs := map[string]map[int]string{
		"all user ids revoked":            {2024: "GOODSIG"}, // it forgets when the key ends, with the last user id
		"self-signature that had run out": {2026: "GOODSIG"}, // it goes on believing that one
		// It takes no certificate without a user id of the owner's.
		"no self-signature":                           {2021: "NO_PUBKEY"},
		"self-signature by somebody else in its name": {2021: "NO_PUBKEY"},
		// It makes no difference between the reasons for a revocation.
		"superseded":                      {2021: "REVKEYSIG"},
		"retired, then self-signed again": {2021: "REVKEYSIG"},
		// It shows the expiry alone.
		"attack: a revocation as compromised hidden behind an expiry": {2022: "EXPKEYSIG", 2024: "EXPKEYSIG"},
		"revocation that can't be checked, of version 3":              {2021: "GOODSIG"}, // what it can't check isn't there
	}
	self := func(made int) *packet.Signature { return forSigning(saying(overUser, made)) }
	revoked := func(made int, why packet.ReasonForRevocation) *packet.Signature {
		return because(saying(packet.SigTypeKeyRevocation, made), why)
	}
	for _, c := range []struct {
		name string
		life func(*certificateFile)
		want map[int]Status // by the year of the signature
	}{
		{
			"plain", func(f *certificateFile) { f.user("a", self(2020)) },
			map[int]Status{2019: NotYetValid, 2020: Good, 2030: Good},
		},
		{
			"with an end", func(f *certificateFile) { f.user("a", ending(self(2020), 2020, 2022)) },
			map[int]Status{2020: Good, 2021: Good, 2022: Expired, 2023: Expired},
		},
		{
			"extended, the old self-signature gone", func(f *certificateFile) { f.user("a", ending(self(2024), 2020, 2026)) },
			map[int]Status{2021: Good, 2025: Good, 2026: Expired},
		},
		{
			"shortened, the old self-signature after the new",
			func(f *certificateFile) {
				f.user("a", ending(self(2023), 2020, 2022), ending(self(2020), 2020, 2030))
			},
			map[int]Status{2021: Good, 2022: Expired, 2025: Expired},
		},
		{
			"end taken away", func(f *certificateFile) { f.user("a", ending(self(2020), 2020, 2022), self(2023)) },
			map[int]Status{2025: Good},
		},
		{
			"two user ids, the newer has the end",
			func(f *certificateFile) {
				f.user("a", ending(self(2020), 2020, 2030)).user("b", ending(self(2021), 2020, 2023))
			},
			map[int]Status{2022: Good, 2024: Expired},
		},
		{
			"two user ids, the newer was revoked",
			func(f *certificateFile) {
				f.user("a", ending(self(2020), 2020, 2030)).
					user("b", ending(self(2021), 2020, 2023), saying(packet.SigTypeCertificationRevocation, 2022))
			},
			map[int]Status{2022: Good, 2024: Good, 2030: Expired},
		},
		{
			"all user ids revoked",
			func(f *certificateFile) {
				f.user("a", ending(self(2020), 2020, 2023), saying(packet.SigTypeCertificationRevocation, 2022))
			},
			map[int]Status{2021: Good, 2022: Good, 2024: Expired},
		},
		{
			"user id revoked and certified again",
			func(f *certificateFile) {
				f.user("a", self(2020), saying(packet.SigTypeCertificationRevocation, 2021), ending(self(2022), 2020, 2024))
			},
			map[int]Status{2023: Good, 2024: Expired},
		},
		{
			"user id revoked in the second it was certified",
			func(f *certificateFile) {
				f.user("a", ending(self(2020), 2020, 2022), saying(packet.SigTypeCertificationRevocation, 2020)).user("b",
					ending(self(2019), 2020, 2030))
			},
			map[int]Status{2021: Good, 2023: Good},
		},
		{
			"two self-signatures of one second, the later in the file counts",
			func(f *certificateFile) {
				f.user("a", ending(self(2020), 2020, 2030), ending(self(2020), 2020, 2022))
			},
			map[int]Status{2021: Good, 2023: Expired},
		},
		{
			"a picture, and nothing else self-signed",
			func(f *certificateFile) {
				// RFC 9580 §5.2.4: 0xd1, four octets of length, the attribute.
				picture := []byte("\x05\x01jpeg")
				f.user("a").Write(framed(tagUserAttribute, picture))
				f.Write(sign(f.t, f.primary, ending(self(2020), 2020, 2022), hashedKey(&f.primary.PublicKey),
					[]byte{0xd1, 0, 0, 0, 6}, picture))
			},
			map[int]Status{2021: Good, 2023: Expired},
		},
		{
			"direct self-signature goes before user ids",
			func(f *certificateFile) {
				f.direct(ending(forSigning(saying(overPrimary, 2020)), 2020, 2022)).user("a", ending(self(2021), 2020, 2030))
			},
			map[int]Status{2021: Good, 2023: Expired},
		},
		{
			"self-signature that had run out",
			func(f *certificateFile) {
				short := ending(self(2021), 2020, 2030)
				short.SigLifetimeSecs = years(2021, 2022)
				f.user("a", ending(self(2020), 2020, 2025), short)
			},
			map[int]Status{2021: Good, 2024: Good, 2026: Expired},
		},
		{
			"newest self-signature says it only certifies",
			func(f *certificateFile) {
				only := saying(overUser, 2021)
				only.FlagsValid, only.FlagCertify = true, true
				f.user("a", self(2020), only)
			},
			map[int]Status{2020: WrongPurpose, 2022: WrongPurpose},
		},
		{
			"no flags, as before RFC 4880", func(f *certificateFile) { f.user("a", saying(overUser, 2020)) },
			map[int]Status{2021: Good},
		},
		{"no self-signature", func(f *certificateFile) { f.user("a") }, map[int]Status{2021: WrongPurpose}},
		{
			"self-signature by somebody else in its name",
			func(f *certificateFile) {
				forged := forSigning(saying(overUser, 2020))
				packetBytes := sign(f.t, impostor(f.t, f.primary), forged, hashedKey(&f.primary.PublicKey),
					hashedUser(rawPacket{tagUserID, []byte("a")}))
				f.user("a")
				f.Write(packetBytes)
			},
			map[int]Status{2021: WrongPurpose},
		},
		{
			"revoked without a reason", func(f *certificateFile) {
				f.direct(saying(packet.SigTypeKeyRevocation, 2022)).user("a",
					self(2020))
			},
			map[int]Status{2021: Revoked, 2023: Revoked},
		},
		{
			"revoked as compromised", func(f *certificateFile) {
				f.direct(revoked(2022, packet.KeyCompromised)).user("a",
					self(2020))
			},
			map[int]Status{2021: Revoked, 2023: Revoked},
		},
		{
			"revoked for a reason that no RFC knows", func(f *certificateFile) {
				f.direct(revoked(2022, 77)).user("a",
					self(2020))
			},
			map[int]Status{2021: Revoked, 2023: Revoked},
		},
		{
			"superseded", func(f *certificateFile) { f.direct(revoked(2022, packet.KeySuperseded)).user("a", self(2020)) },
			map[int]Status{2021: Good, 2022: Revoked, 2023: Revoked},
		},
		{
			"retired, then self-signed again", func(f *certificateFile) {
				f.direct(revoked(2022, packet.KeyRetired)).user("a",
					self(2023))
			},
			map[int]Status{2021: Good, 2022: Revoked, 2024: Revoked},
		},
		{
			"retired, later compromised",
			func(f *certificateFile) {
				f.direct(revoked(2022, packet.KeyRetired), revoked(2023, packet.KeyCompromised)).user("a", self(2020))
			},
			map[int]Status{2021: Revoked},
		},
		{
			"attack: a revocation as compromised hidden behind an expiry",
			func(f *certificateFile) {
				f.direct(revoked(2023, packet.KeyCompromised)).user("a", ending(self(2020), 2020, 2022))
			},
			map[int]Status{2021: Revoked, 2022: Revoked, 2024: Revoked},
		},
		{
			"revocation by somebody else in its name",
			func(f *certificateFile) {
				f.Write(sign(f.t, impostor(f.t, f.primary), saying(packet.SigTypeKeyRevocation, 2021),
					hashedKey(&f.primary.PublicKey)))
				f.user("a", self(2020))
			},
			map[int]Status{2022: Good},
		},
		{
			"revocation by somebody whom the owner never named",
			func(f *certificateFile) {
				f.Write(sign(f.t, newSecret(f.t, 2020), saying(packet.SigTypeKeyRevocation, 2021), hashedKey(&f.primary.PublicKey)))
				f.user("a", self(2020))
			},
			map[int]Status{2022: Good},
		},
		{
			"revocation certificate appended to the file",
			func(f *certificateFile) {
				sub := newSecret(f.t, 2020)
				f.user("a", self(2020)).subkey(sub, forEncrypting(saying(overSubkey, 2020))).direct(revoked(2022,
					packet.KeyCompromised))
			},
			map[int]Status{2021: Revoked},
		},
		{
			"revocation that can't be checked, of version 3",
			func(f *certificateFile) {
				body := append([]byte{3, 5, byte(packet.SigTypeKeyRevocation), 0x61, 0xcf, 0x99, 0x80},
					f.primary.Fingerprint[12:]...)
				f.Write(framed(tagSignature, append(body, 1, 2, 0xab, 0xcd, 0, 8, 0xff)))
				f.user("a", self(2020))
			},
			map[int]Status{2021: Revoked},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newCertificate(t)
			c.life(f)
			key := f.read()
			for made, want := range c.want {
				g.agrees(t, f, f.primary, made, want, differs[c.name])
				res, owner := verifyOpenPGP(among(key), []byte(testPayload), commitSignature(t, f.primary, made), year(made))
				if res.Status != want || owner != key {
					t.Errorf("signed in %d: %s (%s), want %s", made, res.Status, res.Reason, want)
				}
			}
		})
	}
}

// TestOpenPGPSubkeyLife does the same with signatures by a subkey of 2020.
func TestOpenPGPSubkeyLife(t *testing.T) {
	g := newGPGHome(t)
	differs := map[string]map[int]string{
		"no flags":                          {2021: "GOODSIG"},   // any use that the algorithm has
		"retired, then bound again":         {2021: "REVKEYSIG"}, // no difference between reasons
		"given twice, as in joined exports": {2021: "GOODSIG"},   // the second copy is passed over, and its revocation
	}
	bound := func(f *certificateFile, sub *packet.PrivateKey, made int) *packet.Signature {
		return f.agreed(sub, forSigning(saying(overSubkey, made)))
	}
	for _, c := range []struct {
		name string
		life func(*certificateFile, *packet.PrivateKey)
		want map[int]Status
	}{
		{
			"plain", func(f *certificateFile, sub *packet.PrivateKey) { f.subkey(sub, bound(f, sub, 2020)) },
			map[int]Status{2019: NotYetValid, 2020: Good, 2025: Good},
		},
		{
			"with an end", func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, ending(bound(f, sub, 2020), 2020, 2022))
			},
			map[int]Status{2021: Good, 2022: Expired},
		},
		{
			"extended, the old binding gone",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, ending(bound(f, sub, 2024), 2020, 2026))
			},
			map[int]Status{2021: Good, 2025: Good, 2026: Expired},
		},
		{
			"attack: a subkey that never agreed, without a back-signature",
			func(f *certificateFile, sub *packet.PrivateKey) { f.subkey(sub, forSigning(saying(overSubkey, 2020))) },
			map[int]Status{2021: WrongPurpose},
		},
		{
			"attack: a back-signature by another key",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, f.agreed(newSecret(f.t, 2020), forSigning(saying(overSubkey, 2020))))
			},
			map[int]Status{2021: WrongPurpose},
		},
		{
			"attack: an encryption subkey that signs",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, forEncrypting(saying(overSubkey, 2020)))
			},
			map[int]Status{2021: WrongPurpose},
		},
		{
			"signing taken away by the newest binding",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, bound(f, sub, 2020), forEncrypting(saying(overSubkey, 2022)))
			},
			map[int]Status{2021: WrongPurpose},
		},
		{
			"no flags", func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, f.agreed(sub, saying(overSubkey, 2020)))
			},
			map[int]Status{2021: WrongPurpose},
		},
		{
			"attack: a subkey that the primary key never bound",
			func(f *certificateFile, sub *packet.PrivateKey) { f.subkey(sub) },
			map[int]Status{2021: Unknown},
		},
		{
			"attack: a binding by another primary key",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub)
				f.Write(sign(f.t, impostor(f.t, f.primary), bound(f, sub, 2020), hashedKey(&f.primary.PublicKey),
					hashedKey(&sub.PublicKey)))
			},
			map[int]Status{2021: Unknown},
		},
		{
			"revoked without a reason",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, bound(f, sub, 2020), saying(packet.SigTypeSubkeyRevocation, 2022))
			},
			map[int]Status{2021: Revoked, 2023: Revoked},
		},
		{
			"retired, then bound again",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, because(saying(packet.SigTypeSubkeyRevocation, 2022), packet.KeyRetired), bound(f, sub, 2023))
			},
			map[int]Status{2021: Good, 2022: Revoked, 2024: Revoked},
		},
		{
			"primary key revoked as compromised",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, bound(f, sub, 2020)).direct(because(saying(packet.SigTypeKeyRevocation, 2022), packet.KeyCompromised))
			},
			map[int]Status{2021: Revoked, 2023: Revoked},
		},
		{
			"primary key expired",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.user("b", ending(forSigning(saying(overUser, 2021)), 2020, 2023)).subkey(sub, bound(f, sub, 2020))
			},
			map[int]Status{2022: Good, 2023: Expired},
		},
		{
			"given twice, the second time bare",
			func(f *certificateFile, sub *packet.PrivateKey) { f.subkey(sub, bound(f, sub, 2020)).subkey(sub) },
			map[int]Status{2021: Good},
		},
		{
			"given twice, as in joined exports",
			func(f *certificateFile, sub *packet.PrivateKey) {
				f.subkey(sub, bound(f, sub, 2020)).subkey(sub, saying(packet.SigTypeSubkeyRevocation, 2022))
			},
			map[int]Status{2021: Revoked},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newCertificate(t).user("a", forSigning(saying(overUser, 2020)))
			sub := newSecret(t, 2020)
			c.life(f, sub)
			key := f.read()
			for made, want := range c.want {
				g.agrees(t, f, sub, made, want, differs[c.name])
				res, owner := verifyOpenPGP(among(key), []byte(testPayload), commitSignature(t, sub, made), year(made))
				if res.Status != want || owner != key {
					t.Errorf("signed in %d: %s (%s), want %s", made, res.Status, res.Reason, want)
				}
				if res.Fingerprint != upperHex(sub.Fingerprint) {
					t.Errorf("fingerprint %s, want the subkey's %X", res.Fingerprint, sub.Fingerprint)
				}
			}
		})
	}
}
