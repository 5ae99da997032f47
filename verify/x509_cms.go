package verify

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of RFC 5652 and RFC 3161.
const (
	oidData             = "1.2.840.113549.1.7.1"
	oidSignedData       = "1.2.840.113549.1.7.2"
	oidTimestampContent = "1.2.840.113549.1.9.16.1.4"

	oidContentType   = "1.2.840.113549.1.9.3"
	oidMessageDigest = "1.2.840.113549.1.9.4"
	oidSigningTime   = "1.2.840.113549.1.9.5"
	oidTimestamp     = "1.2.840.113549.1.9.16.2.14"
)

// maxBag is how many certificates a signature may carry; four is the longest real chain.
const maxBag = 16

// cmsSignature is a SignedData of RFC 5652 §5 with one signer. What nobody signed and nobody needs is refused rather
// than passed over, but for gitsign's first form of a proof, and certificates that lead nowhere.
type cmsSignature struct {
	content   []byte // nil where it is detached
	bag       []byte // the certificates, one behind the other
	signer    []byte // which of them signed: the SignerIdentifier
	digest    crypto.Hash
	algorithm algorithmID

	attributes    []byte // signed: the DER of the SET OF, RFC 5652 §5.4
	messageDigest []byte
	signingTime   time.Time // zero if there is none
	signature     []byte

	timestamp []byte // a token of RFC 3161, nil if there is none
	logEntry  []byte // gitsign's proof that the signature is in Rekor, nil if there is none
}

// errCMS is all there is to say of bytes that don't have the form of RFC 5652.
var errCMS = errors.New("it isn't a CMS signature of the form that RFC 5652 gives")

// readCMS reads a ContentInfo in DER whose content has the type.
func readCMS(der cryptobyte.String, contentType string) (*cmsSignature, error) {
	var info, explicit, data, digests, content, signers cryptobyte.String
	var version int
	if !der.ReadASN1(&info, cbasn1.SEQUENCE) || !der.Empty() {
		return nil, errCMS
	}
	if kind, ok := readOID(&info); !ok || kind != oidSignedData {
		return nil, errCMS
	}
	if !info.ReadASN1(&explicit, tagged(0)) || !info.Empty() || !explicit.ReadASN1(&data, cbasn1.SEQUENCE) ||
		!explicit.Empty() ||
		!data.ReadASN1Integer(&version) || !data.ReadASN1(&digests, cbasn1.SET) || !data.ReadASN1(&content, cbasn1.SEQUENCE) {
		return nil, errCMS
	}
	s := &cmsSignature{}
	if err := s.readContent(content, contentType); err != nil {
		return nil, err
	}
	var bag cryptobyte.String
	if !data.ReadOptionalASN1(&bag, nil, tagged(0)) {
		return nil, errCMS
	}
	if s.bag = bag; data.PeekASN1Tag(tagged(1)) {
		return nil, refuse(Unsupported, "a CMS signature that brings revocation lists; a policy names those that count")
	}
	if !data.ReadASN1(&signers, cbasn1.SET) || !data.Empty() {
		return nil, errCMS
	}
	var signer cryptobyte.String
	if !signers.ReadASN1(&signer, cbasn1.SEQUENCE) {
		return nil, errors.New("the CMS message has no signer")
	}
	if !signers.Empty() {
		return nil, errors.New("the CMS message has several signers, want one")
	}
	if err := s.readSigner(signer, contentType); err != nil {
		return nil, err
	}
	// RFC 5652 §5.1: 1, or 3 where the signer is named by a key identifier or the content isn't data.
	want := 1
	if s.signer[0] != byte(cbasn1.SEQUENCE) || contentType != oidData {
		want = 3
	}
	digest, err := readDigest(&digests)
	if err != nil || digest != s.digest || !digests.Empty() || version != want {
		return nil, errCMS
	}
	return s, nil
}

// readContent reads an EncapsulatedContentInfo: none for a commit, which is signed from outside.
func (s *cmsSignature) readContent(content cryptobyte.String, contentType string) error {
	if kind, ok := readOID(&content); !ok || kind != contentType {
		return errors.New("the CMS message is of another type of content")
	}
	if contentType == oidData {
		if !content.Empty() {
			return errors.New("the CMS message brings content of its own: sign detached")
		}
		return nil
	}
	var explicit, octets cryptobyte.String
	if !content.ReadASN1(&explicit, tagged(0)) || !content.Empty() || !explicit.ReadASN1(&octets, cbasn1.OCTET_STRING) ||
		!explicit.Empty() {
		return errCMS
	}
	s.content = octets
	return nil
}

// readSigner reads a SignerInfo, RFC 5652 §5.3.
func (s *cmsSignature) readSigner(info cryptobyte.String, contentType string) error {
	var version int
	var signer, attributes, signature, unsigned cryptobyte.String
	var tag cbasn1.Tag
	var hasUnsigned, ok bool
	var err error
	if !info.ReadASN1Integer(&version) || !info.ReadAnyASN1Element(&signer, &tag) {
		return errCMS
	}
	byIssuer, byKey := tag == cbasn1.SEQUENCE && version == 1, tag == cbasn1.Tag(0).ContextSpecific() && version == 3
	if !byIssuer && !byKey {
		return errCMS
	}
	s.signer = signer
	if s.digest, err = readDigest(&info); err != nil {
		return err
	}
	if !info.PeekASN1Tag(tagged(0)) {
		return refuse(Unsupported, "a CMS signature without signed attributes, which could be one over another's attributes")
	}
	if !info.ReadASN1Element(&attributes, tagged(0)) {
		return errCMS
	}
	s.attributes = slices.Concat([]byte{byte(cbasn1.SET)}, attributes[1:])
	if s.algorithm, ok = readAlgorithm(&info); !ok {
		return errCMS
	}
	if !info.ReadASN1(&signature, cbasn1.OCTET_STRING) || !info.ReadOptionalASN1(&unsigned, &hasUnsigned, tagged(1)) ||
		!info.Empty() {
		return errCMS
	}
	s.signature = signature
	if err := s.readSigned(contentType); err != nil {
		return err
	}
	return s.readUnsigned(unsigned)
}

// readSigned reads the attributes that RFC 5652 §5.3 and §11 want, and the time.
func (s *cmsSignature) readSigned(contentType string) error {
	set := cryptobyte.String(s.attributes)
	if !set.ReadASN1(&set, cbasn1.SET) {
		return errCMS
	}
	kind := ""
	err := eachAttribute(set, func(oid string, value cryptobyte.String) error {
		ok := true
		switch oid {
		case oidContentType:
			kind, ok = readOID(&value)
		case oidMessageDigest:
			var octets cryptobyte.String
			ok = value.ReadASN1(&octets, cbasn1.OCTET_STRING)
			s.messageDigest = octets
		case oidSigningTime:
			s.signingTime, ok = readTime(&value)
		default:
			return nil
		}
		if !ok || !value.Empty() {
			return fmt.Errorf("the signed attribute %s is malformed", oid)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case kind != contentType:
		return errors.New("the signature is over another type of content than its message says")
	case s.messageDigest == nil:
		return errors.New("the signature isn't over any content: it has no message digest")
	default:
		return nil
	}
}

// readUnsigned reads the attributes that nobody signed: proofs, each of which proves itself, and
// nothing else.
func (s *cmsSignature) readUnsigned(set cryptobyte.String) error {
	return eachAttribute(set, func(oid string, value cryptobyte.String) error {
		switch {
		case oid == oidTimestamp:
			s.timestamp = value
		case oid == oidLogEntry && value.PeekASN1Tag(cbasn1.OCTET_STRING):
			var entry cryptobyte.String
			if !value.ReadASN1(&entry, cbasn1.OCTET_STRING) || !value.Empty() {
				return errors.New("the signature's proof from the transparency log is malformed")
			}
			s.logEntry = entry
		case draftLogEntry(oid):
			// gitsign's first form of a proof, of 2023, before its release: it proves nothing here.
		default:
			return fmt.Errorf("attribute %s stands in the part of the signature that nobody signed", oid)
		}
		return nil
	})
}

// eachAttribute reads Attributes of which each has one type and one value, none twice.
func eachAttribute(set cryptobyte.String, read func(oid string, value cryptobyte.String) error) error {
	seen := map[string]bool{}
	for !set.Empty() {
		var attribute, values, value cryptobyte.String
		var tag cbasn1.Tag
		if !set.ReadASN1(&attribute, cbasn1.SEQUENCE) {
			return errCMS
		}
		oid, ok := readOID(&attribute)
		if !ok || !attribute.ReadASN1(&values, cbasn1.SET) || !attribute.Empty() || !values.ReadAnyASN1Element(&value, &tag) {
			return errCMS
		}
		if seen[oid] || !values.Empty() {
			return fmt.Errorf("attribute %s stands in the signature twice", oid)
		}
		seen[oid] = true
		if err := read(oid, value); err != nil {
			return err
		}
	}
	return nil
}

// certificates reads the bag, in which none may stand twice.
func (s *cmsSignature) certificates() ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	for bag := cryptobyte.String(s.bag); !bag.Empty(); {
		var raw cryptobyte.String
		if !bag.ReadASN1Element(&raw, cbasn1.SEQUENCE) {
			return nil, errors.New("the signature brings something else than certificates")
		}
		c, err := x509.ParseCertificate(raw)
		switch {
		case err != nil:
			return nil, fmt.Errorf("a certificate in the signature is malformed: %w", err)
		case slices.ContainsFunc(list, c.Equal):
			return nil, errors.New("a certificate stands in the signature twice")
		case len(list) == maxBag:
			return nil, fmt.Errorf("the signature brings more than %d certificates", maxBag)
		}
		if err := affordable(c); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// leaf gives the certificate that the signer is named by.
func (s *cmsSignature) leaf(bag []*x509.Certificate) (*x509.Certificate, error) {
	var named []*x509.Certificate
	for _, c := range bag {
		if s.names(c) {
			named = append(named, c)
		}
	}
	switch len(named) {
	case 0:
		return nil, refuse(Unknown, "the signature doesn't bring the certificate of its signer")
	case 1:
		return named[0], nil
	default:
		return nil, errors.New("the signature brings several certificates that could be its signer's")
	}
}

// names says whether the SignerIdentifier is the certificate's.
func (s *cmsSignature) names(c *x509.Certificate) bool {
	id := cryptobyte.String(s.signer)
	var key, pair, issuer cryptobyte.String
	if byKey := cbasn1.Tag(0).ContextSpecific(); id.PeekASN1Tag(byKey) {
		return id.ReadASN1(&key, byKey) && len(key) > 0 && bytes.Equal(key, c.SubjectKeyId)
	}
	serial := new(big.Int)
	return id.ReadASN1(&pair, cbasn1.SEQUENCE) && pair.ReadASN1Element(&issuer, cbasn1.SEQUENCE) &&
		pair.ReadASN1Integer(serial) && pair.Empty() &&
		bytes.Equal(issuer, c.RawIssuer) && serial.Cmp(c.SerialNumber) == 0
}

// madeOver says whether the certificate's key made the signature, and over that content.
func (s *cmsSignature) madeOver(content []byte, leaf *x509.Certificate) error {
	if err := strongCertificate(leaf); err != nil {
		return err
	}
	if err := s.checkSignature(leaf); err != nil {
		var why refusal
		if errors.As(err, &why) {
			return err
		}
		return refuse(Bad, "the signature wasn't made by the key of the certificate it names")
	}
	hash := s.digest.New()
	hash.Write(content)
	if !bytes.Equal(hash.Sum(nil), s.messageDigest) {
		return refuse(Bad, "the signature doesn't fit the content: it was made over other bytes")
	}
	return nil
}

func tagged(n uint8) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }

func readOID(s *cryptobyte.String) (string, bool) {
	var oid asn1.ObjectIdentifier
	ok := s.ReadASN1ObjectIdentifier(&oid)
	return oid.String(), ok
}

// readTime reads a Time of RFC 5652 §11.3.
func readTime(s *cryptobyte.String) (t time.Time, ok bool) {
	if s.PeekASN1Tag(cbasn1.UTCTime) {
		ok = s.ReadASN1UTCTime(&t)
	} else {
		ok = s.ReadASN1GeneralizedTime(&t)
	}
	return t.UTC(), ok
}
