package oracle

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"testing"

	attestation "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/secure-systems-lab/go-securesystemslib/signerverifier"
	"golang.org/x/crypto/ssh"
	"google.golang.org/protobuf/encoding/protojson"

	"countersign/internal/intoto"
)

// What internal/intoto signs the libraries of DSSE and in-toto take.
func TestAttestation(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	key, err := intoto.ParseKey(pem.EncodeToMemory(block))
	if err != nil {
		t.Fatal(err)
	}
	out, err := key.Sign(rand.Reader, intoto.Statement{
		Subject: []intoto.Subject{{
			Name: "refs/heads/main", Digest: map[string]string{"gitCommit": "0123456789012345678901234567890123456789"},
			Annotations: map[string]any{"source_refs": []string{"refs/heads/main"}},
		}},
		PredicateType: "https://slsa.dev/verification_summary/v1",
		Predicate:     map[string]string{"verificationResult": "PASSED"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var e dsse.Envelope
	if err := json.Unmarshal(out, &e); err != nil {
		t.Fatal(err)
	}
	known, err := signerverifier.NewED25519SignerVerifierFromSSLibKey(&signerverifier.SSLibKey{
		KeyType: signerverifier.ED25519KeyType, Scheme: signerverifier.ED25519KeyType,
		KeyVal: signerverifier.KeyVal{Public: hex.EncodeToString(public)}, KeyID: key.ID,
	})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := dsse.NewEnvelopeVerifier(known)
	if err != nil {
		t.Fatal(err)
	}
	if accepted, err := verifier.Verify(t.Context(), &e); err != nil || len(accepted) != 1 {
		t.Errorf("accepted by %v, %v", accepted, err)
	}
	payload, err := e.DecodeB64Payload()
	if err != nil {
		t.Fatal(err)
	}
	var s attestation.Statement
	if err := protojson.Unmarshal(payload, &s); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Errorf("in-toto: %v", err)
	}
	e.Payload = "e30="
	if accepted, err := verifier.Verify(t.Context(), &e); err == nil {
		t.Errorf("another payload was accepted by %v", accepted)
	}
}
