package verify

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// oidExtendedKeyUsage is RFC 5280 §4.2.1.12.
const oidExtendedKeyUsage = "2.5.29.37"

// checkTimestamp says when a timestamp authority saw the signature, by a token of RFC 3161 that is
// about it. The authority must be one that vouches for the signer's: of the same Sigstore instance,
// or, for a company's certificates, certified by a company's root.
func (t *x509Trust) checkTimestamp(s *cmsSignature, instance *sigstoreInstance, at Arrival) (time.Time, error) {
	stamped, err := t.readTimestamp(s, instance, at)
	var why refusal
	switch {
	case errors.As(err, &why):
		return time.Time{}, refuse(why.status, "the timestamp of the signature: %s", why.reason)
	case err != nil:
		return time.Time{}, fmt.Errorf("the timestamp of the signature: %w", err)
	default:
		return stamped, nil
	}
}

func (t *x509Trust) readTimestamp(s *cmsSignature, instance *sigstoreInstance, at Arrival) (time.Time, error) {
	token, err := readCMS(s.timestamp, oidTimestampContent)
	if err != nil {
		return time.Time{}, err
	}
	stamped, err := readTSTInfo(token.content, s.signature)
	if err != nil {
		return time.Time{}, err
	}
	bag, err := token.certificates()
	if err != nil {
		return time.Time{}, err
	}
	if instance != nil {
		for _, a := range instance.timestampers {
			bag = appendCertificates(bag, a.chain) // a token needn't bring its authority's certificate
		}
	}
	by, err := token.leaf(bag)
	if err != nil {
		return time.Time{}, err
	}
	if err := token.madeOver(token.content, by); err != nil {
		return time.Time{}, err
	}
	if err := onlyTimestamps(by); err != nil {
		return time.Time{}, err
	}
	if instance != nil {
		return stamped, instance.stampedBy(by, stamped)
	}
	if t.company.empty() {
		return time.Time{}, unknownTimestamper(by)
	}
	chains, err := t.companyChains(by, bag, stamped, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping})
	if err != nil {
		return time.Time{}, unknownTimestamper(by)
	}
	_, err = t.company.unrevoked(chains, use{made: stamped, Arrival: at, proven: true})
	return stamped, err
}

// readTSTInfo reads RFC 3161 §2.4.2, up to the time, and checks that it is about the signature.
func readTSTInfo(content cryptobyte.String, signature []byte) (time.Time, error) {
	malformed := errors.New("it isn't of the form that RFC 3161 gives")
	var info, imprint, hashed, serial, stamp cryptobyte.String
	var version int
	if !content.ReadASN1(&info, cbasn1.SEQUENCE) || !content.Empty() || !info.ReadASN1Integer(&version) || version != 1 ||
		!info.SkipASN1(cbasn1.OBJECT_IDENTIFIER) || !info.ReadASN1(&imprint, cbasn1.SEQUENCE) {
		return time.Time{}, malformed
	}
	digest, err := readDigest(&imprint)
	if err != nil {
		return time.Time{}, err
	}
	if !imprint.ReadASN1(&hashed, cbasn1.OCTET_STRING) || !imprint.Empty() || !info.ReadASN1(&serial, cbasn1.INTEGER) ||
		!info.ReadASN1(&stamp, cbasn1.GeneralizedTime) {
		return time.Time{}, malformed
	}
	hash := digest.New()
	hash.Write(signature)
	if !bytes.Equal(hash.Sum(nil), hashed) {
		return time.Time{}, refuse(Bad, "it is of another signature")
	}
	stamped, err := time.Parse("20060102150405Z", string(stamp)) // with a fraction of a second or without
	if err != nil {
		return time.Time{}, malformed
	}
	return stamped, nil
}

// onlyTimestamps wants what RFC 3161 §2.3 does: that and no other use, and critical.
func onlyTimestamps(c *x509.Certificate) error {
	for _, e := range c.Extensions {
		if e.Id.String() == oidExtendedKeyUsage && e.Critical &&
			slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}) && len(c.UnknownExtKeyUsage) == 0 {
			return signingUse(c)
		}
	}
	return refuse(WrongPurpose, "the certificate of %s isn't for timestamps alone", subject(c))
}

// stampedBy says whether the certificate is one of the instance's timestamp authorities'.
func (i *sigstoreInstance) stampedBy(by *x509.Certificate, stamped time.Time) error {
	for _, a := range i.timestampers {
		_, err := by.Verify(x509.VerifyOptions{
			Roots: a.roots, Intermediates: a.between, CurrentTime: stamped,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping},
		})
		if err == nil && a.validIn.contains(stamped) {
			return nil
		}
	}
	return unknownTimestamper(by)
}

func unknownTimestamper(by *x509.Certificate) error {
	return refuse(Unknown, "%s isn't a timestamp authority that the policy trusts for this certificate: add its root to "+
		"trusted-roots, or sign without a timestamp", subject(by))
}

func appendCertificates(list, more []*x509.Certificate) []*x509.Certificate {
	for _, c := range more {
		if !slices.ContainsFunc(list, c.Equal) {
			list = append(list, c)
		}
	}
	return list
}
