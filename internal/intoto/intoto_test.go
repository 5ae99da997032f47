package intoto

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func openSSH(t *testing.T, key crypto.PrivateKey) []byte {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

// What is signed is checked with Go's own packages, over the encoding as the protocol writes it.
func TestSign(t *testing.T) {
	t.Parallel()
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	byEd25519 := func(m, s []byte) bool { return ed25519.Verify(ed.Public().(ed25519.PublicKey), m, s) }
	p256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	for name, test := range map[string]struct {
		key    []byte
		verify func(message, sig []byte) bool
	}{
		"ed25519 of OpenSSH": {openSSH(t, ed), byEd25519},
		"ed25519 in PKCS #8": {pkcs8(t, ed), byEd25519},
		"P-256": {openSSH(t, p256), func(m, s []byte) bool {
			sum := sha256.Sum256(m)
			return ecdsa.VerifyASN1(&p256.PublicKey, sum[:], s)
		}},
		"P-384": {pkcs8(t, p384), func(m, s []byte) bool {
			sum := sha512.Sum384(m)
			return ecdsa.VerifyASN1(&p384.PublicKey, sum[:], s)
		}},
		"RSA": {openSSH(t, rsaKey), func(m, s []byte) bool {
			sum := sha256.Sum256(m)
			salt := &rsa.PSSOptions{SaltLength: sha256.Size}
			return rsa.VerifyPSS(&rsaKey.PublicKey, crypto.SHA256, sum[:], s, salt) == nil
		}},
	} {
		key, err := ParseKey(test.key)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out, err := key.Sign(rand.Reader, Statement{
			Subject:       []Subject{{Name: "main", Digest: map[string]string{"gitCommit": strings.Repeat("0a", 20)}}},
			PredicateType: "https://example.org/v1", Predicate: map[string]string{"a": "<&>"},
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var e envelope
		if err := json.Unmarshal(out, &e); err != nil || len(e.Signatures) != 1 {
			t.Fatalf("%s: %s, %v", name, out, err)
		}
		message := []byte("DSSEv1 28 application/vnd.in-toto+json " + itoa(len(e.Payload)) + " " + string(e.Payload))
		if e.PayloadType != payloadType || e.Signatures[0].KeyID != key.ID || !strings.HasPrefix(key.ID, "SHA256:") ||
			!test.verify(message, e.Signatures[0].Sig) || test.verify(append(message, '\n'), e.Signatures[0].Sig) {
			t.Errorf("%s: %s", name, out)
		}
		var statement map[string]any
		if err := json.Unmarshal(e.Payload, &statement); err != nil || statement["_type"] != statementType ||
			statement["predicateType"] != "https://example.org/v1" {
			t.Errorf("%s: %s, %v", name, e.Payload, err)
		}
	}
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	small, _ := rsa.GenerateKey(rand.Reader, 1024)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(ed, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseKey(pem.EncodeToMemory(block)); !errors.Is(err, ErrEncrypted) {
		t.Errorf("with a passphrase: %v", err)
	}
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})
	if _, err := ParseKey(encrypted); !errors.Is(err, ErrEncrypted) {
		t.Errorf("encrypted in PKCS #8: %v", err)
	}
	for name, text := range map[string][]byte{
		"nothing": nil, "a text": []byte("key"), "a public key": ssh.MarshalAuthorizedKey(mustPublic(t, ed)),
	} {
		if _, err := ParseKey(text); err == nil {
			t.Errorf("%s is a key", name)
		}
	}
	if small != nil {
		if _, err := ParseKey(pkcs8(t, small)); err == nil {
			t.Error("a short RSA key is taken")
		}
	}
}

func mustPublic(t *testing.T, key ed25519.PrivateKey) ssh.PublicKey {
	t.Helper()
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return public
}
