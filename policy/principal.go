package policy

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// simpleName is what principals, rules and classes may be called: their names stand in ref names and
// messages, and no two of them may look alike.
var simpleName = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$`)

// NameRule says in words what a principal may be called.
const NameRule = simpleNameWords

// ValidName says whether a principal may be called so: names stand in ref names
// (git-check-ref-format(1)) and in messages.
func ValidName(name string) bool {
	return simpleName.MatchString(name) && !strings.Contains(name, "..") && !strings.HasSuffix(name, ".lock")
}

const simpleNameWords = "lower-case letters, digits, dots, underscores and hyphens, and letters or digits at both ends"

var roles = []string{string(Maintainer), string(Contributor), string(Reviewer), string(Service)}

func (r *reader) principal(t *table, p *Policy) {
	q := Principal{Role: Maintainer}
	role := ""
	t.str("name", &q.Name)
	t.oneOf("role", &role, roles...)
	if _, ok := t.raw["role"]; !ok {
		t.problem("role", "principal %q has no role: want %s", q.Name, alternatives(roles))
	}
	q.Role = Role(role)
	t.strs("emails", &q.Emails)
	t.date("since", &q.Since)
	t.str("introduced-by", &q.IntroducedBy)
	if !ValidName(q.Name) {
		t.problem("name", "the principal's name %q: want %s", q.Name, simpleNameWords)
	}
	for _, other := range p.Principals {
		if other.Name == q.Name {
			t.problem("name", "there are two principals called %q; one person is one principal with several keys", q.Name)
		} else if lookAlike(other.Name) == lookAlike(q.Name) {
			t.problem("name", "the names %q and %q look alike", other.Name, q.Name)
		}
		for _, e := range q.Emails {
			if slices.ContainsFunc(other.Emails, func(o string) bool { return foldASCII(o) == foldASCII(e) }) {
				t.problem("emails", "%q is also an address of %s", e, other.Name)
			}
		}
	}
	for _, e := range q.Emails {
		if strings.ContainsAny(e, "<>\n\x00 ") || !strings.Contains(e, "@") {
			t.problem("emails", "%q is no e-mail address", e)
		}
	}
	q.Keys = r.keys(t)
	t.done()
	p.Principals = append(p.Principals, q)
}

// lookAlike folds the characters that are easily taken for one another.
func lookAlike(name string) string {
	return strings.NewReplacer("0", "o", "1", "l", "i", "l", "-", "", "_", "", ".", "", "rn", "m", "vv", "w").Replace(name)
}

// introductions checks that each principal was introduced by somebody, and that nobody stands at both
// ends of a line of introductions.
func (r *reader) introductions(p *Policy) {
	by := make(map[string]string, len(p.Principals))
	for _, q := range p.Principals {
		by[q.Name] = q.IntroducedBy
	}
	for i, q := range p.Principals {
		at := &table{r: r, name: "[[principal]]", nth: i}
		if q.IntroducedBy == "" || q.IntroducedBy == "founder" {
			continue
		}
		if _, ok := by[q.IntroducedBy]; !ok {
			at.problem("introduced-by", "%s was introduced by %q, whom nobody here is%s", q.Name, q.IntroducedBy, didYouMean(q.IntroducedBy, names(p.Principals)))
			continue
		}
		next := q.IntroducedBy
		for range p.Principals {
			if next == q.Name {
				at.problem("introduced-by", "%s stands at both ends of a line of introductions", q.Name)
				break
			}
			next = by[next]
		}
	}
}

func names(qs []Principal) []string {
	ns := make([]string, len(qs))
	for i, q := range qs {
		ns[i] = q.Name
	}
	return ns
}

// keys reads keys = [{ openpgp = "keys/alice.asc" }, { ssh = "ssh-ed25519 AAAA…" }, …].
func (r *reader) keys(t *table) []Key {
	raw, ok := get[[]any](t, "keys", `a list such as [{ ssh = "ssh-ed25519 AAAA…" }]`)
	if !ok {
		tables, ok := t.raw["keys"].([]map[string]any)
		if !ok {
			return nil
		}
		r.problems = r.problems[:len(r.problems)-1] // the library gives a list of tables its own type
		for _, m := range tables {
			raw = append(raw, m)
		}
	}
	var keys []Key
	for _, v := range raw {
		m, ok := v.(map[string]any)
		if !ok {
			t.problem("keys", `keys: want tables such as { ssh = "ssh-ed25519 AAAA…" }`)
			continue
		}
		kt := &table{r: r, name: t.name, shown: "keys of " + t.shown, nth: t.nth, raw: m}
		keys = append(keys, r.key(kt)...)
	}
	return keys
}

// key reads one entry of keys. A file of SSH keys gives one a line.
func (r *reader) key(t *table) []Key {
	var k Key
	var file, sshFile, inline string
	t.str("openpgp", &file)
	t.str("ssh", &inline)
	t.str("ssh-file", &sshFile)
	t.date("from", &k.From)
	t.date("until", &k.Until)
	t.oneOf("revoked", &k.Revoked, "retired", "compromised")
	t.date("revoked-at", &k.RevokedAt)
	if _, ok := t.raw["x509"]; ok {
		t.known = append(t.known, "x509")
		t.problem("x509", "X.509 keys are not supported yet")
		return nil
	}
	t.done()
	given := 0
	for _, s := range []string{file, inline, sshFile} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		t.problem("keys", `a key is one of { openpgp = "FILE" }, { ssh = "KEY" } and { ssh-file = "FILE" }`)
		return nil
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
	case inline != "":
		k.Kind, k.Data, k.Source = "ssh", []byte(inline), place(FileName, t.line("ssh"))
		return []Key{k}
	case file != "":
		data, ok := r.keyFile(t, "openpgp", file)
		if !ok {
			return nil
		}
		k.Kind, k.Data, k.Source = "openpgp", data, file
		return []Key{k}
	default:
		data, ok := r.keyFile(t, "ssh-file", sshFile)
		if !ok {
			return nil
		}
		var keys []Key
		for i, line := range strings.Split(string(data), "\n") {
			if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			one := k
			one.Kind, one.Data, one.Source = "ssh", []byte(line), place(sshFile, i+1)
			keys = append(keys, one)
		}
		if keys == nil {
			r.at(sshFile, 0, "it holds no key")
		}
		return keys
	}
}

func (r *reader) keyFile(t *table, key, name string) ([]byte, bool) {
	if !fs.ValidPath(name) || name == "." {
		t.problem(key, "%s = %q: want a path below the policy's folder", key, name)
		return nil, false
	}
	b, ok, err := r.readFile(name, maxKeyFile)
	return b, ok && err == nil
}
