package verify

import (
	"crypto"
	"crypto/sha512"
	"hash"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// TestOpenPGPSelfSignaturesOnce counts the checks of a key's own signatures, which are made over SHA-384
// here and nothing else is: none when the keyring is read, each once for the first signature by the key,
// whoever asks at the same time, and none of other people's.
func TestOpenPGPSelfSignaturesOnce(t *testing.T) {
	var checks atomic.Int64
	crypto.RegisterHash(crypto.SHA384, func() hash.Hash { checks.Add(1); return sha512.New384() })
	t.Cleanup(func() { crypto.RegisterHash(crypto.SHA384, sha512.New384) })

	self, binding := forSigning(saying(overUser, 2020)), forSigning(saying(overSubkey, 2020))
	self.Hash, binding.Hash = crypto.SHA384, crypto.SHA384
	f := newCertificate(t).user("a", self)
	strangers := saying(overUser, 2020)
	strangers.Hash = crypto.SHA384
	f.Write(sign(t, newSecret(t, 2020), strangers, hashedKey(&f.primary.PublicKey),
		hashedUser(rawPacket{tagUserID, []byte("a")})))
	sub := newSecret(t, 2020)
	f.subkey(sub, f.agreed(sub, binding)) // its back-signature is over SHA-256
	signatures := [][]byte{commitSignature(t, f.primary, 2021), commitSignature(t, sub, 2021)}

	checks.Store(0)
	k := mustKeyring(t, bystander, Key{Principal: "alice", Kind: OpenPGP, Data: f.Bytes()})
	if n := checks.Load(); n != 0 {
		t.Errorf("%d checks to read the keyring, want none", n)
	}
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range 32 {
		all.Go(func() {
			<-start
			for range 4 {
				if res := k.Verify([]byte(testPayload), signatures[i%2], year(2021)); res.Principal != "alice" {
					t.Errorf("%+v", res)
				}
			}
		})
	}
	close(start)
	all.Wait()
	k.List()
	if n := checks.Load(); n != 2 {
		t.Errorf("%d checks of self-signatures for 128 signatures, want 2", n)
	}
}

// corpusKeys are the OpenPGP keys of real people: all of a larger collection where there is one.
func corpusKeys(t testing.TB) []Key {
	names, err := filepath.Glob(openpgpCorpus.Path("sigcorpus/keys/openpgp/*.*"))
	if err != nil {
		t.Fatal(err)
	}
	var keys []Key
	for _, name := range names {
		if filepath.Ext(name) == ".json" {
			continue
		}
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, Key{Principal: "all", Kind: OpenPGP, Data: file, Source: filepath.Base(name)})
	}
	if len(keys) == 0 {
		t.Fatal("no keys")
	}
	return keys
}

// BenchmarkOpenPGPKeyring reads all keys, as each push does.
func BenchmarkOpenPGPKeyring(b *testing.B) {
	keys := corpusKeys(b)
	for b.Loop() {
		if _, err := NewKeyring(keys, Settings{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(keys)), "files")
}

// BenchmarkOpenPGPFirstSignature is what the first signature by a key costs beyond what every one does: the
// check of the key's own signatures. The time is of one certificate, all being asked.
func BenchmarkOpenPGPFirstSignature(b *testing.B) {
	keys := corpusKeys(b)
	certificates := 0
	for b.Loop() {
		b.StopTimer()
		k, err := NewKeyring(keys, Settings{})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		certificates = 0
		for _, e := range k.entries {
			for _, c := range e.openpgp.certificates {
				c.word()
				certificates++
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*certificates), "µs/certificate")
}
