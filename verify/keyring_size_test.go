package verify

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// numberedSSH gives the line of an SSH key, another for each number.
func numberedSSH(t testing.TB, n int) []byte {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	binary.BigEndian.PutUint64(seed, uint64(n))
	key, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed(seed).Public())
	if err != nil {
		t.Fatal(err)
	}
	return ssh.MarshalAuthorizedKey(key)
}

// crowd gives the keys of n people: of each their own, one that an authority of all has certified, and an identity of
// another kind of certificates.
func crowd(t testing.TB, n int) []Key {
	t.Helper()
	authority := numberedSSH(t, 1<<20)
	var keys []Key
	for i := range n {
		who, at := fmt.Sprint("p", i), fmt.Sprintf("policy.toml:%d", i+1)
		address := []string{who + "@example.org"}
		keys = append(keys,
			Key{Principal: who, Kind: SSH, Data: numberedSSH(t, i), Source: at},
			Key{Principal: who, Kind: SSH, Data: authority, Authority: true, Identities: address, Source: at},
			Key{Principal: who, Kind: X509, Identities: address, Issuer: "https://accounts.example.org", Source: at})
	}
	return keys
}

// However many keys of others stand between two that would make one person of two, these two are named.
func TestKeysThatCannotBothBe(t *testing.T) {
	keys, authority := crowd(t, 300), numberedSSH(t, 1<<20)
	if _, err := NewKeyring(keys, Settings{}); err != nil {
		t.Fatal(err)
	}
	addresses := []string{"eve@example.org", "p7@example.org", "p3@example.org"}
	for name, c := range map[string]struct {
		key  Key
		says []string
	}{
		"a person's key": {
			Key{Kind: SSH, Data: numberedSSH(t, 3)}, []string{`of "eve" is already "p3"'s, at policy.toml:4`},
		},
		"a certified identity": {
			Key{Kind: SSH, Data: authority, Authority: true, Identities: addresses[:2]},
			[]string{`the identity "p7@example.org" of "eve" is already "p7"'s, at policy.toml:8`},
		},
		"two, of which the earlier is named": {
			Key{Kind: SSH, Data: authority, Authority: true, Identities: addresses},
			[]string{`the identity "p3@example.org" of "eve" is already "p3"'s, at policy.toml:4`},
		},
		"an identity by an issuer": {
			Key{Kind: X509, Identities: addresses[:2], Issuer: "https://accounts.example.org"},
			[]string{`certificates for "p7@example.org" are "eve"'s and "p7"'s, at policy.toml:8`},
		},
		"the same by another issuer": {Key{Kind: X509, Identities: addresses, Issuer: "https://other.example.org"}, nil},
		"an authority's for oneself": {
			Key{Kind: SSH, Data: authority}, []string{"is a person's own and a certificate authority's", "at policy.toml:1"},
		},
		"a person's for an authority": {
			Key{Kind: SSH, Data: numberedSSH(t, 3), Authority: true, Identities: addresses[:1]},
			[]string{"is a person's own and a certificate authority's", `"p3", at policy.toml:4`},
		},
	} {
		c.key.Principal, c.key.Source = "eve", "policy.toml:9999"
		_, err := NewKeyring(append(slices.Clone(keys), c.key), Settings{})
		if (err == nil) != (c.says == nil) {
			t.Errorf("%s: %v", name, err)
		}
		for _, says := range c.says {
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v; want %q", name, err, says)
			}
		}
	}
}

// BenchmarkKeyring also says how much longer the keys of four times the people take: about 4, if each costs the same.
func BenchmarkKeyring(b *testing.B) {
	few, many := crowd(b, 1000), crowd(b, 4000)
	var took [2]time.Duration
	for b.Loop() {
		for i, keys := range [][]Key{few, many} {
			start := time.Now()
			if _, err := NewKeyring(keys, Settings{}); err != nil {
				b.Fatal(err)
			}
			took[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(took[0].Milliseconds())/float64(b.N), "ms/1000")
	b.ReportMetric(float64(took[1].Milliseconds())/float64(b.N), "ms/4000")
	b.ReportMetric(float64(took[1])/float64(took[0]), "times")
}
