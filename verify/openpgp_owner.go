package verify

import (
	"bytes"
	"crypto"
	"fmt"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// ownersWord is what the owner of a certificate says about its keys and when, in signatures that
// were checked.
type ownersWord struct {
	primary keyLife
	subkeys []keyLife // in the order of certificate.subkeys
}

// selfSignature is a checked signature of the primary key over itself, a user id or a subkey.
type selfSignature struct {
	made        time.Time
	until       time.Time // the signature's own end; zero is none
	expires     time.Time // the end of the key that it states; zero where it states none
	flags, sign bool      // it states what the key is for; and that this includes signing
	crossSigned bool      // the subkey agreed to belong to the primary key
	sha1        bool
}

// revocation is a revocation of a key. One that isn't final leaves good what was signed before it. One that is mute
// gives no reason: it is final, unless the project's own policy says that the key was only laid aside.
type revocation struct {
	made        time.Time
	final, mute bool
	why         string
}

// ownerCheck checks a certificate's signatures that are, or say that they are, by its primary key.
type ownerCheck struct {
	owner    *packet.PublicKey
	hashed   []byte   // what signatures cover of the primary key
	revokers [][]byte // fingerprints of the keys that the owner lets revoke this one, RFC 9580 §5.2.3.23
}

// checkOwner checks the owner's signatures in the certificate, and no others.
func (c *certificate) checkOwner() ownersWord {
	check := &ownerCheck{owner: c.primary, hashed: hashedKey(c.primary)}
	direct := check.selfSignatures(c.direct, c.primary, nil, packet.SigTypeDirectSignature)
	said := [][]selfSignature{direct}
	var ofRevoked [][]selfSignature
	for _, user := range c.users {
		about := check.selfSignatures(user.signatures, c.primary, user.hashed, packet.SigTypeGenericCert,
			packet.SigTypePersonaCert, packet.SigTypeCasualCert, packet.SigTypePositiveCert)
		if check.userRevoked(user, about) {
			ofRevoked = append(ofRevoked, about)
		} else {
			said = append(said, about)
		}
	}
	if !slices.ContainsFunc(said, func(about []selfSignature) bool { return len(about) > 0 }) {
		// gpg forgets when the key ends, once all its user ids are revoked. This doesn't.
		said = append(said, ofRevoked...)
	}
	word := ownersWord{primary: keyLife{
		key:         c.primary,
		said:        said,
		revocations: check.revocations(c.revocations, nil, packet.SigTypeKeyRevocation),
	}}
	for _, sub := range c.subkeys {
		hashed := hashedKey(sub.key)
		word.subkeys = append(word.subkeys, keyLife{
			key:         sub.key,
			said:        [][]selfSignature{check.selfSignatures(sub.signatures, sub.key, hashed, packet.SigTypeSubkeyBinding)},
			revocations: check.revocations(sub.signatures, hashed, packet.SigTypeSubkeyRevocation),
		})
	}
	return word
}

// selfSignatures gives those of the signatures, of one of the kinds, that the owner made about key,
// newest first; of two of one second the later in the file comes first, as in gpg. covered is what
// they cover after the primary key. What it can't read it leaves out, as gpg does.
func (o *ownerCheck) selfSignatures(signatures []rawPacket, key *packet.PublicKey, covered []byte,
	kinds ...packet.SignatureType,
) []selfSignature {
	var found []selfSignature
	for _, raw := range signatures {
		head, err := splitSignature(raw)
		if err != nil || !slices.Contains(kinds, head.kind) || !head.mayBeBy(o.owner) {
			continue
		}
		sig, err := head.parse()
		if err != nil || hasCriticalNotation(sig) || !signed(o.owner, sig, o.hashed, covered) {
			continue
		}
		self := selfSignature{
			made:    sig.CreationTime,
			until:   after(sig.CreationTime, sig.SigLifetimeSecs),
			expires: after(key.CreationTime, sig.KeyLifetimeSecs),
			flags:   sig.FlagsValid,
			sign:    sig.FlagSign,
			sha1:    sig.Hash == crypto.SHA1,
		}
		if back := sig.EmbeddedSignature; back != nil && back.SigType == packet.SigTypePrimaryKeyBinding {
			self.crossSigned = signed(key, back, o.hashed, covered)
			self.sha1 = self.sha1 || back.Hash == crypto.SHA1
		}
		for _, sub := range head.hashed {
			if sub.SubType&^subCritical == subRevocationKey && len(sub.Contents) > 2 {
				o.revokers = append(o.revokers, sub.Contents[2:])
			}
		}
		found = append(found, self)
	}
	slices.Reverse(found)
	slices.SortStableFunc(found, func(a, b selfSignature) int { return b.made.Compare(a.made) })
	return found
}

// hasCriticalNotation says whether the signer wants a notation to be understood, RFC 9580 §5.2.3.24. None is.
func hasCriticalNotation(sig *packet.Signature) bool {
	return slices.ContainsFunc(sig.Notations, func(n *packet.Notation) bool { return n.IsCritical })
}

// userRevoked says whether the newest word about a user id is that it is revoked. As in gpg a newer
// certification undoes that: an address can become valid again.
func (o *ownerCheck) userRevoked(user component, about []selfSignature) bool {
	revocations := o.selfSignatures(user.signatures, o.owner, user.hashed, packet.SigTypeCertificationRevocation)
	return len(revocations) > 0 && (len(about) == 0 || !revocations[0].made.Before(about[0].made))
}

// revocations gives the revocations of a key, of which covered is what they cover after the primary
// key. A revocation that is said to be by the owner, or is by a revoker whom the owner named, and
// that can't be checked, counts too: it stands in a file that the project wrote, and not to believe
// it is the more dangerous mistake.
func (o *ownerCheck) revocations(signatures []rawPacket, covered []byte, kind packet.SignatureType) []revocation {
	var found []revocation
	for _, raw := range signatures {
		head, err := splitSignature(raw)
		if head.kind != kind {
			continue
		}
		if err == nil && !head.mayBeBy(o.owner) {
			if o.byRevoker(head) {
				found = append(found, revocation{final: true, why: "by a designated revoker"})
			}
			continue
		}
		var sig *packet.Signature
		if err == nil {
			sig, err = head.parse()
		}
		switch {
		case err != nil:
			found = append(found, revocation{final: true, why: fmt.Sprintf("though the revocation can't be checked: %v", err)})
		case signed(o.owner, sig, o.hashed, covered):
			found = append(found, reasonOf(sig))
		}
	}
	return found
}

func (o *ownerCheck) byRevoker(head signaturePacket) bool {
	by, err := head.issuer()
	return err == nil && slices.ContainsFunc(o.revokers, func(fingerprint []byte) bool {
		return bytes.Equal(fingerprint, by.fingerprint) ||
			by.fingerprint == nil && len(fingerprint) >= 20 && keyIDOf(fingerprint) == by.keyID
	})
}

// reasonOf reads RFC 9580 §5.2.3.31. Only who says that a key is out of use, and no more than that,
// keeps the signatures it made before.
func reasonOf(sig *packet.Signature) revocation {
	r := revocation{made: sig.CreationTime, final: true, why: "for no stated reason"}
	if sig.RevocationReason == nil {
		r.mute = true
		return r
	}
	switch *sig.RevocationReason {
	case packet.NoReason:
		r.mute = true
	case packet.KeySuperseded:
		r.final, r.why = false, "as superseded"
	case packet.KeyRetired:
		r.final, r.why = false, "as retired"
	case packet.KeyCompromised:
		r.why = "as compromised"
	}
	return r
}
