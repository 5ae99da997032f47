package verify

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// dsaKey and the signature of the test payload by it were made with OpenSSH 9.2's ssh-keygen -t dsa, which
// newer ones don't know; x/crypto/ssh takes no others than such small ones.
const dsaKey = "ssh-dss AAAAB3NzaC1kc3MAAACBALxZ8UO22ExYFqT8nGPAk2hOBGhlPRfH1lHZtyDaVxkwSBJyG/hZnT/ojCj+NqMG+AmhXo4e" +
	"fa8lBXe4yX8C4gWpDuteWoJMdvWzMCVq4m1L7vh3GTTk+eRGEp1avlkPZjONHjX5wx0D7OBEyB5H5tQr8mBnK5soGQjvF8OPromR" +
	"AAAAFQDxo3k/XAMbgI5623F1ZDQNS0xooQAAAIEAh+hiauTLT7iWIryDUXvWua8dbjSy2JU+MozqhhMjB1Y5yB0Z/SillCRMfWMP" +
	"evDWwg72/yEgO24pbovRUPMNQ1pLxFahr4WOVtszkMCtdj38G2qRqoTIVWQKzk+wKW/jYF/ZZAFGD567p21cUUcDwyBU7gHuWTKe" +
	"vmDOkznbLp8AAACAdDRjuEuPybh/KQY4QZqIQJ5Zk6lvcQOvyDkjZKRutKKt3gY5baRoXvYErcRrVey0bT3xJN46NhSdFWeLwZvE" +
	"FuyFx3DvI/UQdR95P9jJu5TEWOPg5YA8BbH0+ClFBaPUW3npT1joG1gCBgvy6GEP9xE3yZgT/grvdMblEJAeSJs="

const dsaSignature = `-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAAbIAAAAHc3NoLWRzcwAAAIEAvFnxQ7bYTFgWpPycY8CTaE4EaGU9F8
fWUdm3INpXGTBIEnIb+FmdP+iMKP42owb4CaFejh59ryUFd7jJfwLiBakO615agkx29bMw
JWribUvu+HcZNOT55EYSnVq+WQ9mM40eNfnDHQPs4ETIHkfm1CvyYGcrmygZCO8Xw4+uiZ
EAAAAVAPGjeT9cAxuAjnrbcXVkNA1LTGihAAAAgQCH6GJq5MtPuJYivINRe9a5rx1uNLLY
lT4yjOqGEyMHVjnIHRn9KKWUJEx9Yw968NbCDvb/ISA7bilui9FQ8w1DWkvEVqGvhY5W2z
OQwK12PfwbapGqhMhVZArOT7Apb+NgX9lkAUYPnrunbVxRRwPDIFTuAe5ZMp6+YM6TOdsu
nwAAAIB0NGO4S4/JuH8pBjhBmohAnlmTqW9xA6/IOSNkpG60oq3eBjltpGhe9gStxGtV7L
RtPfEk3jo2FJ0VZ4vBm8QW7IXHcO8j9RB1H3k/2Mm7lMRY4+DlgDwFsfT4KUUFo9RbeelP
WOgbWAIGC/LoYQ/3ETfJmBP+Cu90xuUQkB5ImwAAAANnaXQAAAAAAAAABnNoYTUxMgAAAD
cAAAAHc3NoLWRzcwAAACjVlSE99qCyvIXcpSX3uSqYCIPLKdudBqHcK9QLMLYCSMOPdXIK
6eDy
-----END SSH SIGNATURE-----
`

// TestSSHWeakUntil has signatures that prove little by now count where they landed before a moment.
func TestSSHWeakUntil(t *testing.T) {
	small, large := newRSA(t, 1024), newRSA(t, 2048)
	sha1 := func(by ssh.Signer) []byte {
		legacy, err := ssh.NewSignerWithAlgorithms(by.(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
		if err != nil {
			t.Fatal(err)
		}
		return sshMangle(t, by, func(b *sshBlob) {
			sum := crypto.SHA512.New()
			sum.Write([]byte(testPayload))
			sig, err := legacy.(ssh.AlgorithmSigner).SignWithAlgorithm(rand.Reader, sshSigned(sum.Sum(nil)), ssh.KeyAlgoRSA)
			if err != nil {
				t.Fatal(err)
			}
			b.Signature = ssh.Marshal(sig)
		})
	}
	// No library makes such a small key any more; whether the signature fits isn't asked.
	tiny, err := ssh.NewPublicKey(&rsa.PublicKey{
		N: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 1022), big.NewInt(1)),
		E: 65537,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		key       string
		signature []byte
		payload   string
		until     time.Time
		want      Status
		warning   string
	}{
		{
			"RSA 1024, no such moment", sshLine(small), sshSign(t, small, sshNamespace, testPayload), testPayload,
			time.Time{},
			Weak, "",
		},
		{
			"RSA 1024, before", sshLine(small), sshSign(t, small, sshNamespace, testPayload), testPayload, landing.Add(1), Good,
			"under 2048 bits",
		},
		{
			"RSA 1024, at that moment", sshLine(small), sshSign(t, small, sshNamespace, testPayload), testPayload, landing, Weak,
			"",
		},
		{
			"RSA 1024, after", sshLine(small), sshSign(t, small, sshNamespace, testPayload), testPayload, landing.Add(-1), Weak,
			"",
		},
		{
			"RSA 1024, another payload", sshLine(small), sshSign(t, small, sshNamespace, testPayload), testPayload + "x",
			landing.Add(1), Bad, "",
		},
		{
			"RSA 1023", string(ssh.MarshalAuthorizedKey(tiny)),
			sshMangle(t, small, func(b *sshBlob) { b.PublicKey = tiny.Marshal() }), testPayload, landing.Add(1), Weak, "",
		},
		{"ssh-rsa", sshLine(large), sha1(large), testPayload, time.Time{}, Weak, ""},
		{"ssh-rsa, before", sshLine(large), sha1(large), testPayload, landing.Add(1), Good, "SHA-1"},
		{"ssh-rsa, another payload", sshLine(large), sha1(large), testPayload + "x", landing.Add(1), Bad, ""},
		{"RSA 1024 and ssh-rsa, before", sshLine(small), sha1(small), testPayload, landing.Add(1), Good, "SHA-1"},
		{"DSA", dsaKey, []byte(dsaSignature), testPayload, time.Time{}, Weak, ""},
		{"DSA, before", dsaKey, []byte(dsaSignature), testPayload, landing.Add(1), Good, "DSA"},
		{"DSA, another payload", dsaKey, []byte(dsaSignature), testPayload + "x", landing.Add(1), Bad, ""},
		{
			"nothing weak, before", sshLine(large), sshSign(t, large, sshNamespace, testPayload), testPayload, landing.Add(1),
			Good, "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := settledKeyring(t, Settings{WeakUntil: c.until}, Key{Principal: "alice", Kind: SSH, Data: []byte(c.key)})
			res := verdict(t, k, c.payload, c.signature, landing)
			wantStatus(t, res, c.want)
			if res.Status == Good && (len(res.Warnings) > 0) != (c.warning != "") ||
				!strings.Contains(strings.Join(res.Warnings, ""), c.warning) {
				t.Errorf("warnings %q, want %q", res.Warnings, c.warning)
			}
		})
	}
}

// TestWeakSSHKeysSignNothing: a list of keys says which are of no use for what lands now.
func TestWeakSSHKeysSignNothing(t *testing.T) {
	small, large := newRSA(t, 1024), newRSA(t, 2048)
	for key, can := range map[string]bool{dsaKey: false, sshLine(small): false, sshLine(large): true} {
		k := settledKeyring(t, Settings{}, Key{Principal: "alice", Kind: SSH, Data: []byte(key)})
		if listed := k.List()[0].Keys[0]; listed.CanSign != can || (listed.Warnings == nil) != can {
			t.Errorf("%s: can sign %v, warnings %q", listed.Algorithm, listed.CanSign, listed.Warnings)
		}
	}
}

func sshLine(by ssh.Signer) string { return string(ssh.MarshalAuthorizedKey(by.PublicKey())) }
