package cli

import (
	"fmt"
	"strings"
	"time"

	"countersign/verify"
)

// soon is how long before its end a key is warned about.
const soon = 30 * 24 * time.Hour

// usable says how many keys of somebody can sign now.
func usable(principal string, keys []verify.Listed, now time.Time, warn func(string, ...any)) (n int) {
	for _, l := range keys {
		switch {
		case l.Principal != principal:
		case l.Kind == verify.X509 || l.Authority:
			n += checkEntry(principal+": "+identitiesOf(l), l, verify.ListedKey{CanSign: true}, now, warn)
		default:
			for _, k := range l.Keys {
				n += checkEntry(principal+": key "+k.Fingerprint, l, k, now, warn)
			}
		}
	}
	return n
}

// neverSign says why none of some keys can sign now, nil if one can.
func neverSign(keys []verify.Listed, now time.Time) []string {
	why := []string{}
	warn := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	for _, l := range keys {
		for _, k := range l.Keys {
			if checkEntry("key "+k.Fingerprint, l, k, now, warn) > 0 {
				return nil
			}
			if k.Revoked != "" {
				why = append(why, "key "+k.Fingerprint+": revoked "+k.Revoked)
			}
		}
	}
	return why
}

// cannotSign says why no key of a principal counts now, "" if one does or a certificate may.
func cannotSign(keys []verify.Listed, principal string, now time.Time) string {
	var theirs []verify.Listed
	for _, l := range keys {
		if l.Principal == principal {
			theirs = append(theirs, l)
		}
		if l.Principal == principal && (l.Kind == verify.X509 || l.Authority) {
			return ""
		}
	}
	why := neverSign(theirs, now)
	if why == nil {
		return ""
	}
	return strings.Join(append([]string{"no key of " + principal + " counts now"}, why...), "; ")
}

// checkEntry gives 1 if the key can sign now, else 0.
func checkEntry(name string, l verify.Listed, k verify.ListedKey, now time.Time, warn func(string, ...any)) int {
	for _, text := range k.Warnings {
		warn("%s: %s", name, text)
	}
	if k.Mute && l.Revoked == verify.NotRevoked {
		warn("%s: revoked %s, so nothing that it ever signed counts; if it was only laid aside, its entry says so: "+
			`revoked = "retired", revoked-at = DAY`, name, k.Revoked)
	}
	if !k.CanSign || k.Revoked != "" || l.Revoked != verify.NotRevoked || now.Before(l.From) {
		return 0
	}
	for _, end := range []time.Time{l.Until, k.Expires} {
		switch {
		case end.IsZero():
		case !now.Before(end):
			warn("%s: expired on %s", name, end.UTC().Format(time.DateOnly))
			return 0
		case end.Sub(now) < soon:
			warn("%s: expires on %s", name, end.UTC().Format(time.DateOnly))
		}
	}
	return 1
}

// identitiesOf says which certificates count, "" where plain keys do.
func identitiesOf(l verify.Listed) string {
	identities := strings.Join(l.Identities, " ")
	if l.Issuer != "" {
		identities += " by " + l.Issuer
	}
	return identities
}
