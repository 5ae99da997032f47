package verify

import (
	"bytes"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// sshAuthority is a keyring's entry for an authority of certificates.
func sshAuthority(principal string, ca ssh.Signer, identities ...string) Key {
	return with(sshEntry(principal, ca), func(k *Key) { k.Authority, k.Identities = true, identities })
}

// sshCertified has an authority certify a key as alice's, for ever, and as the changes say.
func sshCertified(t testing.TB, ca ssh.Signer, key ssh.PublicKey, change func(*ssh.Certificate)) *ssh.Certificate {
	t.Helper()
	c := &ssh.Certificate{
		Key: key, CertType: ssh.UserCert, KeyId: "id",
		ValidPrincipals: []string{"alice"}, ValidBefore: ssh.CertTimeInfinity,
	}
	if change != nil {
		change(c)
	}
	if err := c.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	return c
}

// certifiedSignature signs the test payload, and shows a certificate as the key.
func certifiedSignature(t testing.TB, by ssh.Signer, blob []byte) []byte {
	t.Helper()
	return sshMangle(t, by, func(b *sshBlob) { b.PublicKey = blob })
}

func TestSSHCertificate(t *testing.T) {
	ca, key := newEd25519(t), newEd25519(t)
	k := mustKeyring(t, sshAuthority("alice", ca, "alice@example.org", "alice"), sshAuthority("bob", ca, "bob"), bystander)
	res := verdict(t, k, testPayload, certifiedSignature(t, key, sshCertified(t, ca, key.PublicKey(), nil).Marshal()),
		landing)
	if res.Principal != "alice" || res.Identity != "alice" || res.Fingerprint != ssh.FingerprintSHA256(key.PublicKey()) ||
		!res.SignedAt.IsZero() {
		t.Errorf("%+v, want alice with the fingerprint %s", res, ssh.FingerprintSHA256(key.PublicKey()))
	}
	bobs := sshCertified(t, ca, key.PublicKey(), func(c *ssh.Certificate) { c.ValidPrincipals = []string{"carol", "bob"} })
	if res := verdict(t, k, testPayload, certifiedSignature(t, key, bobs.Marshal()), landing); res.Principal != "bob" ||
		res.Identity != "bob" {
		t.Errorf("%+v, want bob", res)
	}
	list := k.List()
	if want := ssh.FingerprintSHA256(ca.PublicKey()); len(list) != 3 || list[0].Fingerprints[0] != want ||
		list[1].Fingerprints[0] != want {
		t.Errorf("%+v, want the authority twice", list)
	}
}

// TestSSHCertificateWindows has one authority in several entries, each with its own window and life.
func TestSSHCertificateWindows(t *testing.T) {
	ca, key := newEd25519(t), newEd25519(t)
	signature := certifiedSignature(t, key, sshCertified(t, ca, key.PublicKey(), func(c *ssh.Certificate) {
		c.ValidAfter = uint64(year(2020).Unix())
		c.ValidBefore = uint64(year(2030).Unix())
	}).Marshal())
	entry := func(principal string, change func(*Key)) Key {
		return with(sshAuthority(principal, ca, principal), change)
	}
	for _, c := range []struct {
		name string
		keys []Key
		at   time.Time
		want Status
	}{
		{"its first second", []Key{sshAuthority("alice", ca, "alice")}, year(2020), Good},
		{"before", []Key{sshAuthority("alice", ca, "alice")}, year(2020).Add(-1), NotYetValid},
		{"its last moment", []Key{sshAuthority("alice", ca, "alice")}, year(2030).Add(-1), Good},
		{"after", []Key{sshAuthority("alice", ca, "alice")}, year(2030), Expired},
		{"before 1970", []Key{sshAuthority("alice", ca, "alice")}, year(1969), NotYetValid},
		{"the authority's window", []Key{entry("alice", func(k *Key) { k.From = year(2021) })}, year(2020), NotYetValid},
		{"one of two windows", []Key{
			entry("alice", func(k *Key) { k.Until = year(2021) }),
			entry("alice", func(k *Key) { k.From = year(2022) }),
		}, year(2023), Good},
		{"in none of two windows", []Key{
			entry("alice", func(k *Key) { k.Until = year(2021) }),
			entry("alice", func(k *Key) { k.From = year(2024) }),
		}, year(2023), NotYetValid},
		{
			"another's window",
			[]Key{entry("alice", func(k *Key) { k.Until = year(2021) }), sshAuthority("bob", ca, "bob")},
			year(2023), Expired,
		},
		{
			"the authority is compromised",
			[]Key{entry("alice", func(k *Key) { k.Revoked = Compromised })},
			year(2023),
			Revoked,
		},
		{"compromised, as another's entry says", []Key{
			sshAuthority("alice", ca, "alice"),
			entry("bob", func(k *Key) { k.Revoked = Compromised }),
		}, year(2023), Revoked},
		{"compromised later", []Key{
			sshAuthority("alice", ca, "alice"),
			entry("bob", func(k *Key) { k.Revoked, k.RevokedAt = Compromised, year(2024) }),
		}, year(2023), Good},
		{"retired for another", []Key{
			sshAuthority("alice", ca, "alice"),
			entry("bob", func(k *Key) { k.Revoked, k.RevokedAt = Retired, year(2022) }),
		}, year(2023), Good},
		{
			"retired for alice",
			[]Key{entry("alice", func(k *Key) { k.Revoked, k.RevokedAt = Retired, year(2022) })},
			year(2023), Revoked,
		},
		{
			"the key is hers besides, and compromised",
			[]Key{sshAuthority("alice", ca, "alice"), with(sshEntry("alice", key), func(k *Key) { k.Revoked = Compromised })},
			year(2023), Revoked,
		},
		{"the key is hers besides, and expired", []Key{
			sshAuthority("alice", ca, "alice"),
			with(sshEntry("alice", key), func(k *Key) { k.Until = year(2021) }),
		}, year(2023), Good},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantStatus(t, verdict(t, mustKeyring(t, c.keys...), testPayload, signature, c.at), c.want)
		})
	}
}

// TestSSHCertificateOfSecurityKey: the certified key must have been touched, whatever the certificate
// allows, and have verified its user where the certificate or the policy says so.
func TestSSHCertificateOfSecurityKey(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca, s := newEd25519(t), securityKey{private, "ssh:"}
	public, err := ssh.ParsePublicKey(s.blob())
	if err != nil {
		t.Fatal(err)
	}
	required := func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{verifyRequired: ""} }
	untouched := func(c *ssh.Certificate) { c.Extensions = map[string]string{"no-touch-required": ""} }
	for _, c := range []struct {
		name   string
		change func(*ssh.Certificate)
		policy bool
		flags  byte
		want   Status
	}{
		{"touched", nil, false, userPresent, Good},
		{"not touched", nil, false, 0, Unsupported},
		{"not touched, which the certificate allows", untouched, false, 0, Unsupported},
		{"the certificate wants a PIN", required, false, userPresent, Unsupported},
		{"the certificate wants a PIN and has it", required, false, userPresent | userVerified, Good},
		{"the policy wants a PIN", nil, true, userPresent, Unsupported},
		{"the policy wants a PIN and has it", nil, true, userPresent | userVerified, Good},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := settledKeyring(t, Settings{UserVerified: c.policy}, sshAuthority("alice", ca, "alice"))
			blob := sshCertified(t, ca, public, c.change).Marshal()
			signature := sshReplaceKey(t, s.sign(touch{Flags: c.flags}), blob)
			wantStatus(t, verdict(t, k, testPayload, signature, landing), c.want)
		})
	}
}

func sshReplaceKey(t testing.TB, signature, key []byte) []byte {
	t.Helper()
	var blob sshBlob
	if err := ssh.Unmarshal(sshBody(t, signature), &blob); err != nil {
		t.Fatal(err)
	}
	blob.PublicKey = key
	return sshArmor(ssh.Marshal(blob))
}

// TestSSHCertificateBySecurityKey: an authority's security key must have been touched too.
func TestSSHCertificateBySecurityKey(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := newEd25519(t)
	for _, c := range []struct {
		name, application string
		flags             byte
		want              Status
	}{
		{"touched", "ssh:", userPresent, Good},
		{"not touched", "ssh:", 0, Unsupported},
		{"a web site's", "https://example.org", userPresent, WrongPurpose},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := securityKey{private, c.application}
			public, err := ssh.ParsePublicKey(s.blob())
			if err != nil {
				t.Fatal(err)
			}
			cert := sshCertified(t, newEd25519(t), key.PublicKey(), nil)
			cert.SignatureKey, cert.Signature = public, &ssh.Signature{}
			signed := cert.Marshal()
			cert.Signature = s.over(signed[:len(signed)-len(ssh.Marshal(struct{ S []byte }{ssh.Marshal(cert.Signature)}))],
				touch{Flags: c.flags})
			k := mustKeyring(t, with(s.entry(t, "alice"), func(k *Key) { k.Authority, k.Identities = true, []string{"alice"} }))
			res := verdict(t, k, testPayload, certifiedSignature(t, key, cert.Marshal()), landing)
			wantStatus(t, res, c.want)
			if c.want != Good && !strings.Contains(res.Reason, "authority: ") {
				t.Errorf("the reason is %q", res.Reason)
			}
		})
	}
}

// TestSSHAttackCertificate makes certificates that alice's authority didn't make, or not so.
func TestSSHAttackCertificate(t *testing.T) {
	ca, other, key, mallory := newEd25519(t), newEd25519(t), newEd25519(t), newEd25519(t)
	k := mustKeyring(t, sshAuthority("alice", ca, "alice"), sshAuthority("bob", ca, "bob"),
		sshEntry("dan", newECDSA(t, elliptic.P256())), bystander)
	brief := func(c *ssh.Certificate) {
		c.Serial, c.ValidAfter, c.ValidBefore = 1, 1<<30, uint64(landing.Unix())
	}
	expired := sshCertified(t, ca, key.PublicKey(), brief).Marshal()
	until := binary.BigEndian.AppendUint64(nil, uint64(landing.Unix()))
	extended := bytes.Replace(expired, until, binary.BigEndian.AppendUint64(nil, ssh.CertTimeInfinity), 1)
	for _, c := range []struct {
		name string
		by   ssh.Signer
		blob []byte
		want Status
	}{
		{"the honest one, for comparison", key, sshCertified(t, ca, key.PublicKey(), nil).Marshal(), Good},
		{"by another authority, all else the same", key, sshCertified(t, other, key.PublicKey(), nil).Marshal(), Unknown},
		{"by itself", key, sshCertified(t, key, key.PublicKey(), nil).Marshal(), Unknown},
		{"by another authority, in the name of hers", key, func() []byte {
			c := sshCertified(t, other, key.PublicKey(), nil)
			c.SignatureKey = ca.PublicKey()
			return c.Marshal()
		}(), Bad},
		{"expired", key, expired, Expired},
		{"extended by its owner", key, extended, Bad},
		{"a name put in by its owner", key, func() []byte {
			c := sshCertified(t, ca, key.PublicKey(), func(c *ssh.Certificate) { c.ValidPrincipals = []string{"mallory"} })
			c.ValidPrincipals = []string{"alice"}
			return c.Marshal()
		}(), Bad},
		{"another's key put in", mallory, func() []byte {
			c := sshCertified(t, ca, key.PublicKey(), nil)
			c.Key = mallory.PublicKey()
			return c.Marshal()
		}(), Bad},
		{"a host's made a user's", key, func() []byte {
			c := sshCertified(t, ca, key.PublicKey(), func(c *ssh.Certificate) { c.CertType = ssh.HostCert })
			c.CertType = ssh.UserCert
			return c.Marshal()
		}(), Bad},
		{"a critical option taken out", key, func() []byte {
			c := sshCertified(t, ca, key.PublicKey(), func(c *ssh.Certificate) {
				c.CriticalOptions = map[string]string{"force-command": "x"}
			})
			c.CriticalOptions = nil
			return c.Marshal()
		}(), Bad},
		{"alice's certificate, mallory's signature", mallory, sshCertified(t, ca, key.PublicKey(), nil).Marshal(), Bad},
		{"for two people", key, sshCertified(t, ca, key.PublicKey(),
			func(c *ssh.Certificate) { c.ValidPrincipals = []string{"bob", "alice"} }).Marshal(), Unknown},
		{"for an empty name", key, sshCertified(t, ca, key.PublicKey(),
			func(c *ssh.Certificate) { c.ValidPrincipals = []string{""} }).Marshal(), Unknown},
		{"for a name with a NUL", key, sshCertified(t, ca, key.PublicKey(),
			func(c *ssh.Certificate) { c.ValidPrincipals = []string{"alice\x00"} }).Marshal(), Unknown},
		{"of neither a user nor a host", key, sshCertified(t, ca, key.PublicKey(),
			func(c *ssh.Certificate) { c.CertType = 3 }).Marshal(), WrongPurpose},
		{"valid after the end of time", key, sshCertified(t, ca, key.PublicKey(),
			func(c *ssh.Certificate) { c.ValidAfter = ssh.CertTimeInfinity }).Marshal(), NotYetValid},
		{"a certificate as the authority", key, func() []byte {
			c := sshCertified(t, ca, key.PublicKey(), nil)
			c.SignatureKey = sshCertified(t, ca, ca.PublicKey(), nil)
			return c.Marshal()
		}(), Malformed},
		{"a certificate as the certified key", key, func() []byte {
			c := sshCertified(t, ca, key.PublicKey(), nil).Marshal()
			return bytes.Replace(c, []byte("ssh-ed25519-cert-v01@openssh.com"), []byte("ssh-ed25519-cert-v01@openssh.con"), 1)
		}(), Unsupported},
		{"the authority's own signature", ca, ca.PublicKey().Marshal(), WrongPurpose},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := verdict(t, k, testPayload, certifiedSignature(t, c.by, c.blob), landing)
			wantStatus(t, res, c.want)
			if c.want == Good && res.Principal != "alice" {
				t.Errorf("principal %q", res.Principal)
			}
		})
	}
}

// TestSSHAttackCertificateOverAnothersKey: mallory has the authority certify dan's public key as
// mallory's, which an authority that asks for no proof does, and shows dan's signature as their own.
func TestSSHAttackCertificateOverAnothersKey(t *testing.T) {
	ca, dan := newEd25519(t), newEd25519(t)
	k := mustKeyring(t, sshAuthority("mallory", ca, "mallory"), sshEntry("dan", dan))
	cert := sshCertified(t, ca, dan.PublicKey(), func(c *ssh.Certificate) { c.ValidPrincipals = []string{"mallory"} })
	wantStatus(t, verdict(t, k, testPayload, sshSign(t, dan, sshNamespace, testPayload), landing), Good)
	res := verdict(t, k, testPayload, certifiedSignature(t, dan, cert.Marshal()), landing)
	wantStatus(t, res, Unknown)
	if !strings.Contains(res.Reason, `"dan"`) {
		t.Errorf("the reason is %q", res.Reason)
	}
}

// TestSSHAttackCertificateMangled flips each bit of a certificate, and cuts it short at each byte. A
// security key's flags aside, nothing in it may be anybody's but the authority's.
func TestSSHAttackCertificateMangled(t *testing.T) {
	ca, key := newEd25519(t), newEd25519(t)
	k := mustKeyring(t, sshAuthority("alice", ca, "alice"))
	blob := sshCertified(t, ca, key.PublicKey(),
		func(c *ssh.Certificate) { c.Extensions = map[string]string{"permit-pty": ""} }).Marshal()
	signature := func(blob []byte) []byte { return certifiedSignature(t, key, blob) }
	wantStatus(t, verdict(t, k, testPayload, signature(blob), landing), Good)
	for i := range blob {
		for bit := range 8 {
			blob[i] ^= 1 << bit
			if res := verdict(t, k, testPayload, signature(blob), landing); res.Status == Good {
				t.Errorf("good with bit %d of byte %d flipped", bit, i)
			}
			blob[i] ^= 1 << bit
		}
		if res := verdict(t, k, testPayload, signature(blob[:i]), landing); res.Status == Good {
			t.Errorf("good with the first %d bytes", i)
		}
	}
}

// TestSSHAuthorityRefuses wants entries that could make one person of two, or somebody of nobody.
func TestSSHAuthorityRefuses(t *testing.T) {
	ca, key := newEd25519(t), newEd25519(t)
	for _, c := range []struct {
		name string
		keys []Key
		want string // "" if it is fine
	}{
		{"several people, each their own names", []Key{
			sshAuthority("alice", ca, "alice", "a"),
			sshAuthority("bob", ca, "bob", "b"),
		}, ""},
		{"one person in two entries", []Key{sshAuthority("alice", ca, "alice"), sshAuthority("alice", ca, "alice", "a")}, ""},
		{
			"the same name by another authority",
			[]Key{sshAuthority("alice", ca, "alice"), sshAuthority("bob", key, "alice")},
			"",
		},
		{
			"two people of one name",
			[]Key{sshAuthority("alice", ca, "a", "x"), sshAuthority("bob", ca, "b", "x")},
			`bob.pub: the identity "x" of "bob" is already "alice"'s, at alice.pub`,
		},
		{"no names", []Key{sshAuthority("alice", ca)}, "alice.pub: the authority's certificates are for nobody"},
		{"an empty name", []Key{sshAuthority("alice", ca, "alice", "")}, "alice.pub: an identity is empty"},
		{
			"names of a plain key",
			[]Key{with(sshEntry("alice", key), func(k *Key) { k.Identities = []string{"alice"} })},
			"alice.pub: a plain SSH key has no identities",
		},
		{"her own key is an authority", []Key{sshEntry("alice", ca), sshAuthority("alice", ca, "alice")}, "use two keys"},
		{"an authority is another's key", []Key{sshAuthority("alice", ca, "alice"), sshEntry("bob", ca)}, "use two keys"},
		{"no authority's key but a certificate", []Key{{
			Principal: "alice", Kind: SSH, Authority: true,
			Identities: []string{"alice"}, Source: "x",
			Data: ssh.MarshalAuthorizedKey(sshCertified(t, ca, key.PublicKey(), nil)),
		}}, "x: an SSH certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewKeyring(c.keys, Settings{})
			if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
