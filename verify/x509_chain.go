package verify

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// x509Signer is the certificate that a signature names, and what is known of it whatever was signed
// and when. It is immutable but for chains.
type x509Signer struct {
	key         [sha256.Size]byte // in the cache
	leaf        *x509.Certificate
	bag         []*x509.Certificate
	fingerprint string
	names       []string // the subject alternative names that are e-mail addresses or URIs

	// Of a certificate that one of Sigstore's authorities issued:
	instance *sigstoreInstance // nil where it isn't
	issuedBy *authority
	issuer   string // the OpenID Connect issuer
	warnings []string

	// chains lead to the root of a company; remembered since they were last found.
	chains atomic.Pointer[[]companyChain]
}

// companyChain leads from a signer's certificate to a root, and is valid at a time.
type companyChain struct {
	certificates []*x509.Certificate
	validIn      window
}

// signer gives the certificate that the signature names. Nothing is said by that about who issued it.
func (t *x509Trust) signer(s *cmsSignature) (*x509Signer, error) {
	key := signerKey(s)
	if known := t.known.get(key); known != nil {
		return known, nil
	}
	bag, err := s.certificates()
	if err != nil {
		return nil, err
	}
	leaf, err := s.leaf(bag)
	if err != nil {
		return nil, err
	}
	signer := &x509Signer{key: key, leaf: leaf, bag: bag, fingerprint: certificateFingerprint(leaf)}
	signer.names, err = alternativeNames(leaf)
	return signer, err
}

func signerKey(s *cmsSignature) [sha256.Size]byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(s.bag)))
	b = append(append(b, s.bag...), s.signer...)
	return sha256.Sum256(b)
}

func certificateFingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// findSigstore finds the authority of Sigstore's that issued the certificate, if one did. Its
// certificates are never a company's, and the reverse: what an OpenID Connect issuer says of somebody
// isn't what their company says.
func (t *x509Trust) findSigstore(s *x509Signer) error {
	if s.instance != nil {
		return nil
	}
	instances, err := t.sigstore()
	if err != nil {
		return err
	}
	for _, instance := range instances {
		for _, a := range instance.authorities {
			if !a.mayHaveIssued(s.leaf) {
				continue
			}
			var another x509.UnknownAuthorityError
			err := s.issuedBySigstore(instance, a)
			switch {
			case err == nil:
				t.known.put(s.key, s)
				return nil
			case !errors.As(err, &another):
				return err
			}
		}
	}
	return nil
}

// mayHaveIssued goes by the name alone.
func (a *authority) mayHaveIssued(c *x509.Certificate) bool {
	return slices.ContainsFunc(a.chain, func(by *x509.Certificate) bool { return bytes.Equal(by.RawSubject, c.RawIssuer) })
}

// issuedBySigstore checks all of a Sigstore certificate that doesn't depend on what was signed and
// when: the chain, what the certificate is for, who the person's OpenID Connect issuer was, and that
// the certificate was logged when it was issued. The error is an x509.UnknownAuthorityError where it
// isn't of that authority.
func (s *x509Signer) issuedBySigstore(instance *sigstoreInstance, a *authority) error {
	leaf := s.leaf
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots: a.roots, Intermediates: a.between, CurrentTime: leaf.NotBefore,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	})
	var another x509.UnknownAuthorityError
	switch {
	case errors.As(err, &another):
		return err
	case err != nil:
		return chainError(leaf, err)
	case leaf.IsCA:
		return refuse(WrongPurpose, "the certificate is an authority's, not a person's")
	case len(leaf.ExtKeyUsage) == 0: // which crypto/x509 takes for all uses
		return refuse(WrongPurpose, "the certificate isn't for signing code")
	}
	if err := signingUse(leaf); err != nil {
		return err
	}
	if s.issuer, err = oidcIssuer(leaf); err != nil {
		return err
	}
	switch err := instance.checkSCT(leaf, chains[0][1]); {
	case errors.Is(err, errNoSCT) && promisesBeside(chains[0][1]):
		s.warnings = []string{"the certificate doesn't say that it was logged: Sigstore's didn't before June 2022"}
	case err != nil:
		return err
	}
	s.instance, s.issuedBy = instance, a
	return nil
}

// promisesBeside says whether the certificate is one of the two roots of Sigstore's public-good
// instance. Until the end of May 2022 they issued certificates themselves, and gave the log's promise
// beside them, where no signature keeps it. The intermediate, which does so since, writes it into the
// certificate (sigstore/fulcio, pull request 507).
func promisesBeside(issuer *x509.Certificate) bool {
	switch certificateFingerprint(issuer) {
	case "03A38FFB1F450100C2596D1D10B900AC4D504058006DDA58199576BBEB9C73D0",
		"3BA7B6CC4E95469D4D334B49CB257AD8537076FA84B0CA87FF4ECFE6A54680C1":
		return true
	default:
		return false
	}
}

// validAt says why nobody could have used a Sigstore certificate then. The signer's own clock and
// Sigstore's are allowed to differ: of 600 real certificates three are used two seconds before they
// begin.
func (s *x509Signer) validAt(u use, skew time.Duration) error {
	made := u.made
	switch early, late := s.leaf.NotBefore.Sub(made), made.Sub(s.leaf.NotAfter); {
	case u.proven:
	case early > 0 && early <= skew:
		made = s.leaf.NotBefore
	case late > 0 && late <= skew:
		made = s.leaf.NotAfter
	}
	for _, c := range append([]*x509.Certificate{s.leaf}, s.issuedBy.chain...) {
		if err := within(c, made); err != nil {
			return err
		}
	}
	if !s.issuedBy.validIn.contains(made) {
		return refuse(Expired, "the certificate's authority was no longer, or not yet, in use on %s, when it was used",
			moment(made))
	}
	return nil
}

// within says why a certificate wasn't valid then.
func within(c *x509.Certificate, made time.Time) error {
	switch {
	case made.Before(c.NotBefore):
		return refuse(NotYetValid, "the certificate of %s is valid from %s, the signature is of %s",
			subject(c), moment(c.NotBefore), moment(made))
	case made.After(c.NotAfter):
		return refuse(Expired, "the certificate of %s was valid until %s, the signature is of %s",
			subject(c), moment(c.NotAfter), moment(made))
	default:
		return nil
	}
}

// subject names a certificate's owner. Sigstore's have no subject.
func subject(c *x509.Certificate) string {
	names, _ := alternativeNames(c)
	if len(names) > 0 && !c.IsCA {
		return quote(names[0])
	}
	return quote(c.Subject.String())
}

// issuedByCompany says whether a company's authority issued the certificate, and vouched for it when
// it was used.
func (t *x509Trust) issuedByCompany(s *x509Signer, u use) (warnings []string, err error) {
	chains := s.chains.Load()
	if chains == nil || !slices.ContainsFunc(*chains, func(c companyChain) bool { return c.validIn.contains(u.made) }) {
		found, err := t.findChains(s, u.made)
		if err != nil {
			return nil, err
		}
		chains = &found
		s.chains.Store(chains)
		t.known.put(s.key, s)
	}
	warnings, err = t.company.unrevoked(*chains, u)
	if err == nil && !u.proven && u.landed.After(s.leaf.NotAfter) {
		warnings = append(warnings, fmt.Sprintf("the certificate was valid until %s, the signature landed on %s, and "+
			"nobody but its maker says that it is older",
			moment(s.leaf.NotAfter), moment(u.landed)))
	}
	return warnings, err
}

// findChains finds what leads from the certificate to a company's roots, and was valid then.
func (t *x509Trust) findChains(s *x509Signer, made time.Time) ([]companyChain, error) {
	if t.company.empty() {
		return nil, refuse(Unknown, "the certificate was issued by %s, whom the policy doesn't trust",
			quote(s.leaf.Issuer.String()))
	}
	if err := within(s.leaf, made); err != nil {
		// That is worth saying only of a certificate that a company of the policy's issued.
		if _, unknown := t.companyChains(s.leaf, s.bag, s.leaf.NotBefore, companyUses()); unknown != nil {
			return nil, chainError(s.leaf, unknown)
		}
		return nil, err
	}
	chains, err := t.companyChains(s.leaf, s.bag, made, companyUses())
	if err != nil {
		return nil, chainError(s.leaf, err)
	}
	return chains, signingUse(s.leaf)
}

// companyUses are the extended key usages of which a company's certificate must have one, or none at
// all: gpgsm takes those for mail, most companies have no others.
func companyUses() []x509.ExtKeyUsage {
	return []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning, x509.ExtKeyUsageEmailProtection}
}

// companyChains leads from the certificate to roots. What the signature brings may lie between, and
// is never a root.
func (t *x509Trust) companyChains(leaf *x509.Certificate, bag []*x509.Certificate, at time.Time,
	uses []x509.ExtKeyUsage,
) ([]companyChain, error) {
	between := t.company.between.Clone()
	for _, c := range bag {
		if c != leaf {
			between.AddCert(c)
		}
	}
	found, err := leaf.Verify(x509.VerifyOptions{
		Roots: t.company.roots, Intermediates: between, CurrentTime: at, KeyUsages: uses,
	})
	if err != nil {
		return nil, err
	}
	var chains []companyChain
	for _, certificates := range found {
		c := companyChain{certificates, window{certificates[0].NotBefore, certificates[0].NotAfter}}
		for _, above := range certificates[1:] {
			if above.NotBefore.After(c.validIn.from) {
				c.validIn.from = above.NotBefore
			}
			if above.NotAfter.Before(c.validIn.until) {
				c.validIn.until = above.NotAfter
			}
		}
		chains = append(chains, c)
	}
	return chains, nil
}

// signingUse wants the bits of RFC 5280 §4.2.1.3 that allow signatures, where there are any.
func signingUse(c *x509.Certificate) error {
	if c.KeyUsage != 0 && c.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) == 0 {
		return refuse(WrongPurpose, "the certificate's key isn't for signatures")
	}
	return nil
}

// chainError says why crypto/x509 found no chain.
func chainError(leaf *x509.Certificate, err error) error {
	var invalid x509.CertificateInvalidError
	var unhandled x509.UnhandledCriticalExtension
	switch {
	case errors.As(err, &unhandled):
		return refuse(Unsupported, "the certificate has a critical extension that isn't understood: %s",
			unknownCritical(leaf))
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return refuse(WrongPurpose, "the certificate isn't for signing code or mail")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return refuse(Expired, "no chain from the certificate to a trusted root was valid: %s had ended or not begun",
			subject(invalid.Cert))
	case errors.As(err, &invalid) && invalid.Reason == x509.CANotAuthorizedForThisName:
		return refuse(Unknown, "an authority above the certificate may not certify that name")
	case errors.As(err, &invalid):
		return refuse(Unknown, "what leads from the certificate to a trusted root breaks a rule of RFC 5280 (reason %d of "+
			"crypto/x509)", invalid.Reason)
	default:
		return refuse(Unknown, "the certificate was issued by %s, whom the policy doesn't trust", quote(leaf.Issuer.String()))
	}
}

func unknownCritical(c *x509.Certificate) string {
	var list []string
	for _, oid := range c.UnhandledCriticalExtensions {
		list = append(list, oid.String())
	}
	if list == nil {
		return "in an authority's certificate"
	}
	return strings.Join(list, ", ")
}
