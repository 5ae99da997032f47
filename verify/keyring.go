package verify

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Keyring is the keys of all principals. Make one with [NewKeyring]; the zero Keyring knows nobody.
// It is immutable and safe for concurrent use.
type Keyring struct {
	entries       []*entry // in the order given
	byFingerprint map[string][]*entry
	byID          map[uint64][]*entry // OpenPGP key ids, for signatures that name no fingerprint
	byRaw         map[string]*entry   // the first by the bare public key, whatever it is wrapped in
	authorities   map[string][]*entry // SSH certificate authorities, by fingerprint
	identities    map[identity]int    // whom certificates are for, by the first of entries that says so
	revokedSSH    revokedSSH
	x509          *x509Trust
	settings      Settings
}

// entry is a key as the policy names it, and what was read of its Data.
type entry struct {
	key          Key
	fingerprints []string
	openpgp      *openpgpKey // nil but for OpenPGP
	ssh          *sshKey     // nil but for SSH
}

// NewKeyring reads keys. A key that can't be read, or whose other fields contradict one another, is
// never left out: it is an error that names the key's Source, and all such errors are given at
// once. So is a key that stands under two principals, also as an SSH and an OpenPGP key, for they would be one
// person, and a keyring without keys. A principal may have several keys, and a key several entries of one principal,
// each with its own window: see [Keyring.Verify].
//
// All keys are read here; what is left for the first signature by an OpenPGP key is to check its
// owner's signatures in it, and for the first X.509 signature to read the built-in trusted root. A key that is too weak
// for any signature is not an error: it says whose a signature is that is refused. The keys' Data is kept and must not
// be changed afterwards.
func NewKeyring(keys []Key, settings Settings) (*Keyring, error) {
	if len(keys) == 0 {
		return nil, errors.New("the keyring has no keys, so that nobody could sign: add a principal's key")
	}
	k := &Keyring{
		byFingerprint: map[string][]*entry{}, byID: map[uint64][]*entry{}, authorities: map[string][]*entry{},
		byRaw: map[string]*entry{}, identities: map[identity]int{}, settings: settings,
	}
	var errs []error
	for i, key := range keys {
		if err := k.add(key); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", cmp.Or(key.Source, fmt.Sprintf("key %d", i+1)), err))
		}
	}
	var err error
	if k.revokedSSH, err = readRevokedSSH(settings.RevokedSSH); err != nil {
		errs = append(errs, err)
	}
	if k.x509, err = newX509Trust(settings.X509, k.entries); err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return k, nil
}

func (k *Keyring) add(key Key) error {
	if err := key.check(); err != nil {
		return err
	}
	e := &entry{key: key}
	if err := e.read(); err != nil {
		return err
	}
	if e.ssh != nil && key.Authority {
		return k.addAuthority(e)
	}
	for _, fingerprint := range e.fingerprints {
		if others := k.authorities[fingerprint]; len(others) > 0 {
			return bothRoles(fingerprint, others[0])
		}
		for _, other := range k.byFingerprint[fingerprint] {
			if other.key.Principal != key.Principal {
				return fmt.Errorf("key %s of %q is already %q's, at %s: one key is one person; remove it from one of them",
					fingerprint, key.Principal, other.key.Principal, cmp.Or(other.key.Source, "another entry"))
			}
		}
	}
	if err := k.onePerson(e); err != nil {
		return err
	}
	if err := k.oneSecret(e); err != nil {
		return err
	}
	if key.Kind == X509 {
		k.certify(e, key.Issuer)
	}
	k.entries = append(k.entries, e)
	for _, fingerprint := range e.fingerprints {
		k.byFingerprint[fingerprint] = appendOnce(k.byFingerprint[fingerprint], e)
	}
	if e.openpgp != nil {
		for _, id := range e.openpgp.ids() {
			k.byID[id] = appendOnce(k.byID[id], e)
		}
	}
	return nil
}

// appendOnce keeps an entry from standing twice where a file holds two copies of a key.
func appendOnce(list []*entry, e *entry) []*entry {
	if slices.Contains(list, e) {
		return list
	}
	return append(list, e)
}

// check refuses fields that contradict one another.
func (k *Key) check() error {
	switch {
	case k.Principal == "":
		return errors.New("the key has no principal")
	case !k.From.IsZero() && !k.Until.IsZero() && !k.From.Before(k.Until):
		return fmt.Errorf("the key is valid from %s until %s, which is never", moment(k.From), moment(k.Until))
	}
	switch k.Revoked {
	case NotRevoked:
		if !k.RevokedAt.IsZero() {
			return fmt.Errorf("the key has a time of revocation but isn't revoked: say %q or %q", Retired, Compromised)
		}
	case Retired:
		if k.RevokedAt.IsZero() && k.Until.IsZero() {
			return errors.New("the key is retired, but since when? give the time until which its signatures count")
		}
	case Compromised:
	default:
		return fmt.Errorf("the key is revoked as %q: say %q or %q", k.Revoked, Retired, Compromised)
	}
	return nil
}

func (e *entry) read() (err error) {
	switch e.key.Kind {
	case OpenPGP:
		if e.openpgp, err = readOpenPGP(&e.key); err == nil {
			e.fingerprints = e.openpgp.fingerprints()
		}
		return err
	case SSH:
		return e.readSSH()
	case X509:
		return e.key.checkX509()
	default:
		return fmt.Errorf("a key of kind %q: say %q, %q or %q", e.key.Kind, OpenPGP, SSH, X509)
	}
}

// Verify says who made the signature over the payload of an object that has landed at that time, and was there
// by then: see [Keyring.VerifyAt].
func (k *Keyring) Verify(payload, signature []byte, landed time.Time) Result {
	return k.VerifyAt(payload, signature, LandedThen(landed))
}

// VerifyAt says who made the signature over the payload of an object, by when that arrived: it lands at one time, by
// what the object says, and is received at another, by the receiver's clock, or it has landed, and came in then.
//
// The key is judged at the signature's own time where it has one (OpenPGP, X.509), and at the landing
// where it has none (SSH). That time must lie in the key's window: From ≤ time < Until. A retired key
// keeps the signatures made before it was. What lands now must be received before the key's end, too,
// or within Settings.EndGrace after it: whoever has the key can date back. A compromised key keeps only those that were
// made and received before it was: whoever has the key can write any time into a signature and a commit, but
// can't hand them in in the past. So it is with weak algorithms. Where a key has several entries, a
// revocation in any of them counts, and else any window will do.
//
// A signature is of the kind that its first line says, as in git's gpg-interface.c. Anything else
// around the one armor block, and more than 64 KiB, is [Malformed].
func (k *Keyring) VerifyAt(payload, signature []byte, at Arrival) Result {
	res, entries := k.identify(payload, signature, at)
	if len(entries) > 0 {
		res.KeyOwner = entries[0].key.Principal
	}
	if res.Status == Good {
		made := res.SignedAt
		if made.IsZero() {
			made = at.landed
		}
		warnings, err := admit(entries, made, at)
		if err == nil && at.now {
			err = k.ended(entries, made, at.received)
		}
		if err == nil {
			err = k.tooLate(made, at)
		}
		res.Warnings = append(res.Warnings, warnings...)
		res.settle(err)
	}
	// Nobody but these lines names a principal.
	res.Principal = ""
	if res.Status == Good {
		res.Principal = res.KeyOwner
	}
	return res
}

// identify says everything about a signature that the policy's windows don't, and gives the entries
// of the key that made it, or claims to have.
func (k *Keyring) identify(payload, signature []byte, at Arrival) (Result, []*entry) {
	begins := func(kind string) bool {
		return bytes.HasPrefix(signature, []byte("-----BEGIN "+kind+"-----"))
	}
	switch {
	case len(signature) == 0:
		return Result{Status: Missing, Reason: "there is no signature"}, nil
	case at.landed.IsZero():
		return Result{Status: Bad, Reason: "there is no landing time to judge the key at"}, nil
	case begins(kindOpenPGPSignature), begins("PGP MESSAGE"):
		return k.verifyOpenPGP(payload, signature, at)
	case begins(kindSSHSignature):
		return k.verifySSH(payload, signature, at)
	case begins(kindSignedMessage):
		return k.verifyX509(payload, signature, at)
	default:
		return Result{Status: Malformed, Reason: "the signature doesn't begin with the first line of an OpenPGP, SSH or " +
			"X.509 signature"}, nil
	}
}

// verifyOpenPGP judges by the algorithms that prove something today, and what was received in time also by
// those that did once.
func (k *Keyring) verifyOpenPGP(payload, signature []byte, at Arrival) (Result, []*entry) {
	if k.settings.OpenTimestamps {
		signature = withoutTimestamp(signature)
	}
	v := openpgpVerifier{candidates: k.openPGPKeys}
	res, key := v.verify(payload, signature, at.landed)
	if res.Status == Weak && at.received.Before(k.settings.WeakUntil) {
		reason := res.Reason
		v.weakToo = true
		if res, key = v.verify(payload, signature, at.landed); res.Status == Good {
			if res.SignedAt.Before(k.settings.WeakUntil) {
				res.Warnings = append(res.Warnings, "accepted for its age: "+reason)
			} else {
				res.settle(refuse(Weak, "%s", reason))
			}
		}
	}
	if key == nil {
		return res, nil
	}
	return res, k.byFingerprint[res.Fingerprint]
}

// openPGPKeys gives the OpenPGP keys with that fingerprint, or with that id where it is "".
func (k *Keyring) openPGPKeys(id uint64, fingerprint string) []*openpgpKey {
	entries := k.byID[id]
	if fingerprint != "" {
		entries = k.byFingerprint[fingerprint]
	}
	var keys []*openpgpKey
	for _, e := range entries {
		keys = append(keys, e.openpgp)
	}
	return keys
}

// admit says whether one of a key's entries allows it a signature made and arrived then, and none revokes it.
func admit(entries []*entry, made time.Time, at Arrival) (warnings []string, err error) {
	if len(entries) == 0 {
		return nil, refuse(Unknown, "no principal has the key")
	}
	for _, e := range entries {
		if err := e.key.revoked(made, at.received); err != nil {
			return nil, err
		}
	}
	for _, e := range entries {
		if err = e.key.outside(made); err == nil {
			return e.key.goneBy(at.landed), nil
		}
	}
	return nil, err
}

// revoked says why a signature made and received then isn't worth anything any more.
func (k *Key) revoked(made, received time.Time) error {
	switch k.Revoked {
	case NotRevoked:
		return nil
	case Retired:
		since := k.retiredAt()
		if made.Before(since) {
			return nil
		}
		return refuse(Revoked, "the key was retired on %s, before the signature of %s", moment(since), moment(made))
	case Compromised:
		switch {
		case k.RevokedAt.IsZero():
			return refuse(Revoked, "the key is revoked as compromised, and with it all its signatures")
		case !made.Before(k.RevokedAt):
			return refuse(Revoked, "the key was compromised on %s, before the signature of %s",
				moment(k.RevokedAt), moment(made))
		case !received.Before(k.RevokedAt):
			return refuse(Revoked, "the key was compromised on %s, before the signature came in on %s: whoever has the key "+
				"could have dated it back to %s",
				moment(k.RevokedAt), moment(received), moment(made))
		}
		return nil
	default:
		return refuse(Revoked, "the key is revoked as %q", k.Revoked)
	}
}

// outside says why a signature made then isn't in the key's window.
func (k *Key) outside(made time.Time) error {
	switch {
	case !k.From.IsZero() && made.Before(k.From):
		return refuse(NotYetValid, "the key is valid from %s, the signature is of %s", moment(k.From), moment(made))
	case !k.Until.IsZero() && !made.Before(k.Until):
		return refuse(Expired, "the key was valid until %s, the signature is of %s", moment(k.Until), moment(made))
	default:
		return nil
	}
}

// ended says why a signature that is received then comes too late for all entries that would allow it by the time
// it was made at.
func (k *Keyring) ended(entries []*entry, made, received time.Time) (err error) {
	for _, e := range entries {
		if end := e.key.retiredAt(); !end.IsZero() && !received.Before(end.Add(k.settings.EndGrace)) {
			return refuse(Expired, "the key was retired on %s, before the signature came in on %s: whoever has the key could "+
				"have dated it back to %s", moment(end), moment(received), moment(made))
		}
	}
	for _, e := range entries {
		if e.key.outside(made) != nil {
			continue
		}
		if end := e.key.Until; end.IsZero() || received.Before(end.Add(k.settings.EndGrace)) {
			return nil
		}
		err = refuse(Expired, "the key was valid until %s, before the signature came in on %s: whoever has the key could "+
			"have dated it back to %s", moment(e.key.Until), moment(received), moment(made))
	}
	return err
}

// tooLate says why a signature can't have been made then: what carries it came in before.
func (k *Keyring) tooLate(made time.Time, at Arrival) error {
	latest := at.landed.Add(k.settings.LandingAge)
	switch {
	case at.now && made.After(at.received.Add(k.settings.ClockSkew)):
		return refuse(Misdated, "the signature is dated %s, after this machine's clock, which says %s",
			moment(made), moment(at.received))
	case made.After(latest.Add(k.settings.ClockSkew)):
		return refuse(Misdated, "the signature is dated %s; what it signs is dated %s and came in by %s at the latest",
			moment(made), moment(at.landed), moment(latest))
	default:
		return nil
	}
}

// retiredAt is since when a key is retired, zero if it isn't.
func (k *Key) retiredAt() time.Time {
	switch {
	case k.Revoked != Retired:
		return time.Time{}
	case k.RevokedAt.IsZero():
		return k.Until
	default:
		return k.RevokedAt
	}
}

// goneBy gives a warning where the key was out of use by the time a good signature landed: honest
// work that took its time, or a signature that its maker dated back.
func (k *Key) goneBy(landed time.Time) []string {
	for _, end := range []time.Time{k.RevokedAt, k.Until} {
		if !end.IsZero() && !landed.Before(end) {
			return []string{fmt.Sprintf("the key was in use until %s, the signature landed on %s", moment(end), moment(landed))}
		}
	}
	return nil
}
