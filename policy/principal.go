package policy

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// Role is what a principal may do.
type Role string

const (
	Maintainer  Role = "maintainer"  // signs, lands and approves
	Contributor Role = "contributor" // signs and lands, never approves
	Reviewer    Role = "reviewer"    // approves, never signs what lands
	Service     Role = "service"     // signs merges that are what git makes of them; never a person
)

// AttestsAuthors says of a service that it is believed who the author is of a commit with one parent that it signs.
const AttestsAuthors = "authors"

// roles are all of them, in the order in which messages list them.
var roles = []string{string(Maintainer), string(Contributor), string(Reviewer), string(Service)}

// Principal is a person or service of the keyring.
type Principal struct {
	Name         string
	Role         Role
	Emails       []string
	Attests      string    // AttestsAuthors where a service is believed who made what it signs; else ""
	Since        time.Time // an earlier start of its tenure than history shows; zero for none
	IntroducedBy string    // a principal's name, or "founder" or ""
	Introduced   time.Time // when that was; zero where it isn't said
	Keys         []Key
}

// lands says whether somebody's signature may stand under what lands, but for merges by a service.
func (q *Principal) lands() bool { return q.Role == Maintainer || q.Role == Contributor }

// approves says whether somebody may stand second behind what another signs.
func (q *Principal) approves() bool { return q.Role == Maintainer || q.Role == Reviewer }

// founder stands for whoever introduced those that a project began with.
const founder = "founder"

// simpleName says whether principals, rules and classes may be called so: their names stand in ref names and messages,
// and no two of them may look alike.
func simpleName(name string) bool {
	const inside, ends = "._-", "abcdefghijklmnopqrstuvwxyz0123456789"
	return name != "" && len(name) <= 64 && strings.Trim(name, inside+ends) == "" && strings.Trim(name, inside) == name
}

// simpleNameWords says simpleName in words.
const simpleNameWords = "up to 64 lower-case letters, digits, dots, underscores and hyphens, " +
	"and letters or digits at both ends"

// NameRule says in words what a principal may be called.
const NameRule = simpleNameWords + `, without ".." and not ending in ".lock"`

// ValidName says whether a principal may be called so: names stand in ref names
// (git-check-ref-format(1)) and in messages.
func ValidName(name string) bool {
	return simpleName(name) && !strings.Contains(name, "..") && !strings.HasSuffix(name, ".lock")
}

// ValidAddress says whether a principal may have an address: as it stands in a commit, and no pattern.
func ValidAddress(email string) bool {
	return strings.Contains(email, "@") && !strings.ContainsAny(email, "<>*\n\x00 ")
}

// Key is one key of a principal, as data: this package never looks inside.
type Key struct {
	// Kind is "openpgp", "ssh", "x509", or "allowed-signers" for a file of OpenSSH's that stands for the
	// keys it allows to one of the principal's addresses.
	Kind        string
	Data        []byte
	Authority   bool     // an SSH certificate authority's key
	Identities  []string // what a certificate must be for
	Issuer      string   // the OpenID Connect issuer that a certificate of Sigstore's must name
	From, Until time.Time
	Revoked     string // "", "retired" or "compromised"
	RevokedAt   time.Time
	Source      string // "policy.toml:14" or "keys/alice.asc"
}

// same says whether two entries are of one key, whatever its time.
func (k *Key) same(other *Key) bool {
	return k.Kind == other.Kind && bytes.Equal(k.Data, other.Data) && k.Authority == other.Authority &&
		k.Issuer == other.Issuer && slices.Equal(k.Identities, other.Identities)
}

// end is when a key stops counting: the zero time for one that never counted.
func (k *Key) end() time.Time {
	switch {
	case k.Revoked == "", k.Revoked == "retired" && k.RevokedAt.IsZero():
		return k.Until
	case !k.Until.IsZero() && k.Until.Before(k.RevokedAt):
		return k.Until
	default:
		return k.RevokedAt
	}
}

// canSign says whether a principal has a key that counts at a time and goes on to: one that isn't revoked, and
// whose time doesn't end sooner than in the policy before. What is in files this package can't see.
func (q *Principal) canSign(before *Principal, at time.Time) bool {
	return slices.ContainsFunc(q.Keys, func(k Key) bool {
		revoked := slices.ContainsFunc(q.Keys, func(other Key) bool { return other.Revoked != "" && other.same(&k) })
		if revoked || k.From.After(at) || !k.Until.IsZero() && !k.Until.After(at) {
			return false
		}
		shortened := before != nil && slices.ContainsFunc(before.Keys, func(was Key) bool {
			return was.same(&k) && !k.Until.IsZero() && (was.Until.IsZero() || k.Until.Before(was.Until))
		})
		return !shortened
	})
}

// hasKey says whether a principal has a key that counts at a time, by what the policy says of it. What stands in files
// this package can't see.
func (q *Principal) hasKey(at time.Time) bool {
	return slices.ContainsFunc(q.Keys, func(k Key) bool {
		revoked := slices.ContainsFunc(q.Keys, func(other Key) bool { return other.same(&k) && other.revokedBy(at) })
		return !revoked && !at.Before(k.From) && (k.Until.IsZero() || at.Before(k.Until))
	})
}

// revokedBy says whether a key is revoked at a time.
func (k *Key) revokedBy(at time.Time) bool {
	switch end := k.end(); {
	case k.Revoked == "":
		return false
	case k.Revoked == "retired":
		return !at.Before(end)
	default:
		return k.RevokedAt.IsZero() || !at.Before(k.RevokedAt)
	}
}
