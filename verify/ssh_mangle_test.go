package verify

import (
	"bytes"
	"crypto/elliptic"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/verify/internal/corpus"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"
)

// sshObject is a good object, one of each kind of key.
type sshObject struct {
	name               string
	payload, signature []byte
	landed             time.Time
}

// sshObjects gives the first good real object of each kind of key and object, and the keyring.
func sshObjects(t testing.TB) ([]sshObject, *Keyring) {
	t.Helper()
	const file = "sigcorpus/keys/ssh/allowed_signers"
	keyring := byFirstPrincipal(t, allowedSigners(t, file), sshAuthorities(t, file)...)
	var objects []sshObject
	seen := map[string]bool{}
	for _, row := range corpus.Lines[struct {
		Type, File, Kind, Algo string
		Date                   int64
	}](t, sshCorpus, "sigcorpus/index.jsonl") {
		name := row.Algo + " " + row.Type
		if row.Kind != "ssh" || seen[name] {
			continue
		}
		payload, signature, err := corpus.Cut(row.Type, sshCorpus.Read(t, "sigcorpus/"+row.File))
		if err != nil {
			t.Fatal(err)
		}
		landed := time.Unix(row.Date, 0)
		if keyring.Verify(payload, signature, landed).Status == Good {
			objects = append(objects, sshObject{name, payload, signature, landed})
			seen[name] = true
		}
	}
	if len(objects) < 8 || !slices.ContainsFunc(objects,
		func(o sshObject) bool { return strings.Contains(o.name, "-cert-v01") }) {
		t.Fatalf("%d objects, want one of each kind, and one by a certificate", len(objects))
	}
	return objects, keyring
}

// TestSSHEveryByte flips a bit of each byte of payload and signature, and with the shortest keys
// every bit.
func TestSSHEveryByte(t *testing.T) {
	objects, keyring := sshObjects(t)
	for _, o := range objects {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			for _, part := range []*[]byte{&o.payload, &o.signature} {
				original := *part
				changed := slices.Clone(original)
				*part = changed
				for i := range changed {
					for bit := range 8 {
						if bit != i%8 && !strings.HasPrefix(o.name, "ssh-ed25519") {
							continue
						}
						changed[i] ^= 1 << bit
						if res := keyring.Verify(o.payload, o.signature, o.landed); res.Status == Good {
							t.Errorf("good with bit %d of byte %d flipped: %q", bit, i, changed)
						}
						changed[i] = original[i]
					}
				}
				*part = original
			}
		})
	}
}

// TestSSHAttackTruncatedOrDoubled cuts the signature short at each byte, and has each of its lines
// twice.
func TestSSHAttackTruncatedOrDoubled(t *testing.T) {
	objects, keyring := sshObjects(t)
	for _, o := range objects {
		whole := bytes.TrimRight(o.signature, "\n")
		for end := range whole {
			if res := keyring.Verify(o.payload, whole[:end], o.landed); res.Status == Good {
				t.Errorf("%s: good after byte %d was cut off", o.name, end)
			}
		}
		for end := range o.payload {
			if res := keyring.Verify(o.payload[:end], whole, o.landed); res.Status == Good {
				t.Errorf("%s: good for the first %d bytes of the payload", o.name, end)
			}
		}
		lines := bytes.SplitAfter(o.signature, []byte("\n"))
		for i, line := range lines {
			if len(line) == 0 {
				continue
			}
			doubled := bytes.Join(slices.Insert(slices.Clone(lines), i, line), nil)
			if res := keyring.Verify(o.payload, doubled, o.landed); res.Status != Malformed {
				t.Errorf("%s: %s with line %d of the signature doubled", o.name, res.Status, i+1)
			}
		}
	}
}

// TestSSHMangled changes signatures in several places. Whatever is still good says the same bytes.
func TestSSHMangled(t *testing.T) {
	objects, keyring := sshObjects(t)
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.SampledFrom(objects).Draw(t, "object")
		mangled := mangle(t, bytes.Clone(o.signature))
		res := keyring.Verify(o.payload, mangled, o.landed)
		if res.Status == Good && !sameSSH(t, mangled, o.signature) {
			t.Errorf("good with another content: %q", mangled)
		}
		if (res.Principal != "") != (res.Status == Good) {
			t.Errorf("%+v", res)
		}
	})
}

// sshBody gives what is in the armor, nil if there is none.
func sshBody(t interface{ Helper() }, signature []byte) []byte {
	t.Helper()
	body, err := oneArmorBlock(signature, kindSSHSignature)
	if err != nil {
		return nil
	}
	return body
}

// sameSSH says whether two signatures are one but for what anybody can change without the key, as
// ssh-keygen takes it too: the zeros before a number, and the sign of ECDSA's s, for -s fits as well.
func sameSSH(t interface{ Helper() }, one, two []byte) bool {
	t.Helper()
	a, aNumbers, ok := sshNumbers(sshBody(t, one))
	b, bNumbers, okToo := sshNumbers(sshBody(t, two))
	return ok && okToo && cmp.Equal(a, b) && slices.Equal(aNumbers, bNumbers)
}

// sshNumbers takes a blob apart, and the numbers in its signature of it.
func sshNumbers(body []byte) (blob sshBlob, numbers []string, ok bool) {
	if err := ssh.Unmarshal(body, &blob); err != nil {
		return blob, nil, false
	}
	var sig sshSignature
	if err := ssh.Unmarshal(blob.Signature, &sig); err != nil {
		return blob, nil, false
	}
	blob.Signature = nil
	var point struct{ R, S *big.Int }
	switch {
	case strings.Contains(sig.Format, "ecdsa"):
		if err := ssh.Unmarshal(sig.Blob, &point); err != nil {
			return blob, nil, false
		}
		order := elliptic.P256().Params().N
		if strings.Contains(sig.Format, "nistp521") {
			order = elliptic.P521().Params().N
		}
		if other := new(big.Int).Sub(order, point.S); other.Cmp(point.S) < 0 {
			point.S = other
		}
		numbers = []string{point.R.String(), point.S.String()}
	default:
		numbers = []string{new(big.Int).SetBytes(sig.Blob).String()}
	}
	return blob, append(numbers, sig.Format, string(sig.Rest)), true
}

// FuzzSSHSignature wants no signature that is good and wasn't there before.
func FuzzSSHSignature(f *testing.F) {
	objects, keyring := sshObjects(f)
	for i, o := range objects {
		f.Add(i, o.signature)
	}
	for _, name := range []string{
		"cert-ok", "ns-sig-file", "reserved-nonempty", "rsa2048-sha1", "sk-no-up",
		"trailing-in-sig",
	} {
		_, signature, err := corpus.Cut("commit", sshCorpus.Read(f, "sigcorpus/crafted/ssh/"+name+".commit"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(0, signature)
	}
	f.Fuzz(func(t *testing.T, i int, signature []byte) {
		o := objects[uint(i)%uint(len(objects))]
		res := keyring.Verify(o.payload, signature, o.landed)
		if res.Status == Good && !sameSSH(t, signature, o.signature) {
			t.Errorf("good with another content: %q", signature)
		}
		if (res.Principal != "") != (res.Status == Good) || (res.Reason == "") != (res.Status == Good) {
			t.Errorf("%+v", res)
		}
	})
}
