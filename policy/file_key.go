package policy

import (
	"net/url"
	"slices"
	"strings"
)

// keys reads keys = [{ openpgp = "keys/alice.asc" }, { ssh = "ssh-ed25519 AAAA…" }, …].
func (r *reader) keys(t *table, q *Principal) []Key {
	var keys []Key
	for _, sub := range t.list("keys", `a list such as [{ ssh = "ssh-ed25519 AAAA…" }]`) {
		sub.shown = "keys of " + t.shown
		if r.keyCount > maxKeys {
			break // which is a problem already
		}
		more := r.key(sub, q)
		if r.keyCount += len(more); r.keyCount > maxKeys {
			sub.problem("", "there are more than %d keys; that many are allowed", maxKeys)
		}
		keys = append(keys, more...)
	}
	return keys
}

// keyForms are the ways to name a key, of which each entry of keys uses one.
const keyForms = `{ openpgp = "FILE" }, { ssh = "KEY" }, { ssh-file = "FILE" }, { ssh-ca = "KEY" }, ` +
	`{ allowed-signers = "FILE" } and { x509 = { identity = "ADDRESS", issuer = "URL" } }`

// key reads one entry of keys. A file of SSH keys gives one a line.
func (r *reader) key(t *table, q *Principal) []Key {
	var k Key
	var openpgp, ssh, sshFile, authority, allowed string
	t.str("openpgp", &openpgp)
	t.str("ssh", &ssh)
	t.str("ssh-file", &sshFile)
	t.str("ssh-ca", &authority)
	t.str("allowed-signers", &allowed)
	t.strs("identities", &k.Identities)
	certificate := t.sub("x509")
	t.date("from", &k.From)
	t.date("until", &k.Until)
	t.oneOf("revoked", &k.Revoked, "retired", "compromised")
	t.date("revoked-at", &k.RevokedAt)
	t.done()
	given := 0
	for _, form := range []string{openpgp, ssh, sshFile, authority, allowed} {
		if form != "" {
			given++
		}
	}
	if certificate != nil {
		given++
	}
	if given != 1 {
		t.problem("", "a key is one of "+keyForms)
		return nil
	}
	if authority == "" && k.Identities != nil {
		t.problem("identities", "identities say which certificates of an ssh-ca count; a plain key has none")
	}
	if !k.From.IsZero() && !k.Until.IsZero() && !k.From.Before(k.Until) {
		t.problem("until", "the key's time ends before it begins")
	}
	if !k.RevokedAt.IsZero() && k.Revoked == "" {
		t.problem("revoked-at", `revoked-at needs revoked = "retired" or "compromised"`)
	}
	if k.Revoked == "retired" && k.RevokedAt.IsZero() && k.Until.IsZero() {
		t.problem("revoked", "a retired key needs until or revoked-at: the day it was laid aside")
	}
	switch {
	case certificate != nil:
		return r.certificate(certificate, k)
	case ssh != "":
		k.Kind, k.Data, k.Source = "ssh", []byte(ssh), place(FileName, r.lines.find(at(t.path, "ssh")))
	case authority != "":
		return r.authority(t, k, authority, q)
	case openpgp != "":
		data, ok := r.keyFile(t, "openpgp", openpgp)
		if !ok {
			return nil
		}
		k.Kind, k.Data, k.Source = "openpgp", data, openpgp
	case allowed != "":
		data, ok := r.keyFile(t, "allowed-signers", allowed)
		if !ok {
			return nil
		}
		if len(q.Emails) == 0 {
			t.problem("allowed-signers", "%s has no emails, by which allowed signers are found in a file", q.Name)
		}
		k.Kind, k.Data, k.Source = "allowed-signers", data, allowed
	default:
		return r.sshFile(t, k, sshFile)
	}
	return []Key{k}
}

// certificate reads x509 = { identity = "…", issuer = "…" }. Without an issuer one of the other
// authorities of [x509] must have certified the identity.
func (r *reader) certificate(t *table, k Key) []Key {
	identity := ""
	t.str("identity", &identity)
	t.str("issuer", &k.Issuer)
	t.done()
	if identity == "" {
		t.problem("", `x509 needs the identity that a certificate is for: { x509 = { identity = "alice@example.org" } }`)
		return nil
	}
	if u, err := url.Parse(k.Issuer); k.Issuer != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		t.problem("issuer", "issuer = %q: want an OpenID Connect issuer such as %q", k.Issuer, "https://accounts.google.com")
	}
	if !starInPath(identity) {
		t.problem("identity", `identity = %q: "*" stands only in the path of a URI, as in `+
			`"https://forge.example/project/.ci/*@refs/heads/main"; write an address as it is`, identity)
		return nil
	}
	k.Kind, k.Identities, k.Source = "x509", []string{identity}, place(FileName, r.lines.find(at(t.path, "identity")))
	return []Key{k}
}

// starInPath says whether each "*" of an identity stands in the path of a URI, if there is one at all. There it
// stands for workflows of a project; in an address, or in a host, it would make one principal of many people.
func starInPath(identity string) bool {
	_, rest, uri := strings.Cut(identity, "://")
	beforePath, _, path := strings.Cut(rest, "/")
	return !strings.Contains(identity, "*") || uri && path &&
		!strings.Contains(identity[:len(identity)-len(rest)]+beforePath, "*")
}

// authority reads ssh-ca = "KEY": certificates count that are for one of the principal's addresses, or
// of the identities given.
func (r *reader) authority(t *table, k Key, key string, q *Principal) []Key {
	if k.Identities == nil {
		k.Identities = slices.Clone(q.Emails)
	}
	if len(k.Identities) == 0 {
		t.problem("ssh-ca", "an ssh-ca needs identities, or emails of the principal's: its certificates are also for others")
	}
	for i, identity := range k.Identities {
		if identity == "" || strings.ContainsAny(identity, "*?!") {
			t.elementProblem("identities", i, "%q: want the name that a certificate is for, as it is", identity)
		}
	}
	k.Kind, k.Authority, k.Data, k.Source = "ssh", true, []byte(key), place(FileName, r.lines.find(at(t.path, "ssh-ca")))
	return []Key{k}
}

func (r *reader) sshFile(t *table, k Key, name string) []Key {
	data, ok := r.keyFile(t, "ssh-file", name)
	if !ok {
		return nil
	}
	var keys []Key
	for i, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(keys) > maxKeys {
			break // one too many is enough to be refused
		}
		one := k
		one.Kind, one.Data, one.Source = "ssh", []byte(line), place(name, i+1)
		keys = append(keys, one)
	}
	if keys == nil {
		r.at(name, 0, "it holds no key")
	}
	return keys
}

func (r *reader) keyFile(t *table, key, name string) ([]byte, bool) {
	problem := func(format string, args ...any) { t.problem(key, format, args...) }
	data, ok := r.file(problem, key, name)
	if r.keyBytes += len(data); r.keyBytes > maxNamedBytes {
		problem("the key files have more than %d bytes, each as often as it is named: give each principal a file",
			maxNamedBytes)
		return nil, false
	}
	return data, ok
}
