package verify

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"pgregory.net/rapid"
)

// mangled are good signatures of every accepted kind of key, by the name of their object.
func mangled(t testing.TB) map[string]signedObject {
	objects := map[string]signedObject{}
	for _, o := range craftedObjects(t) {
		switch o.name {
		case "alg-ed25519", "alg-rsa2048", "alg-nistp256", "subok", "v4-algo27-ed25519", "v6-ed25519", "v6-ed448",
			"pkt-keyid-unhashed-only", "pkt-fpr-only-hashed":
			objects[o.name] = o
		}
	}
	if len(objects) != 9 {
		t.Fatalf("%d objects to mangle, want 9", len(objects))
	}
	return objects
}

// changesNothing says whether the octet of the packet isn't signed and isn't used either: in version
// 4 the hash's first two octets, which nobody compares (TestOpenPGPWebFlowHashTag).
func changesNothing(body []byte, at int) bool {
	raw, _ := splitPackets(body)
	p := raw[0].body
	if p[0] != 4 {
		return false
	}
	hashed := 6 + int(p[4])<<8 + int(p[5])
	tag := hashed + 2 + int(p[hashed])<<8 + int(p[hashed+1])
	header := len(body) - len(p)
	return at == header+tag || at == header+tag+1
}

// TestOpenPGPEveryBit flips every bit of every signature packet, and of its payload, one at a time.
// The armor around a flipped packet is right, so it's the packet that is refused.
func TestOpenPGPEveryBit(t *testing.T) {
	files := keyFiles{}
	for name, o := range mangled(t) {
		t.Run(name, func(t *testing.T) {
			payload, signature, err := cutSignature(o.kind, o.raw)
			if err != nil {
				t.Fatal(err)
			}
			body, err := oneArmorBlock(signature, kindOpenPGPSignature)
			if err != nil {
				t.Fatal(err)
			}
			candidates := files.candidates(t, o.keys)
			verdict := func(payload, body []byte) Result {
				res, _ := verifyOpenPGP(candidates, payload, armored(kindOpenPGPSignature, body), o.landed)
				return res
			}
			if res := verdict(payload, body); res.Status != Good {
				t.Fatalf("unmangled: %s (%s)", res.Status, res.Reason)
			}
			for i := range body {
				if changesNothing(body, i) {
					continue
				}
				for bit := range 8 {
					flipped := bytes.Clone(body)
					flipped[i] ^= 1 << bit
					if res := verdict(payload, flipped); res.Status == Good {
						t.Errorf("octet %d, bit %d of the signature: still good", i, bit)
					}
				}
			}
			for i := range payload {
				flipped := bytes.Clone(payload)
				flipped[i] ^= 1 << (i % 8)
				if res := verdict(flipped, body); res.Status != Bad {
					t.Errorf("octet %d of the payload: %s", i, res.Status)
				}
			}
		})
	}
}

// TestOpenPGPMangled cuts, repeats, drops, swaps and replaces bytes anywhere in payload, packet or
// armor. Whatever is still good decodes to the very same signature over the very same payload.
func TestOpenPGPMangled(t *testing.T) {
	files := keyFiles{}
	objects := mangled(t)
	var names []string
	for name := range objects {
		names = append(names, name)
	}
	rapid.Check(t, func(rt *rapid.T) {
		o := objects[rapid.SampledFrom(names).Draw(rt, "object")]
		payload, signature, err := cutSignature(o.kind, o.raw)
		if err != nil {
			t.Fatal(err)
		}
		body, err := oneArmorBlock(signature, kindOpenPGPSignature)
		if err != nil {
			t.Fatal(err)
		}
		p, s := bytes.Clone(payload), bytes.Clone(signature)
		switch rapid.SampledFrom([]string{"payload", "packet", "armor"}).Draw(rt, "where") {
		case "payload":
			p = mangle(rt, p)
		case "packet":
			s = armored(kindOpenPGPSignature, mangle(rt, body))
		default:
			s = mangle(rt, s)
		}
		res, _ := verifyOpenPGP(files.candidates(t, o.keys), p, s, o.landed)
		if res.Status != Good {
			return
		}
		if !bytes.Equal(p, payload) {
			rt.Fatal("another payload is good")
		}
		if got := meaning(t, s); got != meaning(t, signature) {
			rt.Fatalf("another signature is good: %s", got)
		}
	})
}

func mangle(t *rapid.T, b []byte) []byte {
	from := rapid.IntRange(0, len(b)-1).Draw(t, "from")
	to := rapid.IntRange(from+1, len(b)).Draw(t, "to")
	piece := bytes.Clone(b[from:to])
	switch rapid.SampledFrom([]string{"cut", "drop", "repeat", "swap", "replace"}).Draw(t, "how") {
	case "cut":
		return b[:from]
	case "drop":
		return append(b[:from], b[to:]...)
	case "repeat":
		return append(append(bytes.Clone(b[:to]), piece...), b[to:]...)
	case "swap":
		b[from], b[to-1] = b[to-1], b[from]
		return b
	default:
		b[from] = rapid.Byte().Draw(t, "byte")
		return b
	}
}

// meaning gives what a signature's armor says, but for the two octets that say nothing.
func meaning(t testing.TB, signature []byte) string {
	head, err := oneSignature(signature)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := head.parse()
	if err != nil {
		t.Fatal(err)
	}
	sig.HashTag = [2]byte{}
	var b bytes.Buffer
	if err := sig.Serialize(&b); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", b.Bytes())
}

// FuzzOpenPGPSignature gives arbitrary armor with a good payload to a keyring that takes weak algorithms too.
// Nothing may be good but the one good signature.
func FuzzOpenPGPSignature(f *testing.F) {
	var keys []Key
	for _, o := range craftedObjects(f) {
		if _, signature, err := cutSignature(o.kind, o.raw); err == nil {
			f.Add(signature)
		}
		for _, name := range o.keys {
			keys = append(keys, Key{Principal: "alice", Kind: OpenPGP, Data: openpgpCorpus.Read(f, name), Source: name})
		}
	}
	o := mangled(f)["alg-ed25519"]
	payload, good, err := cutSignature(o.kind, o.raw)
	if err != nil {
		f.Fatal(err)
	}
	want := meaning(f, good)
	k, err := NewKeyring(keys, Settings{WeakUntil: o.landed.Add(time.Hour)})
	if err != nil {
		f.Fatal(err)
	}
	if res := k.Verify(payload, good, o.landed); res.Status != Good {
		f.Fatal(res.Reason)
	}
	f.Fuzz(func(t *testing.T, signature []byte) {
		res := k.Verify(payload, signature, o.landed)
		if res.Status == Good && meaning(t, signature) != want {
			t.Errorf("good: %q", signature)
		}
		if (res.Status == Good) != (res.Principal == "alice") || (res.Status == Good) != (res.Reason == "") {
			t.Errorf("%+v", res)
		}
	})
}

// FuzzOpenPGPKey gives arbitrary key files, and has each judge a good signature. Without the right
// key in it none is good.
func FuzzOpenPGPKey(f *testing.F) {
	secret := newSecret(f, 2020)
	signature := commitSignature(f, secret, 2021)
	for _, o := range craftedObjects(f) {
		for _, name := range o.keys {
			f.Add(openpgpCorpus.Read(f, name))
		}
	}
	f.Add(newCertificate(f).user("a", forSigning(saying(packet.SigTypePositiveCert, 2020))).Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		key, err := readOpenPGP(&Key{Data: file})
		if err != nil {
			return
		}
		if len(key.ids()) == 0 || len(key.ids()) != len(key.fingerprints()) {
			t.Fatalf("%d ids and %d fingerprints", len(key.ids()), len(key.fingerprints()))
		}
		// Every certificate is asked, whatever its ids.
		for _, c := range key.certificates {
			if listed := c.listed(); len(listed) != len(c.keys()) {
				t.Errorf("%d keys are listed of %d", len(listed), len(c.keys()))
			}
			for _, public := range c.keys() {
				c.judge(public, year(2021), year(2021), false)
			}
		}
		res, _ := verifyOpenPGP(among(key), []byte(testPayload), signature, year(2021))
		if res.Status == Good {
			t.Errorf("good by a key that didn't sign: %+v", res)
		}
	})
}
