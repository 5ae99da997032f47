package verify

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// Extensions of revocation lists, RFC 5280 §5.2 and §5.3.
const (
	oidIssuingPoint     = "2.5.29.28"
	oidRevocationReason = "2.5.29.21"
	oidInvalidSince     = "2.5.29.24"
)

// Reasons of RFC 5280 §5.3.1 that say that the key itself was in nobody else's hands.
const (
	reasonAffiliationChanged   = 3
	reasonSuperseded           = 4
	reasonCessationOfOperation = 5
	reasonHold                 = 6
	reasonPrivilegeWithdrawn   = 9
)

// Reasons that say that it was.
const (
	reasonKeyCompromise       = 1
	reasonAuthorityCompromise = 2
	reasonAttributeCompromise = 10
)

type revocationList struct {
	*x509.RevocationList
	name string // of its file
}

// readRevocationLists reads a file in DER, or with any number of PEM blocks. Lists of changes to another list, and
// those about other authorities' certificates, are refused. Whether a list is only for some certificates or reasons,
// as its issuing distribution point may say, isn't asked: what it lists is revoked.
func readRevocationLists(file File) ([]revocationList, error) {
	ders := [][]byte{file.Data}
	if bytes.Contains(file.Data, []byte("-----BEGIN ")) {
		ders = nil
		for rest := file.Data; ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if block.Type != "X509 CRL" {
				return nil, fmt.Errorf("a PEM block %s: want only revocation lists (X509 CRL)", quote(block.Type))
			}
			ders = append(ders, block.Bytes)
		}
	}
	if len(ders) == 0 {
		return nil, errors.New("no revocation list in it")
	}
	var lists []revocationList
	for _, der := range ders {
		list, err := x509.ParseRevocationList(der)
		if err != nil {
			return nil, fmt.Errorf("a revocation list that can't be read: %w", err)
		}
		if err := wholeList(list); err != nil {
			return nil, err
		}
		lists = append(lists, revocationList{list, file.Name})
	}
	return lists, nil
}

// wholeList refuses what crypto/x509 passes over: critical extensions, of the list or of an entry,
// that change what it says.
func wholeList(list *x509.RevocationList) error {
	for _, e := range list.Extensions {
		// An issuing distribution point often says no more than where the list lies. indirectCRL is its
		// element [4], in DER always TRUE where it stands: RFC 5280 §5.2.5.
		if e.Critical && (e.Id.String() != oidIssuingPoint || bytes.Contains(e.Value, []byte{0x84, 1, 0xff})) {
			return fmt.Errorf("the revocation list has the critical extension %s, so that it isn't its authority's whole list",
				e.Id)
		}
	}
	for _, entry := range list.RevokedCertificateEntries {
		for _, e := range entry.Extensions {
			if oid := e.Id.String(); e.Critical && oid != oidRevocationReason && oid != oidInvalidSince {
				return fmt.Errorf("an entry of the revocation list has the critical extension %s, which isn't understood", oid)
			}
		}
	}
	return nil
}

// use is when a certificate was used to sign, and by whose word.
type use struct {
	Arrival
	made   time.Time
	proven bool // made is a log's or a timestamp authority's word, not the signer's
}

// unrevoked says whether one of a company's chains was valid and no list breaks it, or why there is none.
func (c *companyAuthorities) unrevoked(chains []companyChain, u use) (warnings []string, err error) {
	for _, chain := range chains {
		if !chain.validIn.contains(u.made) {
			continue
		}
		var here error
		if warnings, here = c.checkChain(chain.certificates, u); here == nil {
			return warnings, nil
		}
		if err == nil {
			err = here
		}
	}
	if err == nil {
		err = refuse(Expired, "nothing leads from the certificate to a trusted root that was valid on %s", moment(u.made))
	}
	return nil, err
}

func (c *companyAuthorities) checkChain(chain []*x509.Certificate, u use) (warnings []string, err error) {
	for i, certificate := range chain[:len(chain)-1] {
		warning, err := c.checkRevocation(certificate, chain[i+1], u)
		if err != nil {
			return nil, err
		}
		if warning != "" {
			warnings = append(warnings, warning)
		}
	}
	return warnings, nil
}

// checkRevocation looks the certificate up in all lists by its issuer. One that is listed in any of
// them was revoked: a newer list may leave out what has expired since. A list that is due for
// replacement still counts, with a warning; without a list nothing would be known at all.
func (c *companyAuthorities) checkRevocation(certificate, issuer *x509.Certificate, u use) (warning string, err error) {
	var newest *revocationList
	for i := range c.lists {
		list := &c.lists[i]
		if !bytes.Equal(list.RawIssuer, issuer.RawSubject) {
			continue
		}
		if list.CheckSignatureFrom(issuer) != nil {
			// An authority that changed its key has lists by both.
			if len(list.AuthorityKeyId) > 0 && !bytes.Equal(list.AuthorityKeyId, issuer.SubjectKeyId) {
				continue
			}
			return "", refuse(Bad, "the revocation list %s wasn't signed by %s, whose it says it is: replace it",
				list.name, subject(issuer))
		}
		for _, entry := range list.RevokedCertificateEntries {
			if entry.SerialNumber.Cmp(certificate.SerialNumber) == 0 {
				if err := revokedBy(entry, certificate, u); err != nil {
					return "", err
				}
			}
		}
		if newest == nil || list.newer(newest) {
			newest = list
		}
	}
	if newest != nil && !newest.NextUpdate.IsZero() && u.landed.After(newest.NextUpdate) {
		return fmt.Sprintf("the revocation list %s was to be replaced by %s: what was revoked since isn't known",
			newest.name, moment(newest.NextUpdate)), nil
	}
	return "", nil
}

// newer goes by the number where both have one, RFC 5280 §5.2.3.
func (l *revocationList) newer(than *revocationList) bool {
	if l.Number != nil && than.Number != nil {
		return l.Number.Cmp(than.Number) > 0
	}
	return l.ThisUpdate.After(than.ThisUpdate)
}

// revokedBy says what a revocation means for the use of a certificate. Whoever has a stolen key can
// write any time into a signature; so a revocation that might be for theft is one for all time,
// unless somebody else says when the signature was made, or it had come in before.
func revokedBy(entry x509.RevocationListEntry, certificate *x509.Certificate, u use) error {
	since := entry.RevocationTime
	for _, e := range entry.Extensions {
		if e.Id.String() == oidInvalidSince {
			since = earlier(since, e)
		}
	}
	switch entry.ReasonCode {
	case reasonKeyCompromise, reasonAuthorityCompromise, reasonAttributeCompromise:
		return refuse(Revoked, "the certificate of %s was revoked on %s because its key was compromised, and with it all "+
			"its signatures", subject(certificate), moment(since))
	case reasonAffiliationChanged, reasonSuperseded, reasonCessationOfOperation, reasonHold, reasonPrivilegeWithdrawn:
		if u.made.Before(since) {
			return nil
		}
	default:
		if u.made.Before(since) && (u.proven || u.received.Before(since)) {
			return nil
		}
		if u.made.Before(since) {
			return refuse(Revoked, "the certificate of %s was revoked on %s for no reason given, before the signature came in "+
				"on %s: if its key was stolen, the signature may have been dated back",
				subject(certificate), moment(since), moment(u.received))
		}
	}
	return refuse(Revoked, "the certificate of %s was revoked on %s, before the signature of %s",
		subject(certificate), moment(since), moment(u.made))
}

// earlier gives the time since which the authority believes the certificate to be worthless, where it
// is the earlier: RFC 5280 §5.3.2.
func earlier(since time.Time, e pkix.Extension) time.Time {
	value := cryptobyte.String(e.Value)
	if t, ok := readTime(&value); ok && t.Before(since) {
		return t
	}
	return since
}
