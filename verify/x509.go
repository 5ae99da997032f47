package verify

import (
	"cmp"
	"fmt"
	"slices"
)

// kindSignedMessage is what gitsign, gpgsm and smimesign write in the first line of their armor.
const kindSignedMessage = "SIGNED MESSAGE"

// wayToProof says how the next signature gets what this one lacks.
const wayToProof = `sign with gitsign's "rekorMode = offline", which writes the log's proof into the signature`

// verifyX509 says who made the signature over the payload: everything about a Result but what the
// windows of the policy's keys say. The entries are those that name the certificate's owner, and are
// given only of a certificate that one of the policy's authorities issued.
//
// What is checked, in this order; the first that fails says the status:
//
//	what                                            where              status
//	one armor block with a CMS message, one signer  readX509           malformed, unsupported, weak
//	the message has the signer's certificate        signer             malformed, unsupported, unknown
//	its key is strong, and made the signature       madeOver           weak, unsupported, bad
//	the signature is over the payload               madeOver           bad
//	Sigstore's certificate: its chain, what it is   issuedBySigstore   malformed, unsupported, unknown, expired,
//	  for, its issuer, the logs' promise (SCT)                           wrong-purpose, bad
//	a timestamp, if there is one                    checkTimestamp     as of all above, or revoked
//	a proof of the log, if there is one             checkEntry         malformed, unsupported, unknown, expired, bad
//	Sigstore's certificate: its time                validAt            not-yet-valid, expired
//	a company's certificate: its time, its chain,   issuedByCompany    not-yet-valid, expired, unsupported, unknown,
//	  what it is for, the lists                                          wrong-purpose, revoked, bad
//	it names one principal, who has a key for it    certified          unknown
//	Sigstore's certificate without a proof: what    withoutProof       unsupported, or as of a proof
//	  the policy wants then
//
// The caller checks the windows of that key and the date after it.
//
// No library reads the signature: github/smimesign's ietf-cms, on which gitsign stands, isn't safe
// for concurrent use, drops what stands behind a message, and panics; x/crypto's cryptobyte reads
// DER strictly, and RFC 5652 with one signer isn't long.
//
// When the signature was made, the transparency log's word says, else a timestamp authority's, else
// the signer's, else it was at its landing. A timestamp or a proof that is wrong is refused even where
// the policy doesn't ask for one.
func (k *Keyring) verifyX509(payload, signature []byte, at Arrival) (res Result, entries []*entry) {
	defer func() {
		if p := recover(); p != nil {
			res, entries = Result{Kind: X509, Status: Malformed, Reason: fmt.Sprintf("the signature can't be read: %v", p)}, nil
		}
	}()
	res.Kind = X509
	entries, err := res.verifyX509(k, payload, signature, at)
	res.settle(err)
	return res, entries
}

// verifyX509 fills in everything but the status and its reason, which are the error's.
func (r *Result) verifyX509(k *Keyring, payload, signature []byte, at Arrival) ([]*entry, error) {
	s, err := readX509(signature)
	if err != nil {
		return nil, err
	}
	r.SignedAt = s.signingTime
	signer, err := k.x509.signer(s)
	if err != nil {
		return nil, err
	}
	r.Fingerprint = signer.fingerprint
	if len(signer.names) > 0 {
		r.Identity = signer.names[0]
	}
	if err := s.madeOver(payload, signer.leaf); err != nil {
		return nil, err
	}
	if err := k.x509.findSigstore(signer); err != nil {
		return nil, err
	}
	u, err := k.x509.whenUsed(s, signer, at)
	if err != nil {
		return nil, err
	}
	if u.proven {
		r.SignedAt = u.made
	}
	if signer.instance != nil {
		r.Warnings, err = slices.Clone(signer.warnings), signer.validAt(u, k.settings.ClockSkew)
	} else {
		r.Warnings, err = k.x509.issuedByCompany(signer, u)
	}
	if err != nil {
		return nil, err
	}
	entries, identity, err := k.certified(signer)
	r.Identity = cmp.Or(identity, r.Identity)
	if err != nil || signer.instance == nil || s.logEntry != nil {
		return entries, err
	}
	return entries, r.withoutProof(k.x509, s, signer)
}

// readX509 reads the armor and what is in it.
func readX509(signature []byte) (*cmsSignature, error) {
	body, err := oneArmorBlock(signature, kindSignedMessage)
	if err != nil {
		return nil, err
	}
	der, err := toDER(body)
	if err != nil {
		return nil, fmt.Errorf("the signature is malformed: %w", err)
	}
	return readCMS(der, oidData)
}

// whenUsed says when the signature was made, and by whose word.
func (t *x509Trust) whenUsed(s *cmsSignature, signer *x509Signer, at Arrival) (use, error) {
	u := use{made: s.signingTime, Arrival: at}
	if u.made.IsZero() {
		u.made = at.landed
	}
	if s.timestamp != nil {
		stamped, err := t.checkTimestamp(s, signer.instance, at)
		if err != nil {
			return use{}, err
		}
		u.made, u.proven = stamped, true
	}
	if s.logEntry == nil {
		return u, nil
	}
	if signer.instance == nil {
		return use{}, refuse(Unsupported, "a proof from Sigstore's transparency log, by a certificate that isn't "+
			"Sigstore's: issued by %s", quote(signer.leaf.Issuer.String()))
	}
	e, err := readLogEntry(s.logEntry, hashedRekord(s, signer.leaf))
	if err != nil {
		return use{}, err
	}
	if err := signer.instance.checkEntry(e); err != nil {
		return use{}, err
	}
	u.made, u.proven = e.integrated, true
	return u, nil
}

// withoutProof says what the policy says of a Sigstore signature that doesn't bring the log's proof.
//
// NoProof takes the signer's word for the time. Its certificate lived ten minutes, but its key may
// have lived on: who kept it or stole it can sign years later and say it was then. What bounds the
// lie is that a commit's date must be close to its landing, and the signature's to the commit's.
func (r *Result) withoutProof(t *x509Trust, s *cmsSignature, signer *x509Signer) error {
	switch t.settings.Transparency {
	case NoProof:
		return nil
	case OnlineProof:
		logged, err := t.askForEntry(signer.instance, hashedRekord(s, signer.leaf))
		if err != nil {
			return err
		}
		r.SignedAt = logged
		return signer.validAt(use{made: logged, proven: true}, 0)
	default:
		return refuseUntil(wayToProof, Unsupported, "the signature has no proof that it stands in the transparency log; "+
			`the policy's [x509] may have transparency = "none", which takes the signer's word for the time`)
	}
}
