// Package verify says who signed: it takes signed bytes, a signature and a time, and returns a
// principal or the reason why there is none.
//
// Start with [NewKeyring], [Keyring.VerifyAt], an [Arrival] and [Result]. A Keyring is immutable but for what it
// remembers, and safe for concurrent use; VerifyAt does no I/O and asks no clock, and what it says depends on the
// keyring and its arguments alone. Only where [X509Settings] want it, the function that they have asks a log. The zero
// [Status] is not good, the zero Arrival is unknown, and everything that isn't proven good isn't good.
//
// A key is judged at the time the signature was made, or at the landing where the signature has none: a key that
// expired later keeps its old signatures, one revoked as compromised loses those made or received since.
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
	Misdated                   // the signature's own time contradicts when what it signs was written or landed
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
	case Misdated:
		return "misdated"
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

// Revocation says why a key no longer counts.
type Revocation string

const (
	NotRevoked Revocation = ""
	// Compromised: signatures made or received since Key.RevokedAt are worth nothing; all, if that is zero.
	Compromised Revocation = "compromised"
	// Retired: signatures made before Key.RevokedAt stay good, or before Until if that is zero. A revocation of the
	// owner's own that gives no reason counts no more.
	Retired Revocation = "retired"
)

// Key is one key of a principal, as the policy names it.
type Key struct {
	Principal string
	Kind      Kind
	// Data holds, for OpenPGP, a certificate file's bytes, armored or binary, of one or more
	// certificates; for SSH, one public key in the authorized_keys form "type base64 [comment]". X.509
	// has none: whose certificate it is, Identities and Issuer say.
	Data []byte
	// Authority says that an SSH key is a certificate authority's: it signs nothing itself, but the
	// certificates it issued for one of Identities do.
	Authority bool
	// Identities are what a certificate must be for. For an SSH authority, names of which the
	// certificate lists one as its principal, compared byte by byte. For X.509, e-mail addresses or
	// URIs of which one is a subject alternative name of the certificate; "*" stands for any bytes but
	// "@" and "/", so that a wildcard never reaches into a domain or another folder.
	Identities []string
	// Issuer is the OpenID Connect issuer that an X.509 certificate of Sigstore's must name; "" where
	// Identities are certified by one of the roots of a company's own authority.
	Issuer string
	// From and Until bound the time of the signatures the key may make, and Until that of their receipt; zero is
	// unbounded. Until is exclusive.
	From, Until time.Time
	Revoked     Revocation
	RevokedAt   time.Time
	// Source says where the key was read, "policy.toml:14" or "keys/alice.asc"; for messages.
	Source string
}

// Settings are what a policy says of all keys at once. The zero value is the strictest but for
// UserVerified, and knows no revoked SSH keys.
type Settings struct {
	// WeakUntil is the moment before which a signature with a weak algorithm must have been made and
	// have been received to be accepted, with a warning; zero accepts none. It is for SHA-1, SHA-224, DSA and RSA
	// of 1024 bits and more: MD5, RIPEMD-160 and shorter keys never count, and nothing weak does with X.509.
	WeakUntil time.Time
	// ClockSkew is how far a signature's own time may lie after its receipt, and, where nobody but the
	// signer says it, outside a Sigstore certificate's minutes.
	ClockSkew time.Duration
	// LandingAge is how long before its receipt something may say it landed: a commit is dated when its message is
	// begun, or by a rebase that keeps dates, and signed at the end.
	LandingAge time.Duration
	// EndGrace is how long after a key's end, by Until or because it is retired, a signature that was made before it
	// may be received: what is under way just then.
	EndGrace time.Duration
	// UserVerified wants a security key to have asked for a PIN or a finger, not only for a touch.
	UserVerified bool
	// OpenTimestamps lets a proof of that name stand after the armor of an OpenPGP signature, as its wrapper for gpg
	// puts it there. Nobody signed the proof, and it isn't checked: whoever changes it makes another object of the same
	// signed content.
	OpenTimestamps bool
	// RevokedSSH are lists of revoked SSH keys, each a key revocation list or a file of public keys, as
	// ssh-keygen -Y verify -r takes them.
	RevokedSSH []File
	X509       X509Settings
}

// File is a file as it was read; Name is for messages.
type File struct {
	Name string
	Data []byte
}

// X509Settings are what a policy says of X.509 signatures. A Sigstore certificate is checked to its
// authority, and to the log it was written to when it was issued (its SCT); a company's to one of its
// roots, and against the revocation lists. Either must have been valid when the signature was made: the
// transparency log says when, else a timestamp authority, else the signer.
type X509Settings struct {
	// Roots are Sigstore trusted_root.json files, and PEM files of the roots and intermediates of other
	// authorities. Without a trusted_root.json, Sigstore's public-good instance as built in is trusted
	// for keys that have an Issuer; with one, it isn't. One instance's logs say nothing of another's
	// certificates.
	Roots []File
	// CRLs are certificate revocation lists of those other authorities, PEM or DER. A list that is due for
	// replacement still counts, with a warning.
	CRLs         []File
	Transparency Transparency
	// Entry asks the transparency log for the entries of a signature: it is given the JSON body of a
	// request to Rekor's /api/v1/log/entries/retrieve, and returns that of the answer. It is called for
	// OnlineProof alone, and must be safe for concurrent use. The entry must be of the signature itself, as
	// with gitsign's rekorMode "offline"; that of a commit's id, as with "online", isn't asked for.
	Entry func(query []byte) (answer []byte, err error)
}

// Transparency says which proof a Sigstore signature needs that it stands in the transparency log.
type Transparency uint8

const (
	EmbeddedProof Transparency = iota // in the signature
	OnlineProof                       // in the signature, or else given by the log when asked
	// NoProof wants none: chain, SCT and the certificate's ten minutes do. The time is then the signer's word:
	// whoever kept or stole a certificate's key can use it for ever, and say it was within the ten minutes.
	// Only that the signature is about as old as its commit, and that as its landing, speaks against it.
	NoProof
)

// Result is who signed, or why nobody did. Principal is set if and only if Status is Good.
type Result struct {
	Status    Status
	Principal string
	Kind      Kind
	// Fingerprint names the key that made, or claims to have made, the signature: 40 or 64
	// upper-case hex digits for OpenPGP (the signing subkey's), "SHA256:…" for SSH, also for the key
	// in a certificate, and for X.509 the SHA-256 of the certificate in 64 upper-case hex digits.
	Fingerprint string
	// KeyID is what an OpenPGP signature calls its key where it may have no fingerprint: 16 upper-case hex digits; ""
	// where it has none.
	KeyID string
	// Identity is the name in a certificate by which it was matched or could not be; "" for plain keys.
	Identity string
	// KeyOwner names the principal in whose entry the key stands, good or not; "" if nobody's.
	KeyOwner string
	// Reason is one short sentence without a final stop; "" if Good.
	Reason string
	// Next says how the same key makes a signature that is good; "" where that isn't known.
	Next string
	// Warnings are reasons for concern that don't change the status, such as a SHA-1 binding.
	Warnings []string
	// SignedAt is the signature's own time as somebody signed it: the signer (OpenPGP, X.509), a timestamp
	// authority or a log. Zero where it has none (SSH).
	SignedAt time.Time
}
