package verify

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// x509Object is a real object as the collections have it, and what OpenSSL reads in its certificate.
type x509Object struct {
	id                 string
	payload, signature []byte
	committed          time.Time
	leaf               *x509.Certificate
	san, issuer        string // san as the certificate has it; issuer is the OpenID Connect one
	proof              bool   // the signature brings gitsign's proof from the log
}

// hasProof looks for the type of gitsign's attribute, a set, and an octet string in it. Its first drafts
// had other things there.
func hasProof(der []byte) bool {
	_, after, found := bytes.Cut(der, []byte("\x2b\x06\x01\x04\x01\x83\xbf\x30\x03\x01\x31\x82"))
	return found && after[2] == 4
}

// x509Corpus reads a file of the collection of signed objects where COUNTERSIGN_CORPUS names it, else
// of the selection in testdata, which has the same layout.
func x509Corpus(t testing.TB, name string) []byte {
	t.Helper()
	root := os.Getenv("COUNTERSIGN_CORPUS")
	if root == "" {
		root = "../testdata/x509"
	}
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// x509Objects gives all real objects of both collections, each once.
func x509Objects(t testing.TB) []x509Object {
	t.Helper()
	var objects []x509Object
	seen := map[string]bool{}
	add := func(id, kind string, raw []byte) {
		if seen[id] {
			return
		}
		seen[id] = true
		payload, signature, err := cutObject(kind, raw)
		if err != nil {
			t.Fatal(err)
		}
		o := x509Object{id: id, payload: payload, signature: signature, committed: written(t, kind, raw)}
		o.readWithOpenSSL(t)
		objects = append(objects, o)
	}
	for _, row := range jsonLines[struct{ ID, Type, File, Kind string }](t, bytes.NewReader(x509Corpus(t, "sigcorpus/index.jsonl"))) {
		if row.Kind == "x509" {
			add(row.ID, row.Type, x509Corpus(t, "sigcorpus/"+row.File))
		}
	}
	z, err := gzip.NewReader(bytes.NewReader(x509Corpus(t, "signatures/commits.jsonl.gz")))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range jsonLines[struct {
		Oid, Kind string
		Raw       []byte
	}](t, z) {
		if row.Kind == "x509" {
			add(row.Oid, "commit", row.Raw)
		}
	}
	if len(objects) < 10 {
		t.Fatalf("only %d objects", len(objects))
	}
	return objects
}

// written gives a commit's committer date, or a tag's tagger date.
func written(t testing.TB, kind string, raw []byte) time.Time {
	t.Helper()
	if kind == "tag" {
		raw = bytes.Replace(raw, []byte("\ntagger "), []byte("\ncommitter "), 1)
	}
	return committed(t, raw)
}

// openssl runs OpenSSL, the oracle, and gives what it writes.
func openssl(t testing.TB, stdin []byte, args ...string) ([]byte, error) {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Stdin = bytes.NewReader(stdin)
	return cmd.Output()
}

// readWithOpenSSL finds the certificate of whoever signed: the only one in the bag that isn't an
// authority's.
func (o *x509Object) readWithOpenSSL(t testing.TB) {
	t.Helper()
	block, _ := pem.Decode(bytes.Replace(o.signature, []byte("SIGNED MESSAGE"), []byte("CMS"), 2))
	if block == nil {
		armor := strings.ReplaceAll(string(o.signature), kindSignedMessage, "CMS")
		block, _ = pem.Decode([]byte(strings.TrimRight(armor, "\n") + "\n"))
	}
	if block == nil {
		t.Fatalf("%s: no PEM: %q", o.id, o.signature)
	}
	o.proof = hasProof(block.Bytes)
	out, err := openssl(t, block.Bytes, "pkcs7", "-inform", "DER", "-print_certs")
	if err != nil {
		t.Fatalf("%s: %v", o.id, err)
	}
	for rest := out; ; {
		var certificate *pem.Block
		if certificate, rest = pem.Decode(rest); certificate == nil {
			break
		}
		c, err := x509.ParseCertificate(certificate.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !c.IsCA {
			o.leaf = c
		}
	}
	switch {
	case o.leaf == nil:
		t.Fatalf("%s: no certificate of a signer", o.id)
	case len(o.leaf.EmailAddresses) > 0:
		o.san = o.leaf.EmailAddresses[0]
	case len(o.leaf.URIs) > 0:
		o.san = o.leaf.URIs[0].String()
	}
	for _, e := range o.leaf.Extensions {
		if e.Id.String() == "1.3.6.1.4.1.57264.1.1" {
			o.issuer = string(e.Value)
		}
	}
}

// everybody is a keyring's keys for each object's own identity and issuer, which the principal is
// called after.
func everybody(objects []x509Object) []Key {
	var keys []Key
	for _, o := range objects {
		if o.san == "" || slices.ContainsFunc(keys, func(k Key) bool { return k.Principal == o.principal() }) {
			continue
		}
		keys = append(keys, Key{Principal: o.principal(), Kind: X509, Identities: []string{o.san}, Issuer: o.issuer})
	}
	return keys
}

func (o *x509Object) principal() string { return o.san + " " + o.issuer }

func x509Keyring(t testing.TB, settings X509Settings, keys ...Key) *Keyring {
	t.Helper()
	k, err := NewKeyring(keys, Settings{X509: settings, ClockSkew: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// commercialRoots certify the company certificates among the real signatures, but for one company's.
func commercialRoots(t testing.TB) []File {
	t.Helper()
	var files []File
	for _, name := range []string{"usertrust.pem", "digicert-g2.pem"} {
		data, err := os.ReadFile("../testdata/x509/roots/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{name, data})
	}
	return files
}

// TestX509RealObjects verifies real signatures by the names in their certificates, with everybody in one
// keyring: each is its own signer's, and nobody's in a keyring without them, or with their name said by
// somebody else.
func TestX509RealObjects(t *testing.T) {
	objects := x509Objects(t)
	keys := everybody(objects)
	roots := commercialRoots(t)
	all := x509Keyring(t, X509Settings{Roots: roots, Transparency: NoProof}, keys...)
	proven := x509Keyring(t, X509Settings{Roots: roots}, keys...)
	stranger := Key{Principal: "stranger", Kind: X509, Identities: []string{"nobody@example.org"}, Issuer: "https://accounts.google.com"}
	counts := map[string]int{}
	for _, o := range objects {
		landed := o.committed.Add(time.Hour)
		res := all.Verify(o.payload, o.signature, landed)
		counts[o.kind()+" "+res.Status.String()]++
		want := Result{Status: Good, Principal: o.principal(), KeyOwner: o.principal(), Kind: X509, Fingerprint: certificateFingerprint(o.leaf), Identity: o.san}
		if o.kind() == "apple" {
			want.Status, want.Principal, want.KeyOwner = Unknown, "", ""
		}
		got := res
		got.SignedAt, got.Warnings, got.Reason = time.Time{}, nil, ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s\n%s", o.id, res.Reason, diff)
		}
		if apart := res.SignedAt.Sub(o.committed).Abs(); apart > time.Hour { // the most is 17 minutes
			t.Errorf("%s: signed %s from its commit's date", o.id, apart)
		}
		res = proven.Verify(o.payload, o.signature, landed)
		if good := res.Status == Good; good != (o.proof || o.kind() == "company") {
			t.Errorf("%s: %s (%s) where a proof is wanted, has one: %t", o.id, res.Status, res.Reason, o.proof)
		} else if !good && o.kind() == "fulcio" && !strings.Contains(res.Reason, "rekorMode = offline") {
			t.Errorf("%s: %s says no way out", o.id, res.Reason)
		}
		if o.proof {
			counts["proof"]++
		}
		others := slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k.Principal == o.principal() })
		elsewhere := stranger
		elsewhere.Identities, elsewhere.Issuer = []string{o.san}, "https://evil.example"
		without := x509Keyring(t, X509Settings{Roots: roots, Transparency: NoProof}, append(others, elsewhere)...)
		if res := without.Verify(o.payload, o.signature, landed); res.Status != Unknown || res.KeyOwner != "" {
			t.Errorf("%s: %s (%s) by %q in a keyring without its signer", o.id, res.Status, res.Reason, res.KeyOwner)
		}
	}
	t.Logf("%v", counts)
}

// kind says whose authority issued the certificate: Sigstore's, a commercial one, or one that has no
// public root.
func (o *x509Object) kind() string {
	switch o.leaf.Issuer.Organization[0] {
	case "sigstore.dev":
		return "fulcio"
	case "Apple Inc.":
		return "apple"
	default:
		return "company"
	}
}

type craftedX509 struct {
	Name, Object, CA, Expected string
	At                         time.Time `json:"verify_at"`
}

func x509Crafted(t testing.TB) []craftedX509 {
	t.Helper()
	return jsonLines[craftedX509](t, bytes.NewReader(x509Corpus(t, "sigcorpus/crafted/x509/index.jsonl")))
}

// craftedVerdicts has ours for each crafted case, and a comment where the index's is another.
var craftedVerdicts = map[string]Status{
	"attached":                  Malformed,
	"evilca":                    Unknown,
	"evilca-with-realca-in-bag": Unknown,
	"noattr":                    Unsupported,
	"nocerts":                   Unknown,
	"noku":                      Good,
	"ok":                        Good,
	"ok-ec":                     Good,
	// The library that the index stands on has no RSA-PSS. It is sound, and OpenSSL takes it.
	"pss":           Good,
	"rsa1024":       Weak,
	"selfca-in-bag": Unknown,
	"sha1":          Weak,
	// That library compares the key identifier with the extension's DER, so that it never finds it.
	// RFC 5652 §5.3 has signers named so, and OpenSSL takes it.
	"skid":     Good,
	"srv":      WrongPurpose,
	"two":      Malformed,
	"two-evil": Malformed,
}

func TestX509CraftedObjects(t *testing.T) {
	rows := x509Crafted(t)
	if len(rows) != len(craftedVerdicts) {
		t.Errorf("%d cases, %d verdicts of ours", len(rows), len(craftedVerdicts))
	}
	for _, row := range rows {
		payload, signature, err := cutObject("commit", x509Corpus(t, "sigcorpus/"+row.Object))
		if err != nil {
			t.Fatal(err)
		}
		ca := File{"ca.pem", x509Corpus(t, "sigcorpus/"+row.CA)}
		alice := Key{Principal: "alice", Kind: X509, Identities: []string{"alice@corp"}}
		res := x509Keyring(t, X509Settings{Roots: []File{ca}}, alice).Verify(payload, signature, row.At)
		if want, known := craftedVerdicts[row.Name]; !known || res.Status != want {
			t.Errorf("%s: %s (%s), want %s", row.Name, res.Status, res.Reason, want)
		}
		if (res.Status == Good) != (row.Expected == "good") && row.Name != "pss" && row.Name != "skid" {
			t.Errorf("%s: the index says %s", row.Name, row.Expected)
		}
	}
}
