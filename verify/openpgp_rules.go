package verify

import (
	"crypto/rsa"
	"fmt"
	"math/big"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// binaryMode says how programs are told to sign bytes as they are.
const binaryMode = `sign in binary mode, as git with gpg does: no "textmode" in gpg.conf; sop sign --as=binary; ` +
	"OpenPGP.js: createMessage({ binary: … }), not text"

// acceptable says whether the signature is of a kind that may stand on a commit or tag at all, and
// has the library read it. With weakToo also one of those algorithms that old history is full of.
func (s signaturePacket) acceptable(weakToo bool) (*packet.Signature, error) {
	switch {
	case s.version == 2 || s.version == 3:
		return nil, refuseUntil(`sign in version 4: no "force-v3-sigs" in gpg.conf`, Unsupported,
			"an OpenPGP signature of version 3; versions 4 and 6 are accepted")
	case s.version != 4 && s.version != 6:
		return nil, refuse(Unsupported, "an OpenPGP signature of version %d; versions 4 and 6 are accepted", s.version)
	case s.kind == packet.SigTypeText:
		return nil, refuseUntil(binaryMode, Unsupported, "a signature in text mode, which fits more than one text")
	case s.kind != packet.SigTypeBinary:
		return nil, refuse(WrongPurpose, "a signature of type 0x%02x, which isn't one over a document", byte(s.kind))
	}
	if err := s.checkSubpackets(); err != nil {
		return nil, err
	}
	if err := acceptableHash(s.hash, weakToo); err != nil {
		return nil, err
	}
	switch s.algorithm {
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly, packet.PubKeyAlgoECDSA,
		packet.PubKeyAlgoEdDSA, packet.PubKeyAlgoEd25519, packet.PubKeyAlgoEd448:
	case packet.PubKeyAlgoDSA:
		if !weakToo {
			return nil, refuse(Weak, "a signature by a DSA key")
		}
	case packet.PubKeyAlgoElGamal:
		return nil, refuse(Weak, "a signature by an Elgamal key")
	default:
		return nil, refuse(Unsupported, "a signature with public-key algorithm %d", s.algorithm)
	}
	sig, err := s.parse()
	if err != nil {
		return nil, fmt.Errorf("the signature is malformed: %w", err)
	}
	return sig, nil
}

// acceptableHash knows the numbers of RFC 9580 §9.5.
func acceptableHash(id byte, weakToo bool) error {
	if weakToo && (id == 2 || id == 11) {
		return nil
	}
	switch id {
	case 8, 9, 10, 12, 14: // SHA-256, SHA-384, SHA-512, SHA3-256, SHA3-512
		return nil
	case 1:
		return weakHash("an MD5")
	case 2:
		return weakHash("a SHA-1")
	case 3:
		return weakHash("a RIPEMD-160")
	case 11:
		return weakHash("a SHA-224")
	default:
		return refuse(Unsupported, "a signature over a hash of the unknown kind %d", id)
	}
}

func weakHash(name string) error {
	return refuseUntil(`sign over SHA-256 or more: no "digest-algo" in gpg.conf`, Weak, "a signature over "+name+" hash")
}

// checkSubpackets refuses what is said twice, what is said critically and not understood, and what
// the signer didn't say: the unhashed part may help to find the key, and do nothing else.
func (s signaturePacket) checkSubpackets() error {
	for _, sub := range s.unhashed {
		if sub.SubType != subIssuerKeyID && sub.SubType != subIssuerFingerprint {
			return fmt.Errorf("subpacket %d stands in the part of the signature that nobody signed", sub.SubType)
		}
	}
	for _, part := range [][]*packet.OpaqueSubpacket{s.hashed, s.unhashed} {
		var seen [256]bool
		for _, sub := range part {
			kind := sub.SubType &^ subCritical
			switch kind {
			case subCreationTime, subExpirationTime, subIssuerKeyID, subSignersUserID, subIssuerFingerprint:
				if seen[kind] {
					return fmt.Errorf("subpacket %d stands in the signature twice", kind)
				}
				seen[kind] = true
			default:
				if sub.SubType&subCritical != 0 {
					return refuse(Unsupported, "the signature wants subpacket %d to be understood, and it isn't", kind)
				}
			}
		}
	}
	return nil
}

// strongKey takes only the kinds and sizes of keys that are known to be strong enough, or with weakToo
// were.
func strongKey(key *packet.PublicKey, weakToo bool) error {
	switch key.PubKeyAlgo {
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly:
		if bits := key.PublicKey.(*rsa.PublicKey).N.BitLen(); bits < minWeakRSABits || bits < minRSABits && !weakToo {
			return refuse(Weak, "key %s is RSA of %d bits; %d are the least accepted", shortID(key), bits, minRSABits)
		}
		return nil
	case packet.PubKeyAlgoEd25519, packet.PubKeyAlgoEd448:
		return nil
	case packet.PubKeyAlgoECDSA, packet.PubKeyAlgoEdDSA:
		switch curve, _ := key.Curve(); curve {
		case packet.Curve25519, packet.Curve448, packet.CurveNistP256, packet.CurveNistP384, packet.CurveNistP521,
			packet.CurveBrainpoolP256, packet.CurveBrainpoolP384, packet.CurveBrainpoolP512:
			return nil
		default:
			return refuse(Unsupported, "key %s is on the curve %s, which isn't accepted", shortID(key), curve)
		}
	case packet.PubKeyAlgoDSA:
		// Its modulus is to be as long as an RSA key's: discrete logarithms are no harder than factors.
		if bits, err := key.BitLength(); weakToo && err == nil && bits >= minWeakRSABits {
			return nil
		}
		return refuse(Weak, "key %s is a DSA key", shortID(key))
	case packet.PubKeyAlgoElGamal:
		return refuse(Weak, "key %s is an Elgamal key", shortID(key))
	default:
		return refuse(WrongPurpose, "key %s is of a kind that can't sign", shortID(key))
	}
}

// canonical says whether the signature's numbers are written in the one way, RFC 9580 §3.2. RSA is
// often written with the length of the modulus, by the largest forge among others.
func canonical(sig *packet.Signature, key *packet.PublicKey) bool {
	type number interface {
		Bytes() []byte
		BitLength() uint16
	}
	var numbers []number
	var modulus int
	switch sig.PubKeyAlgo {
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly:
		numbers = []number{sig.RSASignature}
		if public, ok := key.PublicKey.(*rsa.PublicKey); ok {
			modulus = public.N.BitLen()
		}
	case packet.PubKeyAlgoDSA:
		numbers = []number{sig.DSASigR, sig.DSASigS}
	case packet.PubKeyAlgoECDSA:
		numbers = []number{sig.ECDSASigR, sig.ECDSASigS}
	case packet.PubKeyAlgoEdDSA:
		numbers = []number{sig.EdDSASigR, sig.EdDSASigS}
	}
	for _, n := range numbers {
		stated := int(n.BitLength())
		if stated != new(big.Int).SetBytes(n.Bytes()).BitLen() && stated != modulus {
			return false
		}
	}
	return true
}
