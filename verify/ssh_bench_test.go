package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"strconv"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

func BenchmarkSSHEd25519(b *testing.B) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	message := make([]byte, 100)
	signature := ed25519.Sign(private, message)
	benchmarkSSH(b, sshSigner(b, private), func() bool { return ed25519.Verify(public, message, signature) })
}

func BenchmarkSSHRSA2048(b *testing.B) { benchmarkRSA(b, 2048) }
func BenchmarkSSHRSA3072(b *testing.B) { benchmarkRSA(b, 3072) }

func benchmarkRSA(b *testing.B, bits int) {
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(nil)
	signature, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	benchmarkSSH(b, sshSigner(b, private), func() bool {
		return rsa.VerifyPKCS1v15(&private.PublicKey, crypto.SHA256, sum[:], signature) == nil
	})
}

func BenchmarkSSHECDSA256(b *testing.B) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(nil)
	signature, err := ecdsa.SignASN1(rand.Reader, private, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	benchmarkSSH(b, sshSigner(b, private), func() bool { return ecdsa.VerifyASN1(&private.PublicKey, sum[:], signature) })
}

// benchmarkSSH verifies a commit from its armor to the principal, and reports how many times as long
// that takes as the bare public-key operation in the same run.
func benchmarkSSH(b *testing.B, by ssh.Signer, bare func() bool) {
	k := mustKeyring(b, sshEntry("alice", by))
	payload, signature := []byte(testPayload), sshSign(b, by, sshNamespace, testPayload)
	rounds := 0
	start := time.Now()
	for b.Loop() {
		if res := k.Verify(payload, signature, landing); res.Status != Good {
			b.Fatal(res.Reason)
		}
		rounds++
	}
	whole := time.Since(start)
	start = time.Now()
	for range rounds {
		if !bare() {
			b.Fatal("the bare operation fails")
		}
	}
	b.ReportMetric(float64(whole)/float64(time.Since(start)), "x-bare")
}

// BenchmarkNewKeyring reads the keyring of a large project, which each push pays for.
func BenchmarkNewKeyring(b *testing.B) {
	var keys []Key
	for i := range 200 {
		keys = append(keys, sshEntry(strconv.Itoa(i), newEd25519(b)))
	}
	for i := range 20 {
		f := newCertificate(b).user("somebody", forSigning(saying(packet.SigTypePositiveCert, 2020)))
		sub := newSecret(b, 2021)
		f.subkey(sub, f.agreed(sub, forSigning(saying(packet.SigTypeSubkeyBinding, 2021))))
		keys = append(keys, Key{
			Principal: fmt.Sprintf("pgp%d", i), Kind: OpenPGP, Data: armored("PGP PUBLIC KEY BLOCK", f.Bytes()),
		})
	}
	for b.Loop() {
		mustKeyring(b, keys...)
	}
}
