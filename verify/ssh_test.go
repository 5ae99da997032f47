package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// sshSigner makes a signer of a private key.
func sshSigner(t testing.TB, private crypto.Signer) ssh.Signer {
	t.Helper()
	signer, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func newEd25519(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return sshSigner(t, private)
}

func newECDSA(t testing.TB, curve elliptic.Curve) ssh.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return sshSigner(t, private)
}

func newRSA(t testing.TB, bits int) ssh.Signer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return sshSigner(t, private)
}

// sshEntry is a keyring's entry for a signer's key.
func sshEntry(principal string, by ssh.Signer) Key {
	return Key{Principal: principal, Kind: SSH, Data: ssh.MarshalAuthorizedKey(by.PublicKey()), Source: principal + ".pub"}
}

// sshSign signs as git has ssh-keygen do it.
func sshSign(t testing.TB, by ssh.Signer, namespace, payload string) []byte {
	t.Helper()
	sig, err := sshsig.Sign(strings.NewReader(payload), by, sshsig.HashSHA512, namespace)
	if err != nil {
		t.Fatal(err)
	}
	return sshsig.Armor(sig)
}

// sshMangle changes the blob of a good signature over the test payload.
func sshMangle(t testing.TB, by ssh.Signer, change func(*sshBlob)) []byte {
	t.Helper()
	body, err := oneArmorBlock(sshSign(t, by, sshNamespace, testPayload), kindSSHSignature)
	if err != nil {
		t.Fatal(err)
	}
	var blob sshBlob
	if err := ssh.Unmarshal(body, &blob); err != nil {
		t.Fatal(err)
	}
	change(&blob)
	return sshArmor(ssh.Marshal(blob))
}

func sshArmor(body []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kindSSHSignature, Bytes: body})
}

// landing is when the objects of these tests land, if nothing else is said.
var landing = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// verdict verifies, and checks what must hold of every Result.
func verdict(t testing.TB, k *Keyring, payload string, signature []byte, at time.Time) Result {
	t.Helper()
	res := k.Verify([]byte(payload), signature, at)
	if again := k.Verify([]byte(payload), signature, at); !cmp.Equal(res, again) {
		t.Errorf("twice the same gives %+v and %+v", res, again)
	}
	good := res.Status == Good
	switch {
	case (res.Principal != "") != good:
		t.Errorf("principal %q with status %s", res.Principal, res.Status)
	case good && res.Principal != res.KeyOwner:
		t.Errorf("principal %q by the key of %q", res.Principal, res.KeyOwner)
	case (res.Reason == "") != good:
		t.Errorf("reason %q with status %s", res.Reason, res.Status)
	}
	return res
}

func wantStatus(t testing.TB, res Result, want Status) {
	t.Helper()
	if res.Status != want {
		t.Errorf("%s (%s), want %s", res.Status, res.Reason, want)
	}
}

// TestSSHBlob changes one thing at a time in a good signature.
func TestSSHBlob(t *testing.T) {
	alice, mallory := newEd25519(t), newEd25519(t)
	aliceRSA := newRSA(t, 2048)
	k := mustKeyring(t, sshEntry("alice", alice), sshEntry("alice", aliceRSA),
		Key{Principal: "alice", Kind: SSH, Data: []byte(dsaKey)})
	certificate := &ssh.Certificate{Key: alice.PublicKey(), CertType: ssh.UserCert, ValidBefore: ssh.CertTimeInfinity}
	if err := certificate.SignCert(rand.Reader, mallory); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*sshBlob)
		want   Status
		owner  string
	}{
		{"unchanged", func(*sshBlob) {}, Good, "alice"},
		{"another magic", func(b *sshBlob) { b.Magic[5] = 'H' }, Malformed, "alice"},
		{"version 0", func(b *sshBlob) { b.Version = 0 }, Unsupported, "alice"},
		{"version 2", func(b *sshBlob) { b.Version = 2 }, Unsupported, "alice"},
		{"something reserved", func(b *sshBlob) { b.Reserved = []byte{0} }, Malformed, "alice"},
		{"namespace file", func(b *sshBlob) { b.Namespace = "file" }, WrongPurpose, "alice"},
		{"namespace Git", func(b *sshBlob) { b.Namespace = "Git" }, WrongPurpose, "alice"},
		{"namespace with a NUL", func(b *sshBlob) { b.Namespace = "git\x00" }, WrongPurpose, "alice"},
		{"no namespace", func(b *sshBlob) { b.Namespace = "" }, WrongPurpose, "alice"},
		{"the other hash", func(b *sshBlob) { b.Hash = "sha256" }, Bad, "alice"},
		{"hash sha1", func(b *sshBlob) { b.Hash = "sha1" }, Unsupported, "alice"},
		{"no hash", func(b *sshBlob) { b.Hash = "" }, Unsupported, "alice"},
		{"no key", func(b *sshBlob) { b.PublicKey = nil }, Unsupported, ""},
		{"mallory's key", func(b *sshBlob) { b.PublicKey = mallory.PublicKey().Marshal() }, Unknown, ""},
		{"alice's other key", func(b *sshBlob) { b.PublicKey = aliceRSA.PublicKey().Marshal() }, Malformed, "alice"},
		{"bytes behind the key", func(b *sshBlob) { b.PublicKey = append(b.PublicKey, 0) }, Unknown, ""},
		{"key cut short", func(b *sshBlob) { b.PublicKey = b.PublicKey[:20] }, Unknown, ""},
		{
			"key of the newest kind", func(b *sshBlob) { b.PublicKey = ssh.Marshal(struct{ Type string }{"ssh-mldsa-65"}) },
			Unsupported, "",
		},
		{"bytes behind the signature", func(b *sshBlob) { b.Signature = append(b.Signature, 0) }, Malformed, "alice"},
		{"no signature", func(b *sshBlob) { b.Signature = nil }, Malformed, "alice"},
		{"signature of another format", func(b *sshBlob) {
			b.Signature = ssh.Marshal(ssh.Signature{
				Format: "ssh-rsa",
				Blob:   []byte("x"),
			})
		}, Malformed, "alice"},
		{"signature short by a byte", func(b *sshBlob) {
			b.Signature = ssh.Marshal(ssh.Signature{Format: "ssh-ed25519", Blob: b.Signature[len(b.Signature)-63:]})
		}, Bad, "alice"},
		{"DSA", func(b *sshBlob) {
			b.PublicKey = mustReadSSH(t, dsaKey).public.Marshal()
			b.Signature = ssh.Marshal(ssh.Signature{Format: dsaKeyType, Blob: make([]byte, 40)})
		}, Weak, "alice"},
		{"ssh-rsa over SHA-1", func(b *sshBlob) {
			b.PublicKey = aliceRSA.PublicKey().Marshal()
			b.Signature = ssh.Marshal(ssh.Signature{Format: ssh.KeyAlgoRSA, Blob: make([]byte, 256)})
		}, Weak, "alice"},
		{"certificate for alice's key", func(b *sshBlob) { b.PublicKey = certificate.Marshal() }, Unknown, ""},
		{"certificate cut short", func(b *sshBlob) { b.PublicKey = certificate.Marshal()[:99] }, Malformed, ""},
		{
			"certificate with a byte behind it", func(b *sshBlob) { b.PublicKey = append(certificate.Marshal(), 0) }, Malformed,
			"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := verdict(t, k, testPayload, sshMangle(t, alice, c.change), landing)
			wantStatus(t, res, c.want)
			if res.KeyOwner != c.owner {
				t.Errorf("key owner %q, want %q", res.KeyOwner, c.owner)
			}
			if strings.HasPrefix(c.name, "certificate") && !strings.Contains(res.Reason, "certificate") {
				t.Errorf("the reason is %q", res.Reason)
			}
		})
	}
}

func mustReadSSH(t testing.TB, text string) *sshKey {
	t.Helper()
	key, err := readSSH(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestSSHKinds signs with each kind of key, and with keys too small.
func TestSSHKinds(t *testing.T) {
	for _, c := range []struct {
		name string
		by   ssh.Signer
		want Status
	}{
		{"ed25519", newEd25519(t), Good},
		{"ecdsa nistp256", newECDSA(t, elliptic.P256()), Good},
		{"ecdsa nistp384", newECDSA(t, elliptic.P384()), Good},
		{"ecdsa nistp521", newECDSA(t, elliptic.P521()), Good},
		{"rsa 2048", newRSA(t, 2048), Good},
		{"rsa 2047", newRSA(t, 2047), Weak},
		{"rsa 1024", newRSA(t, 1024), Weak},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := mustKeyring(t, sshEntry("alice", c.by))
			res := verdict(t, k, testPayload, sshSign(t, c.by, sshNamespace, testPayload), landing)
			wantStatus(t, res, c.want)
			if want := ssh.FingerprintSHA256(c.by.PublicKey()); res.Fingerprint != want || res.KeyOwner != "alice" ||
				res.Kind != SSH || !res.SignedAt.IsZero() {
				t.Errorf("%+v, want alice's SSH key %s without a time", res, want)
			}
			other := verdict(t, k, testPayload+"x", sshSign(t, c.by, sshNamespace, testPayload), landing)
			if other.Status == Good {
				t.Error("good for another payload")
			}
		})
	}
}

// securityKey signs in software as a security key does: PROTOCOL.u2f, "SSH U2F Signatures".
type securityKey struct {
	private     ed25519.PrivateKey
	application string
}

func (s securityKey) entry(t testing.TB, principal string) Key {
	t.Helper()
	public, err := ssh.ParsePublicKey(s.blob())
	if err != nil {
		t.Fatal(err)
	}
	return Key{Principal: principal, Kind: SSH, Data: ssh.MarshalAuthorizedKey(public)}
}

func (s securityKey) blob() []byte {
	return ssh.Marshal(struct {
		Type        string
		Public      []byte
		Application string
	}{ssh.KeyAlgoSKED25519, s.private.Public().(ed25519.PublicKey), s.application})
}

func (s securityKey) sign(by touch) []byte {
	message := crypto.SHA512.New()
	message.Write([]byte(testPayload))
	return sshArmor(ssh.Marshal(sshBlob{
		Magic: [6]byte([]byte("SSHSIG")), Version: 1, PublicKey: s.blob(), Namespace: sshNamespace, Hash: "sha512",
		Signature: ssh.Marshal(s.over(sshSigned(message.Sum(nil)), by)),
	}))
}

// over gives the signature proper of anything.
func (s securityKey) over(signed []byte, by touch) *ssh.Signature {
	application, message := sha256.Sum256([]byte(s.application)), sha256.Sum256(signed)
	rest := ssh.Marshal(by)
	raw := ed25519.Sign(s.private, bytes.Join([][]byte{application[:], rest, message[:]}, nil))
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: raw, Rest: rest}
}

// sshSigned is what is signed: PROTOCOL.sshsig, "Signed Data, of which the signature goes into the blob
// above".
func sshSigned(sha512 []byte) []byte {
	return append([]byte("SSHSIG"), ssh.Marshal(struct {
		Namespace, Reserved, Hash string
		Message                   []byte
	}{sshNamespace, "", "sha512", sha512})...)
}

func TestSSHAttackSecurityKeyUntouchedOrForAnotherSite(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, application string
		flags             byte
		want              Status
		verified          Status // where the policy wants a PIN or finger
	}{
		{"touched", "ssh:", userPresent, Good, Unsupported},
		{"touched, and a PIN given", "ssh:", userPresent | userVerified, Good, Good},
		{"named by its owner", "ssh:work", userPresent, Good, Unsupported},
		{"not touched", "ssh:", 0, Unsupported, Unsupported},
		{"a PIN given, but not touched", "ssh:", userVerified, Unsupported, Unsupported},
		{"all flags but these", "ssh:", 0xff &^ (userPresent | userVerified), Unsupported, Unsupported},
		{"for a web site", "https://example.org", userPresent | userVerified, WrongPurpose, WrongPurpose},
		{"for nothing", "", userPresent | userVerified, WrongPurpose, WrongPurpose},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := securityKey{private, c.application}
			k := mustKeyring(t, s.entry(t, "alice"))
			res := verdict(t, k, testPayload, s.sign(touch{Flags: c.flags, Counter: 7}), landing)
			wantStatus(t, res, c.want)
			if res.KeyOwner != "alice" {
				t.Errorf("key owner %q", res.KeyOwner)
			}
			k = settledKeyring(t, Settings{UserVerified: true}, s.entry(t, "alice"))
			res = verdict(t, k, testPayload, s.sign(touch{Flags: c.flags, Counter: 7}), landing)
			wantStatus(t, res, c.verified)
			if c.want == Good && c.verified != Good && !strings.Contains(res.Reason, "PIN or finger") {
				t.Errorf("the reason is %q", res.Reason)
			}
		})
	}
}

// settledKeyring is one with settings.
func settledKeyring(t testing.TB, settings Settings, keys ...Key) *Keyring {
	t.Helper()
	k, err := NewKeyring(keys, settings)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestSSHUserVerifiedWantsNothingOfOtherKeys, which have nothing to verify anybody by.
func TestSSHUserVerifiedWantsNothingOfOtherKeys(t *testing.T) {
	alice := newEd25519(t)
	k := settledKeyring(t, Settings{UserVerified: true}, sshEntry("alice", alice))
	wantStatus(t, verdict(t, k, testPayload, sshSign(t, alice, sshNamespace, testPayload), landing), Good)
}

// TestSSHKeyForms reads keys as they stand in .pub files, and nothing else.
func TestSSHKeyForms(t *testing.T) {
	good := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(newEd25519(t).PublicKey())))
	keyType, encoded, _ := strings.Cut(good, " ")
	for _, text := range []string{
		good, good + "\n", good + "\r\n", "  " + good, good + " alice@laptop with words",
		keyType + "\t " + encoded,
	} {
		key, err := readSSH(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if string(key.line()) != good {
			t.Errorf("%q is read as %q", text, key.line())
		}
	}
	private := "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n"
	padded := ssh.Marshal(struct {
		Type              string
		Exponent, Modulus []byte
	}{ssh.KeyAlgoRSA, []byte{0, 1, 0, 1}, append([]byte{0, 0x80}, make([]byte, 255)...)})
	for text, want := range map[string]string{
		"ssh-rsa " + base64.StdEncoding.EncodeToString(padded): "written in another way",
		"":                             "one line of the form",
		keyType:                        "one line of the form",
		good + "\n" + good:             "one line of the form",
		"ssh-rsa " + encoded:           "says ssh-rsa and holds another key",
		keyType + " " + encoded[1:]:    "isn't base64",
		keyType + " " + encoded[:24]:   "malformed",
		keyType + " " + encoded + "AA": "isn't base64",
		keyType + " " + encoded[:len(encoded)-4] + "AAAAAAAA": "malformed",
		"no-touch-required " + good:                           `unknown type "no-touch-required"`,
		"ssh-ed25519-cert-v01@openssh.com AAAA":               "certificate",
		"ssh-mldsa-65 AAAA":                                   "unknown type",
		private:                                               "private key",
	} {
		if _, err := readSSH(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}
