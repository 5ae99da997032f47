package verify

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// TestAttackOpenPGPTextMode: a signature in text mode is made over the text with CRLF line ends, and so fits
// every text that has others: gpg takes it for both of these.
func TestAttackOpenPGPTextMode(t *testing.T) {
	g := newGPGHome(t)
	f := newCertificate(t).user("a", forSigning(saying(overUser, 2020)))
	other := strings.ReplaceAll(testPayload, "\n", "\r\n")
	signature := armored(kindOpenPGPSignature, sign(t, f.primary, saying(packet.SigTypeText, 2021), []byte(other)))
	if got := g.verdict(year(2021), f.String(), string(signature)); got != "GOODSIG" {
		t.Fatalf("gpg: %s, want GOODSIG", got)
	}
	k := mustKeyring(t, Key{Principal: "alice", Kind: OpenPGP, Data: f.Bytes()})
	for _, payload := range []string{testPayload, other} {
		wantStatus(t, k.Verify([]byte(payload), signature, year(2021)), Unsupported)
	}
}

// TestAttackOpenPGPTwoSignatures: of two signatures in one block, a program that asks whether one is good, and
// one that asks whose it is, may speak of different ones.
func TestAttackOpenPGPTwoSignatures(t *testing.T) {
	alice := newCertificate(t).user("alice", forSigning(saying(overUser, 2020)))
	bob := newCertificate(t).user("bob", forSigning(saying(overUser, 2020)))
	k := mustKeyring(
		t, Key{Principal: "alice", Kind: OpenPGP, Data: alice.Bytes()},
		Key{Principal: "bob", Kind: OpenPGP, Data: bob.Bytes()},
	)
	by := func(secret *packet.PrivateKey, payload string) []byte {
		return sign(t, secret, saying(packet.SigTypeBinary, 2021), []byte(payload))
	}
	good := by(alice.primary, testPayload)
	for name, second := range map[string][]byte{
		"the same again":      good,
		"another's":           by(bob.primary, testPayload),
		"of something else":   by(alice.primary, "something else"),
		"by nobody":           by(newSecret(t, 2020), testPayload),
		"of an unknown kind":  framed(tagSignature, append([]byte{9}, make([]byte, 30)...)),
		"a literal packet":    framed(11, []byte("b\x00\x00\x00\x00\x00x")),
		"a packet of padding": framed(21, []byte("x")),
	} {
		for _, body := range [][]byte{slices.Concat(good, second), slices.Concat(second, good)} {
			res := k.Verify([]byte(testPayload), armored(kindOpenPGPSignature, body), year(2021))
			if res.Status != Malformed {
				t.Errorf("%s: %s (%s), want malformed", name, res.Status, res.Reason)
			}
		}
	}
	wantStatus(t, k.Verify([]byte(testPayload), armored(kindOpenPGPSignature, good), year(2021)), Good)
}

// TestAttackOpenPGPUnhashed adds to a good signature what its maker didn't sign: whoever forwards it can. It
// may help to find the key and do nothing else, not even by being critical.
func TestAttackOpenPGPUnhashed(t *testing.T) {
	f := newCertificate(t).user("a", forSigning(saying(overUser, 2020)))
	k := mustKeyring(t, Key{Principal: "alice", Kind: OpenPGP, Data: f.Bytes()})
	packets, err := splitPackets(sign(t, f.primary, saying(packet.SigTypeBinary, 2021), []byte(testPayload)))
	if err != nil {
		t.Fatal(err)
	}
	good := packets[0].body
	notation := "\x80\x00\x00\x00\x00\x01\x00\x01nv"
	for _, c := range []struct {
		name, subpacket string
		want            Status
	}{
		{"nothing", "", Good},
		{"the key's fingerprint, once more", "\x21\x04" + string(f.primary.Fingerprint), Good},
		{"another key's fingerprint", "\x21\x04" + strings.Repeat("x", 20), Malformed},
		{"another time", "\x02\x5e\x0b\xe1\x00", Malformed},
		{"an end", "\x03\x00\x00\x00\x01", Malformed},
		{"an end far away", "\x83\xff\xff\xff\xff", Malformed},
		{"a notation", "\x14" + notation, Malformed},
		{"a critical notation", "\x94" + notation, Malformed},
		{"key flags", "\x9b\x02", Malformed},
		{"a user id", "\x1cbob", Malformed},
		{"an embedded signature", "\x20" + string(good), Malformed},
		{"a kind that nobody knows", "\x63x", Malformed},
		{"a critical one that nobody knows", "\xe3x", Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			var subpacket []byte
			if n := len(c.subpacket); n > 0 {
				subpacket = append([]byte{255, 0, 0, byte(n >> 8), byte(n)}, c.subpacket...)
			}
			hashed := 6 + int(good[4])<<8 + int(good[5])
			length := int(good[hashed])<<8 + int(good[hashed+1])
			body := bytes.Clone(good[:hashed])
			body = append(body, byte((length+len(subpacket))>>8), byte(length+len(subpacket)))
			body = append(append(body, subpacket...), good[hashed+2:]...)
			wantStatus(t, k.Verify([]byte(testPayload), armored(kindOpenPGPSignature, framed(tagSignature, body)), year(2021)),
				c.want)
		})
	}
}

// TestAttackOpenPGPKeyFileBomb: as many keys and revocations as a file holds would be compared with one
// another. That is refused before it takes time or memory.
func TestAttackOpenPGPKeyFileBomb(t *testing.T) {
	const fileSize = 4 << 20
	f := newCertificate(t)
	primary := bytes.Clone(f.Bytes())
	revocation := sign(t, f.primary, saying(packet.SigTypeKeyRevocation, 2021), hashedKey(&f.primary.PublicKey))
	fill := func(one []byte, size int) []byte { return bytes.Repeat(one, size/len(one)) }
	for _, c := range []struct {
		name    string
		file    []byte
		refused string
	}{
		{"primary keys", fill(primary, fileSize), "over 1000 keys in one key file"},
		{
			"subkeys", append(bytes.Clone(primary), fill(framed(tagPublicSubkey, keyBody(t, f)), fileSize)...),
			"over 1000 keys",
		},
		{"subkeys that can't be read", append(bytes.Clone(primary),
			fill(framed(tagPublicSubkey, []byte{4, 0, 0, 0, 0, 99}), fileSize)...), "over 1000 keys"},
		{"revocations", append(bytes.Clone(primary), fill(revocation, fileSize)...), "over 1000 revocations"},
		{"both, as many as allowed", append(bytes.Repeat(primary, maxKeys), bytes.Repeat(revocation, maxRevocations)...), ""},
		{"blocks", bytes.Repeat(armored("PGP PUBLIC KEY BLOCK", primary), 2*maxKeys), "over 1000 keys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readOpenPGP(&Key{Data: c.file})
			if c.refused == "" && err != nil || c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)) {
				t.Errorf("%v, want %q", err, c.refused)
			}
		})
	}
}
