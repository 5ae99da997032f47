package verify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOtherSigners judges what other programs than gpg signed. In text mode they make signatures that are refused, and
// it is said how they sign otherwise. rnp ends lines in CR LF, in its armor and in its keys.
func TestOtherSigners(t *testing.T) {
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("..", "testdata", "openpgp", "signers", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	payload := read("payload")
	written := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC) // they signed 47 minutes later
	for _, signer := range []string{"sqop", "gosop", "rnp", "js4", "js6"} {
		found, err := Import(signer, read(signer+".cert"))
		if err != nil || len(found) != 1 || found[0].Emails[0] != "alice@example.org" {
			t.Fatalf("%s: %+v, %v", signer, found, err)
		}
		found[0].Key.Principal = "alice"
		k := settledKeyring(t, Settings{LandingAge: time.Hour}, found[0].Key)
		signature := read(signer + "-binary.sig")
		wantStatus(t, k.Verify(payload, signature, written), Good)
		key, name, err := Claim(signature)
		if err != nil || key.Kind != OpenPGP || k.byFingerprint[name] == nil {
			t.Errorf("%s claims to be by %s: %v", signer, name, err)
		}
		if signer == "rnp" { // which has no text mode
			continue
		}
		res := k.Verify(payload, read(signer+"-text.sig"), written)
		wantStatus(t, res, Unsupported)
		if res.KeyOwner != "alice" || !strings.Contains(res.Next, "binary mode") {
			t.Errorf("%s: %+v", signer, res)
		}
	}
}

// TestClaim: a signature names an SSH key by the key, and an authority by that; whoever has no signature names nobody.
func TestClaim(t *testing.T) {
	signer := newEd25519(t)
	signature := sshSign(t, signer, sshNamespace, testPayload)
	key, name, err := Claim(signature)
	if err != nil {
		t.Fatal(err)
	}
	key.Principal = "alice"
	res := mustKeyring(t, key).Verify([]byte(testPayload), signature, landing)
	if wantStatus(t, res, Good); res.Fingerprint != name {
		t.Errorf("%s is by %s, and claims %s", signature, res.Fingerprint, name)
	}
	f := newForge(t)
	m := message{by: f.issue(t, person(t, "alice@example.org")), payload: []byte(testPayload), at: signedOn}
	key, _, err = Claim(m.armored(t))
	if err != nil || key.Kind != X509 || key.Identities[0] != "alice@example.org" || key.Issuer != aliceX509().Issuer {
		t.Errorf("%+v, %v", key, err)
	}
	for _, odd := range []string{"", "x", "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n"} {
		if key, _, err := Claim([]byte(odd)); err == nil {
			t.Errorf("%q is claimed to be by %+v", odd, key)
		}
	}
}
