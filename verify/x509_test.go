package verify

import (
	"bytes"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func aliceX509() Key {
	return Key{
		Principal: "alice", Kind: X509, Identities: []string{"alice@example.org"}, Issuer: forgedIssuer,
		Source: "policy.toml:7",
	}
}

// keyring trusts the forged instance.
func (f *forge) keyring(t testing.TB, wants Transparency, keys ...Key) *Keyring {
	t.Helper()
	if keys == nil {
		keys = []Key{aliceX509()}
	}
	return x509Keyring(t, X509Settings{Roots: []File{f.trustedRoot(t)}, Transparency: wants}, keys...)
}

// TestX509Forged is the control of all the attacks: the honest signatures that they change.
func TestX509Forged(t *testing.T) {
	f := newForge(t)
	alice := f.issue(t, person(t, "alice@example.org"))
	plain := message{by: alice, payload: []byte(testPayload), at: signedOn}
	withProof := plain
	withProof.forge = func(m *message, i *signerInfo) {
		m.unsigned = []asn1Attribute{f.logged(t, alice, i, signedOn.Add(2*time.Second)).attribute(t)}
	}
	stamped := plain
	stamped.forge = func(m *message, i *signerInfo) {
		m.unsigned = []asn1Attribute{stamp(t, f.stamper, i.signature, signedOn.Add(1500*time.Millisecond))}
	}
	timeless := plain
	timeless.at = time.Time{}
	good := Result{
		Status: Good, Principal: "alice", KeyOwner: "alice", Kind: X509,
		Fingerprint: certificateFingerprint(alice.Certificate),
		Identity:    "alice@example.org", SignedAt: signedOn,
	}
	at := func(made time.Time) Result {
		res := good
		res.SignedAt = made
		return res
	}
	for _, c := range []struct {
		name   string
		m      message
		wants  Transparency
		landed time.Time
		want   Result
	}{
		{"window", plain, NoProof, landing, good},
		{"proof", withProof, EmbeddedProof, landing, at(signedOn.Add(2 * time.Second))},
		{"proof, not asked for", withProof, NoProof, landing, at(signedOn.Add(2 * time.Second))},
		{"proof, nobody asked online", withProof, OnlineProof, landing, at(signedOn.Add(2 * time.Second))},
		{"timestamp", stamped, NoProof, landing, at(signedOn.Add(1500 * time.Millisecond))},
		{"no time, landed in the ten minutes", timeless, NoProof, signedOn, at(time.Time{})},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := verdict(t, f.keyring(t, c.wants), testPayload, c.m.armored(t), c.landed)
			if diff := cmp.Diff(c.want, res); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestX509ProofIsAskedFor(t *testing.T) {
	f := newForge(t)
	alice := f.issue(t, person(t, "alice@example.org"))
	var e *entry509
	m := message{by: alice, payload: []byte(testPayload), at: signedOn, forge: func(_ *message, i *signerInfo) {
		e = f.logged(t, alice, i, signedOn.Add(time.Second))
	}}
	signature := m.armored(t)
	answer := func(change func(map[string]any)) func([]byte) ([]byte, error) {
		return func(query []byte) ([]byte, error) { return e.answer(t, query, change), nil }
	}
	for _, c := range []struct {
		name   string
		wants  Transparency
		ask    func([]byte) ([]byte, error)
		status Status
		reason string
	}{
		{"found", OnlineProof, answer(nil), Good, ""},
		{"not asked for", EmbeddedProof, answer(nil), Unsupported, "has no proof"},
		{"a setting there is none of", Transparency(9), answer(nil), Unsupported, "no proof"},
		{"nobody to ask", OnlineProof, nil, Unsupported, "no log to ask"},
		{
			"no network", OnlineProof, func([]byte) ([]byte, error) {
				return nil,
					errors.New("the transparency log can't be asked: no route")
			}, Unsupported,
			"the transparency log can't be asked: no route",
		},
		{
			"not in the log", OnlineProof, func([]byte) ([]byte, error) { return []byte("[]"), nil }, Unsupported,
			"has no entry",
		},
		{"no JSON", OnlineProof, func([]byte) ([]byte, error) { return []byte("<html>"), nil }, Unsupported, "isn't a list"},
		{"another entry", OnlineProof, answer(func(e map[string]any) { e["body"] = "e30=" }), Bad, "for another signature"},
		{"no id", OnlineProof, answer(func(e map[string]any) { e["logID"] = "" }), Malformed, "malformed"},
		{
			"another log", OnlineProof, answer(func(e map[string]any) { e["logID"] = strings.Repeat("00", 32) }), Unknown,
			"which the trusted root doesn't name",
		},
		{
			"another time", OnlineProof, answer(func(e map[string]any) { e["integratedTime"] = signedOn.Unix() }), Bad,
			"didn't promise",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := x509Keyring(t, X509Settings{Roots: []File{f.trustedRoot(t)}, Transparency: c.wants, Entry: c.ask}, aliceX509())
			res := verdict(t, k, testPayload, signature, landing)
			if res.Status != c.status || !strings.Contains(res.Reason, c.reason) {
				t.Errorf("%s (%s), want %s (%s)", res.Status, res.Reason, c.status, c.reason)
			}
			if want := signedOn.Add(time.Second); c.status == Good && !res.SignedAt.Equal(want) {
				t.Errorf("signed at %s, want the log's %s", res.SignedAt, want)
			}
		})
	}
}

// company is an authority's root, and an intermediate that only signatures bring.
type company struct{ root, between *holder }

func newCompany(t testing.TB) company {
	t.Helper()
	root := certify(t, authorityFor("company root"), nil)
	return company{root, certify(t, authorityFor("company intermediate"), root)}
}

// employee is a template of a certificate for mail, valid in 2026.
func employee(email string, uses ...x509.ExtKeyUsage) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: email}, EmailAddresses: []string{email}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: uses,
		NotBefore:   year(2026), NotAfter: year(2027),
	}
}

func bobX509() Key { return Key{Principal: "bob", Kind: X509, Identities: []string{"bob@example.org"}} }

func TestX509Company(t *testing.T) {
	c := newCompany(t)
	bob := certify(t, employee("bob@example.org", x509.ExtKeyUsageEmailProtection), c.between)
	signed := message{by: bob, bag: []*holder{c.between}, payload: []byte(testPayload), at: signedOn}
	settings := X509Settings{Roots: []File{{"company.pem", pemOf(c.root)}}}
	for _, c := range []struct {
		name     string
		change   func(*message)
		landed   time.Time
		status   Status
		signedAt time.Time
		reason   string
	}{
		{"good", nil, landing, Good, signedOn, ""},
		{"no time: judged when it landed", func(m *message) { m.at = time.Time{} }, landing, Good, time.Time{}, ""},
		{
			"no time, landed after the end", func(m *message) { m.at = time.Time{} }, year(2028), Expired,
			time.Time{},
			"was valid until 2027",
		},
		{
			"signed before it was valid", func(m *message) { m.at = year(2025) }, landing, NotYetValid, year(2025),
			"is valid from 2026",
		},
		{
			"signed after it was valid", func(m *message) { m.at = year(2028) }, year(2029), Expired, year(2028),
			"was valid until 2027",
		},
		{
			"dated after its landing", func(m *message) { m.at = landing.Add(time.Hour) }, landing, Misdated,
			landing.Add(time.Hour), "at the latest",
		},
		{
			"an intermediate that nobody brings", func(m *message) { m.bag = nil }, landing, Unknown, signedOn,
			"issued by \"CN=company intermediate\"",
		},
		{
			"a root for nothing", func(m *message) { m.bag = append(m.bag, certify(t, authorityFor("another"), nil)) }, landing,
			Good, signedOn, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := signed
			if c.change != nil {
				c.change(&m)
			}
			res := verdict(t, x509Keyring(t, settings, bobX509()), testPayload, m.armored(t), c.landed)
			if res.Status != c.status || !strings.Contains(res.Reason, c.reason) || !res.SignedAt.Equal(c.signedAt) {
				t.Errorf("%s at %s (%s), want %s at %s (%s)", res.Status, res.SignedAt, res.Reason, c.status, c.signedAt, c.reason)
			}
		})
	}
	t.Run("landed after the end", func(t *testing.T) {
		res := verdict(t, x509Keyring(t, settings, bobX509()), testPayload, signed.armored(t), year(2028))
		if res.Status != Good || len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "nobody but its maker says") {
			t.Errorf("%+v: want good with a warning", res)
		}
	})
	t.Run("for any use", func(t *testing.T) {
		m := signed
		m.by = certify(t, employee("bob@example.org"), c.between)
		wantStatus(t, verdict(t, x509Keyring(t, settings, bobX509()), testPayload, m.armored(t), landing), Good)
	})
}

func TestX509CompanyTimestamp(t *testing.T) {
	c := newCompany(t)
	stamper := certify(t, stamperFor("company timestamps"), c.root)
	bob := certify(t, employee("bob@example.org"), c.root)
	k := x509Keyring(t, X509Settings{Roots: []File{{"company.pem", pemOf(c.root)}}}, bobX509())
	for _, c := range []struct {
		name   string
		token  func(*signerInfo) asn1Attribute
		status Status
		reason string
	}{
		// The signer says 2025, when the certificate wasn't valid; the timestamp decides.
		{"good", func(i *signerInfo) asn1Attribute { return stamp(t, stamper, i.signature, signedOn) }, Good, ""},
		{
			"before the certificate", func(i *signerInfo) asn1Attribute { return stamp(t, stamper, i.signature, year(2025)) },
			NotYetValid, "is valid from",
		},
		{
			"after the certificate", func(i *signerInfo) asn1Attribute { return stamp(t, stamper, i.signature, year(2028)) },
			Expired, "was valid until",
		},
		{
			"of another signature", func(*signerInfo) asn1Attribute { return stamp(t, stamper, []byte("another"), signedOn) },
			Bad, "it is of another signature",
		},
		{
			"by the signer", func(i *signerInfo) asn1Attribute { return stamp(t, bob, i.signature, signedOn) }, WrongPurpose,
			"isn't for timestamps alone",
		},
		{"by a stranger", func(i *signerInfo) asn1Attribute {
			return stamp(t, certify(t, stamperFor("strange"), certify(t, authorityFor("stranger"), nil)), i.signature, signedOn)
		}, Unknown, "isn't a timestamp authority that the policy trusts"},
		{
			"nothing", func(*signerInfo) asn1Attribute { return asn1Attribute{oidTimestamp, []byte{0x30, 0}} }, Malformed,
			"the timestamp of the signature: it isn't a CMS",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message{
				by: bob, payload: []byte(testPayload), at: year(2025),
				forge: func(m *message, i *signerInfo) { m.unsigned = []asn1Attribute{c.token(i)} },
			}
			res := verdict(t, k, testPayload, m.armored(t), landing)
			if res.Status != c.status || !strings.Contains(res.Reason, c.reason) {
				t.Errorf("%s (%s), want %s (%s)", res.Status, res.Reason, c.status, c.reason)
			}
			if c.status == Good && !res.SignedAt.Equal(signedOn) {
				t.Errorf("signed at %s, want the timestamp's %s", res.SignedAt, signedOn)
			}
		})
	}
}

func TestX509Revocation(t *testing.T) {
	c := newCompany(t)
	bob := certify(t, employee("bob@example.org"), c.between)
	signature := (&message{by: bob, bag: []*holder{c.between}, payload: []byte(testPayload), at: signedOn}).armored(t)
	stamper := certify(t, stamperFor("company timestamps"), c.root)
	stamped := (&message{
		by: bob, bag: []*holder{c.between}, payload: []byte(testPayload), at: signedOn,
		forge: func(m *message, i *signerInfo) {
			m.unsigned = []asn1Attribute{stamp(t, stamper, i.signature, signedOn)}
		},
	}).armored(t)
	entry := func(of *holder, when time.Time, reason int) x509.RevocationListEntry {
		return x509.RevocationListEntry{SerialNumber: of.SerialNumber, RevocationTime: when, ReasonCode: reason}
	}
	before, after := signedOn.Add(-time.Hour), signedOn.Add(time.Hour)
	since, err := asn1.MarshalWithParams(before, "generalized")
	if err != nil {
		t.Fatal(err)
	}
	invalidSince := entry(bob, after, reasonSuperseded)
	invalidSince.ExtraExtensions = []pkix.Extension{extensionOf(t, oidInvalidSince, since)}
	due := year(2030)
	for _, tc := range []struct {
		name      string
		list      File
		signature []byte
		landed    time.Time
		status    Status
		warned    bool
	}{
		{"nobody", crl(t, c.between, due), signature, landing, Good, false},
		{"somebody else", crl(t, c.between, due, entry(stamper, before, 0)), signature, landing, Good, false},
		{
			"before the signature", crl(t, c.between, due, entry(bob, before, reasonSuperseded)), signature, landing, Revoked,
			false,
		},
		{
			"superseded after the signature", crl(t, c.between, due, entry(bob, after, reasonSuperseded)), signature, landing,
			Good, false,
		},
		{"superseded after, worthless before", crl(t, c.between, due, invalidSince), signature, landing, Revoked, false},
		{
			"compromised after the signature", crl(t, c.between, due, entry(bob, after, reasonKeyCompromise)), signature,
			landing, Revoked, false,
		},
		{
			"compromised after the landing", crl(t, c.between, due, entry(bob, landing.Add(time.Hour), reasonKeyCompromise)),
			signature, landing, Revoked, false,
		},
		{
			"compromised after the timestamp", crl(t, c.between, due, entry(bob, after, reasonKeyCompromise)), stamped, landing,
			Revoked, false,
		},
		{
			"for no reason, before the landing", crl(t, c.between, due, entry(bob, after, 0)), signature, landing, Revoked,
			false,
		},
		{
			"for no reason, after the landing", crl(t, c.between, due, entry(bob, after, 0)), signature,
			signedOn.Add(time.Minute), Good, false,
		},
		{"for no reason, after the timestamp", crl(t, c.between, due, entry(bob, after, 0)), stamped, landing, Good, false},
		{
			"the intermediate", crl(t, c.root, due, entry(c.between, before, reasonAuthorityCompromise)), signature, landing,
			Revoked, false,
		},
		{
			"the timestamp authority", crl(t, c.root, due, entry(stamper, after, reasonKeyCompromise)), stamped, landing,
			Revoked, false,
		},
		{"by another authority of the same name", crl(t, certify(t, authorityFor("company intermediate"), nil), due,
			entry(bob, before, 0)), signature, landing, Good, false},
		{"by another key of the same name and id", crl(t, namesake(t, c.between), due), signature, landing, Bad, false},
		{"an old list", crl(t, c.between, landing.Add(-time.Hour)), signature, landing, Good, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k := x509Keyring(t, X509Settings{Roots: []File{{"company.pem", pemOf(c.root)}}, CRLs: []File{tc.list}}, bobX509())
			res := verdict(t, k, testPayload, tc.signature, tc.landed)
			if res.Status != tc.status || (len(res.Warnings) > 0) != tc.warned {
				t.Errorf("%s (%s), warnings %q, want %s", res.Status, res.Reason, res.Warnings, tc.status)
			}
		})
	}
}

// namesake has another's name and key identifier, and a key of its own.
func namesake(t testing.TB, of *holder) *holder {
	t.Helper()
	template := authorityFor(of.Subject.CommonName)
	template.SubjectKeyId = of.SubjectKeyId
	return certify(t, template, nil)
}

func TestX509KeyringRefuses(t *testing.T) {
	f, c := newForge(t), newCompany(t)
	delta := pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}
	list, err := x509.CreateRevocationList(rand.Reader,
		&x509.RevocationList{
			Number: big.NewInt(1), ThisUpdate: year(2026), NextUpdate: year(2027),
			ExtraExtensions: []pkix.Extension{delta},
		}, c.root.Certificate, c.root.key)
	if err != nil {
		t.Fatal(err)
	}
	company := []File{{"company.pem", pemOf(c.root)}}
	for _, tc := range []struct {
		name     string
		settings X509Settings
		keys     []Key
		want     string
	}{
		{
			"one identity, two people",
			X509Settings{},
			[]Key{aliceX509(), with(aliceX509(), func(k *Key) { k.Principal = "bob" })},
			`policy.toml:7: certificates for "alice@example.org" are "bob"'s and "alice"'s`,
		},
		{"no identity", X509Settings{}, []Key{with(aliceX509(), func(k *Key) { k.Identities = nil })}, "needs the identity"},
		{
			"an empty identity",
			X509Settings{},
			[]Key{with(aliceX509(), func(k *Key) { k.Identities = []string{""} })},
			"identity is empty",
		},
		{"data", X509Settings{}, []Key{with(aliceX509(), func(k *Key) { k.Data = []byte("x") })}, "no data of its own"},
		{"an authority", X509Settings{}, []Key{with(aliceX509(), func(k *Key) { k.Authority = true })}, "no data of its own"},
		{"a company without roots", X509Settings{Roots: []File{f.trustedRoot(t)}}, []Key{bobX509()}, "trusted-roots"},
		{
			"no roots in a file",
			X509Settings{Roots: []File{{"roots/x.pem", []byte("hello")}}},
			[]Key{aliceX509()},
			"roots/x.pem: neither",
		},
		{
			"a private key",
			X509Settings{Roots: []File{{
				"roots/x.pem",
				[]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
			}}},
			[]Key{aliceX509()},
			`roots/x.pem: a PEM block "PRIVATE KEY"`,
		},
		{
			"no authorities",
			X509Settings{Roots: []File{{"t.json", []byte("{}")}}},
			[]Key{aliceX509()},
			"t.json: the trusted root has no certificateAuthorities",
		},
		{
			"broken JSON",
			X509Settings{Roots: []File{{"t.json", []byte("{")}}},
			[]Key{aliceX509()},
			"t.json: no trusted_root.json",
		},
		{
			"no list",
			X509Settings{CRLs: []File{{"x.crl", []byte("hello")}}},
			[]Key{aliceX509()},
			"x.crl: a revocation list that can't be read",
		},
		{
			"part of a list",
			X509Settings{Roots: company, CRLs: []File{{"x.crl", list}}},
			[]Key{bobX509()},
			"x.crl: the revocation list has the critical extension 2.5.29.27",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			k, err := NewKeyring(tc.keys, Settings{X509: tc.settings})
			if k != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %s", err, tc.want)
			}
		})
	}
}

func TestX509KeyWindows(t *testing.T) {
	f := newForge(t)
	signature := (&message{
		by: f.issue(t, person(t, "alice@example.org")), payload: []byte(testPayload),
		at: signedOn,
	}).armored(t)
	for _, c := range []struct {
		name   string
		change func(*Key)
		want   Status
	}{
		{"within", func(k *Key) { k.From, k.Until = year(2026), year(2027) }, Good},
		{"too early", func(k *Key) { k.From = signedOn.Add(time.Second) }, NotYetValid},
		{"too late", func(k *Key) { k.Until = signedOn }, Expired},
		{"retired since", func(k *Key) { k.Revoked, k.RevokedAt = Retired, signedOn.Add(time.Second) }, Good},
		{"retired before", func(k *Key) { k.Revoked, k.RevokedAt = Retired, signedOn }, Revoked},
		{"compromised before it landed", func(k *Key) { k.Revoked, k.RevokedAt = Compromised, landing }, Revoked},
		{
			"compromised after it landed", func(k *Key) { k.Revoked, k.RevokedAt = Compromised, landing.Add(time.Second) },
			Good,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := verdict(t, f.keyring(t, NoProof, with(aliceX509(), c.change)), testPayload, signature, landing)
			if res.Status != c.want || res.KeyOwner != "alice" {
				t.Errorf("%+v, want %s and alice's", res, c.want)
			}
		})
	}
}

func TestMatchIdentity(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		want          bool
	}{
		{"a@x.org", "a@x.org", true},
		{"A@x.org", "a@x.org", false},
		{"a@X.org", "a@x.org", false},
		{"a@x.org.evil", "a@x.org", false},
		{"aa@x.org", "a@x.org", false},
		{"a@x.org", "*@x.org", true},
		{"a@b@x.org", "*@x.org", false},
		{"@x.org", "*@x.org", true},
		{"a@x.org", "*", false},
		{"a@x.org", "*@*", true},
		{"a@x.org\x00", "a@x.org", false},
		{"https://h/o/r/.w/f.yml@refs/heads/main", "https://h/o/r/.w/*@refs/heads/main", true},
		{"https://h/o/r/.w/f/g.yml@refs/heads/main", "https://h/o/r/.w/*@refs/heads/main", false},
		{"https://h/o/r/.w/f.yml@refs/heads/main", "https://h/o/r/.w/f.yml@refs/heads/*", true},
		{"https://h/o/r/.w/f.yml@refs/heads/a/b", "https://h/o/r/.w/f.yml@refs/heads/*", false},
		{"xaxbxbx@c", "*a*b*@c", true},
		{"xaxbxbxc", "*a*b", false},
		{"", "*", true},
		{"a", "", false},
		{"a?c", "a?c", true},
		{"abc", "a?c", false},
	} {
		if got := matchIdentity(c.name, c.pattern); got != c.want {
			t.Errorf("%q matches %q: %t", c.name, c.pattern, got)
		}
	}
}

// Real servers of two Sigstore instances stand side by side, and neither vouches for the other's.
func TestX509TwoInstances(t *testing.T) {
	one, other := newForge(t), newForge(t)
	roots := []File{one.trustedRoot(t), other.trustedRoot(t)}
	k := x509Keyring(t, X509Settings{Roots: roots}, aliceX509())
	alice := other.issue(t, person(t, "alice@example.org"))
	for name, log := range map[string]*forge{"its own log": other, "the other's log": one} {
		m := message{by: alice, payload: []byte(testPayload), at: signedOn, forge: func(m *message, i *signerInfo) {
			m.unsigned = []asn1Attribute{log.logged(t, alice, i, signedOn).attribute(t)}
		}}
		want := map[bool]Status{true: Good, false: Unknown}[log == other]
		if res := verdict(t, k, testPayload, m.armored(t), landing); res.Status != want {
			t.Errorf("%s: %s (%s), want %s", name, res.Status, res.Reason, want)
		}
	}
}

// A certificate is remembered only while there is room, and the same whoever asks first.
func TestX509Cache(t *testing.T) {
	f := newForge(t)
	k := f.keyring(t, NoProof)
	for i := range signerCacheSize + 10 {
		k.x509.known.put([32]byte{byte(i), byte(i >> 8)}, &x509Signer{})
	}
	if n := len(k.x509.known.signers); n != signerCacheSize || len(k.x509.known.order) != n {
		t.Errorf("%d certificates remembered, %d in order", n, len(k.x509.known.order))
	}
	signature := (&message{
		by: f.issue(t, person(t, "alice@example.org")), payload: []byte(testPayload),
		at: signedOn,
	}).armored(t)
	mine := (&message{
		by:      certify(t, person(t, "alice@example.org"), certify(t, authorityFor("forged intermediate"), nil)),
		payload: []byte(testPayload), at: signedOn,
	}).armored(t)
	results := make(chan string)
	for range 8 {
		go func() {
			good, bad := k.Verify([]byte(testPayload), signature, landing), k.Verify([]byte(testPayload), mine, landing)
			again := k.Verify([]byte(testPayload+"x"), signature, landing)
			results <- fmt.Sprint(good.Status, bad.Status, again.Status)
		}()
	}
	for range 8 {
		if got, want := <-results, fmt.Sprint(Good, Unknown, Bad); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestToDER(t *testing.T) {
	for _, c := range []struct{ name, ber, want string }{
		{"DER", "\x30\x03\x02\x01\x05", "\x30\x03\x02\x01\x05"},
		{"ends at a mark", "\x30\x80\x02\x01\x05\x00\x00", "\x30\x03\x02\x01\x05"},
		{"long length", "\x30\x82\x00\x03\x02\x01\x05", "\x30\x03\x02\x01\x05"},
		{"empty at a mark", "\x30\x80\x00\x00", "\x30\x00"},
		{"string in pieces", "\x24\x80\x04\x01a\x24\x03\x04\x01b\x00\x00", "\x04\x02ab"},
		{"string of 200", "\x24\x81\xcb\x04\x81\xc8" + strings.Repeat("a", 200), "\x04\x81\xc8" + strings.Repeat("a", 200)},
		{"string of 300", "\x04\x83\x00\x01\x2c" + strings.Repeat("a", 300), "\x04\x82\x01\x2c" + strings.Repeat("a", 300)},
		{"nothing", "", ""},
		{"half a header", "\x30", ""},
		{"too short", "\x30\x03\x02\x01", ""},
		{"too long", "\x30\x03\x02\x01\x05\x00", ""},
		{"no mark", "\x30\x80\x02\x01\x05", ""},
		{"half a mark", "\x30\x80\x02\x01\x05\x00", ""},
		{"a mark in a string", "\x04\x80a\x00\x00", ""},
		{"a number in a string", "\x24\x03\x02\x01\x05", ""},
		{"length of length 5", "\x30\x85\x00\x00\x00\x00\x00", ""},
		{"length of all", "\x30\x84\xff\xff\xff\xff", ""},
		{"high tag", "\x3f\x81\x01\x00", ""},
		{"inner longer than outer", "\x30\x02\x04\x05abcde", ""},
		{"31 levels", strings.Repeat("\x30\x80", 31) + "\x05\x00" + strings.Repeat("\x00\x00", 31), "-"},
		{"too deep", strings.Repeat("\x30\x80", 40) + strings.Repeat("\x00\x00", 40), ""},
		{"too many", "\x30\x80" + strings.Repeat("\x05\x00", 5000) + "\x00\x00", ""},
	} {
		got, err := toDER([]byte(c.ber))
		if c.want == "-" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if !bytes.Equal(got, []byte(c.want)) || (err == nil) != (c.want != "") {
			t.Errorf("%s: %x, %v, want %x", c.name, got, err, c.want)
		}
		if err == nil {
			if again, err := toDER(got); err != nil || !bytes.Equal(again, got) {
				t.Errorf("%s: %x isn't DER: %x, %v", c.name, got, again, err)
			}
		}
	}
}

func TestX509Curves(t *testing.T) {
	f := newForge(t)
	for curve, want := range map[elliptic.Curve]Status{
		elliptic.P224(): Weak, elliptic.P256(): Good, elliptic.P384(): Good,
		elliptic.P521(): Good,
	} {
		template := person(t, "alice@example.org")
		template.PublicKey = newKey(t, curve)
		signature := (&message{by: f.issue(t, template), payload: []byte(testPayload), at: signedOn}).armored(t)
		if res := verdict(t, f.keyring(t, NoProof), testPayload, signature, landing); res.Status != want {
			t.Errorf("%s: %s (%s), want %s", curve.Params().Name, res.Status, res.Reason, want)
		}
	}
}
