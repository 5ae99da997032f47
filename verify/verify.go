// Package verify says who signed: it takes signed bytes, a signature and a time, and returns a
// principal or the reason why there is none.
//
// Start with [NewKeyring], [Keyring.Verify] and [Result]. A Keyring is immutable and safe for
// concurrent use; Verify does no I/O, asks no clock and no network, and depends on its arguments
// alone. The zero [Status] is not good, and everything that isn't proven good isn't good.
//
// A key is judged at the time the signature was made: a key that expired later keeps its old
// signatures, one revoked as compromised loses those made since.
package verify

import "time"

// Status is the outcome of a verification. The zero value is Bad.
type Status uint8

const (
	Bad          Status = iota // the signature doesn't fit the bytes
	Good                       // made by a principal's key that was valid at the time
	Missing                    // there is no signature
	Malformed                  // not one well-formed signature and nothing else
	Unknown                    // a key that no principal has
	Expired                    // the key or the signature had expired at the time
	NotYetValid                // the key wasn't valid yet at the time
	Revoked                    // the key was revoked
	Weak                       // an algorithm or key size that proves nothing any more
	Unsupported                // a kind of signature this program or policy doesn't accept
	WrongPurpose               // a key or signature for something else than commits and tags
)

// String gives the stable name used in records, such as "good" or "not-yet-valid".
func (s Status) String() string {
	switch s {
	case Bad:
		return "bad"
	case Good:
		return "good"
	case Missing:
		return "missing"
	case Malformed:
		return "malformed"
	case Unknown:
		return "unknown-key"
	case Expired:
		return "expired"
	case NotYetValid:
		return "not-yet-valid"
	case Revoked:
		return "revoked"
	case Weak:
		return "weak"
	case Unsupported:
		return "unsupported"
	case WrongPurpose:
		return "wrong-purpose"
	default:
		return "bad"
	}
}

// Kind is the family of a signature or key.
type Kind string

const (
	OpenPGP Kind = "openpgp"
	SSH     Kind = "ssh"
	X509    Kind = "x509"
)

// Purpose says what kind of object the payload is.
type Purpose uint8

const (
	ForCommit Purpose = iota
	ForTag
)

// Revocation says why a key no longer counts.
type Revocation string

const (
	NotRevoked  Revocation = ""
	Compromised Revocation = "compromised" // signatures made since Key.RevokedAt are worth nothing; all, if that is zero
	Retired     Revocation = "retired"     // signatures made before Key.Until or RevokedAt stay good
)

// Key is one key of a principal, as the policy names it.
type Key struct {
	Principal string
	Kind      Kind
	// Data holds, for OpenPGP, a certificate file's bytes, armored or binary, of one or more
	// certificates; for SSH, one public key in the authorized_keys form "type base64 [comment]";
	Data []byte
	// From and Until bound the time of the signatures the key may make; zero is unbounded.
	// Until is exclusive.
	From, Until time.Time
	Revoked     Revocation
	RevokedAt   time.Time
	// Source says where the key was read, "policy.toml:14" or "keys/alice.asc"; for messages.
	Source string
}

// Result is who signed, or why nobody did. Principal is set if and only if Status is Good.
type Result struct {
	Status    Status
	Principal string
	Kind      Kind
	// Fingerprint names the key that made, or claims to have made, the signature: 40 or 64
	// upper-case hex digits for OpenPGP (the signing subkey's), "SHA256:…" for SSH.
	Fingerprint string
	// KeyOwner names the principal in whose entry the key stands, good or not; "" if nobody's.
	KeyOwner string
	// Reason is one short sentence without a final stop; "" if Good.
	Reason string
	// Warnings are reasons for concern that don't change the status, such as a SHA-1 binding.
	Warnings []string
	// SignedAt is the signature's own time, zero where it has none (SSH).
	SignedAt time.Time
}
