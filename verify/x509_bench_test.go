package verify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"testing"
	"time"

	"countersign/verify/internal/corpus"
)

// BenchmarkX509Known verifies signatures of a certificate that is known already, as in a rebase within its
// ten minutes or by a company's certificate, and BenchmarkX509New one that isn't, with its chain and SCT.
func BenchmarkX509Known(b *testing.B) { benchmarkX509(b, false, NoProof) }
func BenchmarkX509New(b *testing.B)   { benchmarkX509(b, true, NoProof) }

// BenchmarkX509Proof verifies the log's proof too: two more signatures.
func BenchmarkX509Proof(b *testing.B) { benchmarkX509(b, false, EmbeddedProof) }

// benchmarkX509 verifies from the armor to the principal, and reports how many times as long that takes as
// a bare P-256 verification in the same run.
func benchmarkX509(b *testing.B, forget bool, wants Transparency) {
	var o corpus.X509
	objects := x509Corpus.Objects(b)
	for _, o = range objects {
		if o.Issuer != "" && o.Proof == (wants == EmbeddedProof) {
			break
		}
	}
	k := x509Keyring(b, X509Settings{Transparency: wants}, everybody(objects)...)
	rounds := 0
	start := time.Now()
	for b.Loop() {
		if forget {
			k.x509.known = signerCache{}
		}
		if res := k.Verify(o.Payload, o.Signature, o.Committed.Add(time.Hour)); res.Status != Good {
			b.Fatal(res.Reason)
		}
		rounds++
	}
	whole := time.Since(start)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(nil)
	signature, err := ecdsa.SignASN1(rand.Reader, private, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	start = time.Now()
	for range rounds {
		if !ecdsa.VerifyASN1(&private.PublicKey, sum[:], signature) {
			b.Fatal("the bare operation fails")
		}
	}
	b.ReportMetric(float64(whole)/float64(time.Since(start)), "x-bare")
}
