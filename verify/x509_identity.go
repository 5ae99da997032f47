package verify

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Extensions of certificates: RFC 5280 §4.2.1.6, and Fulcio's docs/oid-info.md.
const (
	oidAlternativeName = "2.5.29.17"
	oidIssuerV1        = "1.3.6.1.4.1.57264.1.1" // the bytes as they are
	oidIssuerV2        = "1.3.6.1.4.1.57264.1.8" // a UTF8String
)

// checkX509 refuses a key that no certificate could ever be for, or that says what it doesn't do.
func (k *Key) checkX509() error {
	switch {
	case len(k.Data) > 0 || k.Authority:
		return errors.New("an X.509 key is named by an identity and an issuer, and has no data of its own")
	case len(k.Identities) == 0:
		return errors.New("an X.509 key needs the identity that its certificates are for, such as an e-mail address")
	case slices.Contains(k.Identities, ""):
		return errors.New("an X.509 key's identity is empty")
	default:
		return nil
	}
}

// onePerson refuses an X.509 key that names the same certificates by the same words as another
// principal's.
func (k *Keyring) onePerson(e *entry) error {
	if e.key.Kind != X509 {
		return nil
	}
	if name, other := k.alreadyCertified(e, e.key.Issuer); other != nil {
		return fmt.Errorf("certificates for %q are %q's and %q's, at %s: one identity is one person; remove it from one "+
			"of them",
			name, e.key.Principal, other.Principal, cmp.Or(other.Source, "another entry"))
	}
	return nil
}

// alternativeNames gives the names in a certificate that are e-mail addresses or URIs, byte for byte.
// crypto/x509 reads URIs and would write them in another way.
func alternativeNames(c *x509.Certificate) ([]string, error) {
	value, ok := extension(c, oidAlternativeName)
	if !ok {
		return nil, nil
	}
	var names []string
	var all cryptobyte.String
	if !value.ReadASN1(&all, cbasn1.SEQUENCE) || !value.Empty() {
		return nil, errors.New("the certificate's alternative names are malformed")
	}
	for !all.Empty() {
		var name cryptobyte.String
		var tag cbasn1.Tag
		if !all.ReadAnyASN1(&name, &tag) {
			return nil, errors.New("the certificate's alternative names are malformed")
		}
		switch tag {
		case cbasn1.Tag(1).ContextSpecific(), cbasn1.Tag(6).ContextSpecific(): // rfc822Name, uniformResourceIdentifier
			names = append(names, string(name))
		}
	}
	return names, nil
}

// oidcIssuer gives the OpenID Connect issuer in a certificate of Fulcio's, which may stand there in an
// old form, in a new one, or in both.
func oidcIssuer(c *x509.Certificate) (string, error) {
	old, hasOld := extension(c, oidIssuerV1)
	value, hasNew := extension(c, oidIssuerV2)
	if !hasNew {
		return string(old), nil
	}
	var issuer cryptobyte.String
	if !value.ReadASN1(&issuer, cbasn1.UTF8String) || !value.Empty() {
		return "", errors.New("the issuer in the certificate is malformed")
	}
	if hasOld && string(old) != string(issuer) {
		return "", fmt.Errorf("the certificate names two issuers, %s and %s", quote(string(old)), quote(string(issuer)))
	}
	return string(issuer), nil
}

// extension gives the value of an extension, of which crypto/x509 takes none twice.
func extension(c *x509.Certificate, oid string) (cryptobyte.String, bool) {
	for _, e := range c.Extensions {
		if e.Id.String() == oid {
			return e.Value, true
		}
	}
	return nil, false
}

// certified gives the entries that name one of the certificate's names and its issuer, and the name.
// They are of one principal, or it is refused: which of two people it was, nobody could say.
func (k *Keyring) certified(s *x509Signer) ([]*entry, string, error) {
	var entries []*entry
	identity := ""
	for _, e := range k.entries {
		if e.key.Kind != X509 || (s.instance != nil) != (e.key.Issuer != "") || e.key.Issuer != s.issuer {
			continue
		}
		for _, name := range s.names {
			if slices.ContainsFunc(e.key.Identities, func(pattern string) bool { return matchIdentity(name, pattern) }) {
				entries = appendOnce(entries, e)
				identity = cmp.Or(identity, name)
			}
		}
	}
	if len(entries) == 0 {
		by := ""
		if s.instance != nil {
			by = ", said by " + quote(s.issuer)
		}
		if len(s.names) == 0 {
			return nil, "", refuse(Unknown, "the certificate is for nobody by an e-mail address or URI%s", by)
		}
		return nil, "", refuse(Unknown, "no principal has a key for certificates of %s%s", quote(s.names[0]), by)
	}
	for _, e := range entries {
		if e.key.Principal != entries[0].key.Principal {
			return nil, identity, refuse(Unknown, "the certificate could be %s's or %s's: keys of both name it; remove it "+
				"from one of them",
				quote(entries[0].key.Principal), quote(e.key.Principal))
		}
	}
	return entries, identity, nil
}
