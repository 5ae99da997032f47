package verify

import (
	"crypto"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// TestOpenPGPLanding judges one signature of 2022 at several landings.
func TestOpenPGPLanding(t *testing.T) {
	f := newCertificate(t).
		direct(because(saying(packet.SigTypeKeyRevocation, 2026), packet.KeyRetired)).
		user("a", ending(forSigning(saying(overUser, 2020)), 2020, 2024))
	short := saying(packet.SigTypeBinary, 2022)
	short.SigLifetimeSecs = years(2022, 2023)
	shortLived := armored(kindOpenPGPSignature, sign(t, f.primary, short, []byte(testPayload)))
	lasting := commitSignature(t, f.primary, 2022)
	for _, c := range []struct {
		name      string
		signature []byte
		landed    int // seconds after the signature's year began
		want      Status
		warning   string
	}{
		{"at once", lasting, 0, Good, ""},
		{
			"after the key expired", lasting, 3 * 365 * 86400, Good,
			"expired on 2024-01-01 00:00:00 UTC, before this landed on 2024-12-31 00:00:00 UTC",
		},
		{"after the key was retired", lasting, 5 * 365 * 86400, Good, "revoked as retired on 2026-01-01 00:00:00 UTC"},
		{"before the signature ran out", shortLived, 365*86400 - 1, Good, ""},
		{"when the signature had run out", shortLived, 365 * 86400, Expired, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			landed := year(2022).Add(seconds(c.landed))
			res, _ := verifyOpenPGP(among(f.read()), []byte(testPayload), c.signature, landed)
			if res.Status != c.want || !res.SignedAt.Equal(year(2022)) {
				t.Errorf("%s (%s), signed at %v, want %s", res.Status, res.Reason, res.SignedAt, c.want)
			}
			warnings := strings.Join(res.Warnings, "\n")
			if c.warning == "" && warnings != "" || !strings.Contains(warnings, c.warning) {
				t.Errorf("warnings %q, want %q", warnings, c.warning)
			}
		})
	}
}

// TestOpenPGPRevokedFirst: that a key is revoked as compromised is said before anything else that
// is wrong with it or the signature.
func TestOpenPGPRevokedFirst(t *testing.T) {
	f := newCertificate(t).
		direct(because(saying(packet.SigTypeKeyRevocation, 2021), packet.KeyRetired),
			because(saying(packet.SigTypeKeyRevocation, 2023), packet.KeyCompromised)).
		user("a", ending(forEncrypting(saying(overUser, 2020)), 2020, 2022))
	for _, landed := range []int{2025, 2020} { // the second is before the signature
		res, _ := verifyOpenPGP(among(f.read()), []byte(testPayload), commitSignature(t, f.primary, 2025), year(landed))
		if res.Status != Revoked || !strings.Contains(res.Reason, "compromised") {
			t.Errorf("landed in %d: %s (%s)", landed, res.Status, res.Reason)
		}
	}
}

// TestOpenPGPWeakSelfSignature warns of what is accepted on keys and on nothing else.
func TestOpenPGPWeakSelfSignature(t *testing.T) {
	old := forSigning(saying(overUser, 2020))
	old.Hash = crypto.SHA1
	f := newCertificate(t).user("a", old)
	sub := newSecret(t, 2020)
	binding := f.agreed(sub, forSigning(saying(overSubkey, 2020)))
	back := saying(packet.SigTypePrimaryKeyBinding, 2020)
	back.Hash = crypto.SHA1
	sign(t, sub, back, hashedKey(&f.primary.PublicKey), hashedKey(&sub.PublicKey))
	binding.EmbeddedSignature = back
	f.subkey(sub, binding)
	for by, want := range map[*packet.PrivateKey]int{f.primary: 1, sub: 2} {
		res, _ := verifyOpenPGP(among(f.read()), []byte(testPayload), commitSignature(t, by, 2021), year(2021))
		if res.Status != Good || strings.Count(strings.Join(res.Warnings, "\n"), "SHA-1") != want {
			t.Errorf("%s (%s), warnings %q, want %d of SHA-1", res.Status, res.Reason, res.Warnings, want)
		}
	}
	message := saying(packet.SigTypeBinary, 2021)
	message.Hash = crypto.SHA1
	signature := armored(kindOpenPGPSignature, sign(t, f.primary, message, []byte(testPayload)))
	res, _ := verifyOpenPGP(among(f.read()), []byte(testPayload), signature, year(2021))
	if res.Status != Weak {
		t.Errorf("SHA-1 on a message: %s (%s), want weak", res.Status, res.Reason)
	}
}

// TestOpenPGPCopies has one certificate in two files, as keyrings that grew for years have.
func TestOpenPGPCopies(t *testing.T) {
	base := newCertificate(t)
	stale := base.clone().user("a", ending(forSigning(saying(overUser, 2020)), 2020, 2022)).read()
	extended := base.clone().user("a", ending(forSigning(saying(overUser, 2021)), 2020, 2026)).read()
	ended := base.clone().user("a", ending(forSigning(saying(overUser, 2023)), 2020, 2024)).read()
	revoked := base.clone().direct(saying(packet.SigTypeKeyRevocation, 2020)).user("a",
		ending(forSigning(saying(overUser, 2020)), 2020, 2022)).read()
	for _, c := range []struct {
		name  string
		files []*openpgpKey
		want  Status
		owner *openpgpKey
	}{
		{"the newer copy extends", []*openpgpKey{stale, extended}, Good, extended},
		{"in the other order", []*openpgpKey{extended, stale}, Good, extended},
		{"the newest copy ends it", []*openpgpKey{stale, extended, ended}, Expired, ended},
		{"a revocation in the oldest copy", []*openpgpKey{extended, ended, revoked}, Revoked, revoked},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, owner := verifyOpenPGP(among(c.files...), []byte(testPayload), commitSignature(t, base.primary, 2025),
				year(2025))
			if res.Status != c.want || owner != c.owner {
				t.Errorf("%s (%s), want %s, by its own file: %v", res.Status, res.Reason, c.want, owner == c.owner)
			}
		})
	}
}

// TestOpenPGPAttackAnothersSubkey: an insider lists a colleague's signing subkey as their own, and
// revokes it there. It stays the colleague's, and good.
func TestOpenPGPAttackAnothersSubkey(t *testing.T) {
	victim := newCertificate(t).user("victim", forSigning(saying(overUser, 2020)))
	sub := newSecret(t, 2020)
	victim.subkey(sub, victim.agreed(sub, forSigning(saying(overSubkey, 2020))))
	insider := newCertificate(t).user("insider", forSigning(saying(overUser, 2024)))
	insider.subkey(sub, forSigning(saying(overSubkey, 2024)), saying(packet.SigTypeSubkeyRevocation, 2020))
	signature := commitSignature(t, sub, 2025)
	v, i := victim.read(), insider.read()
	for _, files := range [][]*openpgpKey{{v, i}, {i, v}} {
		res, owner := verifyOpenPGP(among(files...), []byte(testPayload), signature, year(2025))
		if res.Status != Good || owner != v {
			t.Errorf("%s (%s), the victim's: %v", res.Status, res.Reason, owner == v)
		}
	}
	if res, _ := verifyOpenPGP(among(i), []byte(testPayload), signature, year(2025)); res.Status == Good {
		t.Error("the insider signs with the victim's subkey")
	}
}
