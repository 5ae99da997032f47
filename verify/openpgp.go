package verify

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// openpgpSigner is a key that may have made a signature.
type openpgpSigner struct {
	owner       *openpgpKey
	certificate *certificate
	key         *packet.PublicKey
}

// openpgpVerifier is what a verification depends on besides the signature.
type openpgpVerifier struct {
	candidates func(keyID uint64, fingerprint string) []*openpgpKey
	weakToo    bool // accept the algorithms that Settings.WeakUntil is for
}

// verify says which key made the signature over the payload, and whether it was good for that: everything about a
// Result but the principal. The key it returns is the one whose certificate the signature names, good or not, and nil
// if there is none. The key is judged at the signature's own time; that this doesn't lie after the landing, the
// caller has to see to.
//
// It uses no more of go-crypto than packets: that library's own checks of detached signatures want
// a self-signature older than the signature, take the first good one of several, text mode, and
// bytes behind the signature. RSA is verified with crypto/rsa, which takes 335 µs for 4096 bits
// where math/big would take 116; that is left to the standard library to mend.
func (v openpgpVerifier) verify(payload, signature []byte, at time.Time) (res Result, key *openpgpKey) {
	defer func() {
		if p := recover(); p != nil {
			res, key = Result{Kind: OpenPGP, Status: Malformed, Reason: fmt.Sprintf("the signature can't be read: %v", p)}, nil
		}
	}()
	res.Kind = OpenPGP
	key, err := res.verify(v, payload, signature, at)
	res.settle(err)
	return res, key
}

// verify fills in everything but the status and its reason, which are the error's.
func (res *Result) verify(v openpgpVerifier, payload, signature []byte, at time.Time) (*openpgpKey, error) {
	head, err := oneSignature(signature)
	if err != nil {
		return nil, err
	}
	by, err := head.issuer()
	if err != nil {
		return nil, err
	}
	res.Fingerprint = upperHex(by.fingerprint)
	if by.keyID != 0 {
		res.KeyID = fmt.Sprintf("%016X", by.keyID)
	}
	var signers []openpgpSigner
	var key *openpgpKey
	if by.keyID != 0 {
		signers = findSigners(v.candidates(by.keyID, res.Fingerprint), by)
	}
	if len(signers) > 0 {
		key = signers[0].owner
		res.Fingerprint = upperHex(signers[0].key.Fingerprint)
	}
	sig, err := head.acceptable(v.weakToo)
	if err != nil {
		return key, err
	}
	res.SignedAt = sig.CreationTime
	if len(signers) == 0 {
		return nil, unknown(by)
	}
	signers, err = madeBy(signers, sig, payload, v.weakToo)
	if err != nil {
		return key, err
	}
	res.Fingerprint = upperHex(signers[0].key.Fingerprint)
	return res.judge(signers, sig, at)
}

func unknown(by issuer) error {
	switch {
	case by.fingerprint != nil:
		return refuse(Unknown, "no principal has key %X", by.fingerprint)
	case by.keyID != 0:
		return refuse(Unknown, "no principal has a key with the id %016X", by.keyID)
	default:
		return refuse(Unknown, "the signature doesn't say which key made it")
	}
}

// oneSignature reads an armor block that holds one signature packet and nothing else.
func oneSignature(signature []byte) (signaturePacket, error) {
	body, err := oneArmorBlock(signature, kindOpenPGPSignature)
	if err != nil {
		return signaturePacket{}, err
	}
	packets, err := splitPackets(body)
	if err != nil {
		return signaturePacket{}, fmt.Errorf("the signature is malformed: %w", err)
	}
	for _, p := range packets {
		if p.tag != tagSignature {
			return signaturePacket{}, fmt.Errorf("a packet of type %d stands beside the signature", p.tag)
		}
	}
	if len(packets) != 1 {
		return signaturePacket{}, fmt.Errorf("%d signatures in one block, want one", len(packets))
	}
	return splitSignature(packets[0])
}

// findSigners gives the keys that the issuer names. By fingerprint where it has one: key ids can be
// made to collide.
func findSigners(keys []*openpgpKey, by issuer) []openpgpSigner {
	var signers []openpgpSigner
	for _, owner := range keys {
		for _, c := range owner.certificates {
			for _, key := range c.keys() {
				named := key.KeyId == by.keyID
				if by.fingerprint != nil {
					named = bytes.Equal(key.Fingerprint, by.fingerprint)
				}
				if named {
					signers = append(signers, openpgpSigner{owner, c, key})
				}
			}
		}
	}
	return signers
}

// madeBy gives the signers whose key fits the signature and the payload: several if the one key
// stands in several certificates or copies of one. In version 4 the two octets of the hash that the
// signature carries aren't compared, as gpg doesn't: GitHub wrote wrong ones for years.
func madeBy(signers []openpgpSigner, sig *packet.Signature, payload []byte, weakToo bool) ([]openpgpSigner, error) {
	refused := refuse(Bad, "the signature doesn't fit the content: it was made over other bytes or by another key")
	for _, signer := range signers {
		if err := strongKey(signer.key, weakToo); err != nil {
			refused = err
			continue
		}
		if canonical(sig, signer.key) && signed(signer.key, sig, payload) {
			return slices.DeleteFunc(signers, func(other openpgpSigner) bool {
				return !bytes.Equal(other.key.Fingerprint, signer.key.Fingerprint)
			}), nil
		}
	}
	return nil, refused
}

// judge says whether the key was good for the signature, and returns the key file that says so. A
// key in certificates of several primary keys is good if one of them says so: who lists another's
// key as a subkey of theirs can't spoil it.
func (res *Result) judge(signers []openpgpSigner, sig *packet.Signature, at time.Time) (*openpgpKey, error) {
	var said judgement
	var key *openpgpKey
	for _, signer := range signers {
		j, owner := judgeCopies(signers, signer.certificate.primary, sig.CreationTime, at)
		if key == nil || j.status == Good {
			said, key = j, owner
		}
		if j.status == Good {
			break
		}
	}
	end := after(sig.CreationTime, sig.SigLifetimeSecs)
	switch {
	case said.status == Revoked:
	case !end.IsZero() && !at.Before(end):
		said.status = Expired
		said.reason = fmt.Sprintf("the signature itself expired on %s, before its landing on %s", moment(end), moment(at))
	}
	if said.status != Good {
		return key, refusal{status: said.status, reason: said.reason}
	}
	res.Warnings = said.warnings
	return key, nil
}

// judgeCopies judges by the copy of a primary key's certificate in which the owner spoke last; but
// a revocation counts in whichever copy it stands.
func judgeCopies(signers []openpgpSigner, primary *packet.PublicKey, made, at time.Time) (judgement, *openpgpKey) {
	var last judgement
	var key *openpgpKey
	for _, signer := range signers {
		if !bytes.Equal(signer.certificate.primary.Fingerprint, primary.Fingerprint) {
			continue
		}
		j := signer.certificate.judge(signer.key, made, at, signer.owner.key.Revoked == Retired)
		if j.status == Revoked {
			return j, signer.owner
		}
		if key == nil || j.newest.After(last.newest) {
			last, key = j, signer.owner
		}
	}
	return last, key
}
