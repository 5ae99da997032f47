package verify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/verify/internal/corpus"

	"github.com/google/go-cmp/cmp"
)

// everybody is a keyring's keys for each object's own identity and issuer, which the principal is
// called after.
func everybody(objects []corpus.X509) []Key {
	var keys []Key
	for _, o := range corpus.Signers(objects) {
		keys = append(keys, Key{Principal: o.Principal(), Kind: X509, Identities: []string{o.SAN}, Issuer: o.Issuer})
	}
	return keys
}

func x509Keyring(t testing.TB, settings X509Settings, keys ...Key) *Keyring {
	t.Helper()
	k, err := NewKeyring(keys, Settings{X509: settings, ClockSkew: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// commercialRoots certify the company certificates among the real signatures, but for one company's.
func commercialRoots(t testing.TB) []File {
	t.Helper()
	var files []File
	for _, root := range x509Corpus.Roots(t) {
		files = append(files, File(root))
	}
	return files
}

// TestX509RealObjects verifies real signatures by the names in their certificates, with everybody in one
// keyring: each is its own signer's, and nobody's in a keyring without them, or with their name said by
// somebody else.
func TestX509RealObjects(t *testing.T) {
	objects := x509Corpus.Objects(t)
	keys := everybody(objects)
	roots := commercialRoots(t)
	all := x509Keyring(t, X509Settings{Roots: roots, Transparency: NoProof}, keys...)
	proven := x509Keyring(t, X509Settings{Roots: roots}, keys...)
	stranger := Key{
		Principal: "stranger", Kind: X509, Identities: []string{"nobody@example.org"},
		Issuer: "https://accounts.google.com",
	}
	counts := map[string]int{}
	for _, o := range objects {
		landed := o.Committed.Add(time.Hour)
		res := all.Verify(o.Payload, o.Signature, landed)
		counts[o.Kind()+" "+res.Status.String()]++
		want := Result{
			Status: Good, Principal: o.Principal(), KeyOwner: o.Principal(), Kind: X509,
			Fingerprint: certificateFingerprint(o.Leaf), Identity: o.SAN,
		}
		if o.Kind() == "apple" {
			want.Status, want.Principal, want.KeyOwner = Unknown, "", ""
		}
		got := res
		got.SignedAt, got.Warnings, got.Reason = time.Time{}, nil, ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s\n%s", o.ID, res.Reason, diff)
		}
		if apart := res.SignedAt.Sub(o.Committed).Abs(); apart > time.Hour { // the most is 17 minutes
			t.Errorf("%s: signed %s from its commit's date", o.ID, apart)
		}
		res = proven.Verify(o.Payload, o.Signature, landed)
		if good := res.Status == Good; good != (o.Proof || o.Kind() == "company") {
			t.Errorf("%s: %s (%s) where a proof is wanted, has one: %t", o.ID, res.Status, res.Reason, o.Proof)
		} else if !good && o.Kind() == "fulcio" && !strings.Contains(res.Next, "rekorMode = offline") {
			t.Errorf("%s: %s says no way out", o.ID, res.Reason)
		}
		if o.Proof {
			counts["proof"]++
		}
		others := slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k.Principal == o.Principal() })
		elsewhere := stranger
		elsewhere.Identities, elsewhere.Issuer = []string{o.SAN}, "https://evil.example"
		without := x509Keyring(t, X509Settings{Roots: roots, Transparency: NoProof}, append(others, elsewhere)...)
		if res := without.Verify(o.Payload, o.Signature, landed); res.Status != Unknown || res.KeyOwner != "" {
			t.Errorf("%s: %s (%s) by %q in a keyring without its signer", o.ID, res.Status, res.Reason, res.KeyOwner)
		}
	}
	t.Logf("%v", counts)
}

// craftedVerdicts has ours for each crafted case, and a comment where the index's is another.
var craftedVerdicts = map[string]Status{
	"attached":                  Malformed,
	"evilca":                    Unknown,
	"evilca-with-realca-in-bag": Unknown,
	"noattr":                    Unsupported,
	"nocerts":                   Unknown,
	"noku":                      Good,
	"ok":                        Good,
	"ok-ec":                     Good,
	"rsa1024":                   Weak,
	"selfca-in-bag":             Unknown,
	"sha1":                      Weak,
	// That library compares the key identifier with the extension's DER, so that it never finds it.
	// RFC 5652 §5.3 has signers named so, and OpenSSL takes it.
	"skid":     Good,
	"srv":      WrongPurpose,
	"two":      Malformed,
	"two-evil": Malformed,
}

func TestX509CraftedObjects(t *testing.T) {
	rows := x509Corpus.Crafted(t)
	if len(rows) != len(craftedVerdicts) {
		t.Errorf("%d cases, %d verdicts of ours", len(rows), len(craftedVerdicts))
	}
	for _, row := range rows {
		payload, signature, err := corpus.Cut("commit", x509Corpus.Read(t, "sigcorpus/"+row.Object))
		if err != nil {
			t.Fatal(err)
		}
		ca := File{"ca.pem", x509Corpus.Read(t, "sigcorpus/"+row.CA)}
		alice := Key{Principal: "alice", Kind: X509, Identities: []string{"alice@corp"}}
		res := x509Keyring(t, X509Settings{Roots: []File{ca}}, alice).Verify(payload, signature, row.At)
		if want, known := craftedVerdicts[row.Name]; !known || res.Status != want {
			t.Errorf("%s: %s (%s), want %s", row.Name, res.Status, res.Reason, want)
		}
		if (res.Status == Good) != (row.Expected == "good") && row.Name != "skid" {
			t.Errorf("%s: the index says %s", row.Name, row.Expected)
		}
	}
}
