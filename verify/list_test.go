package verify

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
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
	g.run(year(2020), "", "--batch", "--cert-digest-algo", "SHA1", "--quick-generate-key", "Old", "rsa1024", "sign",
		"never")
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
				Fingerprint: old, Algorithm: "rsa1024", Created: year(2020), Revoked: "as retired on 2023-01-01",
				Warnings: []string{
					"its self-signature is over a SHA-1 hash", "key " + old[24:] + " is RSA of 1024 bits; 2048 are the least accepted",
					"neither it nor a subkey of it can sign",
				},
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
			k := settledKeyring(t, Settings{WeakUntil: c.until, ClockSkew: time.Hour},
				Key{Principal: "alice", Kind: OpenPGP, Data: []byte(certificate)})
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

// What proved nothing even then never counts.
func TestOpenPGPWeakForEver(t *testing.T) {
	g := newGPGHome(t)
	g.run(year(2000), "", "--batch", "--quick-generate-key", "a", "rsa2048", "sign", "never")
	key := g.fingerprints(year(2000), "a")[0]
	certificate, signature := g.export(year(2000), key), g.sign(year(2001), key, "--digest-algo", "RIPEMD160")
	if got := g.verdict(year(2001), certificate, signature); got != "GOODSIG" {
		t.Errorf("gpg: %s, want GOODSIG", got)
	}
	k := settledKeyring(t, Settings{WeakUntil: year(2030)},
		Key{Principal: "alice", Kind: OpenPGP, Data: []byte(certificate)})
	wantStatus(t, k.Verify([]byte(testPayload), []byte(signature), year(2001)), Weak)

	// gpg makes no shorter DSA keys than of 1024 bits, so here are the packets of one, RFC 9580 §5.5.5.2: p, q,
	// g and y.
	for octets, want := range map[int]bool{512 / 8: false, 1023 / 8: false, 1024 / 8: true, 2048 / 8: true} {
		body := []byte{4, 0, 0, 0, 0, byte(packet.PubKeyAlgoDSA)}
		for _, n := range []int{octets, 20, octets, octets} {
			body = append(body, byte(8*n>>8), byte(8*n))
			body = append(body, bytes.Repeat([]byte{0xff}, n)...)
		}
		key, err := parsePacket[*packet.PublicKey](rawPacket{tagPublicKey, body})
		if err != nil {
			t.Fatal(err)
		}
		if err := strongKey(key, true); (err == nil) != want {
			t.Errorf("DSA of %d bits: %v", 8*octets, err)
		}
		if strongKey(key, false) == nil {
			t.Errorf("DSA of %d bits is strong", 8*octets)
		}
	}
}

// TestOpenPGPAlgorithms makes a key of each kind that gpg knows: what gpg calls it, and whether its signatures
// count.
func TestOpenPGPAlgorithms(t *testing.T) {
	g := newGPGHome(t)
	for algorithm, want := range map[string]Status{
		"ed25519": Good, "nistp256": Good, "nistp384": Good, "nistp521": Good,
		"brainpoolP256r1": Good, "brainpoolP384r1": Good, "brainpoolP512r1": Good,
		"rsa2048": Good, "rsa3072": Good,
		"rsa1024": Weak, "dsa1024": Weak, "secp256k1": Unsupported,
	} {
		encryption := map[bool]string{true: "elg1024", false: "cv25519"}[algorithm == "dsa1024"]
		g.run(year(2020), "", "--batch", "--quick-generate-key", algorithm, algorithm, "sign", "never")
		key := g.fingerprints(year(2020), algorithm)[0]
		g.run(year(2020), "", "--batch", "--quick-add-key", key, encryption, "encr", "never")
		var theirs, ours []string
		for line := range strings.Lines(g.run(year(2020), "", "--batch", "--list-keys", key)) {
			if fields := strings.Fields(line); len(fields) > 1 && (fields[0] == "pub" || fields[0] == "sub") {
				theirs = append(theirs, fields[1])
			}
		}
		k := mustKeyring(t, Key{Principal: "alice", Kind: OpenPGP, Data: []byte(g.export(year(2020), key))})
		for _, listed := range k.List()[0].Keys {
			ours = append(ours, listed.Algorithm)
		}
		if diff := cmp.Diff(theirs, ours); diff != "" || len(theirs) != 2 {
			t.Errorf("%s: -gpg +ours:\n%s", algorithm, diff)
		}
		wantStatus(t, k.Verify([]byte(testPayload), []byte(g.sign(year(2021), key)), year(2021)), want)
	}
}

// A signature's own time may lie after its landing by the age that what lands may have and the clock skew, and after
// its receipt by the clock skew, and no more.
func TestMisdated(t *testing.T) {
	f := newCertificate(t)
	f.user("a", forSigning(saying(overUser, 2020)))
	signature := commitSignature(t, f.primary, 2022)
	k := settledKeyring(t, Settings{ClockSkew: 10 * time.Minute, LandingAge: 24 * time.Hour},
		Key{Principal: "alice", Kind: OpenPGP, Data: f.Bytes()})
	for _, c := range []struct {
		landed, received time.Duration // how long before the signature; received is zero for what has landed
		want             Status
	}{
		{-24 * time.Hour, 0, Good},
		{24*time.Hour + 10*time.Minute, 0, Good},
		{24*time.Hour + 10*time.Minute + time.Second, 0, Misdated},
		{200 * 365 * 24 * time.Hour, 0, Misdated},
		{24 * time.Hour, 10 * time.Minute, Good},
		{24 * time.Hour, 10*time.Minute + time.Second, Misdated},
		{25 * time.Hour, time.Minute, Misdated},
		{24 * time.Hour, -time.Hour, Good},
	} {
		at := LandedThen(year(2022).Add(-c.landed))
		if c.received != 0 {
			at = LandsNow(year(2022).Add(-c.received)).NoEarlier(year(2022).Add(-c.landed))
		}
		if res := k.VerifyAt([]byte(testPayload), signature, at); res.Status != c.want {
			t.Errorf("landed %s before the signature, received %s: %s (%s), want %s",
				c.landed, c.received, res.Status, res.Reason, c.want)
		}
	}
}
