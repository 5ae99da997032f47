package verify

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// oidSCTList is the extension with the promises of certificate logs, RFC 6962 §3.3.
const oidSCTList = "1.3.6.1.4.1.11129.2.4.2"

var errNoSCT = refuse(Unsupported, "the certificate doesn't say that it was logged when it was issued (it has no SCT)")

// signedTimestamp is a SignedCertificateTimestamp of RFC 6962 §3.2.
type signedTimestamp struct {
	logID      [sha256.Size]byte
	millis     uint64 // since 1970
	extensions []byte
	signature  []byte
}

// checkSCT wants a promise by one of the instance's logs that the certificate is in it, and no promise
// that is wrong. An instance without such logs promises nothing, and nothing is asked of it.
func (i *sigstoreInstance) checkSCT(leaf, issuer *x509.Certificate) error {
	if len(i.ctLogs) == 0 {
		return nil
	}
	value, ok := extension(leaf, oidSCTList)
	if !ok {
		return errNoSCT
	}
	list, err := readSCTs(value)
	if err != nil {
		return err
	}
	precertificate, err := withoutSCTs(leaf.RawTBSCertificate)
	if err != nil {
		return err
	}
	good := false
	for _, sct := range list {
		log := i.ctLogs[sct.logID]
		made := time.UnixMilli(int64(sct.millis))
		switch {
		case log == nil: // of somebody else's log, which says nothing here
			continue
		case !log.signed(sct.message(precertificate, issuer), sct.signature):
			return refuse(Bad, "the promise of a log in the certificate (SCT) isn't about this certificate")
		case !log.validIn.contains(made):
			return refuse(Expired, "the promise of a log in the certificate (SCT) is of %s, when the log wasn't in use",
				moment(made))
		}
		good = true
	}
	if !good {
		return refuse(Unknown, "the certificate was logged, if at all, by a log that the trusted root doesn't name")
	}
	return nil
}

// readSCTs reads a SignedCertificateTimestampList, RFC 6962 §3.3.
func readSCTs(value cryptobyte.String) ([]signedTimestamp, error) {
	malformed := errors.New("the promises of logs in the certificate (SCTs) are malformed")
	var octets, all cryptobyte.String
	if !value.ReadASN1(&octets, cbasn1.OCTET_STRING) || !value.Empty() || !octets.ReadUint16LengthPrefixed(&all) ||
		!octets.Empty() {
		return nil, malformed
	}
	var list []signedTimestamp
	for !all.Empty() {
		var one, extensions, signature cryptobyte.String
		var version, hash, algorithm uint8
		var sct signedTimestamp
		if !all.ReadUint16LengthPrefixed(&one) || !one.ReadUint8(&version) || version != 0 || !one.CopyBytes(sct.logID[:]) ||
			!one.ReadUint64(&sct.millis) ||
			!one.ReadUint16LengthPrefixed(&extensions) || !one.ReadUint8(&hash) || !one.ReadUint8(&algorithm) ||
			!one.ReadUint16LengthPrefixed(&signature) || !one.Empty() ||
			hash != 4 || algorithm != 1 && algorithm != 3 || sct.millis > 1<<48 { // SHA-256; RSA or ECDSA: RFC 5246 §7.4.1.4.1
			return nil, malformed
		}
		sct.extensions, sct.signature = extensions, signature
		list = append(list, sct)
	}
	return list, nil
}

// message gives what the log signed, RFC 6962 §3.2: the certificate as it was before the log's
// promise could stand in it.
func (s *signedTimestamp) message(precertificate []byte, issuer *x509.Certificate) []byte {
	const version1, certificateTimestamp, precertEntry = 0, 0, 1
	issuerKey := sha256.Sum256(issuer.RawSubjectPublicKeyInfo)
	var b cryptobyte.Builder
	b.AddUint8(version1)
	b.AddUint8(certificateTimestamp)
	b.AddUint64(s.millis)
	b.AddUint16(precertEntry)
	b.AddBytes(issuerKey[:])
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(precertificate) })
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(s.extensions) })
	return b.BytesOrPanic() // the lengths were read from fields of their size
}

// withoutSCTs cuts the extension with the promises out of a TBSCertificate, RFC 5280 §4.1. All else
// stays byte for byte.
func withoutSCTs(tbs cryptobyte.String) ([]byte, error) {
	malformed := errors.New("the certificate is malformed")
	var fields, explicit, extensions cryptobyte.String
	if !tbs.ReadASN1(&fields, cbasn1.SEQUENCE) || !tbs.Empty() {
		return nil, malformed
	}
	var before, kept []byte
	for !fields.Empty() && !fields.PeekASN1Tag(tagged(3)) {
		var field cryptobyte.String
		var tag cbasn1.Tag
		if !fields.ReadAnyASN1Element(&field, &tag) {
			return nil, malformed
		}
		before = append(before, field...)
	}
	if !fields.ReadASN1(&explicit, tagged(3)) || !fields.Empty() || !explicit.ReadASN1(&extensions, cbasn1.SEQUENCE) ||
		!explicit.Empty() {
		return nil, malformed
	}
	for !extensions.Empty() {
		var whole, inner cryptobyte.String
		if !extensions.ReadASN1Element(&whole, cbasn1.SEQUENCE) {
			return nil, malformed
		}
		inner = whole
		if !inner.ReadASN1(&inner, cbasn1.SEQUENCE) {
			return nil, malformed
		}
		switch oid, ok := readOID(&inner); {
		case !ok:
			return nil, malformed
		case oid != oidSCTList:
			kept = append(kept, whole...)
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(before)
		b.AddASN1(tagged(3), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(kept) })
		})
	})
	return b.Bytes()
}
