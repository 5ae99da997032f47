package verify

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// pgpEntry is a keyring's entry for a key of 2020 that certifies and signs.
func pgpEntry(t testing.TB, principal string) (Key, *packet.PrivateKey) {
	t.Helper()
	f := newCertificate(t).user(principal, forSigning(saying(packet.SigTypePositiveCert, 2020)))
	return Key{Principal: principal, Kind: OpenPGP, Data: f.Bytes(), Source: "keys/" + principal + ".pgp"}, f.primary
}

// with changes a copy of an entry.
func with(key Key, change func(*Key)) Key {
	change(&key)
	return key
}

func TestKeyringRefuses(t *testing.T) {
	good := sshEntry("alice", newEd25519(t))
	good.Source = "policy.toml:14"
	for _, c := range []struct {
		name string
		key  Key
		want string
	}{
		{"no principal", with(good, func(k *Key) { k.Principal = "" }), "no principal"},
		{"no kind", with(good, func(k *Key) { k.Kind = "" }), `a key of kind ""`},
		{"unknown kind", with(good, func(k *Key) { k.Kind = "pgp" }), `a key of kind "pgp"`},
		{"X.509", with(good, func(k *Key) { k.Kind = X509 }), "an X.509 key is named by an identity and an issuer"},
		{"no data", with(good, func(k *Key) { k.Data = nil }), "one line of the form"},
		{
			"OpenPGP as SSH", with(good, func(k *Key) { k.Data = []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n") }),
			"unknown type",
		},
		{"SSH as OpenPGP", with(good, func(k *Key) { k.Kind = OpenPGP }), "no OpenPGP key in it"},
		{"never valid", with(good, func(k *Key) { k.From, k.Until = year(2024), year(2024) }), "which is never"},
		{"unknown revocation", with(good, func(k *Key) { k.Revoked = "lost" }), `revoked as "lost"`},
		{"revoked as nothing", with(good, func(k *Key) { k.RevokedAt = year(2024) }), "isn't revoked"},
		{"retired, nobody knows when", with(good, func(k *Key) { k.Revoked = Retired }), "since when"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := NewKeyring([]Key{bystander, c.key}, Settings{})
			if err == nil || !strings.HasPrefix(err.Error(), "policy.toml:14: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one of policy.toml:14 with %q", err, c.want)
			}
			if k != nil {
				t.Error("a keyring beside the error")
			}
		})
	}
}

func TestKeyringEmpty(t *testing.T) {
	if _, err := NewKeyring(nil, Settings{}); err == nil {
		t.Error("a keyring without keys")
	}
}

// TestKeyringNamesAllErrors so that they can be mended at once; and a key without a source still has
// a place.
func TestKeyringNamesAllErrors(t *testing.T) {
	_, err := NewKeyring([]Key{{Source: "a:1"}, bystander, {}}, Settings{})
	if err == nil || !strings.Contains(err.Error(), "a:1: ") || !strings.Contains(err.Error(), "key 3: ") {
		t.Errorf("%v", err)
	}
}

// TestKeyringAttackOneKeyTwoPeople: with one key under two names, or one's subkey in the other's
// certificate, one person would be two, and approve their own work.
func TestKeyringAttackOneKeyTwoPeople(t *testing.T) {
	alice, _ := pgpEntry(t, "alice")
	signer := newEd25519(t)
	sub := newSecret(t, 2020)
	hers := newCertificate(t).user("alice", forSigning(saying(packet.SigTypePositiveCert, 2020))).subkey(sub)
	his := newCertificate(t).user("mallory", forSigning(saying(packet.SigTypePositiveCert, 2020))).subkey(sub)
	for _, c := range []struct {
		name string
		a, b Key
	}{
		{"SSH", sshEntry("alice", signer), sshEntry("mallory", signer)},
		{"SSH, another comment", sshEntry("alice", signer), with(sshEntry("mallory", signer), func(k *Key) {
			k.Data = append([]byte("\t"), mustReadSSH(t, string(k.Data)).line()...)
			k.Data = append(k.Data, " mallory@example.org"...)
		})},
		{"OpenPGP", alice, with(alice, func(k *Key) { k.Principal, k.Source = "mallory", "mallory.pgp" })},
		{"OpenPGP, armored", alice, with(alice, func(k *Key) {
			k.Principal, k.Source, k.Data = "mallory", "mallory.asc", armored("PGP PUBLIC KEY BLOCK", k.Data)
		})},
		{
			"OpenPGP subkey",
			Key{Principal: "alice", Kind: OpenPGP, Data: hers.Bytes(), Source: "alice.pgp"},
			Key{Principal: "mallory", Kind: OpenPGP, Data: his.Bytes(), Source: "mallory.pgp"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewKeyring([]Key{c.a, bystander, c.b}, Settings{})
			if err == nil || !strings.HasPrefix(err.Error(), c.b.Source+": ") ||
				!strings.Contains(err.Error(), " at "+c.a.Source) {
				t.Errorf("error %v, want one that names %s and %s", err, c.a.Source, c.b.Source)
			}
		})
	}
}

func TestKeyringTwoKeysOfOnePerson(t *testing.T) {
	one, two := newEd25519(t), newEd25519(t)
	pgp, secret := pgpEntry(t, "alice")
	k := mustKeyring(t, sshEntry("alice", one), pgp, sshEntry("alice", two), bystander)
	for _, signature := range [][]byte{
		sshSign(t, one, sshNamespace, testPayload), sshSign(t, two, sshNamespace, testPayload),
		commitSignature(t, secret, 2021),
	} {
		if res := verdict(t, k, testPayload, signature, landing); res.Principal != "alice" {
			t.Errorf("%+v", res)
		}
	}
}

// revokedCases are entries of one key and what they say of a signature made in one year that landed
// in another. For SSH only those count in which the years are one.
var revokedCases = []struct {
	name         string
	change       []func(*Key) // one an entry
	made, landed time.Time
	want         Status
}{
	{"no bounds", []func(*Key){func(*Key) {}}, year(2023), year(2023), Good},
	{
		"before from",
		[]func(*Key){func(k *Key) { k.From = year(2024) }},
		year(2024).Add(-time.Second),
		year(2024).Add(-time.Second), NotYetValid,
	},
	{"at from", []func(*Key){func(k *Key) { k.From = year(2024) }}, year(2024), year(2024), Good},
	{
		"before until",
		[]func(*Key){func(k *Key) { k.Until = year(2024) }},
		year(2024).Add(-time.Second),
		year(2024).Add(-time.Second), Good,
	},
	{"at until", []func(*Key){func(k *Key) { k.Until = year(2024) }}, year(2024), year(2024), Expired},
	{
		"in the second window",
		[]func(*Key){func(k *Key) { k.Until = year(2022) }, func(k *Key) { k.From = year(2023) }},
		year(2024), year(2024), Good,
	},
	{
		"between two windows",
		[]func(*Key){func(k *Key) { k.Until = year(2022) }, func(k *Key) { k.From = year(2024) }},
		year(2023), year(2023), NotYetValid,
	},
	{
		"in the window of one entry, revoked in the other",
		[]func(*Key){func(*Key) {}, func(k *Key) { k.Revoked = Compromised }},
		year(2023), year(2023), Revoked,
	},
	{
		"retired, before",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt = Retired, year(2024) }},
		year(2023),
		year(2023), Good,
	},
	{
		"retired, at the time",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt = Retired, year(2024) }},
		year(2024),
		year(2024), Revoked,
	},
	{
		"retired by its end, before",
		[]func(*Key){func(k *Key) { k.Revoked, k.Until = Retired, year(2024) }},
		year(2023),
		year(2023), Good,
	},
	{
		"retired by its end, after",
		[]func(*Key){func(k *Key) { k.Revoked, k.Until = Retired, year(2024) }},
		year(2025),
		year(2025), Revoked,
	},
	{
		"retired before its end",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt, k.Until = Retired, year(2024), year(2026) }},
		year(2025), year(2025), Revoked,
	},
	{
		"retired after its end",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt, k.Until = Retired, year(2026), year(2024) }},
		year(2025), year(2025), Expired,
	},
	{
		"signed before it was retired, landed after",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt = Retired, year(2024) }},
		year(2023), year(2025), Good,
	},
	{"compromised since ever", []func(*Key){func(k *Key) { k.Revoked = Compromised }}, year(2021), year(2021), Revoked},
	{
		"compromised, landed before",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt = Compromised, year(2024) }},
		year(2023), year(2023), Good,
	},
	{
		"compromised, at the time",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt = Compromised, year(2024) }},
		year(2024), year(2024), Revoked,
	},
	{
		"attack: the thief dates back",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt = Compromised, year(2024) }},
		year(2023), year(2025), Revoked,
	},
	{
		"attack: the thief dates back, and lands in the very second",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt = Compromised, year(2024) }},
		year(2023), year(2024), Revoked,
	},
	{
		"compromised, dated ahead to when it was",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt = Compromised, year(2024) }},
		year(2024), year(2024).Add(-time.Hour), Revoked,
	},
	{
		"attack: expired and compromised, the expiry must not hide it",
		[]func(*Key){func(k *Key) { k.Revoked, k.RevokedAt, k.Until = Compromised, year(2023), year(2022) }},
		year(2025), year(2025), Revoked,
	},
	{
		"attack: not yet valid and compromised",
		[]func(*Key){func(k *Key) { k.Revoked, k.From = Compromised, year(2030) }},
		year(2025), year(2025), Revoked,
	},
}

// TestKeyringWindows judges commits and approvals (both are signed alike) by their keys' windows
// and revocations.
func TestKeyringWindows(t *testing.T) {
	signer := newEd25519(t)
	sshSignature := sshSign(t, signer, sshNamespace, testPayload)
	pgp, secret := pgpEntry(t, "alice")
	for _, c := range revokedCases {
		t.Run(c.name, func(t *testing.T) {
			var sshKeys, pgpKeys []Key
			for _, change := range c.change {
				sshKeys = append(sshKeys, with(sshEntry("alice", signer), change))
				pgpKeys = append(pgpKeys, with(pgp, change))
			}
			sig := saying(packet.SigTypeBinary, 2020)
			sig.CreationTime = c.made
			pgpSignature := armored(kindOpenPGPSignature, sign(t, secret, sig, []byte(testPayload)))
			res := verdict(t, mustKeyring(t, pgpKeys...), testPayload, pgpSignature, c.landed)
			wantStatus(t, res, c.want)
			if res.KeyOwner != "alice" {
				t.Errorf("key owner %q", res.KeyOwner)
			}
			if warned := len(res.Warnings) > 0; warned != (c.want == Good && !c.made.Equal(c.landed)) {
				t.Errorf("warnings %q", res.Warnings)
			}
			if c.made.Equal(c.landed) {
				wantStatus(t, verdict(t, mustKeyring(t, sshKeys...), testPayload, sshSignature, c.landed), c.want)
			}
		})
	}
}

// TestKeyringAttackStolenKeyDatesBack: the object says that it is older than the theft of its key, or than the
// day on which weak signatures ended; the receiver's clock knows better.
func TestKeyringAttackStolenKeyDatesBack(t *testing.T) {
	signer, authority, small := newEd25519(t), newEd25519(t), newRSA(t, 1024)
	pgp, secret := pgpEntry(t, "alice")
	stolen := func(k *Key) { k.Revoked, k.RevokedAt = Compromised, landing.Add(time.Hour) }
	signature := sign(t, secret, saying(packet.SigTypeBinary, 2020), []byte(testPayload))
	for _, c := range []struct {
		name      string
		key       Key
		signature []byte
		late      Status
	}{
		{"SSH", with(sshEntry("alice", signer), stolen), sshSign(t, signer, sshNamespace, testPayload), Revoked},
		{"OpenPGP", with(pgp, stolen), armored(kindOpenPGPSignature, signature), Revoked},
		{
			"SSH authority", with(sshAuthority("alice", authority, "alice"), stolen),
			certifiedSignature(t, signer, sshCertified(t, authority, signer.PublicKey(), nil).Marshal()), Revoked,
		},
		{"weak", sshEntry("alice", small), sshSign(t, small, sshNamespace, testPayload), Weak},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := settledKeyring(t, Settings{WeakUntil: landing.Add(time.Hour)}, c.key)
			now := LandsNow(landing).NoEarlier(landing)
			late := now.ReceivedAt(landing.Add(time.Hour))
			wantStatus(t, k.VerifyAt([]byte(testPayload), c.signature, now.ReceivedAt(landing.Add(time.Minute))), Good)
			wantStatus(t, k.VerifyAt([]byte(testPayload), c.signature, late), c.late)
			wantStatus(t, k.VerifyAt([]byte(testPayload), c.signature, now.NoEarlier(landing.Add(time.Hour))), c.late)
			wantStatus(t, k.Verify([]byte(testPayload), c.signature, landing), Good)
		})
	}
}

// TestKeyringAttackBackdatedCommit: an SSH signature carries no time, and a commit's own is whatever
// its maker writes. The payload's dates lie in 2020, in the key's window; the landing is in 2026.
func TestKeyringAttackBackdatedCommit(t *testing.T) {
	signer := newEd25519(t)
	k := mustKeyring(t, with(sshEntry("alice", signer), func(k *Key) { k.Until = year(2021) }))
	signature := sshSign(t, signer, sshNamespace, testPayload)
	wantStatus(t, verdict(t, k, testPayload, signature, landing), Expired)
	wantStatus(t, verdict(t, k, testPayload, signature, year(2020)), Good)
}

// TestKeyringAttackAroundTheArmor has a good signature with something else beside it.
func TestKeyringAttackAroundTheArmor(t *testing.T) {
	signer, mallory := newEd25519(t), newEd25519(t)
	pgp, secret := pgpEntry(t, "alice")
	k := mustKeyring(t, sshEntry("alice", signer), pgp)
	ssh, other := string(sshSign(t, signer, sshNamespace, testPayload)),
		string(sshSign(t, mallory, sshNamespace, testPayload))
	openpgp := string(commitSignature(t, secret, 2021))
	for _, c := range []struct {
		name, signature string
		want            Status
	}{
		{"SSH alone", ssh, Good},
		{"OpenPGP alone", openpgp, Good},
		{"without the last newline", strings.TrimSuffix(ssh, "\n"), Good},
		{"none", "", Missing},
		{"a newline", "\n", Malformed},
		{"text before", "signed by alice\n" + ssh, Malformed},
		{"a newline before", "\n" + ssh, Malformed},
		{"text after", ssh + "and more\n", Malformed},
		{"twice", ssh + ssh, Malformed},
		{"mallory's after alice's", ssh + other, Malformed},
		{"mallory's before alice's", other + ssh, Malformed},
		{"OpenPGP after SSH", ssh + openpgp, Malformed},
		{"SSH after OpenPGP", openpgp + ssh, Malformed},
		{"SSH in OpenPGP's armor", strings.ReplaceAll(ssh, "SSH", "PGP"), Malformed},
		{"OpenPGP in SSH's armor", strings.ReplaceAll(openpgp, "PGP", "SSH"), Malformed},
		{"CRLF", strings.ReplaceAll(ssh, "\n", "\r\n"), Malformed},
		{"a header in SSH's armor", strings.Replace(ssh, "\n", "\nVersion: 1\n\n", 1), Malformed},
		{"a whole OpenPGP message", strings.ReplaceAll(openpgp, "SIGNATURE", "MESSAGE"), Malformed},
		{"a key", strings.ReplaceAll(openpgp, "SIGNATURE", "PUBLIC KEY BLOCK"), Malformed},
		{"X.509", "-----BEGIN SIGNED MESSAGE-----\nMIIB\n-----END SIGNED MESSAGE-----\n", Malformed},
		{"64 KiB and more", ssh[:40] + strings.Repeat("A", maxSignature), Malformed},
	} {
		t.Run(c.name, func(t *testing.T) { wantStatus(t, verdict(t, k, testPayload, []byte(c.signature), landing), c.want) })
	}
}

// TestKeyringAttackSignatureOfSomethingElse presents alice's signatures of other things for the
// commit's.
func TestKeyringAttackSignatureOfSomethingElse(t *testing.T) {
	signer := newEd25519(t)
	pgp, secret := pgpEntry(t, "alice")
	k := mustKeyring(t, sshEntry("alice", signer), pgp)
	tag := "object " + strings.Repeat("a", 40) + "\ntype commit\ntag v1\ntagger A <a@example.org> 1600000000 +0000\n\nx\n"
	for _, c := range []struct {
		name, payload string
		signature     []byte
		want          Status
	}{
		{"of a tag (SSH)", testPayload, sshSign(t, signer, sshNamespace, tag), Bad},
		{"of a tag (OpenPGP)", testPayload, armored(kindOpenPGPSignature,
			sign(t, secret, saying(packet.SigTypeBinary, 2021), []byte(tag))), Bad},
		{"of a commit, on a tag", tag, sshSign(t, signer, sshNamespace, testPayload), Bad},
		{"of the same bytes, as a file", testPayload, sshSign(t, signer, "file", testPayload), WrongPurpose},
		{"of a mail", testPayload, sshSign(t, signer, "email", testPayload), WrongPurpose},
		{
			"of the commit with another line end", strings.ReplaceAll(testPayload, "\n", "\r\n"),
			sshSign(t, signer, sshNamespace, testPayload), Bad,
		},
		{
			"of the commit without its last newline", testPayload,
			sshSign(t, signer, sshNamespace, strings.TrimSuffix(testPayload, "\n")), Bad,
		},
	} {
		t.Run(c.name, func(t *testing.T) { wantStatus(t, verdict(t, k, c.payload, c.signature, landing), c.want) })
	}
}

// TestKeyringAttackStrangersAndUnfitKeys signs with keys that are nobody's, or not for signing.
func TestKeyringAttackStrangersAndUnfitKeys(t *testing.T) {
	pgp, _ := pgpEntry(t, "alice")
	k := mustKeyring(t, pgp, bystander)
	_, stranger := pgpEntry(t, "mallory")
	for _, signature := range [][]byte{
		sshSign(t, newEd25519(t), sshNamespace, testPayload),
		commitSignature(t, stranger, 2021),
	} {
		res := verdict(t, k, testPayload, signature, landing)
		wantStatus(t, res, Unknown)
		if res.KeyOwner != "" || res.Fingerprint == "" {
			t.Errorf("%+v", res)
		}
	}
}

// TestKeyringZero must not let anybody in.
func TestKeyringZero(t *testing.T) {
	signer := newEd25519(t)
	signature := sshSign(t, signer, sshNamespace, testPayload)
	wantStatus(t, verdict(t, new(Keyring), testPayload, signature, landing), Unknown)
	wantStatus(t, verdict(t, mustKeyring(t, sshEntry("alice", signer)), testPayload, signature, time.Time{}), Bad)
	if _, err := admit(nil, landing, LandedThen(landing)); err == nil {
		t.Error("no entry admits a signature")
	}
	key := Key{Revoked: "a word that NewKeyring would refuse"}
	if key.revoked(landing, landing) == nil {
		t.Error("a key that is revoked in an unknown way isn't revoked")
	}
}

// TestKeyringIsSafeForConcurrentUse says something under -race.
func TestKeyringIsSafeForConcurrentUse(t *testing.T) {
	signer := newEd25519(t)
	pgp, secret := pgpEntry(t, "alice")
	k := mustKeyring(t, sshEntry("alice", signer), pgp)
	signatures := [][]byte{sshSign(t, signer, sshNamespace, testPayload), commitSignature(t, secret, 2021)}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if res := k.Verify([]byte(testPayload), signatures[i%2], landing); res.Principal != "alice" {
				t.Errorf("%+v", res)
			}
		})
	}
	wg.Wait()
}

func TestKeyringList(t *testing.T) {
	signer := newEd25519(t)
	sub := newSecret(t, 2021)
	f := newCertificate(t).subkey(sub)
	k := mustKeyring(
		t, with(sshEntry("bob", signer), func(k *Key) { k.From, k.Until, k.Revoked = year(2020), year(2024), Retired }),
		Key{Principal: "alice", Kind: OpenPGP, Data: f.Bytes(), Source: "alice.pgp"},
	)
	want := []Listed{
		{
			Principal: "bob", Kind: SSH, Fingerprints: []string{mustReadSSH(t,
				string(sshEntry("bob", signer).Data)).fingerprint},
			Source: "bob.pub", From: year(2020), Until: year(2024), Revoked: Retired,
		},
		{
			Principal: "alice", Kind: OpenPGP, Fingerprints: []string{
				upperHex(f.primary.Fingerprint),
				upperHex(sub.Fingerprint),
			},
			Source: "alice.pgp",
		},
	}
	if diff := cmp.Diff(want, k.List(), cmpopts.IgnoreFields(Listed{}, "Keys")); diff != "" { // TestList has the keys
		t.Error(diff)
	}
}
