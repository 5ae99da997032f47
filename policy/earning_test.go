package policy

import (
	"strings"
	"testing"
)

func TestEarning(t *testing.T) {
	t.Parallel()
	const text = "version = 1\n" + alice
	of := func(text string) string {
		t.Helper()
		return mustLoad(t, text).Earning()
	}
	add := func(more string) string { return text + more }
	before := func(more string) string { return "version = 1\n" + more + alice }
	another := func(role string) string {
		return add(strings.NewReplacer("alice", "bob", "AAAA", "BBBB", `"maintainer"`, role).Replace(alice))
	}
	const rule = "[[rule]]\nname = \"a\"\nclasses = [\"ci\"]\nexempt = { days = 9, in = \"all\" }\n"
	for name, c := range map[string]struct {
		text string
		same bool
	}{
		"a remark":                {before("# who is who\n\n"), true},
		"a rule":                  {add(rule), true},
		"a protected ref":         {before("[protect]\nrefs = [\"refs/heads/next\"]\n"), true},
		"where the journal is":    {before("[journal]\nrotate = \"1MiB\"\n"), true},
		"signed pushes":           {before("[push]\ncertificate = \"required\"\n"), true},
		"introductions":           {before("[introductions]\nacross = true\n"), true},
		"a class":                 {before("[class.build]\nadd = [\"x/**\"]\n"), false},
		"a class of one's own":    {before("[class.docs]\npaths = [\"docs/**\"]\n"), false},
		"settling":                {before("[tenure]\nsettling = \"20d\"\n"), false},
		"adoption":                {before("[adoption]\ncommits = [\"" + strings.Repeat("1", 40) + "\"]\n"), false},
		"claims":                  {before("[adoption]\ncredit-claims = false\n"), false},
		"kinds of signatures":     {before("[signatures]\nkinds = [\"ssh\"]\n"), false},
		"a list of revoked keys":  {before("[signatures]\nssh-revoked = [\"keys/revoked.krl\"]\n"), false},
		"an authority":            {before("[x509]\ntrusted-roots = [\"keys/company.pem\"]\n"), false},
		"a key":                   {strings.Replace(text, "AAAA", "BBBB", 1), false},
		"a key's end":             {strings.Replace(text, "AAAA\"", "AAAA\", until = 2025-01-01", 1), false},
		"an address":              {strings.Replace(text, "alice@", "ann@", 1), false},
		"a role":                  {another(`"service"`), false},
		"an earlier start":        {strings.Replace(text, "keys = [", "since = 2020-01-01\nkeys = [", 1), false},
		"somebody in the keyring": {another(`"maintainer"`), false},
	} {
		if same := of(c.text) == of(text); same != c.same {
			t.Errorf("%s: the same earning: %v", name, same)
		}
	}
}

func TestVerifying(t *testing.T) {
	t.Parallel()
	const bob = "\n[[principal]]\nname = \"bob\"\nrole = \"contributor\"\nemails = [\"bob@example.org\"]\n" +
		"introduced-by = \"alice\"\n"
	const text = "version = 1\n" + alice
	before := func(more string) string { return "version = 1\n" + more + alice }
	for name, c := range map[string]struct {
		text string
		same bool
	}{
		"a remark":                  {before("# who is who\n\n"), true},
		"a class":                   {before("[class.build]\nadd = [\"x/**\"]\n"), true},
		"settling":                  {before("[tenure]\nsettling = \"20d\"\n"), true},
		"adoption":                  {before("[adoption]\ncommits = [\"" + strings.Repeat("1", 40) + "\"]\n"), true},
		"an address":                {strings.Replace(text, "alice@", "ann@", 1), true},
		"somebody without a key":    {text + bob, true},
		"somebody with a key":       {text + bob + "keys = [{ ssh = \"ssh-ed25519 BBBB\" }]\n", false},
		"a key":                     {strings.Replace(text, "AAAA", "BBBB", 1), false},
		"a key's end":               {strings.Replace(text, "AAAA\"", "AAAA\", until = 2025-01-01", 1), false},
		"a name":                    {strings.Replace(text, `"alice"`, `"ann"`, 1), false},
		"how old a landing may be":  {before("[tenure]\nmax-landing-age = \"9d\"\n"), false},
		"the clock's skew":          {before("[signatures]\nclock-skew = \"9m\"\n"), false},
		"a list of revoked keys":    {before("[signatures]\nssh-revoked = [\"keys/revoked.krl\"]\n"), false},
		"an authority":              {before("[x509]\ntrusted-roots = [\"keys/company.pem\"]\n"), false},
		"how certificates are seen": {before("[x509]\ntransparency = \"none\"\n"), false},
	} {
		if same := mustLoad(t, c.text).Verifying() == mustLoad(t, text).Verifying(); same != c.same {
			t.Errorf("%s: the same verifying: %v", name, same)
		}
	}
	const online = "[x509]\ntransparency = \"online\"\nlog = \"https://log.example.org\"\n"
	if got := mustLoad(t, before(online)).Verifying(); got != "" {
		t.Errorf("by a log that is asked: %q", got)
	}
}
