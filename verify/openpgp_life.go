package verify

import (
	"bytes"
	"fmt"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// keyLife is what the owner says about one key.
type keyLife struct {
	key *packet.PublicKey
	// said has one list for each thing that was signed, each with the newest first: for a primary
	// key the direct signatures come first, then those over each user id that isn't revoked; for a
	// subkey there is one list, of its bindings.
	said        [][]selfSignature
	revocations []revocation
}

// judgement is what a key's life says of a signature it made.
type judgement struct {
	status   Status
	reason   string
	warnings []string
	newest   time.Time // when the owner last spoke of the key
}

// latest gives the newest self-signature that states something, at the time of a signature: the
// newest one over the primary key itself if that states it, else the newest over any user id, and
// for each of these only its newest counts. So gpg's merge_selfsigs_main. That a self-signature is
// younger than the signature judged doesn't matter: it replaces what the owner said before, and a
// fresh export of a key no longer has the old one.
func (l keyLife) latest(made time.Time, states func(selfSignature) bool) (selfSignature, bool) {
	var best selfSignature
	found := false
	for i, about := range l.said {
		for _, self := range about {
			if !self.until.IsZero() && !made.Before(self.until) {
				continue // it had run out itself; the one before it is in force again
			}
			if states(self) && (!found || self.made.After(best.made)) {
				best, found = self, true
			}
			break
		}
		if i == 0 && found {
			break
		}
	}
	return best, found
}

func (l keyLife) expires(made time.Time) time.Time {
	self, _ := l.latest(made, func(s selfSignature) bool { return !s.expires.IsZero() })
	return self.expires
}

// revokedAt gives the revocation that takes a signature made at that time, a final one first. Retired says that the
// policy has the key as laid aside, and since when: that stands for a revocation that gives no reason. The date of one
// says nothing: gpg makes it together with the key, to be kept in a drawer.
func (l keyLife) revokedAt(made time.Time, retired bool) (revocation, bool) {
	var taken revocation
	found := false
	for _, r := range l.revocations {
		if r.mute && retired {
			continue
		}
		if (r.final || !made.Before(r.made)) && (!found || r.final) {
			taken, found = r, true
		}
	}
	return taken, found
}

// judge says whether the key, which is one of the certificate's, was good for a signature made at
// that time and landed at the other. What is worst is said first: that a key is revoked as
// compromised mustn't be hidden by its having expired as well. Retired is the policy's word; see [keyLife.revokedAt].
func (c *certificate) judge(key *packet.PublicKey, made, landed time.Time, retired bool) judgement {
	lives := c.lives(key)
	for _, life := range lives {
		if r, ok := life.revokedAt(made, retired); ok {
			reason := fmt.Sprintf("key %s is revoked %s", shortID(life.key), r.why)
			if !r.final {
				reason += fmt.Sprintf(" since %s, before the signature of %s", moment(r.made), moment(made))
			}
			return judgement{status: Revoked, reason: reason}
		}
	}
	j := judgement{status: Good}
	for i, life := range lives {
		self, ok := life.latest(made, func(selfSignature) bool { return true })
		switch {
		case !ok && i == 0:
			return judgement{status: WrongPurpose, reason: fmt.Sprintf("key %s has no self-signature that says what it is for",
				shortID(life.key))}
		case !ok:
			return judgement{status: Unknown, reason: fmt.Sprintf("subkey %s isn't bound to a principal's key: the primary "+
				"key %s didn't sign it", shortID(life.key), shortID(c.primary))}
		case self.sha1:
			j.warnings = append(j.warnings, fmt.Sprintf("the self-signature of key %s is over a SHA-1 hash", shortID(life.key)))
		}
		if self.made.After(j.newest) {
			j.newest = self.made
		}
	}
	if err := strongKey(c.primary, false); err != nil && len(lives) > 1 {
		j.warnings = append(j.warnings, "of the primary key: "+err.Error())
	}
	if reason := lives[len(lives)-1].wrongPurpose(made, len(lives) > 1); reason != "" {
		j.status, j.reason = WrongPurpose, reason
		return j
	}
	for _, life := range lives {
		if made.Before(life.key.CreationTime) {
			j.status = NotYetValid
			j.reason = fmt.Sprintf("the signature of %s is older than key %s of %s",
				moment(made), shortID(life.key), moment(life.key.CreationTime))
			return j
		}
		if end := life.expires(made); !end.IsZero() && !made.Before(end) {
			j.status = Expired
			j.reason = fmt.Sprintf("key %s expired on %s, before the signature of %s",
				shortID(life.key), moment(end), moment(made))
			return j
		}
		j.warnings = append(j.warnings, life.gone(landed, retired)...)
	}
	return j
}

// lives gives the life of the primary key and, where key is a subkey, of that too.
func (c *certificate) lives(key *packet.PublicKey) []keyLife {
	word := c.word()
	lives := []keyLife{word.primary}
	for _, sub := range word.subkeys {
		if bytes.Equal(sub.key.Fingerprint, key.Fingerprint) {
			lives = append(lives, sub)
		}
	}
	return lives
}

// wrongPurpose says why the key, by its owner's word, isn't one for signing; "" if it is.
func (l keyLife) wrongPurpose(made time.Time, isSubkey bool) string {
	self, stated := l.latest(made, func(s selfSignature) bool { return s.flags })
	switch {
	case stated && !self.sign:
		return fmt.Sprintf("key %s isn't for signing, by its owner's word", shortID(l.key))
	case !isSubkey:
		return "" // no flags at all: any use that the algorithm has, as in keys before RFC 4880
	case !stated:
		return fmt.Sprintf("subkey %s isn't said to be for signing", shortID(l.key))
	case !self.crossSigned:
		// RFC 9580 §5.2.1.9. Without it anybody could list another's subkey as their own.
		return fmt.Sprintf("subkey %s has no back-signature: it never agreed to belong to this primary key", shortID(l.key))
	default:
		return ""
	}
}

// gone gives the reasons why a key that was good when it signed no longer was at the landing.
func (l keyLife) gone(landed time.Time, retired bool) []string {
	var warnings []string
	if r, ok := l.revokedAt(landed, retired); ok {
		warnings = append(warnings, fmt.Sprintf("key %s was revoked %s on %s, before this landed on %s",
			shortID(l.key), r.why, moment(r.made), moment(landed)))
	}
	if end := l.expires(landed); !end.IsZero() && !landed.Before(end) {
		warnings = append(warnings, fmt.Sprintf("key %s expired on %s, before this landed on %s",
			shortID(l.key), moment(end), moment(landed)))
	}
	return warnings
}

func shortID(key *packet.PublicKey) string { return fmt.Sprintf("%016X", key.KeyId) }

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
