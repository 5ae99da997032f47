package verify

import (
	"bytes"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/verify/internal/corpus"
)

// TestAttackX509Certificate has a certificate that isn't one of alice's, in every way there is: the
// signature fits, the log knows it, and it must not count.
func TestAttackX509Certificate(t *testing.T) {
	f := newForge(t)
	newIssuer := func(issuer string) pkix.Extension {
		value, err := asn1.MarshalWithParams(issuer, "utf8")
		if err != nil {
			t.Fatal(err)
		}
		return extensionOf(t, oidIssuerV2, value)
	}
	strange := newForge(t)
	for _, c := range []struct {
		name   string
		change func(*x509.Certificate)
		by     *forge // f, if nil
		status Status
		reason string
	}{
		{"honest", nil, nil, Good, ""},
		{
			"another's", func(c *x509.Certificate) { c.EmailAddresses = []string{"mallory@example.org"} }, nil, Unknown,
			`no principal has a key for certificates of "mallory@example.org"`,
		},
		{
			"another case", func(c *x509.Certificate) { c.EmailAddresses = []string{"Alice@example.org"} }, nil, Unknown,
			"no principal",
		},
		{
			"another case of the domain", func(c *x509.Certificate) { c.EmailAddresses = []string{"alice@EXAMPLE.org"} }, nil,
			Unknown, "no principal",
		},
		{
			"a longer domain", func(c *x509.Certificate) { c.EmailAddresses = []string{"alice@example.org.evil.com"} }, nil,
			Unknown, "no principal",
		},
		{
			"a longer name", func(c *x509.Certificate) { c.EmailAddresses = []string{"malalice@example.org"} }, nil, Unknown,
			"no principal",
		},
		{
			"a NUL", func(c *x509.Certificate) { c.EmailAddresses = []string{"alice@example.org\x00.evil.com"} }, nil, Unknown,
			"no principal",
		},
		{
			"a blank", func(c *x509.Certificate) { c.EmailAddresses = []string{"alice@example.org "} }, nil, Unknown,
			"no principal",
		},
		{"as a URI", func(c *x509.Certificate) {
			c.EmailAddresses, c.URIs = nil, uri(t, "mailto:alice@example.org")
		}, nil, Unknown, "no principal"},
		{
			"as a host", func(c *x509.Certificate) { c.EmailAddresses, c.DNSNames = nil, []string{"alice@example.org"} }, nil,
			Unknown, "for nobody by an e-mail address",
		},
		{"in the subject", func(c *x509.Certificate) {
			c.EmailAddresses, c.Subject = nil, pkix.Name{CommonName: "alice@example.org"}
		}, nil, Unknown, "for nobody by an e-mail address"},
		{"beside another's", func(c *x509.Certificate) {
			c.EmailAddresses = []string{
				"mallory@example.org",
				"alice@example.org",
			}
		}, nil, Good, ""},
		{"alice's and bob's", func(c *x509.Certificate) {
			c.EmailAddresses = []string{
				"alice@example.org",
				"bob@example.org",
			}
		}, nil, Unknown, `could be "alice"'s or "bob"'s`},
		{"another issuer", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{
				extensionOf(t, oidIssuerV1, []byte("https://evil.example")),
				newIssuer("https://evil.example"),
			}
		}, nil, Unknown, `said by "https://evil.example"`},
		{"two issuers, the old one right", func(c *x509.Certificate) {
			c.ExtraExtensions[1] = newIssuer("https://evil.example")
		}, nil, Malformed, "names two issuers"},
		{"two issuers, the new one right", func(c *x509.Certificate) {
			c.ExtraExtensions[0] = extensionOf(t, oidIssuerV1, []byte("https://evil.example"))
		}, nil, Malformed, "names two issuers"},
		{"only the old form", func(c *x509.Certificate) { c.ExtraExtensions = c.ExtraExtensions[:1] }, nil, Good, ""},
		{"only the new form", func(c *x509.Certificate) { c.ExtraExtensions = c.ExtraExtensions[1:] }, nil, Good, ""},
		{"no issuer", func(c *x509.Certificate) { c.ExtraExtensions = nil }, nil, Unknown, `said by ""`},
		{"the issuer as bytes in the new form", func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{extensionOf(t, oidIssuerV2, []byte(forgedIssuer))}
		}, nil, Malformed, "issuer in the certificate is malformed"},
		{
			"a longer issuer", func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{newIssuer(forgedIssuer + "/")} },
			nil, Unknown, "said by",
		},
		{
			"not yet", func(c *x509.Certificate) { c.NotBefore = signedOn.Add(5 * time.Minute) }, nil, NotYetValid,
			"is valid from",
		},
		{"expired", func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = signedOn.Add(-20*time.Minute), signedOn.Add(-10*time.Minute)
		}, nil, Expired, "was valid until"},
		{
			"a server's", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, nil,
			WrongPurpose, "isn't for signing code",
		},
		{
			"for mail", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }, nil,
			WrongPurpose, "isn't for signing code",
		},
		{"for no use", func(c *x509.Certificate) { c.ExtKeyUsage = nil }, nil, WrongPurpose, "isn't for signing code"},
		{
			"for encryption", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }, nil, WrongPurpose,
			"isn't for signatures",
		},
		{"an authority", func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
		}, nil, WrongPurpose, "is an authority's"},
		{"a critical extension", func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions,
				pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}})
		}, nil, Unsupported, "1.2.3.4"},
		{"a certificate only for the log", func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions,
				pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 3}, Critical: true, Value: []byte{5, 0}})
		}, nil, Unsupported, "1.3.6.1.4.1.11129.2.4.3"},
		{"another authority of the same name", nil, strange, Unknown, "whom the policy doesn't trust"},
	} {
		t.Run(c.name, func(t *testing.T) {
			template := person(t, "alice@example.org")
			if c.change != nil {
				c.change(template)
			}
			by := f
			if c.by != nil {
				by = c.by
			}
			bob := with(aliceX509(), func(k *Key) { k.Principal, k.Identities = "bob", []string{"bob@example.org"} })
			m := message{
				by: by.issue(t, template), bag: []*holder{by.fulcio, by.root}, payload: []byte(testPayload),
				at: signedOn,
			}
			res := verdict(t, f.keyring(t, NoProof, aliceX509(), bob), testPayload, m.armored(t), landing)
			if res.Status != c.status || !strings.Contains(res.Reason, c.reason) {
				t.Errorf("%s (%s), want %s (%s)", res.Status, res.Reason, c.status, c.reason)
			}
			if res.Principal == "bob" || c.status == Unknown && res.KeyOwner != "" {
				t.Errorf("%+v", res)
			}
		})
	}
}

// A look-alike that Unicode or Punycode makes is other bytes.
func TestAttackX509LookAlike(t *testing.T) {
	f := newForge(t)
	for name, want := range map[string]Status{
		"alice@xn--exmple-4nf.org": Unknown,
		"alic3@example.org":        Unknown,
		"аlice@example.org":        Malformed, // an rfc822Name is ASCII
		"alice@exаmple.org":        Malformed,
		"alice@example。org":        Malformed,
		"ａlice@example.org":        Malformed,
	} {
		template := person(t, "")
		template.EmailAddresses = nil
		value := derOf(t, []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 1, Bytes: []byte(name)}})
		template.ExtraExtensions = append(template.ExtraExtensions, extensionOf(t, oidAlternativeName, value))
		signature := (&message{by: f.issue(t, template), payload: []byte(testPayload), at: signedOn}).armored(t)
		if res := verdict(t, f.keyring(t, NoProof), testPayload, signature, landing); res.Status != want ||
			res.KeyOwner != "" {
			t.Errorf("%s: %+v", name, res)
		}
	}
}

// TestAttackX509SCT has a certificate that Fulcio issued and didn't log: nobody would see that it was
// issued to the wrong person.
func TestAttackX509SCT(t *testing.T) {
	f := newForge(t)
	other := f.issue(t, person(t, "mallory@example.org"))
	stranger := newKey(t, elliptic.P256())
	for _, c := range []struct {
		name    string
		promise func(*holder) []byte
		status  Status
		reason  string
	}{
		{
			"of a log nobody knows", func(h *holder) []byte { return f.promise(t, stranger, h.RawTBSCertificate) }, Unknown,
			"that the trusted root doesn't name",
		},
		{"for another certificate", func(*holder) []byte {
			tbs, err := withoutSCTs(other.RawTBSCertificate)
			if err != nil {
				t.Fatal(err)
			}
			return f.promise(t, f.ct, tbs)
		}, Bad, "isn't about this certificate"},
		{"with another time", func(h *holder) []byte {
			sct := f.promise(t, f.ct, h.RawTBSCertificate)
			sct[40] ^= 1
			return sct
		}, Bad, "isn't about this certificate"},
		{"over SHA-1", func(h *holder) []byte {
			sct := f.promise(t, f.ct, h.RawTBSCertificate)
			sct[43] = 2
			return sct
		}, Malformed, "malformed"},
		{"of version 2", func(h *holder) []byte {
			sct := f.promise(t, f.ct, h.RawTBSCertificate)
			sct[0] = 1
			return sct
		}, Malformed, "malformed"},
		{"cut short", func(h *holder) []byte { return f.promise(t, f.ct, h.RawTBSCertificate)[:60] }, Malformed, "malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			by := f.issueLogged(t, person(t, "alice@example.org"), c.promise)
			signature := (&message{by: by, payload: []byte(testPayload), at: signedOn}).armored(t)
			res := verdict(t, f.keyring(t, NoProof), testPayload, signature, landing)
			if res.Status != c.status || !strings.Contains(res.Reason, c.reason) {
				t.Errorf("%s (%s), want %s (%s)", res.Status, res.Reason, c.status, c.reason)
			}
		})
	}
	t.Run("missing", func(t *testing.T) {
		signature := (&message{
			by: certify(t, person(t, "alice@example.org"), f.fulcio), payload: []byte(testPayload),
			at: signedOn,
		}).armored(t)
		res := verdict(t, f.keyring(t, NoProof), testPayload, signature, landing)
		if res.Status != Unsupported || !strings.Contains(res.Reason, "no SCT") {
			t.Errorf("%s (%s)", res.Status, res.Reason)
		}
	})
	t.Run("missing, issued by the root", func(t *testing.T) { // only the public instance's two roots may
		signature := (&message{
			by: certify(t, person(t, "alice@example.org"), f.root), payload: []byte(testPayload),
			at: signedOn,
		}).armored(t)
		wantStatus(t, verdict(t, f.keyring(t, NoProof), testPayload, signature, landing), Unsupported)
	})
}

// TestAttackX509Proof has a proof that is about something else, or made by somebody else. It is
// refused whether or not the policy wants one.
func TestAttackX509Proof(t *testing.T) {
	f, strange := newForge(t), newForge(t)
	alice, alsoAlice := f.issue(t, person(t, "alice@example.org")), f.issue(t, person(t, "alice@example.org"))
	other := message{by: alice, payload: []byte("another"), at: signedOn}
	at := signedOn.Add(time.Second)
	for _, c := range []struct {
		name   string
		proof  func(*signerInfo) *entry509
		status Status
	}{
		{"honest", func(i *signerInfo) *entry509 { return f.logged(t, alice, i, at) }, Good},
		{"of another signature", func(*signerInfo) *entry509 { return f.logged(t, alice, other.signer(t), at) }, Bad},
		{"of another signature over the same", func(i *signerInfo) *entry509 {
			return f.logged(t, alice, &signerInfo{i.attributes, signSum(t, alice.key, i.attributes)}, at)
		}, Bad},
		{"of other attributes", func(i *signerInfo) *entry509 {
			return f.logged(t, alice, &signerInfo{other.signer(t).attributes, i.signature}, at)
		}, Bad},
		{"with another certificate", func(i *signerInfo) *entry509 { return f.logged(t, alsoAlice, i, at) }, Bad},
		{"of another log", func(i *signerInfo) *entry509 {
			e := strange.logged(t, alice, i, at)
			return e
		}, Unknown},
		{"of another log that says it is this one", func(i *signerInfo) *entry509 {
			e := strange.logged(t, alice, i, at)
			e.key = f.rekor
			return e
		}, Bad},
		{"logged before the certificate", func(i *signerInfo) *entry509 {
			return f.logged(t, alice, i,
				signedOn.Add(-time.Hour))
		}, NotYetValid},
		{"logged after the certificate", func(i *signerInfo) *entry509 {
			return f.logged(t, alice, i,
				signedOn.Add(time.Hour))
		}, Expired},
		{"logged before the log", func(i *signerInfo) *entry509 { return f.logged(t, alice, i, year(2019)) }, Expired},
		{"another time than promised", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, signedOn.Add(time.Hour))
			e.integrated = at
			return e
		}, Bad},
		{"another index than promised", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.index++
			return e
		}, Bad},
		{"no promise", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.promise = nil
			return e
		}, Bad},
		{"no checkpoint", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.checkpoint = ""
			return e
		}, Bad},
		{"another's checkpoint", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.checkpoint = checkpointOf(t, strange.rekor, 2, e.root)
			return e
		}, Bad},
		{"a checkpoint of another size", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.checkpoint = checkpointOf(t, f.rekor, 3, e.root)
			return e
		}, Bad},
		{"a checkpoint of another root", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.checkpoint = checkpointOf(t, f.rekor, 2, make([]byte, 32))
			return e
		}, Bad},
		{"a tree of its own", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.treeIndex, e.treeSize, e.path = 0, 1, nil
			return e
		}, Bad},
		{"another path", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.path = [][]byte{make([]byte, sha256.Size)}
			return e
		}, Bad},
		{"a longer path", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.path = append(e.path, make([]byte, sha256.Size))
			return e
		}, Bad},
		{"a short hash", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.path[0] = e.path[0][:31]
			return e
		}, Malformed},
		{"an index outside the tree", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.treeIndex = 7
			return e
		}, Bad},
		{"a kind that isn't known", func(i *signerInfo) *entry509 {
			e := f.logged(t, alice, i, at)
			e.version = "0.0.2"
			return e
		}, Unsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message{by: alice, payload: []byte(testPayload), at: signedOn, forge: func(m *message, i *signerInfo) {
				m.unsigned = []asn1Attribute{c.proof(i).attribute(t)}
			}}
			signature := m.armored(t)
			for _, wants := range []Transparency{EmbeddedProof, OnlineProof, NoProof} {
				if res := verdict(t, f.keyring(t, wants), testPayload, signature, landing); res.Status != c.status {
					t.Errorf("transparency %d: %s (%s), want %s", wants, res.Status, res.Reason, c.status)
				}
			}
		})
	}
}

// TestAttackX509CMS has a message of which another program would read something else.
func TestAttackX509CMS(t *testing.T) {
	f := newForge(t)
	alice, mallory := f.issue(t, person(t, "alice@example.org")), f.issue(t, person(t, "mallory@example.org"))
	attribute := func(oid string, value any) asn1Attribute { return asn1Attribute{oid, derOf(t, value)} }
	sum := sha256.Sum256([]byte(testPayload))
	for _, c := range []struct {
		name   string
		change func(*message)
		status Status
		reason string
	}{
		{"two signers", func(m *message) { m.twice = true }, Malformed, "several signers"},
		{"no certificate", func(m *message) { m.noBag = true }, Unknown, "doesn't bring the certificate"},
		{"a certificate twice", func(m *message) { m.bag = []*holder{alice} }, Malformed, "stands in the signature twice"},
		{"twenty certificates", func(m *message) {
			for range 20 {
				m.bag = append(m.bag, certify(t, authorityFor("x"), nil))
			}
		}, Malformed, "more than 16 certificates"},
		{"content of its own", func(m *message) { m.content = []byte(testPayload) }, Malformed, "another type of content"},
		{"another's key", func(m *message) { m.by = &holder{alice.Certificate, mallory.key} }, Bad, "wasn't made by the key"},
		{"over other bytes", func(m *message) { m.payload = []byte("another") }, Bad, "over other bytes"},
		{"changed after it was signed", func(m *message) {
			m.forge = func(_ *message, i *signerInfo) {
				i.attributes = (&message{
					by: mallory, payload: []byte(testPayload),
					at: signedOn.Add(time.Second),
				}).signer(t).attributes
			}
		}, Bad, "wasn't made by the key"},
		{
			"two digests", func(m *message) { m.signed = []asn1Attribute{attribute(oidMessageDigest, sum[:])} }, Malformed,
			"stands in the signature twice",
		},
		{
			"two times", func(m *message) { m.signed = []asn1Attribute{attribute(oidSigningTime, signedOn)} }, Malformed,
			"stands in the signature twice",
		},
		{"a time of no kind", func(m *message) {
			m.at, m.signed = time.Time{},
				[]asn1Attribute{attribute(oidSigningTime, "now")}
		}, Malformed, "malformed"},
		{"no attributes at all", func(m *message) {
			m.forge = func(_ *message,
				i *signerInfo,
			) {
				i.attributes = []byte{0x31, 0}
			}
		}, Malformed, "another type of content"},
		{
			"an attribute nobody signed", func(m *message) { m.unsigned = []asn1Attribute{attribute(oidSigningTime, signedOn)} },
			Malformed, "that nobody signed",
		},
		{
			"a proof of a kind it isn't", func(m *message) { m.unsigned = []asn1Attribute{attribute(oidLogEntry, []byte("x"))} },
			Malformed, "proof from the transparency log is malformed",
		},
		{
			"a proof in a draft's form", func(m *message) { m.unsigned = []asn1Attribute{attribute(oidLogEntry, "x")} }, Good,
			"",
		},
		{"from a year before the certificate", func(m *message) { m.at = year(2025) }, NotYetValid, "is valid from"},
		{"from a year after the certificate", func(m *message) { m.at = year(2027) }, Expired, "was valid until"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message{by: alice, payload: []byte(testPayload), at: signedOn}
			c.change(&m)
			res := verdict(t, f.keyring(t, NoProof), testPayload, m.armored(t), landing)
			if res.Status != c.status || !strings.Contains(res.Reason, c.reason) {
				t.Errorf("%s (%s), want %s (%s)", res.Status, res.Reason, c.status, c.reason)
			}
		})
	}
	der := (&message{by: alice, payload: []byte(testPayload), at: signedOn}).der(t)
	for name, signature := range map[string][]byte{
		"trailing bytes":  x509Armor(append(slices.Clone(der), 0)),
		"two blocks":      append(x509Armor(der), x509Armor(der)...),
		"text before":     append([]byte("hello\n"), x509Armor(der)...),
		"text after":      append(x509Armor(der), "hello\n"...),
		"a header":        bytes.Replace(x509Armor(der), []byte("\n"), []byte("\nHash: SHA256\n\n"), 1),
		"another armor":   bytes.ReplaceAll(x509Armor(der), []byte(kindSignedMessage), []byte("PKCS7")),
		"over 64 KiB":     x509Armor(append(slices.Clone(der), make([]byte, 64<<10)...)),
		"deep":            x509Armor(bytes.Repeat([]byte{0x30, 0x80}, 10000)),
		"nothing":         x509Armor(nil),
		"a line of CRLF":  bytes.Replace(x509Armor(der), []byte("\n"), []byte("\r\n"), 1),
		"a blank at ends": bytes.ReplaceAll(x509Armor(der), []byte("\n"), []byte(" \n")),
	} {
		if res := verdict(t, f.keyring(t, NoProof), testPayload, signature, landing); res.Status != Malformed {
			t.Errorf("%s: %s (%s)", name, res.Status, res.Reason)
		}
	}
}

// TestAttackX509Company has certificates that a company's authority didn't issue for that.
func TestAttackX509Company(t *testing.T) {
	c, evil := newCompany(t), newCompany(t)
	f := newForge(t)
	onlyMail := employee("bob@example.org", x509.ExtKeyUsageEmailProtection)
	weak := employee("bob@example.org")
	weak.KeyUsage = x509.KeyUsageKeyEncipherment
	server := employee("bob@example.org", x509.ExtKeyUsageServerAuth)
	asSigstore := person(t, "bob@example.org")
	noCA := certify(t, employee("carol@example.org"), c.between)
	nobodys := person(t, "bob@example.org")
	nobodys.ExtraExtensions = nil
	bobs := Key{Principal: "bob", Kind: X509, Identities: []string{"bob@example.org"}, Issuer: forgedIssuer}
	for _, tc := range []struct {
		name   string
		by     *holder
		bag    []*holder
		keys   []Key
		status Status
	}{
		{"honest", certify(t, onlyMail, c.between), []*holder{c.between}, nil, Good},
		{"another company of the same name", certify(t, onlyMail, evil.between), []*holder{evil.between}, nil, Unknown},
		{
			"that company's root in the bag", certify(t, onlyMail, evil.between),
			[]*holder{evil.between, evil.root},
			nil,
			Unknown,
		},
		{
			"the company's own in the bag", certify(t, onlyMail, evil.between),
			[]*holder{evil.between, c.between, c.root},
			nil,
			Unknown,
		},
		{"issued to itself", certify(t, onlyMail, nil), nil, nil, Unknown},
		{"issued by an employee", certify(t, onlyMail, noCA), []*holder{noCA, c.between}, nil, Unknown},
		{"a server's", certify(t, server, c.between), []*holder{c.between}, nil, WrongPurpose},
		{"for encryption", certify(t, weak, c.between), []*holder{c.between}, nil, WrongPurpose},
		{"a colleague's", noCA, []*holder{c.between}, nil, Unknown},
		{
			"the company says who Sigstore says it is", certify(t, asSigstore, c.between),
			[]*holder{c.between},
			[]Key{bobs},
			Unknown,
		},
		{"Sigstore says it, by no issuer", f.issue(t, nobodys), nil, []Key{bobX509()}, Unknown},
		{
			"Sigstore says who the company says it is", f.issue(t, person(t, "bob@example.org")), nil,
			[]Key{bobX509()},
			Unknown,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.keys == nil {
				tc.keys = []Key{bobX509()}
			}
			k := x509Keyring(t, X509Settings{
				Roots:        []File{{"company.pem", pemOf(c.root)}, f.trustedRoot(t)},
				Transparency: NoProof,
			}, tc.keys...)
			m := message{by: tc.by, bag: tc.bag, payload: []byte(testPayload), at: signedOn}
			res := verdict(t, k, testPayload, m.armored(t), landing)
			if res.Status != tc.status || res.KeyOwner != res.Principal {
				t.Errorf("%+v, want %s", res, tc.status)
			}
		})
	}
}

// An authority that Sigstore retired, a log that wasn't in use, and a log's proof for a certificate that
// isn't Sigstore's vouch for nothing.
func TestAttackX509OutOfPlace(t *testing.T) {
	f, c := newForge(t), newCompany(t)
	signature := (&message{
		by: f.issue(t, person(t, "alice@example.org")), payload: []byte(testPayload),
		at: signedOn,
	}).armored(t)
	for retired, want := range map[time.Time]Status{signedOn.Add(time.Second): Good, signedOn.Add(-time.Second): Expired} {
		f.retired = retired
		wantStatus(t, verdict(t, f.keyring(t, NoProof), testPayload, signature, landing), want)
	}
	f.retired, f.promised = time.Time{}, year(2019) // before the log of certificates was in use
	tooEarly := (&message{
		by: f.issue(t, person(t, "alice@example.org")), payload: []byte(testPayload),
		at: signedOn,
	}).armored(t)
	wantStatus(t, verdict(t, f.keyring(t, NoProof), testPayload, tooEarly, landing), Expired)
	bob := certify(t, employee("bob@example.org"), c.root)
	m := message{by: bob, payload: []byte(testPayload), at: signedOn, forge: func(m *message, i *signerInfo) {
		m.unsigned = []asn1Attribute{f.logged(t, bob, i, signedOn).attribute(t)}
	}}
	k := x509Keyring(t, X509Settings{Roots: []File{{"company.pem", pemOf(c.root)}, f.trustedRoot(t)}}, bobX509())
	wantStatus(t, verdict(t, k, testPayload, m.armored(t), landing), Unsupported)
}

// TestAttackX509HugeKey has a certificate whose key would take seconds to use. Nobody need have its
// secret part: any odd number will do.
func TestAttackX509HugeKey(t *testing.T) {
	f := newForge(t)
	number := new(big.Int).SetBit(big.NewInt(1), 100_000, 1)
	template := person(t, "alice@example.org")
	template.SerialNumber = big.NewInt(7)
	der, err := x509.CreateCertificate(rand.Reader, template, f.fulcio.Certificate,
		&rsa.PublicKey{N: number, E: 1<<31 - 1}, f.fulcio.key)
	if err != nil {
		t.Fatal(err)
	}
	huge, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	alice := f.issue(t, person(t, "alice@example.org"))
	for name, m := range map[string]message{
		"signs":    {by: &holder{huge, alice.key}},
		"is there": {by: alice, bag: []*holder{{huge, nil}}},
	} {
		m.payload, m.at = []byte(testPayload), signedOn
		res := verdict(t, f.keyring(t, NoProof), testPayload, m.armored(t), landing)
		if res.Status != Unsupported || !strings.Contains(res.Reason, "16384 are the most") {
			t.Errorf("%s: %s (%s)", name, res.Status, res.Reason)
		}
	}
}

// TestAttackX509OldKey has a key that was kept: its certificate is long gone, and the signature says that
// it was made then. Without a proof only the date of what it signs speaks against that, which is the
// gate's to compare with SignedAt; a proof can't be had any more.
func TestAttackX509OldKey(t *testing.T) {
	f := newForge(t)
	signature := (&message{
		by: f.issue(t, person(t, "alice@example.org")), payload: []byte(testPayload),
		at: signedOn,
	}).armored(t)
	wantStatus(t, verdict(t, f.keyring(t, EmbeddedProof), testPayload, signature, year(2036)), Unsupported)
	res := verdict(t, f.keyring(t, NoProof), testPayload, signature, year(2036))
	if wantStatus(t, res, Good); !res.SignedAt.Equal(signedOn) {
		t.Errorf("signed at %s, so that nobody sees that it is ten years older than its landing", res.SignedAt)
	}
}

// x509Samples are an honest signature of each kind, and who verifies it.
func x509Samples(t testing.TB) map[string]struct {
	k         *Keyring
	der       []byte
	signature []byte
} {
	t.Helper()
	type sample = struct {
		k         *Keyring
		der       []byte
		signature []byte
	}
	f, c := newForge(t), newCompany(t)
	alice, bob := f.issue(t, person(t, "alice@example.org")), certify(t, employee("bob@example.org"), c.between)
	stamper := certify(t, stamperFor("company timestamps"), c.root)
	samples := map[string]sample{}
	add := func(name string, k *Keyring, m message) {
		der := m.der(t)
		samples[name] = sample{k, der, x509Armor(der)}
	}
	plain := message{by: alice, payload: []byte(testPayload), at: signedOn}
	add("sigstore", f.keyring(t, NoProof), plain)
	plain.forge = func(m *message, i *signerInfo) {
		m.unsigned = []asn1Attribute{f.logged(t, alice, i, signedOn).attribute(t)}
	}
	add("sigstore with a proof", f.keyring(t, EmbeddedProof), plain)
	k := x509Keyring(t, X509Settings{Roots: []File{{"company.pem", pemOf(c.root)}}}, bobX509())
	add("company with a timestamp", k, message{
		by: bob, bag: []*holder{c.between}, payload: []byte(testPayload),
		at: signedOn, forge: func(m *message, i *signerInfo) {
			m.unsigned = []asn1Attribute{stamp(t, stamper, i.signature, signedOn)}
		},
	})
	return samples
}

// TestX509EveryByte flips a bit of each byte of the message, and of the payload. None is good: nothing
// stands in these signatures that isn't signed or doesn't prove itself.
func TestX509EveryByte(t *testing.T) {
	for name, s := range x509Samples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if res := s.k.Verify([]byte(testPayload), s.signature, landing); res.Status != Good {
				t.Fatal(res.Reason)
			}
			for i := range s.der {
				for _, bit := range []int{i % 8, (i + 3) % 8} {
					changed := slices.Clone(s.der)
					changed[i] ^= 1 << bit
					if res := s.k.Verify([]byte(testPayload), x509Armor(changed), landing); res.Status == Good {
						t.Errorf("good with bit %d of byte %d of %d flipped, in %x", bit, i, len(s.der), s.der[max(0, i-20):i+1])
					}
				}
			}
			for i := range testPayload {
				changed := []byte(testPayload)
				changed[i] ^= 1
				if res := s.k.Verify(changed, s.signature, landing); res.Status != Bad {
					t.Errorf("%s with byte %d of the payload changed", res.Status, i)
				}
			}
			for end := range s.der {
				if res := s.k.Verify([]byte(testPayload), x509Armor(s.der[:end]), landing); res.Status == Good {
					t.Errorf("good after %d bytes", end)
				}
			}
		})
	}
}

// FuzzCMS wants no signature that is good and wasn't there before, on the whole way from the armor to
// the principal.
func FuzzCMS(f *testing.F) {
	var objects []corpus.X509
	for _, o := range x509Corpus.Objects(f) {
		f.Add(len(objects), mustBody(f, o.Signature))
		objects = append(objects, o)
	}
	for _, row := range x509Corpus.Crafted(f) {
		_, signature, err := corpus.Cut("commit", x509Corpus.Read(f, "sigcorpus/"+row.Object))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(0, mustBody(f, signature))
	}
	k := x509Keyring(f, X509Settings{Roots: commercialRoots(f), Transparency: NoProof}, everybody(objects)...)
	f.Fuzz(func(t *testing.T, i int, der []byte) {
		o := objects[uint(i)%uint(len(objects))]
		res := k.Verify(o.Payload, x509Armor(der), o.Committed.Add(time.Hour))
		good := res.Status == Good
		if (res.Principal != "") != good || (res.Reason == "") != good {
			t.Errorf("%+v", res)
		}
		if !good {
			return
		}
		was, err := toDER(mustBody(t, o.Signature))
		if err != nil {
			t.Fatal(err)
		}
		before, err := readCMS(was, oidData)
		if err != nil {
			t.Fatal(err)
		}
		is, err := toDER(der)
		if err != nil {
			t.Fatal(err)
		}
		now, err := readCMS(is, oidData)
		if err != nil || !bytes.Equal(now.attributes, before.attributes) || res.Principal != o.Principal() {
			t.Errorf("good with another content, by %q: %x", res.Principal, der)
		}
	})
}

func mustBody(t testing.TB, signature []byte) []byte {
	t.Helper()
	text := strings.Join(strings.Split(strings.TrimSpace(string(signature)), "\n")[1:], "")
	body, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, "-----END "+kindSignedMessage+"-----"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}
