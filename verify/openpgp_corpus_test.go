package verify

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/verify/internal/corpus"
)

// signedObject is a row of an index: an object, the keys to judge it with, and the verdict that
// those who collected it expect when a key is judged at the signing time.
type signedObject struct {
	name, kind string // kind is "commit" or "tag"
	raw        []byte
	landed     time.Time
	keys       []string
	good       bool
	legacy     bool // good where an old policy allows it
	reason     string
	algorithm  string
}

// realObjects are commits and tags of public histories.
func realObjects(t testing.TB) []signedObject {
	var objects []signedObject
	for _, row := range corpus.Lines[struct {
		ID, Type, File, Kind, Algo, Reason string
		Expect                             string `json:"expect_at_sigtime"`
		Date                               int64
		Keys                               []string
	}](t, openpgpCorpus, "sigcorpus/index.jsonl") {
		if row.Kind != "openpgp" {
			continue
		}
		o := signedObject{
			name: row.ID, kind: row.Type, raw: openpgpCorpus.Read(t, "sigcorpus/"+row.File), landed: time.Unix(row.Date, 0),
			good: row.Expect == "good", legacy: row.Expect == "good-legacy", reason: row.Reason, algorithm: row.Algo,
		}
		for _, key := range row.Keys {
			o.keys = append(o.keys, "sigcorpus/"+key)
		}
		objects = append(objects, o)
	}
	return objects
}

// craftedObjects are commits with one property each, signed with throw-away keys.
func craftedObjects(t testing.TB) []signedObject {
	var objects []signedObject
	for _, row := range corpus.Lines[struct {
		Name, Object, Reason string
		Keys                 []string
		At                   time.Time `json:"verify_at"`
		Expected             string    `json:"expected_at"`
	}](t, openpgpCorpus, "sigcorpus/crafted/openpgp/index.jsonl") {
		o := signedObject{
			name: row.Name, kind: "commit", raw: openpgpCorpus.Read(t, "sigcorpus/"+row.Object), landed: row.At,
			good: row.Expected == "good", reason: row.Reason,
		}
		for _, key := range row.Keys {
			o.keys = append(o.keys, "sigcorpus/"+key)
		}
		objects = append(objects, o)
	}
	return objects
}

// forgeObjects are real commits of which gpg knows a forge's key and no others.
func forgeObjects(t testing.TB) []signedObject {
	var objects []signedObject
	for _, row := range corpus.Lines[struct {
		Oid, Kind string
		Raw       []byte
		Git       struct{ Status string }
	}](t, openpgpCorpus, "signatures/commits.jsonl.gz") {
		if row.Kind != "openpgp" {
			continue
		}
		o := signedObject{
			name: row.Oid, kind: "commit", raw: row.Raw, landed: corpus.Committed(t, row.Raw),
			keys: []string{"signatures/web-flow.asc"}, good: row.Git.Status == "U",
		}
		if !o.good {
			o.reason = "unknown-key"
		}
		objects = append(objects, o)
	}
	return objects
}

// cutSignature cuts an object into its payload and its signature, with as little of a parser as will
// do here; package history has the strict one.
func cutSignature(kind string, raw []byte) (payload, signature []byte, err error) {
	if kind == "tag" {
		i := bytes.LastIndex(raw, []byte("\n-----BEGIN ")) + 1
		return raw[:i], raw[i:], nil
	}
	found, header, inside := 0, true, false
	for _, line := range bytes.SplitAfter(raw, []byte("\n")) {
		header = header && string(line) != "\n"
		first, isSignature := bytes.CutPrefix(line, []byte("gpgsig "))
		next, isNext := bytes.CutPrefix(line, []byte(" "))
		switch {
		case header && isSignature:
			found++
			inside = true
			signature = append(signature, first...)
		case header && inside && isNext:
			signature = append(signature, next...)
		default:
			inside = false
			payload = append(payload, line...)
		}
	}
	if found != 1 {
		return nil, nil, fmt.Errorf("%d signature headers", found)
	}
	return payload, signature, nil
}

// keyFiles are read once for all objects.
type keyFiles map[string]*openpgpKey

func (f keyFiles) candidates(t testing.TB, names []string) func(uint64, string) []*openpgpKey {
	t.Helper()
	var keys []*openpgpKey
	for _, name := range names {
		if f[name] == nil {
			key, err := readOpenPGP(&Key{Data: openpgpCorpus.Read(t, name), Source: name})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			f[name] = key
		}
		keys = append(keys, f[name])
	}
	return among(keys...)
}

// wantedStatus translates the index's words. Where it is not theirs, the reason stands beside it.
// In no case does it turn their refusal into Good or their good into a refusal; "good-legacy" is
// theirs for what is good only where an old policy allows it, and there is no such policy here.
func wantedStatus(o signedObject) Status {
	switch {
	case o.good:
		return Good
	case o.algorithm == "dsa":
		// Theirs may also be unknown-key or key-expired: both are true, and that a signature proves
		// nothing whoever made it comes first.
		return Weak
	case o.name == "alg-secp256k1":
		// Theirs is weak-key, go-crypto's word. The curve isn't known to be weak; it isn't on the list.
		return Unsupported
	case strings.HasPrefix(o.name, "pkt-fpr-mismatch"):
		// Theirs is unknown-key. It names two keys, the hashed or the unhashed one being known.
		return Malformed
	case o.reason == "sig-type" && !strings.HasPrefix(o.name, "textmode"):
		return WrongPurpose
	}
	for _, word := range []struct {
		begins string
		status Status
	}{
		{"SHA-1 message digest", Weak},
		{"weak-", Weak},
		{"unsupported feature: hash function 1", Weak}, // MD5; go-crypto can't read it, which is its way to refuse
		{"unknown-key", Unknown},
		{"key-expired", Expired},
		{"key-revoked", Revoked},
		{"not-signing-key", WrongPurpose},
		{"future", Good}, // what it is dated Keyring.Verify compares with the landing: TestMisdated
		{"before-key", NotYetValid},
		{"bad-signature", Bad},
		{"unsigned OpenTimestamps block", Malformed},
		{"malformed-object", Malformed},
		{"multiple-packets", Malformed},
		{"armor", Malformed},
		{"subpacket: ", Malformed},
		{"invalid data: no creation time", Malformed},
		{"openpgp: unsupported feature: signature packet version 3", Unsupported},
		{"signature type 0x01", Unsupported},
		{"sig-type", Unsupported}, // text mode
		{"critical-notation", Unsupported},
		{"unsupported feature: unknown critical signature subpacket", Unsupported},
	} {
		if strings.HasPrefix(o.reason, word.begins) {
			return word.status
		}
	}
	panic("a reason that this test has no status for: " + o.reason)
}

// TestOpenPGPCorpus judges every object of every index at its landing, and differs from none.
func TestOpenPGPCorpus(t *testing.T) {
	files := keyFiles{}
	for name, objects := range map[string][]signedObject{
		"real": realObjects(t), "crafted": craftedObjects(t), "forge": forgeObjects(t),
	} {
		t.Run(name, func(t *testing.T) {
			if len(objects) == 0 {
				t.Fatal("no objects")
			}
			counts := map[Status]int{}
			for _, o := range objects {
				want := wantedStatus(o)
				payload, signature, err := cutSignature(o.kind, o.raw)
				got := Result{Kind: OpenPGP, Status: Malformed, Reason: "the object"}
				if err == nil {
					got, _ = verifyOpenPGP(files.candidates(t, o.keys), payload, signature, o.landed)
				}
				counts[got.Status]++
				if got.Status != want {
					t.Errorf("%s: %s (%s), want %s (%s)", o.name, got.Status, got.Reason, want, o.reason)
				}
				if (got.Reason == "") != (got.Status == Good) {
					t.Errorf("%s: status %s and reason %q", o.name, got.Status, got.Reason)
				}
				if got.Status == Good && (got.SignedAt.IsZero() || got.Fingerprint == "") {
					t.Errorf("%s: good, signed at %v by %q", o.name, got.SignedAt, got.Fingerprint)
				}
			}
			t.Logf("%d objects: %v", len(objects), counts)
		})
	}
}

// TestOpenPGPCorpusLegacy: what is good only by an old policy's leave is good with a WeakUntil after it and
// weak with one at its landing; and so of the crafted objects. MD5 never is.
func TestOpenPGPCorpusLegacy(t *testing.T) {
	crafted := map[string]bool{
		"alg-dsa2048": true, "alg-rsa1024": true, "alg-dsa1024": true, "hash-sha1": true, "hash-sha224": true,
		"pkt-md5": false,
	}
	var objects []signedObject
	for _, o := range craftedObjects(t) {
		legacy, ok := crafted[o.name]
		if o.legacy = legacy; ok {
			objects = append(objects, o)
		}
	}
	if len(objects) != len(crafted) {
		t.Fatalf("%d crafted objects, want %d", len(objects), len(crafted))
	}
	for _, o := range realObjects(t) {
		if o.legacy {
			objects = append(objects, o)
		}
	}
	if len(objects) < len(crafted)+3 {
		t.Fatal("no real objects")
	}
	for _, o := range objects {
		payload, signature, err := cutSignature(o.kind, o.raw)
		if err != nil {
			t.Fatal(err)
		}
		var keys []Key
		for _, name := range o.keys {
			keys = append(keys, Key{Principal: "somebody", Kind: OpenPGP, Data: openpgpCorpus.Read(t, name), Source: name})
		}
		judge := func(until time.Time) Result {
			return settledKeyring(t, Settings{WeakUntil: until, ClockSkew: time.Hour}, keys...).Verify(payload, signature,
				o.landed)
		}
		for _, until := range []time.Time{{}, o.landed} {
			if res := judge(until); res.Status != Weak {
				t.Errorf("%s until %s: %s (%s), want weak", o.name, until, res.Status, res.Reason)
			}
		}
		res := judge(o.landed.Add(time.Hour))
		switch warned := strings.Contains(strings.Join(res.Warnings, "\n"), "accepted for its age"); {
		case !o.legacy && res.Status != Weak:
			t.Errorf("%s until after its landing: %s, want weak", o.name, res.Status)
		case o.legacy && (res.Status != Good || !warned):
			t.Errorf("%s until after its landing: %s (%s), warnings %q", o.name, res.Status, res.Reason, res.Warnings)
		}
	}
	t.Logf("%d objects", len(objects))
}

// TestOpenPGPWebFlowHashTag keeps what a GitHub commit of 2018 taught: the two octets of the hash
// that a version 4 signature carries may be wrong in a good signature, which gpg accepts.
func TestOpenPGPWebFlowHashTag(t *testing.T) {
	for _, o := range realObjects(t) {
		if o.name != "aaa75cbb7ce36667638ce7319a2131e15b7a3850" {
			continue
		}
		payload, signature, err := cutSignature(o.kind, o.raw)
		if err != nil {
			t.Fatal(err)
		}
		res, _ := verifyOpenPGP(keyFiles{}.candidates(t, o.keys), payload, signature, o.landed)
		if res.Status != Good || res.Fingerprint != "5DE3E0509C47EA3CF04A42D34AEE18F83AFDEB23" {
			t.Errorf("%+v", res)
		}
		return
	}
	t.Error("the object isn't there")
}
