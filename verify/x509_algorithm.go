package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // for crypto.SHA256
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Algorithms of RFC 5754, RFC 5758, RFC 8017 and RFC 8419.
const (
	oidRSA       = "1.2.840.113549.1.1.1"
	oidPSS       = "1.2.840.113549.1.1.10"
	oidMGF1      = "1.2.840.113549.1.1.8"
	oidECKey     = "1.2.840.10045.2.1"
	oidEd25519   = "1.3.101.112"
	oidMD5       = "1.2.840.113549.2.5"
	oidSHA1      = "1.3.14.3.2.26"
	oidSHA224    = "2.16.840.1.101.3.4.2.4"
	oidSHA256    = "2.16.840.1.101.3.4.2.1"
	oidSHA384    = "2.16.840.1.101.3.4.2.2"
	oidSHA512    = "2.16.840.1.101.3.4.2.3"
	oidRSASHA256 = "1.2.840.113549.1.1.11"
	oidRSASHA384 = "1.2.840.113549.1.1.12"
	oidRSASHA512 = "1.2.840.113549.1.1.13"
	oidECSHA256  = "1.2.840.10045.4.3.2"
	oidECSHA384  = "1.2.840.10045.4.3.3"
	oidECSHA512  = "1.2.840.10045.4.3.4"
)

type algorithmID struct {
	oid        string
	parameters cryptobyte.String
}

// checkSignature checks the signature over the attributes with the algorithm that it names, which
// must be the one for the digest it names.
func (s *cmsSignature) checkSignature(leaf *x509.Certificate) error {
	algorithms := map[crypto.Hash]struct {
		rsaName, ecName string
		rsa, ec         x509.SignatureAlgorithm
	}{
		crypto.SHA256: {oidRSASHA256, oidECSHA256, x509.SHA256WithRSA, x509.ECDSAWithSHA256},
		crypto.SHA384: {oidRSASHA384, oidECSHA384, x509.SHA384WithRSA, x509.ECDSAWithSHA384},
		crypto.SHA512: {oidRSASHA512, oidECSHA512, x509.SHA512WithRSA, x509.ECDSAWithSHA512},
	}
	with := algorithms[s.digest]
	if s.algorithm.oid != oidPSS && !noParameters(s.algorithm.parameters) {
		return errCMS
	}
	switch s.algorithm.oid {
	case oidRSA, with.rsaName:
		return leaf.CheckSignature(with.rsa, s.attributes, s.signature)
	case oidECKey, with.ecName: // some name the key's algorithm in place of the signature's
		return leaf.CheckSignature(with.ec, s.attributes, s.signature)
	case oidEd25519:
		if s.digest != crypto.SHA512 { // RFC 8419 §3
			return errCMS
		}
		return leaf.CheckSignature(x509.PureEd25519, s.attributes, s.signature)
	case oidPSS:
		return s.checkPSS(leaf)
	default:
		return refuse(Unsupported, "a CMS signature with the algorithm %s over %v", s.algorithm.oid, s.digest)
	}
}

// checkPSS takes RSASSA-PSS-params of RFC 4055 §3.1 with the one digest throughout.
func (s *cmsSignature) checkPSS(leaf *x509.Certificate) error {
	p := s.algorithm.parameters
	var sequence, hash, mask, salt cryptobyte.String
	var length int
	if !p.ReadASN1(&sequence, cbasn1.SEQUENCE) || !p.Empty() ||
		!sequence.ReadASN1(&hash, tagged(0)) || !sequence.ReadASN1(&mask, tagged(1)) ||
		!sequence.ReadASN1(&salt, tagged(2)) || !sequence.Empty() ||
		!salt.ReadASN1Integer(&length) || !salt.Empty() {
		return refuse(Unsupported, "an RSA-PSS signature with parameters left to their defaults, which are SHA-1's")
	}
	digest, err := readDigest(&hash)
	generator, ok := readAlgorithm(&mask)
	if err != nil || !hash.Empty() || !ok || !mask.Empty() || generator.oid != oidMGF1 || digest != s.digest ||
		length < digest.Size() {
		return refuse(Unsupported, "an RSA-PSS signature that mixes digests or has little salt")
	}
	if masked, err := readDigest(&generator.parameters); err != nil || masked != digest {
		return refuse(Unsupported, "an RSA-PSS signature that mixes digests")
	}
	public, ok := leaf.PublicKey.(*rsa.PublicKey)
	if !ok {
		return rsa.ErrVerification
	}
	sum := digest.New()
	sum.Write(s.attributes)
	return rsa.VerifyPSS(public, digest, sum.Sum(nil), s.signature, &rsa.PSSOptions{SaltLength: length})
}

// maxRSABits bounds what a key that anybody may have made can cost: one of as many bits as fit into a
// signature takes seconds to use.
const maxRSABits = 16384

// affordable refuses a key of absurd size.
func affordable(c *x509.Certificate) error {
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSABits {
		return refuse(Unsupported, "a certificate with an RSA key of %d bits; %d are the most accepted",
			key.N.BitLen(), maxRSABits)
	}
	return nil
}

// strongCertificate takes only the kinds and sizes of keys that are known to be strong enough.
func strongCertificate(c *x509.Certificate) error {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits {
			return refuse(Weak, "the certificate's key is RSA of %d bits; %d are the least accepted", bits, minRSABits)
		}
		return nil
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P224() {
			return refuse(Weak, "the certificate's key is on the curve P-224")
		}
		return nil
	case ed25519.PublicKey:
		return nil
	default:
		return refuse(Unsupported, "the certificate's key is of the kind %v", c.PublicKeyAlgorithm)
	}
}

func readAlgorithm(s *cryptobyte.String) (algorithmID, bool) {
	var id cryptobyte.String
	if !s.ReadASN1(&id, cbasn1.SEQUENCE) {
		return algorithmID{}, false
	}
	oid, ok := readOID(&id)
	return algorithmID{oid, id}, ok
}

// noParameters says whether an algorithm's parameters are absent or NULL, of which RFC 5754 §2 wants
// both to be taken.
func noParameters(p cryptobyte.String) bool {
	return p.Empty() || bytes.Equal(p, []byte{byte(cbasn1.NULL), 0})
}

func readDigest(s *cryptobyte.String) (crypto.Hash, error) {
	id, ok := readAlgorithm(s)
	if !ok || !noParameters(id.parameters) {
		return 0, errCMS
	}
	switch id.oid {
	case oidSHA256:
		return crypto.SHA256, nil
	case oidSHA384:
		return crypto.SHA384, nil
	case oidSHA512:
		return crypto.SHA512, nil
	case oidMD5:
		return 0, refuse(Weak, "a signature over an MD5 hash")
	case oidSHA1:
		return 0, refuse(Weak, "a signature over a SHA-1 hash")
	case oidSHA224:
		return 0, refuse(Weak, "a signature over a SHA-224 hash")
	default:
		return 0, refuse(Unsupported, "a signature over a hash of the unknown kind %s", id.oid)
	}
}
