package corpus

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// An X509 is a real object that was signed with a certificate, and what OpenSSL reads in that.
type X509 struct {
	ID                 string
	Payload, Signature []byte
	Committed          time.Time
	Leaf               *x509.Certificate
	SAN, Issuer        string // SAN as the certificate has it; Issuer is the OpenID Connect one
	Proof              bool   // the signature brings gitsign's proof from the log
}

// Objects gives all real objects of the collections, each once.
func (f Folder) Objects(t testing.TB) []X509 {
	t.Helper()
	var objects []X509
	seen := map[string]bool{}
	add := func(id, kind string, raw []byte) {
		if seen[id] {
			return
		}
		seen[id] = true
		payload, signature, err := Cut(kind, raw)
		if err != nil {
			t.Fatal(err)
		}
		o := X509{ID: id, Payload: payload, Signature: signature, Committed: written(t, kind, raw)}
		o.readWithOpenSSL(t)
		objects = append(objects, o)
	}
	for _, row := range Lines[struct{ ID, Type, File, Kind string }](t, f, "sigcorpus/index.jsonl") {
		if row.Kind == "x509" {
			add(row.ID, row.Type, f.Read(t, "sigcorpus/"+row.File))
		}
	}
	for _, row := range Lines[struct {
		Oid, Kind string
		Raw       []byte
	}](t, f, "signatures/commits.jsonl.gz") {
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
	return Committed(t, raw)
}

// OpenSSL runs OpenSSL, the oracle, and gives what it writes.
func OpenSSL(t testing.TB, stdin []byte, args ...string) ([]byte, error) {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Stdin = bytes.NewReader(stdin)
	return cmd.Output()
}

// readWithOpenSSL finds the certificate of whoever signed: the only one in the bag that isn't an
// authority's.
func (o *X509) readWithOpenSSL(t testing.TB) {
	t.Helper()
	block, _ := pem.Decode(bytes.Replace(o.Signature, []byte("SIGNED MESSAGE"), []byte("CMS"), 2))
	if block == nil {
		armor := strings.ReplaceAll(string(o.Signature), "SIGNED MESSAGE", "CMS")
		block, _ = pem.Decode([]byte(strings.TrimRight(armor, "\n") + "\n"))
	}
	if block == nil {
		t.Fatalf("%s: no PEM: %q", o.ID, o.Signature)
	}
	o.Proof = hasProof(block.Bytes)
	out, err := OpenSSL(t, block.Bytes, "pkcs7", "-inform", "DER", "-print_certs")
	if err != nil {
		t.Fatalf("%s: %v", o.ID, err)
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
			o.Leaf = c
		}
	}
	switch {
	case o.Leaf == nil:
		t.Fatalf("%s: no certificate of a signer", o.ID)
	case len(o.Leaf.EmailAddresses) > 0:
		o.SAN = o.Leaf.EmailAddresses[0]
	case len(o.Leaf.URIs) > 0:
		o.SAN = o.Leaf.URIs[0].String()
	}
	for _, e := range o.Leaf.Extensions {
		if e.Id.String() == "1.3.6.1.4.1.57264.1.1" {
			o.Issuer = string(e.Value)
		}
	}
}

// hasProof looks for the type of gitsign's attribute, a set, and an octet string in it. Its first drafts
// had other things there.
func hasProof(der []byte) bool {
	_, after, found := bytes.Cut(der, []byte("\x2b\x06\x01\x04\x01\x83\xbf\x30\x03\x01\x31\x82"))
	return found && after[2] == 4
}

// Principal is what the tests call whoever has the certificate's identity and issuer.
func (o *X509) Principal() string { return o.SAN + " " + o.Issuer }

// Signers gives one object for each principal.
func Signers(objects []X509) []X509 {
	var signers []X509
	seen := map[string]bool{}
	for _, o := range objects {
		if o.SAN != "" && !seen[o.Principal()] {
			seen[o.Principal()] = true
			signers = append(signers, o)
		}
	}
	return signers
}

// Kind says whose authority issued the certificate: Sigstore's ("fulcio"), a commercial one ("company"), or one that
// has no public root ("apple").
func (o *X509) Kind() string {
	switch o.Leaf.Issuer.Organization[0] {
	case "sigstore.dev":
		return "fulcio"
	case "Apple Inc.":
		return "apple"
	default:
		return "company"
	}
}

// A Root is a file with an authority's certificate.
type Root struct {
	Name string
	Data []byte
}

// Roots certify the company certificates among the real signatures, but for one company's. The larger collection has
// none.
func (f Folder) Roots(t testing.TB) []Root {
	t.Helper()
	var roots []Root
	for _, name := range []string{"usertrust.pem", "digicert-g2.pem"} {
		roots = append(roots, Root{name, readFile(t, filepath.Join(string(f), "roots", name))})
	}
	return roots
}

// A Crafted is a commit with one property, signed with OpenSSL by a certificate of a throw-away authority.
type Crafted struct {
	Name, Object, CA, Expected string
	At                         time.Time `json:"verify_at"`
}

// Crafted gives all that may be given to any program. The larger collection has one more, which gpgsm 2.2 doesn't
// survive.
func (f Folder) Crafted(t testing.TB) []Crafted {
	t.Helper()
	rows := Lines[Crafted](t, f, "sigcorpus/crafted/x509/index.jsonl")
	return slices.DeleteFunc(rows, func(row Crafted) bool { return row.Name == "pss" })
}
