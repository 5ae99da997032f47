// Package oracle compares the verdicts on X.509 signatures with those of gitsign and sigstore-go, and has in-toto's
// libraries read what we attest. It is a module of its own, so that what these need is no requirement of Countersign's.
package oracle

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/github/smimesign/ietf-cms/protocol"
	"github.com/sigstore/gitsign/pkg/git"
	bundlev1 "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	commonv1 "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	rekorv1 "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	sigstore "github.com/sigstore/sigstore-go/pkg/verify"
	"google.golang.org/protobuf/proto"

	"countersign/verify"
	"countersign/verify/internal/corpus"
)

// objects are those that the tests of verify judge, too.
const objects corpus.Folder = "../../testdata/x509"

// keyring has those keys, and trusts those roots beside Sigstore's.
func keyring(t *testing.T, roots []verify.File, wants verify.Transparency, keys ...verify.Key) *verify.Keyring {
	t.Helper()
	k, err := verify.NewKeyring(keys, verify.Settings{
		X509:      verify.X509Settings{Roots: roots, Transparency: wants},
		ClockSkew: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestX509WithGitsign asks gitsign's own verifier about chain and signature, and sigstore-go about the proof
// of the log, and wants their verdicts. gitsign takes certificates for signing code and no others: a
// company's for e-mail are refused there. It is given the payload as it is cut here; its own way to take
// commits apart rejects those that don't end in a newline.
func TestX509WithGitsign(t *testing.T) {
	publicGood, err := os.ReadFile("../trusted_root.json")
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := root.NewTrustedRootFromJSON(publicGood)
	if err != nil {
		t.Fatal(err)
	}
	var commercial []verify.File
	for _, r := range objects.Roots(t) {
		commercial = append(commercial, verify.File(r))
	}
	real := objects.Objects(t)
	var everybody []verify.Key
	for _, o := range corpus.Signers(real) {
		everybody = append(everybody, verify.Key{
			Principal: o.Principal(), Kind: verify.X509, Identities: []string{o.SAN},
			Issuer: o.Issuer,
		})
	}
	window := keyring(t, commercial, verify.NoProof, everybody...)
	proven := keyring(t, commercial, verify.EmbeddedProof, everybody...)
	proofs := 0
	for _, o := range real {
		landed := o.Committed.Add(time.Hour)
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		if o.Kind() == "fulcio" {
			for _, a := range trusted.FulcioCertificateAuthorities() {
				a := a.(*root.FulcioCertificateAuthority)
				roots.AddCert(a.Root)
				for _, c := range a.Intermediates {
					between.AddCert(c)
				}
			}
		} else {
			for _, f := range commercial {
				roots.AppendCertsFromPEM(f.Data)
			}
		}
		theirs := gitsignVerdict(t, roots, between, o.Payload, o.Signature)
		good := window.Verify(o.Payload, o.Signature, landed).Status == verify.Good
		notForCode := o.Kind() == "company" && strings.Contains(theirs, "incompatible key usage")
		if good != (theirs == "good" || notForCode) {
			t.Errorf("%s: good: %t, gitsign: %q", o.ID, good, theirs)
		}
		if o.Kind() != "fulcio" {
			continue
		}
		good = proven.Verify(o.Payload, o.Signature, landed).Status == verify.Good
		if theirs := sigstoreVerdict(t, o.Signature, trusted); good != (theirs == "good") {
			t.Errorf("%s: proven: %t, sigstore-go: %q", o.ID, good, theirs)
		}
		if good {
			proofs++
		}
	}
	if proofs == 0 {
		t.Error("no signature with a proof was compared")
	}
}

// TestX509CraftedWithGitsign asks gitsign about the crafted commits. Where gitsign's library differs, docs/agreement.md
// says why.
func TestX509CraftedWithGitsign(t *testing.T) {
	compared := 0
	for _, row := range objects.Crafted(t) {
		payload, signature, err := corpus.Cut("commit", objects.Read(t, "sigcorpus/"+row.Object))
		if err != nil {
			t.Fatal(err)
		}
		ca := objects.Read(t, "sigcorpus/"+row.CA)
		alice := verify.Key{Principal: "alice", Kind: verify.X509, Identities: []string{"alice@corp"}}
		good := keyring(t, []verify.File{{Name: "ca.pem", Data: ca}}, verify.EmbeddedProof, alice).Verify(payload, signature,
			row.At).Status == verify.Good
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(ca)
		theirs := gitsignVerdict(t, roots, x509.NewCertPool(), payload, signature)
		notForCode := strings.Contains(theirs, "incompatible key usage")
		library := row.Name == "skid"
		if good != (theirs == "good") && !notForCode && !library {
			t.Errorf("%s: good: %t, gitsign: %q", row.Name, good, theirs)
		}
		compared++
	}
	if compared == 0 {
		t.Error("no crafted commit was compared")
	}
}

// gitsignVerdict gives "good", or gitsign's error. Its parser panics on some of these.
func gitsignVerdict(t *testing.T, roots, between *x509.CertPool, payload, signature []byte) (verdict string) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			verdict = fmt.Sprint("panic: ", p)
		}
	}()
	v, err := git.NewCertVerifier(git.WithRootPool(roots), git.WithIntermediatePool(between))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = v.Verify(context.Background(), payload, signature, true); err != nil {
		return err.Error()
	}
	return "good"
}

// sigstoreVerdict has sigstore-go verify the proof in the signature, the certificate and its SCT, as a bundle over the
// signed attributes: "good", or why it isn't.
func sigstoreVerdict(t *testing.T, signature []byte, trusted *root.TrustedRoot) string {
	t.Helper()
	block, _ := pem.Decode(signature)
	if block == nil {
		return ""
	}
	content, err := protocol.ParseContentInfo(block.Bytes)
	if err != nil {
		return ""
	}
	raw, err := content.SignedDataContent()
	if err != nil {
		return ""
	}
	if len(raw.SignerInfos) != 1 {
		return ""
	}
	info := raw.SignerInfos[0]
	value, err := info.UnsignedAttrs.GetOnlyAttributeValueBytes(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 3, 1})
	if err != nil {
		return ""
	}
	var message []byte
	if _, err := asn1.Unmarshal(value.FullBytes, &message); err != nil {
		return "no octets: " + err.Error()
	}
	entry := &rekorv1.TransparencyLogEntry{}
	if err := proto.Unmarshal(message, entry); err != nil {
		return err.Error()
	}
	attributes, err := info.SignedAttrs.MarshaledForVerification()
	if err != nil {
		return err.Error()
	}
	certificates, err := raw.X509Certificates()
	if err != nil {
		return err.Error()
	}
	leaf, err := info.FindCertificate(certificates)
	if err != nil {
		return err.Error()
	}
	sum := sha256.Sum256(attributes)
	entry.CanonicalizedBody = []byte(fmt.Sprintf(`{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{`+
		`"data":{"hash":{"algorithm":"sha256","value":"%x"}},`+
		`"signature":{"content":"%s","publicKey":{"content":"%s"}}}}`,
		sum, base64.StdEncoding.EncodeToString(info.Signature),
		base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}))))
	b, err := bundle.NewBundle(&bundlev1.Bundle{
		MediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
		VerificationMaterial: &bundlev1.VerificationMaterial{
			Content:     &bundlev1.VerificationMaterial_Certificate{Certificate: &commonv1.X509Certificate{RawBytes: leaf.Raw}},
			TlogEntries: []*rekorv1.TransparencyLogEntry{entry},
		},
		Content: &bundlev1.Bundle_MessageSignature{MessageSignature: &commonv1.MessageSignature{
			MessageDigest: &commonv1.HashOutput{Algorithm: commonv1.HashAlgorithm_SHA2_256, Digest: sum[:]},
			Signature:     info.Signature,
		}},
	})
	if err != nil {
		return err.Error()
	}
	v, err := sigstore.NewVerifier(trusted, sigstore.WithSignedCertificateTimestamps(1), sigstore.WithTransparencyLog(1),
		sigstore.WithIntegratedTimestamps(1))
	if err != nil {
		return err.Error()
	}
	_, err = v.Verify(b, sigstore.NewPolicy(sigstore.WithArtifactDigest("sha256", sum[:]),
		sigstore.WithoutIdentitiesUnsafe()))
	if err != nil {
		return err.Error()
	}
	return "good"
}
