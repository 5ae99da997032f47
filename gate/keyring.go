package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign/gate/translog"
	"countersign/policy"
	"countersign/verify"
)

// keyring hands the policy's principals to package verify; the two don't know each other. It is nil
// where a draft names no key. Logs asks the policy's transparency log, where it wants that.
func keyring(p *policy.Policy, logs *translog.Client) (*verify.Keyring, error) {
	var keys []verify.Key
	var errs []error
	for _, q := range p.Principals {
		for _, k := range q.Keys {
			key := verify.Key{
				Principal: q.Name, Kind: verify.Kind(k.Kind), Data: k.Data, Authority: k.Authority, Identities: k.Identities, Issuer: k.Issuer,
				From: k.From, Until: k.Until, Revoked: verify.Revocation(k.Revoked), RevokedAt: k.RevokedAt, Source: k.Source,
			}
			if k.Kind != "allowed-signers" {
				keys = append(keys, key)
				continue
			}
			allowed, err := allowedSigners(key, q.Emails)
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

// allowedSigners gives the keys that an OpenSSH file allows to one of a principal's addresses. What the
// policy says of the file's keys bounds what the file says.
func allowedSigners(file verify.Key, emails []string) ([]verify.Key, error) {
	signers, err := verify.ParseAllowedSigners(file.Data, file.Source)
	if err != nil {
		return nil, err
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

func settings(p *policy.Policy, logs *translog.Client) verify.Settings {
	s := verify.Settings{
		WeakUntil: p.Signatures.WeakUntil, ClockSkew: p.Signatures.ClockSkew, EndGrace: p.Signatures.EndGrace, UserVerified: p.Signatures.UserVerified,
		RevokedSSH: files(p.Signatures.RevokedSSH),
		X509:       verify.X509Settings{Roots: files(p.X509.Roots), CRLs: files(p.X509.CRLs)},
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

// logsOf gives the addresses of the transparency logs that policies lead to.
func logsOf(policies ...*standing) []string {
	var logs []string
	for _, st := range policies {
		if st != nil && st.policy.X509.Transparency == online {
			logs = append(logs, st.policy.X509.Log)
		}
	}
	return logs
}

func files(of []policy.File) []verify.File {
	files := make([]verify.File, len(of))
	for i, f := range of {
		files[i] = verify.File(f)
	}
	return files
}
