package verify

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
)

// sshCertificate is a certificate as it stands in a signature: OpenSSH's PROTOCOL.certkeys. Until
// [Keyring.certifiedSSH] has checked it, it says what its maker likes.
type sshCertificate struct {
	*ssh.Certificate
	key       *sshKey // the certified one
	authority string  // fingerprint of the key that it says issued it
	signed    []byte  // what the authority's signature is over
}

// verifyRequired is the critical option that wants a security key to have verified its user.
const verifyRequired = "verify-required"

// readSSHCertificate reads a certificate and takes only the one way to write it, with nothing behind it.
func readSSHCertificate(blob []byte) (*sshCertificate, error) {
	public, err := ssh.ParsePublicKey(blob)
	if err != nil {
		return nil, fmt.Errorf("the SSH certificate is malformed: %w", err)
	}
	c, ok := public.(*ssh.Certificate)
	if !ok || !bytes.Equal(c.Marshal(), blob) {
		return nil, errors.New("the SSH certificate is malformed: it is written in another way than its authority would, " +
			"or has something behind it")
	}
	signature := ssh.Marshal(struct{ Signature []byte }{ssh.Marshal(c.Signature)})
	return &sshCertificate{
		Certificate: c,
		key:         newSSHKey(c.Key),
		authority:   sshFingerprint(c.SignatureKey.Marshal()),
		signed:      blob[:len(blob)-len(signature)],
	}, nil
}

func (c *sshCertificate) verifyRequired() bool {
	_, ok := c.CriticalOptions[verifyRequired]
	return ok
}

// addAuthority adds a certificate authority. It may stand under several principals, each with
// identities of their own.
func (k *Keyring) addAuthority(e *entry) error {
	fingerprint := e.ssh.fingerprint
	if others := k.byFingerprint[fingerprint]; len(others) > 0 {
		return bothRoles(fingerprint, others[0])
	}
	if name, other := k.alreadyCertified(e, fingerprint); other != nil {
		return fmt.Errorf("the identity %q of %q is already %q's, at %s: one identity is one person; remove it from one "+
			"of them",
			name, e.key.Principal, other.Principal, cmp.Or(other.Source, "another entry"))
	}
	if err := k.oneSecret(e); err != nil {
		return err
	}
	k.certify(e, fingerprint)
	k.entries = append(k.entries, e)
	k.authorities[fingerprint] = append(k.authorities[fingerprint], e)
	return nil
}

// bothRoles refuses a key that is somebody's own and an authority's as well. Who signs with an
// authority's key can also make themselves everybody it certifies, and so approve their own work;
// ssh-keygen doesn't mind.
func bothRoles(fingerprint string, other *entry) error {
	return fmt.Errorf("key %s is a person's own and a certificate authority's, the other time for %q, at %s: whoever "+
		"has it could be anybody it certifies; use two keys",
		fingerprint, other.key.Principal, cmp.Or(other.key.Source, "another entry"))
}

// certifiedSSH checks a certificate as it stood at that time, and gives the entries by which it counts.
// What it asks is what OpenSSH asks in sshkey.c, cert_parse and sshkey_cert_check_authority, and in
// krl.c; where it differs it is the stricter, for ssh-keygen -Y verify heeds no critical option, and
// asks neither how strong the authority is nor whose the certified key is besides.
func (k *Keyring) certifiedSSH(r *Result, c *sshCertificate, at Arrival) ([]*entry, error) {
	issuers := k.authorities[c.authority]
	if len(issuers) == 0 {
		return nil, refuse(Unknown, "the SSH certificate is by the authority %s, which isn't in the keyring", c.authority)
	}
	if list := k.revokedSSH.certificate(c); list != "" {
		return nil, refuse(Revoked, "the SSH certificate with the serial number %d, or its authority, is revoked by %s",
			c.Serial, list)
	}
	// An authority is one key, and known to others or not, whoever's entry says so.
	for _, e := range issuers {
		if err := e.key.revoked(at.landed, at.received); e.key.Revoked == Compromised && err != nil {
			return nil, err
		}
	}
	if err := c.issuedBy(issuers[0].ssh); err != nil {
		return nil, err
	}
	entries, err := c.owner(r, issuers)
	if err != nil {
		return nil, err
	}
	for _, own := range k.byFingerprint[c.key.fingerprint] {
		if own.key.Principal != entries[0].key.Principal {
			// An authority may not ask for a proof that whoever it certifies has the key.
			return nil, refuse(Unknown, "the SSH certificate says that the key is %s's, the keyring that it is %q's",
				quote(r.Identity), own.key.Principal)
		}
		if err := own.key.revoked(at.landed, at.received); err != nil {
			return entries, err
		}
	}
	if len(k.authorities[c.key.fingerprint]) > 0 {
		return entries, refuse(WrongPurpose, "the certified SSH key is a certificate authority's, which signs certificates "+
			"and nothing else")
	}
	return entries, c.check(at.landed)
}

// issuedBy checks the authority's signature. An authority's security key must have been touched, as
// anybody's must; a weak authority can't be excused by the time of a signature, for it goes on issuing.
func (c *sshCertificate) issuedBy(authority *sshKey) error {
	if err := authority.usable(); err != nil {
		return ofAuthority(err)
	}
	keyType := authority.public.Type()
	if !slices.Contains(sshFormats(keyType), c.Signature.Format) {
		return fmt.Errorf("the SSH certificate is malformed: a signature of the type %s by a key of the type %s",
			quote(c.Signature.Format), keyType)
	}
	if weakness := authority.weakness(c.Signature.Format); weakness != "" {
		return ofAuthority(refuse(Weak, "%s", weakness))
	}
	if err := checkRest(keyType, c.Signature.Rest, false); err != nil {
		return ofAuthority(err)
	}
	if err := authority.public.Verify(c.signed, c.Signature); err != nil {
		return refuse(Bad, "the SSH certificate was changed, or isn't by the authority that it says")
	}
	return nil
}

// ofAuthority says that it isn't the signer's key that is refused.
func ofAuthority(err error) error {
	var why refusal
	if errors.As(err, &why) {
		return refuse(why.status, "the SSH certificate's authority: %s", why.reason)
	}
	return fmt.Errorf("the SSH certificate's authority: %w", err)
}

// owner gives the authority's entries for the one principal whom the certificate names. A certificate
// that names nobody would be anybody's, and one that names two people is nobody's.
func (c *sshCertificate) owner(r *Result, issuers []*entry) ([]*entry, error) {
	if len(c.ValidPrincipals) == 0 {
		return nil, refuse(Unknown, "the SSH certificate names nobody: it needs a principal, ssh-keygen -n")
	}
	var entries []*entry
	for _, e := range issuers {
		i := slices.IndexFunc(c.ValidPrincipals, func(name string) bool { return slices.Contains(e.key.Identities, name) })
		switch {
		case i < 0:
			continue
		case entries == nil:
			r.Identity = c.ValidPrincipals[i]
		case entries[0].key.Principal != e.key.Principal:
			return nil, refuse(Unknown, "the SSH certificate is for %q and %q, who are two people",
				entries[0].key.Principal, e.key.Principal)
		}
		entries = append(entries, e)
	}
	if entries == nil {
		r.Identity = c.ValidPrincipals[0]
		return nil, refuse(Unknown, "the SSH certificate is for %s, whom the keyring doesn't know by this authority",
			quote(r.Identity))
	}
	return entries, nil
}

// check asks what the certificate is for and when. Of its critical options only verify-required has
// a meaning for signatures; extensions allow things that nobody does here.
func (c *sshCertificate) check(at time.Time) error {
	if c.CertType != ssh.UserCert {
		return refuse(WrongPurpose, "the SSH certificate isn't a user's but a host's")
	}
	for _, option := range slices.Sorted(maps.Keys(c.CriticalOptions)) {
		if option != verifyRequired || !isSecurityKey(c.key.public.Type()) {
			return refuse(Unsupported, "the SSH certificate has the critical option %s, which can't be kept here", quote(option))
		}
	}
	now := uint64(max(at.Unix(), 0))
	switch {
	case now < c.ValidAfter:
		return refuse(NotYetValid, "the SSH certificate is valid from %s, the signature landed on %s",
			certificateTime(c.ValidAfter), moment(at))
	case now >= c.ValidBefore:
		return refuse(Expired, "the SSH certificate was valid until %s, the signature landed on %s",
			certificateTime(c.ValidBefore), moment(at))
	default:
		return nil
	}
}

// certificateTime shows a time in seconds since 1970, no later than the last year of four digits.
func certificateTime(seconds uint64) string {
	return moment(time.Unix(int64(min(seconds, 253402300799)), 0))
}
