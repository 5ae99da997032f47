// Command oracle says what gitsign and sigstore-go say of X.509 signatures, one JSON object a line. It is
// a module of its own: what it is made of is nothing that Countersign's readers should have to fetch.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log"
	"os"

	"github.com/github/smimesign/ietf-cms/protocol"
	"github.com/sigstore/gitsign/pkg/git"
	bundlev1 "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	commonv1 "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	rekorv1 "github.com/sigstore/protobuf-specs/gen/pb-go/rekor/v1"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"google.golang.org/protobuf/proto"
)

// row is an object of the collection; what it prints has the same id.
type row struct {
	ID                      string
	Raw, Payload, Signature []byte // the object; and what is signed and its signature, cut out byte by byte
	Roots                   string // "sigstore", or PEM
}

type verdict struct {
	ID       string `json:"id"`
	Gitsign  string `json:"gitsign"`            // "good", or the error
	Whole    string `json:"whole"`              // the same, where gitsign itself takes the object apart
	Sigstore string `json:"sigstore,omitempty"` // of the embedded proof; "" if there is none
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: oracle trusted_root.json <objects.jsonl")
	}
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	trusted, err := root.NewTrustedRootFromJSON(data)
	if err != nil {
		log.Fatal(err)
	}
	out := json.NewEncoder(os.Stdout)
	for in := json.NewDecoder(os.Stdin); in.More(); {
		var r row
		if err := in.Decode(&r); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(judge(r, trusted)); err != nil {
			log.Fatal(err)
		}
	}
}

func judge(r row, trusted *root.TrustedRoot) verdict {
	return verdict{
		ID: r.ID, Gitsign: outcome(gitsign(r, r.Payload, r.Signature, trusted)), Whole: outcome(whole(r, trusted)), Sigstore: proof(r.Signature, trusted),
	}
}

func whole(r row, trusted *root.TrustedRoot) error {
	if bytes.HasPrefix(r.Raw, []byte("tree ")) {
		c, err := git.SplitCommit(bytes.NewReader(r.Raw))
		if err != nil {
			return err
		}
		return gitsign(r, c.Payload, c.Gpgsig, trusted)
	}
	c, err := git.SplitTag(bytes.NewReader(r.Raw))
	if err != nil {
		return err
	}
	return gitsign(r, c.Payload, c.InBody, trusted)
}

func outcome(err error) string {
	if err != nil {
		return err.Error()
	}
	return "good"
}

func gitsign(r row, payload, signature []byte, trusted *root.TrustedRoot) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	if r.Roots == "sigstore" {
		for _, a := range trusted.FulcioCertificateAuthorities() {
			a := a.(*root.FulcioCertificateAuthority)
			roots.AddCert(a.Root)
			for _, c := range a.Intermediates {
				between.AddCert(c)
			}
		}
	} else {
		roots.AppendCertsFromPEM([]byte(r.Roots))
	}
	v, err := git.NewCertVerifier(git.WithRootPool(roots), git.WithIntermediatePool(between))
	if err != nil {
		return err
	}
	_, err = v.Verify(context.Background(), payload, signature, true)
	return err
}

// proof has sigstore-go verify the proof in the signature, the certificate and its SCT, as a bundle over the
// signed attributes.
func proof(signature []byte, trusted *root.TrustedRoot) string {
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
	entry.CanonicalizedBody = []byte(fmt.Sprintf(`{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"%x"}},"signature":{"content":"%s","publicKey":{"content":"%s"}}}}`,
		sum, base64.StdEncoding.EncodeToString(info.Signature),
		base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}))))
	b, err := bundle.NewBundle(&bundlev1.Bundle{
		MediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
		VerificationMaterial: &bundlev1.VerificationMaterial{
			Content:     &bundlev1.VerificationMaterial_Certificate{Certificate: &commonv1.X509Certificate{RawBytes: leaf.Raw}},
			TlogEntries: []*rekorv1.TransparencyLogEntry{entry},
		},
		Content: &bundlev1.Bundle_MessageSignature{MessageSignature: &commonv1.MessageSignature{
			MessageDigest: &commonv1.HashOutput{Algorithm: commonv1.HashAlgorithm_SHA2_256, Digest: sum[:]}, Signature: info.Signature,
		}},
	})
	if err != nil {
		return err.Error()
	}
	v, err := verify.NewVerifier(trusted, verify.WithSignedCertificateTimestamps(1), verify.WithTransparencyLog(1), verify.WithIntegratedTimestamps(1))
	if err != nil {
		return err.Error()
	}
	_, err = v.Verify(b, verify.NewPolicy(verify.WithArtifactDigest("sha256", sum[:]), verify.WithoutIdentitiesUnsafe()))
	return outcome(err)
}
