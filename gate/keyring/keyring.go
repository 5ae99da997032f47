// Package keyring makes a keyring of a policy: it hands the principals of package policy, with their keys, to package
// verify. The two don't know each other.
//
// [Of] takes each key as the policy has it, and from an OpenSSH file of allowed signers what it allows to one of the
// principal's addresses, within what the policy says of the file. The settings of signatures and certificates go with
// them. What the policy says nothing of is the strictest that there is.
//
// Nothing is read but what the policy holds, and nothing is asked: a keyring whose policy wants proofs online, and no
// other, gets the function that asks the log. [Log] says which log that is.
package keyring

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/policy"
	"countersign/verify"
)

// Logs gives the functions that ask transparency logs.
type Logs interface {
	Ask(address string, timeout time.Duration) func(query []byte) (answer []byte, err error)
}

// Of gives the keyring of a policy, nil where a draft names no key. The error names every key that can't be read.
func Of(p *policy.Policy, logs Logs) (*verify.Keyring, error) {
	var keys []verify.Key
	var errs []error
	files := make(signerFiles)
	for _, q := range p.Principals {
		for _, k := range q.Keys {
			key := verify.Key{
				Principal: q.Name, Kind: verify.Kind(k.Kind), Data: k.Data, Source: k.Source,
				Authority: k.Authority, Identities: k.Identities, Issuer: k.Issuer,
				From: k.From, Until: k.Until, Revoked: verify.Revocation(k.Revoked), RevokedAt: k.RevokedAt,
			}
			if k.Kind != "allowed-signers" {
				keys = append(keys, key)
				continue
			}
			allowed, err := files.allowed(key, q.Emails)
			keys, errs = append(keys, allowed...), append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if keys == nil {
		return nil, nil
	}
	return verify.NewKeyring(keys, settings(p, logs))
}

// signerFiles are OpenSSH's files of allowed signers, by name: each is read once, however many principals name it.
type signerFiles map[string][]verify.AllowedSigner

// allowed gives the keys that an OpenSSH file allows to one of a principal's addresses. What the
// policy says of the file's keys bounds what the file says.
func (f signerFiles) allowed(file verify.Key, emails []string) ([]verify.Key, error) {
	signers, known := f[file.Source]
	if !known {
		var err error
		if signers, err = verify.ParseAllowedSigners(file.Data, file.Source); err != nil {
			return nil, err
		}
		f[file.Source] = signers
	}
	var keys []verify.Key
	for _, s := range signers {
		allowed := slices.DeleteFunc(slices.Clone(emails), func(email string) bool { return !s.Allows(email) })
		if len(allowed) == 0 {
			continue
		}
		key := s.Key
		key.Principal, key.Revoked, key.RevokedAt = file.Principal, file.Revoked, file.RevokedAt
		if key.Authority {
			key.Identities = allowed
		}
		if key.From.Before(file.From) {
			key.From = file.From
		}
		if key.Until.IsZero() || !file.Until.IsZero() && file.Until.Before(key.Until) {
			key.Until = file.Until
		}
		if !key.From.IsZero() && !key.Until.IsZero() && !key.From.Before(key.Until) {
			continue // the line's time lies outside what the policy allows the file
		}
		keys = append(keys, key)
	}
	if keys == nil {
		return nil, fmt.Errorf("%s: no line allows %s to sign for git", file.Source, strings.Join(emails, " or "))
	}
	return keys, nil
}

func settings(p *policy.Policy, logs Logs) verify.Settings {
	s := verify.Settings{
		WeakUntil: p.Signatures.WeakUntil, ClockSkew: p.Signatures.ClockSkew, EndGrace: p.Signatures.EndGrace,
		LandingAge: p.Tenure.MaxLandingAge, UserVerified: p.Signatures.UserVerified,
		RevokedSSH: files(p.Signatures.RevokedSSH), OpenTimestamps: p.Signatures.Trailing == policy.OpenTimestamps,
		X509: verify.X509Settings{Roots: files(p.X509.Roots), CRLs: files(p.X509.CRLs)},
	}
	switch p.X509.Transparency {
	case "none":
		s.X509.Transparency = verify.NoProof
	case online:
		s.X509.Transparency, s.X509.Entry = verify.OnlineProof, logs.Ask(p.X509.Log, p.X509.Timeout)
	default:
		s.X509.Transparency = verify.EmbeddedProof
	}
	return s
}

// online is the setting of a policy that leads to a transparency log; no other does.
const online = "online"

// Log gives the address of the transparency log that a policy leads to; "" for none.
func Log(p *policy.Policy) string {
	if p.X509.Transparency != online {
		return ""
	}
	return p.X509.Log
}

func files(of []policy.File) []verify.File {
	files := make([]verify.File, len(of))
	for i, f := range of {
		files[i] = verify.File(f)
	}
	return files
}
