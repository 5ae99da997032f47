package verify

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What List says of OpenPGP keys, against what gpg was told to make.
func TestList(t *testing.T) {
	g := newGPGHome(t)
	primary := g.newKey(year(2020), "Alice <alice@example.org>", "2030-01-01")
	g.run(year(2021), "", "--batch", "--quick-add-key", primary, "rsa3072", "sign", "2025-01-01")
	g.run(year(2021), "", "--batch", "--quick-add-key", primary, "cv25519", "encr", "never")
	g.run(year(2022), "", "--batch", "--quick-set-expire", primary, "2040-01-01")
	fingerprints := g.fingerprints(year(2022), "Alice <alice@example.org>")
	g.run(year(2020), "", "--batch", "--cert-digest-algo", "SHA1", "--quick-generate-key", "Old", "rsa1024", "sign", "never")
	old := g.fingerprints(year(2020), "Old")[0]
	g.revoke(year(2023), old, "3")
	k := mustKeyring(t,
		Key{Principal: "alice", Kind: OpenPGP, Data: []byte(g.export(year(2023), primary)), Source: "alice.pgp"},
		Key{Principal: "old", Kind: OpenPGP, Data: []byte(g.export(year(2023), old)), Source: "old.pgp"},
		sshEntry("bob", newEd25519(t)),
	)
	list := k.List()
	if diff := cmp.Diff([]string{"Alice <alice@example.org>"}, list[0].Names); diff != "" {
		t.Error(diff)
	}
	var got [][]ListedKey
	for _, l := range list {
		for i := range l.Keys {
			if l.Keys[i].Fingerprint != l.Fingerprints[i] {
				t.Errorf("key %d of %s is not in the order of the fingerprints", i, l.Principal)
			}
		}
		got = append(got, l.Keys)
	}
	day := func(y int) time.Time { return time.Date(y, 1, 1, 12, 0, 0, 0, time.UTC) } // gpg ends keys at noon
	want := [][]ListedKey{
		{
			{Fingerprint: fingerprints[0], Algorithm: "ed25519", Created: year(2020), Expires: day(2040), CanSign: true},
			{Fingerprint: fingerprints[1], Algorithm: "rsa3072", Created: year(2021), Expires: day(2025), CanSign: true},
			{Fingerprint: fingerprints[2], Algorithm: "cv25519", Created: year(2021)},
		},
		{
			{
				Fingerprint: old, Algorithm: "rsa1024", Created: year(2020), Revoked: "as retired",
				Warnings: []string{"its self-signature is over a SHA-1 hash", "key " + old[24:] + " is RSA of 1024 bits; 2048 are the least accepted"},
			},
		},
		{{Fingerprint: list[2].Fingerprints[0], Algorithm: "ssh-ed25519", CanSign: true}},
	}
	for i := range want {
		for j := range want[i] {
			want[i][j].Created, got[i][j].Created = want[i][j].Created.UTC(), got[i][j].Created.UTC()
			want[i][j].Expires, got[i][j].Expires = want[i][j].Expires.UTC(), got[i][j].Expires.UTC()
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What proves nothing today counts where it was made and landed before a moment, and only there.
func TestOpenPGPWeakUntil(t *testing.T) {
	g := newGPGHome(t)
	sign := func(name, algorithm string, options ...string) (certificate, signature string) {
		g.run(year(2020), "", "--batch", "--quick-generate-key", name, algorithm, "sign", "never")
		key := g.fingerprints(year(2020), name)[0]
		return g.export(year(2020), key), g.sign(year(2021), key, options...)
	}
	for name, make := range map[string]func() (string, string){
		"SHA-1":       func() (string, string) { return sign("sha1", "ed25519", "--digest-algo", "SHA1") },
		"SHA-224":     func() (string, string) { return sign("sha224", "rsa2048", "--digest-algo", "SHA224") },
		"DSA":         func() (string, string) { return sign("dsa", "dsa2048") },
		"RSA of 1024": func() (string, string) { return sign("rsa", "rsa1024") },
	} {
		certificate, signature := make()
		for _, c := range []struct {
			until, landed time.Time
			want          Status
		}{
			{time.Time{}, year(2021), Weak},
			{year(2022), year(2021), Good},
			{year(2022), year(2022).Add(-time.Second), Good},
			{year(2022), year(2022), Weak},                       // landed too late
			{year(2021), year(2021).Add(-5 * time.Minute), Weak}, // its landing is dated before it, and in time
		} {
			k := settledKeyring(t, Settings{WeakUntil: c.until, ClockSkew: time.Hour}, Key{Principal: "alice", Kind: OpenPGP, Data: []byte(certificate)})
			res := k.Verify([]byte(testPayload), []byte(signature), c.landed)
			if res.Status != c.want || (res.Principal != "") != (c.want == Good) || (len(res.Warnings) > 0) != (c.want == Good) {
				t.Errorf("%s until %s, landed %s: %+v, want %s", name, c.until, c.landed, res, c.want)
			}
			if res := k.Verify([]byte(testPayload+"x"), []byte(signature), c.landed); res.Status == Good {
				t.Errorf("%s: other content is good", name)
			}
		}
	}
}

// A signature's own time may lie after its landing by the clock skew, and no more.
func TestMisdated(t *testing.T) {
	f := newCertificate(t)
	f.user("a", forSigning(saying(overUser, 2020)))
	signature := commitSignature(t, f.primary, 2022)
	k := settledKeyring(t, Settings{ClockSkew: 10 * time.Minute}, Key{Principal: "alice", Kind: OpenPGP, Data: f.Bytes()})
	for ahead, want := range map[time.Duration]Status{
		0: Good, 10 * time.Minute: Good, 10*time.Minute + time.Second: Misdated, -24 * time.Hour: Good, 200 * 365 * 24 * time.Hour: Misdated,
	} {
		if res := k.Verify([]byte(testPayload), signature, year(2022).Add(-ahead)); res.Status != want {
			t.Errorf("signed %s after its landing: %s (%s), want %s", ahead, res.Status, res.Reason, want)
		}
	}
}
