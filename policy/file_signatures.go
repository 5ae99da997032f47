package policy

import (
	"net/url"
	"slices"
	"time"
)

func (r *reader) signatures(t *table, s *Signatures) {
	t.oneOf("require", &s.Require, "every-commit", "landing")
	t.strs("kinds", &s.Kinds)
	for i, kind := range s.Kinds {
		if !slices.Contains(signatureKinds, kind) {
			t.elementProblem("kinds", i, "kinds: unknown kind %q%s", kind, orNewer(kind, signatureKinds))
		}
	}
	if len(s.Kinds) == 0 {
		t.problem("kinds", "kinds is empty: no signature would count")
	}
	t.boolean("tags", &s.Tags)
	t.oneOf("identity", &s.Identity, "committer", "author", "off")
	t.oneOf("merges-approve", &s.MergesApprove, mergesApprove...)
	t.boolean("attested-authors", &s.AttestedAuthors)
	t.duration("clock-skew", &s.ClockSkew)
	t.duration("end-grace", &s.EndGrace)
	t.date("weak-until", &s.WeakUntil)
	t.boolean("user-verified", &s.UserVerified)
	s.RevokedSSH = r.files(t, "ssh-revoked")
	t.oneOf("trailing", &s.Trailing, "none", OpenTimestamps)
	t.done()
}

func (r *reader) x509(t *table, x *X509) {
	x.Roots, x.CRLs = r.files(t, "trusted-roots"), r.files(t, "crls")
	t.oneOf("transparency", &x.Transparency, "embedded", "online", "none")
	t.str("log", &x.Log)
	if u, err := url.Parse(x.Log); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" ||
		u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		t.problem("log", "log = %q: want an address such as %q", x.Log, defaults().X509.Log)
	}
	t.duration("timeout", &x.Timeout)
	if x.Timeout < time.Second {
		t.problem("timeout", "timeout is under a second: no log answers so fast every time")
	}
	t.done()
}

// files reads a list of files below the policy's folder.
func (r *reader) files(t *table, key string) []File {
	var files []File
	var names []string
	t.strs(key, &names)
	for i, name := range names {
		problem := func(format string, args ...any) { t.elementProblem(key, i, format, args...) }
		if data, ok := r.file(problem, key, name); ok {
			files = append(files, File{name, data})
		}
	}
	return files
}
