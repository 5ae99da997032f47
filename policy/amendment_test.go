package policy

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/policy/content"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// edits are what a test may do to a policy, one small step each.
var edits = map[string]func(*rapid.T, *Policy){
	"approvals": func(t *rapid.T, p *Policy) { anyRule(t, p).Approvals = rapid.IntRange(1, 3).Draw(t, "approvals") },
	"wait": func(t *rapid.T, p *Policy) {
		anyRule(t, p).Wait = time.Duration(rapid.IntRange(0, 9).Draw(t, "wait")) * 24 * time.Hour
	},
	"refuse":    func(t *rapid.T, p *Policy) { anyRule(t, p).Refuse = rapid.Bool().Draw(t, "refuse") },
	"why":       func(t *rapid.T, p *Policy) { anyRule(t, p).Why = "another" },
	"exempt":    func(t *rapid.T, p *Policy) { anyRule(t, p).Exempt = anyExempt(t) },
	"approvers": func(t *rapid.T, p *Policy) { e := anyExempt(t); e.Nobody = false; anyRule(t, p).Approvers = &e },
	"classes": func(t *rapid.T, p *Policy) {
		r := anyRule(t, p)
		classes := rapid.SampledFrom([]string{"binary", "build", "bidi", "fixture"})
		r.Classes = rapid.SliceOfNDistinct(classes, 1, 3, rapid.ID[string]).Draw(t, "classes")
	},
	"rule gone": func(t *rapid.T, p *Policy) {
		i := rapid.IntRange(0, len(p.Rules)-1).Draw(t, "rule")
		p.Rules = slices.Delete(slices.Clone(p.Rules), i, i+1)
	},
	"rule new": func(_ *rapid.T, p *Policy) {
		rule := Rule{Name: "new", Classes: []string{"fixture"}, Exempt: Exempt{Nobody: true}, Approvals: 1}
		p.Rules = append(slices.Clip(p.Rules), rule)
	},
	"require": func(t *rapid.T, p *Policy) {
		p.Signatures.Require = rapid.SampledFrom([]string{"every-commit", "landing"}).Draw(t, "require")
	},
	"kinds": func(t *rapid.T, p *Policy) {
		p.Signatures.Kinds = rapid.SampledFrom([][]string{{"ssh"}, {"openpgp"}, {"openpgp", "ssh", "x509"}}).Draw(t, "kinds")
	},
	"identity": func(t *rapid.T, p *Policy) {
		p.Signatures.Identity = rapid.SampledFrom([]string{"committer", "author", "off"}).Draw(t, "identity")
	},
	"skew": func(t *rapid.T, p *Policy) {
		p.Signatures.ClockSkew = time.Duration(rapid.IntRange(0, 1200).Draw(t, "skew")) * time.Second
	},
	"settling": func(t *rapid.T, p *Policy) {
		p.Tenure.Settling = time.Duration(rapid.IntRange(14, 100).Draw(t, "settling")) * 24 * time.Hour
	},
	"age": func(t *rapid.T, p *Policy) {
		p.Tenure.MaxLandingAge = time.Duration(rapid.IntRange(1, 14).Draw(t, "age")) * 24 * time.Hour
	},
	"across": func(t *rapid.T, p *Policy) { p.Introductions.Across = rapid.Bool().Draw(t, "across") },
	"siblings": func(t *rapid.T, p *Policy) {
		p.Introductions.SiblingsApart = time.Duration(rapid.IntRange(0, 200).Draw(t, "siblings")) * 24 * time.Hour
	},
	"quorum": func(t *rapid.T, p *Policy) { p.Quorum.Maintainers = rapid.IntRange(1, 3).Draw(t, "quorum") },
	"cool-down": func(t *rapid.T, p *Policy) {
		p.Quorum.CoolDown = time.Duration(rapid.IntRange(0, 200).Draw(t, "cool-down")) * time.Hour
	},
	"role": func(t *rapid.T, p *Policy) {
		anybody(t, p).Role = rapid.SampledFrom([]Role{Maintainer, Contributor, Reviewer, Service}).Draw(t, "role")
	},
	"attests": func(t *rapid.T, p *Policy) {
		p.Principals[len(p.Principals)-1].Attests = rapid.SampledFrom([]string{"", AttestsAuthors}).Draw(t, "attests")
	},
	"attested authors": func(t *rapid.T, p *Policy) { p.Signatures.AttestedAuthors = rapid.Bool().Draw(t, "attested") },
	"tenure from":      func(t *rapid.T, p *Policy) { anyRule(t, p).SignedOnly = rapid.Bool().Draw(t, "signed only") },
	"no address":       func(t *rapid.T, p *Policy) { anybody(t, p).Emails = nil },
	"address": func(t *rapid.T, p *Policy) {
		q, from := anybody(t, p), anybody(t, p)
		q.Emails, from.Emails = slices.Concat(q.Emails, from.Emails), nil
	},
	"since": func(t *rapid.T, p *Policy) {
		anybody(t, p).Since = time.Unix(t0-rapid.Int64Range(0, 9*year).Draw(t, "since"), 0)
	},
	"introducer": func(t *rapid.T, p *Policy) {
		anybody(t, p).IntroducedBy = rapid.SampledFrom([]string{"founder", "alice", "lasse"}).Draw(t, "by")
	},
	"introduced": func(t *rapid.T, p *Policy) {
		anybody(t, p).Introduced = time.Unix(t0+rapid.Int64Range(0, year).Draw(t, "on"), 0)
	},
	"somebody leaves": func(t *rapid.T, p *Policy) {
		q := anybody(t, p)
		introduced := func(o Principal) bool { return o.IntroducedBy == q.Name }
		if !slices.ContainsFunc(p.Principals, introduced) { // which Load refuses
			p.Principals = slices.DeleteFunc(slices.Clone(p.Principals), func(o Principal) bool { return o.Name == q.Name })
		}
	},
}

func anyRule(t *rapid.T, p *Policy) *Rule {
	if len(p.Rules) == 0 {
		return new(Rule)
	}
	return &p.Rules[rapid.IntRange(0, len(p.Rules)-1).Draw(t, "rule")]
}

func anybody(t *rapid.T, p *Policy) *Principal {
	return &p.Principals[rapid.IntRange(0, len(p.Principals)-1).Draw(t, "who")]
}

func anyExempt(t *rapid.T) Exempt {
	if rapid.Bool().Draw(t, "nobody") {
		return Exempt{Nobody: true}
	}
	return Exempt{
		Days: rapid.SampledFrom([]int{0, 30, 365, 400}).Draw(t, "days"), Commits: rapid.IntRange(0, 5).Draw(t, "commits"),
		Months: rapid.IntRange(0, 4).Draw(t, "months"), In: rapid.SampledFrom([]string{"class", "all"}).Draw(t, "in"),
	}
}

func anyCommit(t *rapid.T, id string, when int64) Commit {
	names := rapid.SampledFrom([]string{"alice", "lasse", "jia", "pup", "con", "rev", "bot"})
	c := commit(id, names.Draw(t, "signer of "+id), when)
	if rapid.IntRange(0, 5).Draw(t, "other author") == 0 {
		c.Author = by(names.Draw(t, "author of "+id))
	}
	if rapid.IntRange(0, 9).Draw(t, "unsigned") == 0 {
		c.Signature = Signature{Status: "missing"}
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "changes") {
		changes := rapid.SampledFrom([]Change{
			source(), opaqueFile(), build(), adds("x", Traits(content.Bidi)), adds("testdata/x", 0),
		})
		c.Changes = append(c.Changes, changes.Draw(t, fmt.Sprint("change ", i)))
	}
	return c
}

func anyLanding(t *rapid.T, when int64) *Landing {
	l := single(anyCommit(t, "m", when))
	l.Received = rapid.SampledFrom([]int64{0, when, when + 3*day, when - 300, when - 900}).Draw(t, "received")
	if rapid.Bool().Draw(t, "merge") {
		l.Brought = []Commit{anyCommit(t, "c", when-day)}
		l.Commit.Parents = []string{"p", "c"}
	}
	for range rapid.IntRange(0, 3).Draw(t, "approvals") {
		id := rapid.SampledFrom([]string{"m", "c"}).Draw(t, "approved")
		who := rapid.SampledFrom([]string{"alice", "lasse", "jia", "pup", "rev", "con"}).Draw(t, "approver")
		l.Approvals = append(l.Approvals, approval(id, who))
	}
	return l
}

// Where no amendment loosens, nothing passes the new policy that the old one refused.
func TestAmendmentsThatDontLoosenLetNothingMorePass(t *testing.T) {
	tightened := 0
	rapid.Check(t, func(t *rapid.T) {
		old, new := world(), world()
		for _, p := range []*Policy{old, new} {
			p.Introductions = Introductions{SiblingsApart: 100 * 24 * time.Hour}
			p.Principals[6].Attests, p.Signatures.AttestedAuthors = AttestsAuthors, true
			p.Rules[0].Approvals, p.Rules[1].Wait = 2, 5*24*time.Hour
			jia, rev := &p.Principals[2], &p.Principals[5]
			rev.IntroducedBy = jia.IntroducedBy
			jia.Introduced, rev.Introduced = time.Unix(t0, 0), time.Unix(t0+150*day, 0)
		}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(slices.Sorted(maps.Keys(edits))), 1, 3).Draw(t, "edits") {
			edits[name](t, new)
		}
		new.index()
		loosens := func(a Amendment) bool { return a.Effect == Loosens }
		if slices.ContainsFunc(Amendments(old, new, time.Unix(t0, 0)), loosens) {
			return
		}
		tightened++
		ledger := &Ledger{}
		earn(old, ledger, "lasse", t0-2*year, 8, opaqueFile())
		earn(old, ledger, "con", t0-2*year, 12, build())
		earn(old, ledger, "alice", t0-200*day, 6, opaqueFile())
		for i := range 6 {
			ledger.Credit(old, single(attestedTo("jia", t0-(100-int64(i))*day, opaqueFile())))
		}
		for range 30 {
			landing := anyLanding(t, t0)
			if found := judged(new, ledger, landing); len(found) > 0 {
				continue
			}
			if found := judged(old, ledger, landing); len(found) > 0 {
				t.Fatalf("%+v\nlets pass what is refused for %+v", Amendments(old, new, time.Unix(t0, 0)), found)
			}
		}
	})
	if tightened < 10 {
		t.Errorf("only %d policies were compared", tightened)
	}
}

// A setting that nobody compares could be loosened unseen.
func TestAmendmentsSeeEverySetting(t *testing.T) {
	everything, err := Load(folder(policies(t, "everything.toml", 1)["everything.toml"]))
	if err != nil {
		t.Fatal(err)
	}
	unseen := []string{"Policy.Digest", "Policy.Notes", "Policy.Classes", "Rule.Name", "Principal.Name", "Key.Source"}
	seen := func(field string, change func(p *Policy) reflect.Value) {
		if slices.Contains(unseen, field) {
			return
		}
		p, err := Load(folder(policies(t, "everything.toml", 1)["everything.toml"]))
		if err != nil {
			t.Fatal(err)
		}
		alter(change(p))
		p.index()
		if len(Amendments(everything, p, time.Unix(t0, 0))) == 0 {
			t.Errorf("a change of %s isn't seen", field)
		}
	}
	each := func(name string, of func(p *Policy) reflect.Value) {
		typ := of(everything).Type()
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.IsExported() && (f.Type.Kind() != reflect.Slice || f.Type.Elem().Kind() != reflect.Struct) {
				if f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]() {
					continue // its own fields are asked about
				}
				seen(name+"."+f.Name, func(p *Policy) reflect.Value { return of(p).Field(i) })
			}
		}
	}
	value := reflect.ValueOf
	each("Policy", func(p *Policy) reflect.Value { return value(p).Elem() })
	for _, section := range []string{
		"Protect", "Signatures", "X509", "Adoption", "Push", "Tenure", "Quorum", "Introductions", "Limits", "Journal",
	} {
		each(section, func(p *Policy) reflect.Value { return value(p).Elem().FieldByName(section) })
	}
	each("Rule", func(p *Policy) reflect.Value { return value(&p.Rules[0]).Elem() })
	each("Exempt", func(p *Policy) reflect.Value { return value(&p.Rules[0].Exempt).Elem() })
	each("Principal", func(p *Policy) reflect.Value { return value(&p.Principals[0]).Elem() })
	each("Key", func(p *Policy) reflect.Value { return value(&p.Principals[0].Keys[0]).Elem() })
}

// alter gives a field another value.
func alter(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + int64(time.Hour))
	case reflect.String:
		other := map[string]string{
			"online": "none", "author": "off", "landing": "every-commit", "none": "any", "required": "optional",
			"maintainer": "service",
		}
		v.SetString(other[v.String()] + strings.Repeat("x", btoi(v.String() == "" || len(v.String()) > 10)))
	case reflect.Slice:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	case reflect.Pointer:
		v.SetZero()
	case reflect.Struct:
		v.Set(reflect.ValueOf(time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)))
	default:
		panic(v.Kind())
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestAmendments(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Policy)
		want   []Amendment
	}{
		"nothing": {func(*Policy) {}, nil},
		"one approval more": {
			func(p *Policy) { p.Rules[0].Approvals = 2 },
			[]Amendment{{"rule opaque: approvals", "rule opaque: approvals is 2 instead of 1", Tightens, false}},
		},
		"less tenure": {
			func(p *Policy) { p.Rules[0].Exempt.Days = 30 },
			[]Amendment{{"rule opaque: exempt days", "rule opaque: exempt days is 30 instead of 365", Loosens, false}},
		},
		"a rule less": {func(p *Policy) {
			p.Rules = p.Rules[1:]
		}, []Amendment{{"rule opaque", "rule opaque is gone", Loosens, false}}},
		"a newcomer": {
			func(p *Policy) { p.Principals = append(p.Principals, Principal{Name: "dan", Role: Contributor}) },
			[]Amendment{{"principal dan", "dan becomes a contributor", Loosens, false}},
		},
		"somebody leaves": {func(p *Policy) {
			p.Principals = p.Principals[:6]
		}, []Amendment{{"principal bot", "bot is no longer a service", Tightens, true}}},
		"demoted": {
			func(p *Policy) { p.Principals[2].Role = Contributor },
			[]Amendment{{"principal jia", "jia becomes a contributor instead of a maintainer", Tightens, true}},
		},
		"an address changes hands": {
			func(p *Policy) {
				p.Principals[1].Emails, p.Principals[2].Emails = nil, []string{"jia@example.org", "lasse@example.org"}
			},
			[]Amendment{
				{"principal lasse", "lasse@example.org is no longer an address of lasse", Binds, true},
				{"principal jia", "lasse@example.org becomes an address of jia", Loosens, false},
			},
		},
		"a class of refs more": {
			func(p *Policy) { p.Protect.Refs = append(p.Protect.Refs, "refs/heads/**") },
			[]Amendment{{"protect.refs", "refs/heads/** is protected", Binds, false}},
		},
		"one more for the quorum": {
			func(p *Policy) { p.Quorum.Maintainers++ },
			[]Amendment{{"quorum.maintainers", "quorum.maintainers is 1 instead of 0", Binds, false}},
		},
		"one less for the quorum": {
			func(p *Policy) { p.Quorum.Maintainers-- },
			[]Amendment{{"quorum.maintainers", "quorum.maintainers is -1 instead of 0", Loosens, false}},
		},
		"hardly any time": {
			func(p *Policy) { p.Limits.Time-- },
			[]Amendment{{"limits.time", "limits.time is -1ns instead of 0 hours", Binds, false}},
		},
		"a kind of signatures less": {
			func(p *Policy) { p.Signatures.Kinds = []string{"ssh"} },
			[]Amendment{{"signatures.kinds", "openpgp signatures are no longer accepted", Binds, false}},
		},
		"another log": {
			func(p *Policy) { p.X509.Log = "https://log.example.org" },
			[]Amendment{
				{"x509.log", "the transparency log is asked at https://log.example.org, for 0 hours at most", Loosens, false},
			},
		},
		"a ref less": {
			func(p *Policy) { p.Protect.Refs = []string{"refs/heads/other"} },
			[]Amendment{
				{"protect.refs", "refs/heads/other is protected", Tightens, false},
				{"protect.refs", "refs/heads/main is no longer protected", Loosens, false},
			},
		},
	} {
		old, new := world(), world()
		c.change(new)
		new.index()
		if diff := cmp.Diff(c.want, Amendments(old, new, time.Unix(t0, 0))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAmendmentsOfKeys(t *testing.T) {
	at := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	k := func(change func(*Key)) []Key {
		k := Key{Kind: "ssh", Data: []byte("one"), Source: "policy.toml:9", From: at(2020), Until: at(2030)}
		change(&k)
		return []Key{k}
	}
	same := func(*Key) {}
	openpgp := func(change func(*Key)) []Key { return k(func(k *Key) { k.Kind = "openpgp"; change(k) }) }
	revoked := func(why string, when time.Time) []Key {
		return k(func(k *Key) { k.Revoked, k.RevokedAt = why, when })
	}
	retired, compromised := revoked("retired", time.Time{}), revoked("compromised", time.Time{})
	for name, c := range map[string]struct {
		old, new []Key
		want     []Effect
	}{
		"nothing":                  {k(same), k(func(k *Key) { k.Source = "policy.toml:10" }), nil},
		"a new one":                {nil, k(same), []Effect{Loosens}},
		"one gone":                 {k(same), nil, []Effect{Tightens}},
		"other bytes":              {k(same), k(func(k *Key) { k.Data = []byte("two") }), []Effect{Tightens, Loosens}},
		"extended":                 {k(same), k(func(k *Key) { k.Until = at(2031) }), []Effect{Loosens}},
		"for ever":                 {k(same), k(func(k *Key) { k.Until = time.Time{} }), []Effect{Loosens}},
		"shortened":                {k(same), k(func(k *Key) { k.Until = at(2029) }), []Effect{Tightens}},
		"from earlier":             {k(same), k(func(k *Key) { k.From = at(2019) }), []Effect{Loosens}},
		"from later":               {k(same), k(func(k *Key) { k.From = at(2021) }), []Effect{Binds}},
		"retired":                  {k(same), retired, []Effect{Tightens}},
		"compromised":              {k(same), compromised, []Effect{Binds}},
		"compromised yesterday":    {k(same), revoked("compromised", at(2025).Add(-24*time.Hour)), []Effect{Binds}},
		"compromised today":        {k(same), revoked("compromised", at(2025)), []Effect{Tightens}},
		"retired long ago":         {k(same), revoked("retired", at(2021)), []Effect{Binds}},
		"ended long ago":           {k(same), k(func(k *Key) { k.Until = at(2021) }), []Effect{Binds}},
		"not revoked after all":    {compromised, k(same), []Effect{Loosens}},
		"compromised from later":   {compromised, revoked("compromised", at(2024)), []Effect{Loosens}},
		"worse than retired":       {retired, compromised, []Effect{Binds}},
		"only retired":             {compromised, retired, []Effect{Loosens}},
		"the revocation is gone":   {compromised, nil, []Effect{Loosens}},
		"one more, never to count": {nil, compromised, []Effect{Loosens}},
		"one's key once more":      {k(same), append(k(same), compromised...), []Effect{Binds}},
		// What an OpenPGP key's owner has revoked without a reason would count again.
		"an OpenPGP key retired": {openpgp(same), openpgp(func(k *Key) { k.Revoked = "retired" }), []Effect{Loosens}},
		"an OpenPGP key compromised": {
			openpgp(same), openpgp(func(k *Key) { k.Revoked, k.RevokedAt = "compromised", at(2025) }), []Effect{Tightens},
		},
	} {
		old, new := world(), world()
		old.Principals[0].Keys, new.Principals[0].Keys = c.old, c.new
		var got []Effect
		for _, a := range Amendments(old, new, at(2025)) {
			got = append(got, a.Effect)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
