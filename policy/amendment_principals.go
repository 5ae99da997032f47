package policy

import (
	"fmt"
	"slices"
	"time"
)

// principals compares who may do what. Whoever is gone can do nothing any more; whoever is new can do
// something.
func (a *amending) principals() {
	for i := range a.old.Principals {
		old := &a.old.Principals[i]
		if new := a.new.Principal(old.Name); new == nil {
			a.forgets(func() { a.add("principal "+old.Name, Tightens, "%s is no longer a %s", old.Name, old.Role) })
			for _, email := range old.Emails {
				if to := a.new.ByEmail(email); to != nil {
					a.add("principal "+to.Name, Loosens, "%s, an address of %s, becomes one of %s", email, old.Name, to.Name)
				}
			}
		} else {
			a.principal(old, new)
		}
	}
	for i := range a.new.Principals {
		if new := &a.new.Principals[i]; a.old.Principal(new.Name) == nil {
			text := new.Name + " becomes a " + string(new.Role)
			if new.Attests != "" {
				text += ", and attests authors"
			}
			a.add("principal "+new.Name, Loosens, "%s", text)
		}
	}
}

func (a *amending) principal(old, new *Principal) {
	who := "principal " + old.Name
	a.who = old.Name
	defer func() { a.who = "" }()
	if old.Role != new.Role {
		a.forgets(func() {
			a.add(who, roleChange(old.Role, new.Role), "%s becomes a %s instead of a %s", old.Name, new.Role, old.Role)
		})
	}
	switch {
	case old.Attests == new.Attests:
	case new.Attests == "":
		a.add(who, Tightens, "%s attests no authors any more", old.Name)
	default:
		a.add(who, Loosens, "%s attests authors: it is believed who made what it signs", old.Name)
	}
	all := slices.Concat(old.Emails, new.Emails)
	a.set(who, old.Emails, all, Loosens, Binds, "becomes an address of "+old.Name, "")
	a.forgets(func() {
		a.set(who, all, new.Emails, Loosens, Binds, "", "is no longer an address of "+old.Name)
	})
	if !old.Since.Equal(new.Since) {
		effect := Loosens
		if new.Since.IsZero() || !old.Since.IsZero() && new.Since.After(old.Since) {
			effect = Tightens
		}
		a.add(who, effect, "%s counts as here since %s instead of %s", old.Name, dayOf(new.Since), dayOf(old.Since))
	}
	if old.IntroducedBy != new.IntroducedBy {
		a.add(who, Loosens, "%s was introduced by %q instead of %q", old.Name, new.IntroducedBy, old.IntroducedBy)
	}
	if !old.Introduced.Equal(new.Introduced) {
		a.add(who, Loosens, "%s was introduced on %s instead of %s", old.Name, dayOf(new.Introduced), dayOf(old.Introduced))
	}
	a.keys(old, new)
}

// roleChange knows the only change of a role that takes away and gives nothing: who signs and approves no
// longer does one of them.
func roleChange(old, new Role) Effect {
	if old == Maintainer && (new == Contributor || new == Reviewer) {
		return Tightens
	}
	return Loosens
}

// keys compares a principal's keys by what they are, in the order in which they stand.
func (a *amending) keys(old, new *Principal) {
	left := slices.Clone(new.Keys)
	for _, was := range old.Keys {
		i := slices.IndexFunc(left, func(k Key) bool { return k.same(&was) })
		if i < 0 {
			a.forgets(func() {
				a.add("principal "+old.Name, keyGone(&was), "%s no longer has the key of %s", old.Name, was.Source)
			})
			continue
		}
		a.key(old.Name, &was, &left[i])
		left = slices.Delete(left, i, i+1)
	}
	for _, k := range left {
		known := slices.ContainsFunc(old.Keys, func(was Key) bool { return k.same(&was) })
		if known && k.Revoked == "compromised" && k.RevokedAt.IsZero() {
			a.past, a.ended = true, true
			a.add("principal "+old.Name, Binds, "%s's key of %s is compromised, and always was", old.Name, k.Source)
			continue
		}
		a.add("principal "+old.Name, Loosens, "%s has a new key, of %s", old.Name, k.Source)
	}
}

// keyGone is the effect of taking a key out: it signs nothing more; but where it was revoked, another entry
// of the same key would count again.
func keyGone(k *Key) Effect {
	if k.Revoked != "" {
		return Loosens
	}
	return Tightens
}

func (a *amending) key(name string, old, new *Key) {
	who, key := "principal "+name, fmt.Sprintf("%s's key of %s", name, new.Source)
	if !old.From.Equal(new.From) {
		effect := Loosens
		if !new.From.IsZero() && new.From.After(old.From) {
			effect, a.past = Binds, true // what it signed before would no longer count
		}
		a.add(who, effect, "%s counts from %s instead of %s", key, dayOf(new.From), dayOf(old.From))
	}
	if !old.Until.Equal(new.Until) {
		effect := Loosens
		if !new.Until.IsZero() && (old.Until.IsZero() || new.Until.Before(old.Until)) {
			effect = a.ending(new)
		}
		a.add(who, effect, "%s counts until %s instead of %s", key, dayOf(new.Until), dayOf(old.Until))
	}
	if old.Revoked == new.Revoked && old.RevokedAt.Equal(new.RevokedAt) {
		return
	}
	effect := Loosens
	switch {
	case old.Revoked == "" && new.Revoked == "retired" && new.Kind == "openpgp":
		// It explains a revocation of its owner's, if that gives no reason: what the key signed would count again.
		// This package doesn't see whether there is one.
	case old.Revoked == "" && new.Revoked != "":
		effect = a.ending(new)
	case new.Revoked == "compromised" &&
		(new.RevokedAt.IsZero() || !old.RevokedAt.IsZero() && !new.RevokedAt.After(old.RevokedAt)):
		effect = a.ending(new) // as much is taken back as before, or more
	}
	state := new.Revoked
	if state == "" {
		state = "not revoked any more"
	}
	a.add(who, effect, "%s is %s, since %s", key, state, dayOf(new.RevokedAt))
}

// ending is the effect of ending a key's time, or of revoking it. From the day of the landing on it suspends the
// key: one maintainer may. Before that it takes back what others relied on.
func (a *amending) ending(k *Key) Effect {
	a.ended = true
	if k.end().Before(a.at.UTC().Truncate(24 * time.Hour)) {
		a.past = true
		return Binds
	}
	return Tightens
}

// withoutQuorum says how a stolen key is stopped without the quorum.
func (a *amending) withoutQuorum() []string {
	switch {
	case a.lost && a.ended:
		return []string{"or, if a key is stolen and nobody is left to approve, have the server's operator list it in the " +
			"floor, which holds at once: [signatures] ssh-revoked of countersign/floor.toml, or [x509] crls; " +
			"countersign explain quorum-missing"}
	case a.past && !a.lost:
		return []string{"or revoke the key from today on, which one maintainer may: revoked = \"compromised\", " +
			"revoked-at = " + dayOf(a.at)}
	default:
		return nil
	}
}
