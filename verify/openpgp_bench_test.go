package verify

import (
	"crypto/ed25519"
	"crypto/rsa"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/eddsa"
)

func BenchmarkOpenPGPEd25519(b *testing.B) { benchmarkOpenPGP(b, "alg-ed25519") }
func BenchmarkOpenPGPRSA2048(b *testing.B) { benchmarkOpenPGP(b, "alg-rsa2048") }
func BenchmarkOpenPGPRSA4096(b *testing.B) { benchmarkOpenPGP(b, "alg-rsa4096") }

// benchmarkOpenPGP verifies a commit from its armor to the verdict, and reports how many times as
// long that takes as the standard library's public-key operation alone in the same run.
func benchmarkOpenPGP(b *testing.B, name string) {
	for _, o := range craftedObjects(b) {
		if o.name != name {
			continue
		}
		payload, signature, err := cutSignature(o.kind, o.raw)
		if err != nil {
			b.Fatal(err)
		}
		candidates := keyFiles{}.candidates(b, o.keys)
		bare := bareVerification(b, candidates, payload, signature)
		const batch = 64
		var rounds int
		var alone time.Duration
		for b.Loop() {
			if res, _ := verifyOpenPGP(candidates, payload, signature, o.landed); res.Status != Good {
				b.Fatal(res.Reason)
			}
			if rounds++; rounds%batch != 0 {
				continue
			}
			// In turns, so that whatever else the machine does is in both.
			b.StopTimer()
			start := time.Now()
			for range batch {
				if !bare() {
					b.Fatal("the bare operation fails")
				}
			}
			alone += time.Since(start)
			b.StartTimer()
		}
		if n := rounds / batch * batch; n > 0 {
			perRound := float64(b.Elapsed()) / float64(rounds)
			b.ReportMetric(perRound/(float64(alone)/float64(n)), "x-bare")
		}
		return
	}
	b.Fatalf("no object %s", name)
}

// bareVerification gives the operation alone, over a hash that is worked out before.
func bareVerification(b *testing.B, candidates func(uint64, string) []*openpgpKey, payload,
	signature []byte,
) func() bool {
	head, err := oneSignature(signature)
	if err != nil {
		b.Fatal(err)
	}
	by, err := head.issuer()
	if err != nil {
		b.Fatal(err)
	}
	sig, err := head.parse()
	if err != nil {
		b.Fatal(err)
	}
	key := findSigners(candidates(by.keyID, upperHex(by.fingerprint)), by)[0].key
	h := sig.Hash.New()
	h.Write(payload)
	h.Write(sig.HashSuffix)
	sum := h.Sum(nil)
	switch public := key.PublicKey.(type) {
	case *rsa.PublicKey:
		return func() bool { return rsa.VerifyPKCS1v15(public, sig.Hash, sum, sig.RSASignature.Bytes()) == nil }
	case *eddsa.PublicKey:
		both := make([]byte, 64)
		copy(both[32-len(sig.EdDSASigR.Bytes()):], sig.EdDSASigR.Bytes())
		copy(both[64-len(sig.EdDSASigS.Bytes()):], sig.EdDSASigS.Bytes())
		return func() bool { return ed25519.Verify(public.X, sum, both) }
	default:
		b.Fatalf("no bare operation for %T", public)
		return nil
	}
}
