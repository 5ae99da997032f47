package verify

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/binary"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// among looks keys up as a keyring does: by fingerprint where the signature has one, else by id.
func among(keys ...*openpgpKey) func(uint64, string) []*openpgpKey {
	return func(keyID uint64, fingerprint string) []*openpgpKey {
		var found []*openpgpKey
		for _, key := range keys {
			ids := key.ids()
			for i, f := range key.fingerprints() {
				if fingerprint != "" && f == fingerprint || fingerprint == "" && ids[i] == keyID {
					found = append(found, key)
					break
				}
			}
		}
		return found
	}
}

// verifyOpenPGP verifies by the keys that candidates gives, and takes no weak algorithm.
func verifyOpenPGP(candidates func(keyID uint64, fingerprint string) []*openpgpKey, payload, signature []byte,
	at time.Time,
) (Result, *openpgpKey) {
	return openpgpVerifier{candidates: candidates}.verify(payload, signature, at)
}

// year gives the first second of a year; the tests tell their stories in years.
func year(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }

// years gives the seconds from one year to another.
func years(from, to int) *uint32 {
	seconds := uint32(year(to).Sub(year(from)) / time.Second)
	return &seconds
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// newSecret makes a key of a year, of the kind of Ed25519 that every gpg knows.
func newSecret(t testing.TB, made int) *packet.PrivateKey {
	t.Helper()
	entity, err := openpgp.NewEntity("", "", "",
		&packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, Time: func() time.Time { return year(made) }})
	if err != nil {
		t.Fatal(err)
	}
	return entity.PrivateKey
}

// saying fills in a signature's usual parts: its kind and year.
func saying(kind packet.SignatureType, made int) *packet.Signature {
	return &packet.Signature{Version: 4, SigType: kind, Hash: crypto.SHA256, CreationTime: year(made)}
}

// forSigning adds the key flags of a key that certifies and signs.
func forSigning(sig *packet.Signature) *packet.Signature {
	sig.FlagsValid, sig.FlagCertify, sig.FlagSign = true, true, true
	return sig
}

func forEncrypting(sig *packet.Signature) *packet.Signature {
	sig.FlagsValid, sig.FlagEncryptCommunications = true, true
	return sig
}

// ending adds the key's end, as RFC 9580 has it: seconds after the key was made.
func ending(sig *packet.Signature, made, end int) *packet.Signature {
	sig.KeyLifetimeSecs = years(made, end)
	return sig
}

func because(sig *packet.Signature, reason packet.ReasonForRevocation) *packet.Signature {
	sig.RevocationReason = &reason
	return sig
}

// sign makes a packet of the signature over the parts.
func sign(t testing.TB, by *packet.PrivateKey, sig *packet.Signature, parts ...[]byte) []byte {
	t.Helper()
	sig.PubKeyAlgo = by.PubKeyAlgo
	if sig.Version == 4 && sig.IssuerKeyId == nil { // gpg looks at nothing else to find self-signatures
		sig.IssuerKeyId = &by.KeyId
	}
	h, err := sig.PrepareSign(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		h.Write(part)
	}
	plain := &packet.Config{NonDeterministicSignaturesViaNotation: packet.BoolPointer(false)}
	if err := sig.Sign(h, by, plain); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := sig.Serialize(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// impostor makes a key that signs with its own secret and in the other's name.
func impostor(t testing.TB, other *packet.PrivateKey) *packet.PrivateKey {
	fake := newSecret(t, 2020)
	fake.PublicKey = other.PublicKey
	return fake
}

// framed puts the header of RFC 9580 §4.2.1 before a packet's body.
func framed(tag byte, body []byte) []byte {
	header := []byte{0xc0 | tag, 255}
	return append(binary.BigEndian.AppendUint32(header, uint32(len(body))), body...)
}

// certificateFile writes a certificate packet by packet.
type certificateFile struct {
	t       testing.TB
	primary *packet.PrivateKey
	bytes.Buffer
}

// newCertificate begins a certificate with a primary key of 2020.
func newCertificate(t testing.TB) *certificateFile {
	t.Helper()
	return newCertificateOf(t, newSecret(t, 2020))
}

func newCertificateOf(t testing.TB, primary *packet.PrivateKey) *certificateFile {
	t.Helper()
	f := &certificateFile{t: t, primary: primary}
	if err := f.primary.PublicKey.Serialize(f); err != nil {
		t.Fatal(err)
	}
	return f
}

// clone begins another copy of the same certificate.
func (f *certificateFile) clone() *certificateFile {
	copied := &certificateFile{t: f.t, primary: f.primary}
	copied.Write(f.Bytes())
	return copied
}

// direct adds signatures over the primary key itself.
func (f *certificateFile) direct(signatures ...*packet.Signature) *certificateFile {
	for _, sig := range signatures {
		f.Write(sign(f.t, f.primary, sig, hashedKey(&f.primary.PublicKey)))
	}
	return f
}

// user adds a user id and the owner's signatures over it.
func (f *certificateFile) user(name string, signatures ...*packet.Signature) *certificateFile {
	f.Write(framed(tagUserID, []byte(name)))
	for _, sig := range signatures {
		f.Write(sign(f.t, f.primary, sig, hashedKey(&f.primary.PublicKey), hashedUser(rawPacket{tagUserID, []byte(name)})))
	}
	return f
}

// subkey adds a subkey and the owner's signatures over it.
func (f *certificateFile) subkey(sub *packet.PrivateKey, signatures ...*packet.Signature) *certificateFile {
	public := sub.PublicKey
	public.IsSubkey = true
	if err := public.Serialize(f); err != nil {
		f.t.Fatal(err)
	}
	for _, sig := range signatures {
		f.Write(sign(f.t, f.primary, sig, hashedKey(&f.primary.PublicKey), hashedKey(&public)))
	}
	return f
}

// agreed embeds the back-signature by which a subkey agrees to belong to the primary key.
func (f *certificateFile) agreed(sub *packet.PrivateKey, sig *packet.Signature) *packet.Signature {
	back := saying(packet.SigTypePrimaryKeyBinding, 2020)
	sign(f.t, sub, back, hashedKey(&f.primary.PublicKey), hashedKey(&sub.PublicKey))
	sig.EmbeddedSignature = back
	return sig
}

func (f *certificateFile) read() *openpgpKey {
	f.t.Helper()
	key, err := readOpenPGP(&Key{Data: f.Bytes()})
	if err != nil {
		f.t.Fatal(err)
	}
	return key
}

// armored writes the armor of RFC 9580 §6.2.
func armored(kind string, body []byte) []byte {
	var b bytes.Buffer
	b.WriteString("-----BEGIN " + kind + "-----\n\n")
	for text := base64.StdEncoding.EncodeToString(body); text != ""; {
		n := min(64, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	b.WriteString("=" + base64.StdEncoding.EncodeToString(crc24(body)) + "\n-----END " + kind + "-----\n")
	return b.Bytes()
}

// commitSignature signs the test payload in a year.
func commitSignature(t testing.TB, by *packet.PrivateKey, made int) []byte {
	return armored(kindOpenPGPSignature, sign(t, by, saying(packet.SigTypeBinary, made), []byte(testPayload)))
}

const testPayload = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@example.org> 1600000000 " +
	"+0000\ncommitter A <a@example.org> 1600000000 +0000\n\nx\n"
