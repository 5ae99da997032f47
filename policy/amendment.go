package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Amendments lists what a new policy changes of an old one when it lands at that time, in the order of the file.
// No amendment that loosens means that nothing passes the new policy that the old one would have refused,
// whoever signs and approves it.
func Amendments(old, new *Policy, at time.Time) []Amendment { return amendments(old, new, at).found }

func amendments(old, new *Policy, at time.Time) *amending {
	a := &amending{old: old, new: new, at: at}
	a.protect()
	a.signatures()
	a.x509()
	a.bounds()
	a.classes()
	a.rules()
	a.principals()
	a.binding(a.introductions)
	return a
}

func (a *amending) protect() {
	old, new := a.old.Protect, a.new.Protect
	for _, ref := range new.Refs {
		if !slices.Contains(old.Refs, ref) {
			effect := Tightens
			if strings.ContainsAny(ref, `*?[{\`) {
				effect = Binds // there might be no branch left for a proposal
			}
			a.add("protect.refs", effect, "%s is protected", ref)
		}
	}
	for _, ref := range old.Refs {
		if !slices.Contains(new.Refs, ref) {
			a.add("protect.refs", Loosens, "%s is no longer protected", ref)
		}
	}
	a.flag("protect.allow-rewind", old.AllowRewind, new.AllowRewind, Loosens)
	a.flag("protect.allow-delete", old.AllowDelete, new.AllowDelete, Loosens)
}

func (a *amending) signatures() {
	old, new := a.old.Signatures, a.new.Signatures
	a.flag("signatures.require = \"landing\"", old.Require == "landing", new.Require == "landing", Loosens)
	a.set("signatures.kinds", old.Kinds, new.Kinds, Loosens, Binds,
		"signatures are accepted", "signatures are no longer accepted")
	a.flag("signatures.tags", old.Tags, new.Tags, Tightens)
	if old.Identity != new.Identity {
		effect := Loosens
		if old.Identity == "off" {
			effect = Binds
		}
		a.add("signatures.identity", effect, "signatures.identity is %q instead of %q", new.Identity, old.Identity)
	}
	was, is := slices.Index(mergesApprove, old.MergesApprove), slices.Index(mergesApprove, new.MergesApprove)
	ordered(a, "signatures.merges-approve", was, is, Loosens, func(n int) string {
		return fmt.Sprintf("%q", mergesApprove[n])
	})
	a.flag("signatures.attested-authors", old.AttestedAuthors, new.AttestedAuthors, Loosens)
	a.binding(func() { ordered(a, "signatures.clock-skew", old.ClockSkew, new.ClockSkew, Loosens, span) })
	ordered(a, "signatures.end-grace", old.EndGrace, new.EndGrace, Loosens, span)
	a.binding(func() {
		ordered(a, "signatures.weak-until", secondsOf(old.WeakUntil), secondsOf(new.WeakUntil), Loosens, date)
	})
	a.binding(func() { a.flag("signatures.user-verified", old.UserVerified, new.UserVerified, Tightens) })
	a.binding(func() {
		was, is := old.Trailing == OpenTimestamps, new.Trailing == OpenTimestamps
		a.flag("signatures.trailing = \"opentimestamps\"", was, is, Loosens)
	})
	// This package doesn't see whose keys a list takes away, nor since when: it may be everybody's.
	a.files("signatures.ssh-revoked", old.RevokedSSH, new.RevokedSSH, Binds)
}

func (a *amending) x509() {
	old, new := a.old.X509, a.new.X509
	a.files("x509.trusted-roots", old.Roots, new.Roots, Loosens)
	a.files("x509.crls", old.CRLs, new.CRLs, Binds)
	a.binding(func() {
		was, is := slices.Index(transparencies, old.Transparency), slices.Index(transparencies, new.Transparency)
		ordered(a, "x509.transparency", was, is, Tightens, func(n int) string {
			return fmt.Sprintf("%q", transparencies[n])
		})
	})
	if old.Log != new.Log || old.Timeout != new.Timeout {
		// A server speaks to no machine that one maintainer chose, nor waits for it as long as they like.
		a.add("x509.log", Loosens, "the transparency log is asked at %s, for %s at most", new.Log, span(new.Timeout))
	}
}

func (a *amending) bounds() {
	old, new := a.old, a.new
	a.set("adoption.commits", old.Adoption.Commits, new.Adoption.Commits, Loosens, Tightens,
		"and all it reaches is no longer judged", "and what it reaches is judged")
	a.flag("adoption.credit-claims", old.Adoption.CreditClaims, new.Adoption.CreditClaims, Loosens)
	a.binding(func() { ordered(a, "tenure.settling", old.Tenure.Settling, new.Tenure.Settling, Tightens, span) })
	a.binding(func() {
		ordered(a, "tenure.max-landing-age", old.Tenure.MaxLandingAge, new.Tenure.MaxLandingAge, Loosens, span)
	})
	a.binding(a.quorum)
	if old.Journal.Rotate != new.Journal.Rotate {
		a.add("journal.rotate", Neutral, "the journal goes on in a new file after %d bytes instead of %d",
			new.Journal.Rotate, old.Journal.Rotate)
	}
	if old.Journal.File != new.Journal.File {
		// Whoever reads the journal must find what came before, too.
		a.add("journal.file", Loosens, "the journal goes on in %s instead of %s", new.Journal.File, old.Journal.File)
	}
}

func (a *amending) quorum() {
	old, new := a.old, a.new
	if a.old.quorumIsThere(a.old, a.at) && !a.new.quorumIsThere(a.old, a.at) {
		a.lost = true
		a.add("quorum.maintainers", Binds, "no %d maintainers are left who count together and can sign, "+
			"so nobody could change the policy", new.Quorum.Maintainers)
	}
	const required = "required"
	a.flag("push.certificate = \"required\"", old.Push.Certificate == required, new.Push.Certificate == required, Tightens)
	ordered(a, "quorum.maintainers", old.Quorum.Maintainers, new.Quorum.Maintainers, Tightens, number)
	ordered(a, "quorum.cool-down", old.Quorum.CoolDown, new.Quorum.CoolDown, Tightens, span)
	ordered(a, "limits.commits", old.Limits.Commits, new.Limits.Commits, Loosens, number)
	inBytes := func(n int64) string { return fmt.Sprint(n, " bytes") }
	ordered(a, "limits.blob", old.Limits.Blob, new.Limits.Blob, Loosens, inBytes)
	ordered(a, "limits.message", old.Limits.Message, new.Limits.Message, Loosens, inBytes)
	ordered(a, "limits.time", old.Limits.Time, new.Limits.Time, Loosens, span)
}

func (a *amending) introductions() {
	old, new := a.old.Introductions, a.new.Introductions
	a.flag("introductions.across", old.Across, new.Across, Loosens)
	ordered(a, "introductions.siblings-apart", old.SiblingsApart, new.SiblingsApart, Tightens, span)
}

// classes compares globs by their text. Another glob in a class that a rule asks tenure in also earns that
// tenure, but not by more than the rule then covers.
func (a *amending) classes() {
	old, new := a.old.Classes.byName(), a.new.Classes.byName()
	for _, name := range sortedKeys(old, new) {
		a.set("class."+name, old[name], new[name], Loosens, Loosens, "is in class "+name, "is no longer in class "+name)
	}
}

func (a *amending) rules() {
	byName := func(rules []Rule, name string) *Rule {
		if i := slices.IndexFunc(rules, func(r Rule) bool { return r.Name == name }); i >= 0 {
			return &rules[i]
		}
		return nil
	}
	for i := range a.old.Rules {
		old := &a.old.Rules[i]
		if new := byName(a.new.Rules, old.Name); new == nil {
			a.add("rule "+old.Name, Loosens, "rule %s is gone", old.Name)
		} else {
			a.rule(old, new)
		}
	}
	for i := range a.new.Rules {
		if new := &a.new.Rules[i]; byName(a.old.Rules, new.Name) == nil {
			effect := Tightens
			if new.Approvers != nil {
				effect = Binds // there may be nobody who could approve
			}
			a.add("rule "+new.Name, effect, "rule %s is new", new.Name)
		}
	}
}

func (a *amending) rule(old, new *Rule) {
	in := "rule " + old.Name
	setting := func(name string) string { return in + ": " + name }
	a.set(in, old.Classes, new.Classes, Tightens, Loosens, "is asked about by "+in, "is no longer asked about by "+in)
	a.set(in, old.shapes(), new.shapes(), Tightens, Loosens, "changes are asked about by "+in,
		"changes are no longer asked about by "+in)
	a.flag(setting("refuse"), old.Refuse, new.Refuse, Tightens)
	if new.Refuse {
		return // nothing else in it matters any more
	}
	ordered(a, setting("approvals"), old.Approvals, new.Approvals, Tightens, number)
	a.flag(setting("no merge approves"), old.MergesApprove != "", new.MergesApprove != "", Tightens)
	switch {
	case old.Wait == new.Wait:
	case old.Wait == 0:
		a.add(in, Loosens, "%s lets pass without approval what was in sight for %s", in, span(new.Wait))
	case new.Wait == 0 || new.Wait > old.Wait:
		a.add(in, Tightens, "%s lets pass without approval what was in sight for %s instead of %s",
			in, span(new.Wait), span(old.Wait))
	default:
		a.add(in, Loosens, "%s lets pass without approval what was in sight for %s instead of %s",
			in, span(new.Wait), span(old.Wait))
	}
	a.exempt(setting("exempt"), old.Exempt, new.Exempt)
	var some Exempt // no tenure at all
	oldApprovers, newApprovers := some, some
	if old.Approvers != nil {
		oldApprovers = *old.Approvers
	}
	if new.Approvers != nil {
		newApprovers = *new.Approvers
	}
	signedOnly := func() { a.flag(setting(`tenure-from = "signatures"`), old.SignedOnly, new.SignedOnly, Tightens) }
	if new.Approvers != nil {
		a.binding(signedOnly) // there may be nobody who could approve
	} else {
		signedOnly()
	}
	a.binding(func() { a.exempt(setting("approvers"), oldApprovers, newApprovers) })
	if old.Why != new.Why {
		a.add(in, Neutral, "%s gives another reason", in)
	}
}

func (a *amending) exempt(setting string, old, new Exempt) {
	zero := Exempt{}
	switch {
	case old == new:
	case new.Nobody:
		a.add(setting, Tightens, "%s is nobody, whatever their tenure", setting)
	case old.Nobody:
		a.add(setting, Loosens, "%s is no longer nobody", setting)
	case old != zero && new != zero && old.In != new.In:
		a.add(setting, Loosens, "%s asks for tenure in %q instead of %q", setting, new.In, old.In)
	default:
		ordered(a, setting+" days", old.Days, new.Days, Tightens, number)
		ordered(a, setting+" commits", old.Commits, new.Commits, Tightens, number)
		ordered(a, setting+" months", old.Months, new.Months, Tightens, number)
	}
}

// sortedKeys gives the keys of both maps, once each.
func sortedKeys[V any](one, other map[string]V) []string {
	var keys []string
	for _, m := range []map[string]V{one, other} {
		for k := range m {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}
