package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// signedOn is when the forged signatures are made; landing is months later.
var signedOn = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// holder is a certificate and its key.
type holder struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// certify makes a certificate; by is nil for a root. The key is the template's, if it has one.
func certify(t testing.TB, template *x509.Certificate, by *holder) *holder {
	t.Helper()
	key, ok := template.PublicKey.(*ecdsa.PrivateKey)
	if !ok {
		key = newKey(t, elliptic.P256())
	}
	if template.SerialNumber == nil {
		template.SerialNumber, _ = rand.Int(rand.Reader, big.NewInt(1<<62))
	}
	if template.NotBefore.IsZero() {
		template.NotBefore, template.NotAfter = year(2020), year(2040)
	}
	if by == nil {
		by = &holder{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.Certificate, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil { // as a test may have wanted it
		c = &x509.Certificate{Raw: der, RawIssuer: by.RawSubject, SerialNumber: template.SerialNumber}
	}
	return &holder{c, key}
}

// authorityFor is a template of an authority's certificate.
func authorityFor(name string) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func pemOf(certificates ...*holder) []byte {
	var b []byte
	for _, c := range certificates {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return b
}

// forge is a Sigstore instance of the tests' own: Fulcio, its log of certificates, Rekor, and a timestamp
// authority.
type forge struct {
	root, fulcio, stamper *holder
	ct, rekor             *ecdsa.PrivateKey
	retired               time.Time // when the instance stopped using its authority; zero if it didn't
	promised              time.Time // when its log of certificates says it promised; signedOn if zero
}

func newForge(t testing.TB) *forge {
	t.Helper()
	f := &forge{
		root: certify(t, authorityFor("forged root"), nil), ct: newKey(t, elliptic.P256()),
		rekor: newKey(t, elliptic.P256()),
	}
	f.fulcio = certify(t, authorityFor("forged intermediate"), f.root)
	f.stamper = certify(t, stamperFor("forged timestamps"), f.root)
	return f
}

// stamperFor is a template of a timestamp authority's certificate, whose use is critical.
func stamperFor(name string) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{
			{
				Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true,
				Value: []byte{0x30, 0x0a, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8},
			},
		},
	}
}

// trustedRoot writes the instance's file.
func (f *forge) trustedRoot(t testing.TB) File {
	t.Helper()
	type object = map[string]any
	since := object{"start": "2021-01-01T00:00:00Z"}
	log := func(key *ecdsa.PrivateKey) []object {
		return []object{{"baseUrl": "https://log.example", "publicKey": object{"rawBytes": spki(t, key), "validFor": since}}}
	}
	chain := func(chain ...*holder) []object {
		var list []object
		for _, c := range chain {
			list = append(list, object{"rawBytes": c.Raw})
		}
		return []object{{"certChain": object{"certificates": list}, "validFor": since}}
	}
	authorities := chain(f.fulcio, f.root)
	if !f.retired.IsZero() {
		authorities[0]["validFor"] = object{"start": "2021-01-01T00:00:00Z", "end": f.retired}
	}
	data, err := json.Marshal(object{
		"tlogs": log(f.rekor), "ctlogs": log(f.ct), "certificateAuthorities": authorities,
		"timestampAuthorities": chain(f.stamper, f.root),
	})
	if err != nil {
		t.Fatal(err)
	}
	return File{"trusted_root.json", data}
}

func spki(t testing.TB, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func signSum(t testing.TB, key *ecdsa.PrivateKey, message []byte) []byte {
	t.Helper()
	sum := sha256.Sum256(message)
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

const forgedIssuer = "https://accounts.example.org"

// extensionOf makes an extension of Fulcio's or RFC 6962's.
func extensionOf(t testing.TB, oid string, value []byte) pkix.Extension {
	t.Helper()
	var id asn1.ObjectIdentifier
	for _, n := range strings.Split(oid, ".") {
		arc, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		id = append(id, arc)
	}
	return pkix.Extension{Id: id, Value: value}
}

// person is a template of what Fulcio certifies: ten minutes around signedOn.
func person(t testing.TB, email string) *x509.Certificate {
	t.Helper()
	issuer, err := asn1.MarshalWithParams(forgedIssuer, "utf8")
	if err != nil {
		t.Fatal(err)
	}
	return &x509.Certificate{
		EmailAddresses: []string{email}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		NotBefore:   signedOn.Add(-time.Minute), NotAfter: signedOn.Add(9 * time.Minute),
		ExtraExtensions: []pkix.Extension{
			extensionOf(t, oidIssuerV1, []byte(forgedIssuer)),
			extensionOf(t, oidIssuerV2, issuer),
		},
	}
}

func uri(t testing.TB, text string) []*url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return []*url.URL{u}
}

// issue certifies as Fulcio does: the log promises the certificate without its promise, then it is
// written in. RFC 6962 §3.1 to §3.3.
func (f *forge) issue(t testing.TB, template *x509.Certificate) *holder {
	t.Helper()
	return f.issueLogged(t, template, func(h *holder) []byte { return f.promise(t, f.ct, h.RawTBSCertificate) })
}

func (f *forge) issueLogged(t testing.TB, template *x509.Certificate, promise func(*holder) []byte) *holder {
	t.Helper()
	before := certify(t, template, f.fulcio)
	template.PublicKey = before.key
	sct := promise(before)
	var list cryptobyte.Builder
	list.AddASN1(cbasn1.OCTET_STRING, func(b *cryptobyte.Builder) {
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(sct) })
		})
	})
	template.ExtraExtensions = append(template.ExtraExtensions, extensionOf(t, oidSCTList, list.BytesOrPanic()))
	return certify(t, template, f.fulcio)
}

// promise writes a SignedCertificateTimestamp.
func (f *forge) promise(t testing.TB, log *ecdsa.PrivateKey, tbs []byte) []byte {
	t.Helper()
	millis := uint64(signedOn.UnixMilli())
	if !f.promised.IsZero() {
		millis = uint64(f.promised.UnixMilli())
	}
	issuer := sha256.Sum256(f.fulcio.RawSubjectPublicKeyInfo)
	message := binary.BigEndian.AppendUint64([]byte{0, 0}, millis)
	message = append(append(message, 0, 1), issuer[:]...)
	message = append(message, byte(len(tbs)>>16), byte(len(tbs)>>8), byte(len(tbs)))
	message = append(append(message, tbs...), 0, 0)
	id := sha256.Sum256(spki(t, log))
	sct := binary.BigEndian.AppendUint64(append([]byte{0}, id[:]...), millis)
	signature := signSum(t, log, message)
	sct = binary.BigEndian.AppendUint16(append(sct, 0, 0, 4, 3), uint16(len(signature)))
	return append(sct, signature...)
}

// message is a CMS message to be made; the zero fields are as gitsign writes them.
type message struct {
	by       *holder
	payload  []byte
	at       time.Time // signingTime; none if zero
	bag      []*holder // besides by
	content  []byte    // a timestamp token's
	signed   []asn1Attribute
	unsigned []asn1Attribute
	twice    bool // two signers
	noBag    bool
	forge    func(*message, *signerInfo) // changes what is signed, or what was
}

type asn1Attribute struct {
	oid   string
	value []byte
}

type signerInfo struct{ attributes, signature []byte }

// signer makes the attributes and the signature over them.
func (m *message) signer(t testing.TB) *signerInfo {
	t.Helper()
	kind, payload := oidData, m.payload
	if m.content != nil {
		kind, payload = oidTimestampContent, m.content
	}
	sum := sha256.Sum256(payload)
	attributes := []asn1Attribute{
		{oidContentType, derOf(t, extensionOf(t, kind, nil).Id)},
		{oidMessageDigest, derOf(t, sum[:])},
	}
	if !m.at.IsZero() {
		attributes = append(attributes, asn1Attribute{oidSigningTime, derOf(t, m.at)})
	}
	i := &signerInfo{attributes: setOf(t, append(attributes, m.signed...), cbasn1.SET)}
	i.signature = signSum(t, m.by.key, i.attributes)
	return i
}

func derOf(t testing.TB, value any) []byte {
	t.Helper()
	der, err := asn1.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func setOf(t testing.TB, attributes []asn1Attribute, tag cbasn1.Tag) []byte {
	t.Helper()
	var b cryptobyte.Builder
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, a := range attributes {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(extensionOf(t, a.oid, nil).Id)
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(a.value) })
			})
		}
	})
	return b.BytesOrPanic()
}

// der writes the message: RFC 5652 §3 and §5.
func (m *message) der(t testing.TB) []byte {
	t.Helper()
	info := m.signer(t)
	if m.forge != nil {
		m.forge(m, info)
	}
	kind, version := oidData, int64(1)
	if m.content != nil {
		kind, version = oidTimestampContent, 3
	}
	sha := func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(extensionOf(t, oidSHA256,
				nil).Id)
		})
	}
	one := func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(m.by.RawIssuer)
			b.AddASN1BigInt(m.by.SerialNumber)
		})
		sha(b)
		b.AddBytes(append([]byte{0xa0}, info.attributes[1:]...))
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(extensionOf(t, oidECSHA256,
				nil).Id)
		})
		b.AddASN1OctetString(info.signature)
		if m.unsigned != nil {
			b.AddBytes(setOf(t, m.unsigned, tagged(1)))
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(extensionOf(t, oidSignedData, nil).Id)
		b.AddASN1(tagged(0), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(version)
				b.AddASN1(cbasn1.SET, sha)
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(extensionOf(t, kind, nil).Id)
					if m.content != nil {
						b.AddASN1(tagged(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(m.content) })
					}
				})
				if !m.noBag {
					b.AddASN1(tagged(0), func(b *cryptobyte.Builder) {
						for _, c := range append([]*holder{m.by}, m.bag...) {
							b.AddBytes(c.Raw)
						}
					})
				}
				b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
					b.AddASN1(cbasn1.SEQUENCE, one)
					if m.twice {
						b.AddASN1(cbasn1.SEQUENCE, one)
					}
				})
			})
		})
	})
	return b.BytesOrPanic()
}

func (m *message) armored(t testing.TB) []byte {
	t.Helper()
	return x509Armor(m.der(t))
}

func x509Armor(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kindSignedMessage, Bytes: der})
}

// entry is a proof of Rekor's in the parts that a test may change before it is written.
type entry509 struct {
	index, treeIndex, treeSize int64
	integrated                 time.Time
	key                        *ecdsa.PrivateKey
	root                       []byte
	path                       [][]byte
	promise                    []byte
	checkpoint                 string
	version                    string
}

// logged has Rekor log the signature, as the second of two entries, at a time.
func (f *forge) logged(t testing.TB, by *holder, info *signerInfo, at time.Time) *entry509 {
	t.Helper()
	type object = map[string]any
	sum := sha256.Sum256(info.attributes)
	var b bytes.Buffer
	j := json.NewEncoder(&b) // sorts by keys, as RFC 8785 does
	j.SetEscapeHTML(false)
	if err := j.Encode(object{"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": object{
		"data":      object{"hash": object{"algorithm": "sha256", "value": fmt.Sprintf("%x", sum)}},
		"signature": object{"content": info.signature, "publicKey": object{"content": pemOf(by)}},
	}}); err != nil {
		t.Fatal(err)
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	first := sha256.Sum256([]byte("\x00the first entry"))
	second := sha256.Sum256(append([]byte{0}, body...))
	root := sha256.Sum256(append(append([]byte{1}, first[:]...), second[:]...))
	e := &entry509{
		index: 4711, treeIndex: 1, treeSize: 2, integrated: at, key: f.rekor, root: root[:],
		path: [][]byte{first[:]}, version: "0.0.1",
	}
	e.promise = signSum(t, f.rekor, fmt.Appendf(nil, `{"body":%q,"integratedTime":%d,"logID":"%x","logIndex":4711}`,
		base64.StdEncoding.EncodeToString(body), at.Unix(), sha256.Sum256(spki(t, f.rekor))))
	e.checkpoint = checkpointOf(t, f.rekor, 2, root[:])
	return e
}

// checkpointOf writes a signed note.
func checkpointOf(t testing.TB, key *ecdsa.PrivateKey, size int64, root []byte) string {
	t.Helper()
	text := fmt.Sprintf("log.example - 1\n%d\n%s\n", size, base64.StdEncoding.EncodeToString(root))
	id := sha256.Sum256(spki(t, key))
	return text + "\n\u2014 log.example " + base64.StdEncoding.EncodeToString(append(id[:4],
		signSum(t, key, []byte(text))...)) + "\n"
}

// attribute writes the proof as gitsign does.
func (e *entry509) attribute(t testing.TB) asn1Attribute {
	t.Helper()
	id := sha256.Sum256(spki(t, e.key))
	proof := protoNumber(1, e.treeIndex) + protoString(2, string(e.root)) + protoNumber(3, e.treeSize)
	for _, hash := range e.path {
		proof += protoString(4, string(hash))
	}
	proof += protoString(5, protoString(1, e.checkpoint))
	return asn1Attribute{oidLogEntry, derOf(t, []byte(protoNumber(1, e.index)+protoString(2,
		protoString(1, string(id[:])))+
		protoString(3, protoString(1, "hashedrekord")+protoString(2, e.version))+protoNumber(4, e.integrated.Unix())+
		protoString(5, protoString(1, string(e.promise)))+protoString(6, proof)))}
}

func protoNumber(field byte, n int64) string {
	return string(binary.AppendUvarint([]byte{field << 3}, uint64(n)))
}

func protoString(field byte, text string) string {
	return string(binary.AppendUvarint([]byte{field<<3 | 2}, uint64(len(text)))) + text
}

// stamp makes a timestamp token over a signature.
func stamp(t testing.TB, by *holder, signature []byte, at time.Time, bag ...*holder) asn1Attribute {
	t.Helper()
	sum := sha256.Sum256(signature)
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 3})
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(extensionOf(t, oidSHA256,
					nil).Id)
			})
			b.AddASN1OctetString(sum[:])
		})
		b.AddASN1Int64(7)
		b.AddASN1(cbasn1.GeneralizedTime, func(b *cryptobyte.Builder) {
			b.AddBytes([]byte(at.UTC().Format("20060102150405.0Z")))
		})
	})
	token := message{by: by, content: b.BytesOrPanic(), bag: bag}
	return asn1Attribute{oidTimestamp, token.der(t)}
}

// answer writes the proof as Rekor answers a query for it.
func (e *entry509) answer(t testing.TB, query []byte, change func(map[string]any)) []byte {
	t.Helper()
	var asked struct{ Entries []json.RawMessage }
	if err := json.Unmarshal(query, &asked); err != nil || len(asked.Entries) != 1 {
		t.Fatalf("the query %s: %v", query, err)
	}
	var hashes []string
	for _, hash := range e.path {
		hashes = append(hashes, fmt.Sprintf("%x", hash))
	}
	entry := map[string]any{
		"body": []byte(asked.Entries[0]), "integratedTime": e.integrated.Unix(),
		"logID": fmt.Sprintf("%x", sha256.Sum256(spki(t, e.key))), "logIndex": e.index,
		"verification": map[string]any{"signedEntryTimestamp": e.promise, "inclusionProof": map[string]any{
			"logIndex": e.treeIndex, "treeSize": e.treeSize, "rootHash": fmt.Sprintf("%x", e.root), "hashes": hashes,
			"checkpoint": e.checkpoint,
		}},
	}
	if change != nil {
		change(entry)
	}
	return fmt.Appendf(nil, "[{\"24296fb24b8ad77a\":%s}]", mustJSON(t, entry))
}

func mustJSON(t testing.TB, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// crl makes a revocation list.
func crl(t testing.TB, by *holder, due time.Time, entries ...x509.RevocationListEntry) File {
	t.Helper()
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: year(2026), NextUpdate: due, RevokedCertificateEntries: entries,
	}, by.Certificate, crypto.Signer(by.key))
	if err != nil {
		t.Fatal(err)
	}
	return File{"company.crl", der}
}
