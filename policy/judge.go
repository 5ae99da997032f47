package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Judge says what stands against a landing, given what everyone had earned before it, and which facts that may change
// that were not looked up yet. It writes into neither. Whoever looks up all that it needs and judges again, as often
// as it needs something, has done with it after three calls.
func (p *Policy) Judge(l *Ledger, landing *Landing) Outcome {
	return p.judge(l, landing, nil)
}

// Explain judges a landing as Judge does and gives every step on the way, in order. Whether the landing may pass Judge
// says: an exception may put a finding aside.
func Explain(p *Policy, l *Ledger, landing *Landing) []Step {
	var steps []Step
	p.judge(l, landing, func(s Step) { steps = append(steps, s) })
	return steps
}

func (p *Policy) judge(l *Ledger, landing *Landing, trace func(Step)) Outcome {
	j := &judgement{p: p, l: l, landing: landing, at: l.LandingTime(landing.Commit.Committer.When), trace: trace}
	j.withdrawals = landing.Withdrawals
	if landing.Received == 0 { // what has landed stays landed: what is taken back later is for an audit
		j.withdrawals = slices.DeleteFunc(slices.Clone(j.withdrawals), func(w Withdrawal) bool { return w.When > j.at })
	}
	j.approvals = NotWithdrawn(landing.Approvals, j.withdrawals)
	if !j.dates() {
		return j.out // every later question depends on the landing time
	}
	for c := range landing.Commits() {
		if c.Malformed != "" {
			f := j.finding(c, ObjectMalformed, c.Malformed, Rewritten)
			f.Claim = ""
			j.add(f)
			continue
		}
		j.size(c)
		if accountable := j.accountable(c); accountable != nil {
			j.rules(c, accountable)
		}
	}
	if !p.floor {
		j.amendment() // what is above a floor asks for what the floor asks, and by it the policy is changed
	}
	j.except()
	j.out.Notes = append(j.out.Notes, j.unproven...)
	return j.out
}

// size bounds what comes in beside the files, which are classed by content: a message, and headers that git shows
// nobody.
func (j *judgement) size(c *Commit) {
	if limit := j.p.Limits.Message; j.landing.Received != 0 && limit > 0 && c.Size > limit {
		j.find(c, LimitExceeded, OverMessage(c.Size, limit),
			"put what is long into a file, then: git commit --amend -S", "or ask the server's operator to raise limits.message")
	}
}

// OverMessage says that a commit or tag has more beside its signature than it may.
func OverMessage(size, limit int64) string {
	return fmt.Sprintf("it has %d bytes besides its signature; the limit message is %d", size, limit)
}

// dates bounds what the landing commit's committer date may claim. Of history that already landed only one
// thing is known, that it didn't land in the future: the receiver bounded the dates when they landed.
func (j *judgement) dates() bool {
	c, now := &j.landing.Commit, j.landing.Received
	for c := range j.landing.Commits() {
		for _, when := range []int64{c.Author.When, c.Committer.When} {
			if when < 0 || when > maxDate {
				j.find(c, DateInvalid, "its dates are outside the years 1970 to 9999", amendNow)
				return false
			}
		}
	}
	switch when := c.Committer.When; {
	case now == 0 && j.landing.Now != 0 && when > j.landing.Now+seconds(j.p.Signatures.ClockSkew):
		detail := fmt.Sprintf("its committer date is %s, after the clock of this machine (%s): it can't have landed",
			date(when), date(j.landing.Now))
		j.find(c, DateFuture, detail, "see whether the clock is right: date -u", amendNow)
		return false
	case now == 0:
		j.step(c, "date", true, "landing time %s", date(j.at))
	case when > now+seconds(j.p.Signatures.ClockSkew):
		detail := fmt.Sprintf("its committer date is %s, after the receiver's clock (%s)", date(when), date(now))
		j.find(c, DateFuture, detail, amendNow)
		return false
	case when < now-seconds(j.p.Tenure.MaxLandingAge) && !j.landing.Bounded:
		detail := fmt.Sprintf("its committer date is %s; what lands on this ref may be %s old at most",
			date(when), span(j.p.Tenure.MaxLandingAge))
		j.find(c, DateTooOld, detail, amendNow, "or land it by a fresh signed merge: "+mergeIt)
		return j.needs(landedBefore, c.ID) // the date may have been bounded elsewhere: then all else is to be asked, too
	default:
		j.step(c, "date", true, "received %s, landing time %s", date(now), date(j.at))
	}
	return true
}

// accountable names the principal who stands behind a commit, or reports why nobody does and gives
// nil.
func (j *judgement) accountable(c *Commit) *Principal {
	sig, lands := c.Signature, c == &j.landing.Commit
	if c.anonymous() && j.p.Signatures.Require == "landing" && !lands {
		q := j.p.signerOf(&j.landing.Commit)
		if q == nil {
			return nil // the landing commit has its own finding
		}
		if q.Role == Service {
			j.find(c, Unsigned, "nobody here signed it, and a service that lands it is no person", amend)
			return nil
		}
		j.step(c, "signature", true, "signed by nobody here; its landing commit's signer %s stands for it", q.Name)
		return q
	}
	q, why := j.p.signedBy(sig, amend)
	if why != nil {
		if lands && why.code == Unsigned && len(c.Parents) > 1 {
			why.next = append(why.next, "or, where a forge's button made it, merge by hand: git merge --no-ff -S TOPIC")
		}
		j.find(c, why.code, why.detail, why.next...)
		if j.landing.Received != 0 && (why.code == KeyRevoked || why.code == KeyExpired) && j.needs(landedBefore, c.ID) {
			j.needsApprovals() // it may have come in before: then its rules are asked, too
		}
		return nil
	}
	with := ""
	if sig.Fingerprint != "" { // claimed identities have no key
		with = " with " + sig.Fingerprint
	}
	j.step(c, "signature", true, "good, by %s%s", q.Name, with)
	if service := j.p.attester(c); service != nil {
		return j.attested(c, service)
	}
	if !j.identity(c, q) || !j.role(c, q) {
		return nil
	}
	return q
}

// identity compares what the commit says of its committer or author with whose key signed it.
func (j *judgement) identity(c *Commit, q *Principal) bool {
	var who string
	var claim Identity
	if q.Role == Service {
		return true // a forge's merge names who asked for it; it answers for nothing, so nobody is asked who that was
	}
	switch j.p.Signatures.Identity {
	case "off":
		return true
	case "author":
		who, claim = "author", c.Author
	default:
		who, claim = "committer", c.Committer
	}
	if j.p.ByEmail(claim.Email) == q {
		j.step(c, "identity", true, "the %s's address is %s's", who, q.Name)
		return true
	}
	again := amend
	if who == "author" {
		again = "git commit --amend --no-edit --reset-author -S"
	}
	j.find(c, SignerMismatch, fmt.Sprintf("signed by %s, but the %s's address is not one of theirs", q.Name, who),
		"name an address that the keyring lists for "+q.Name+": git config user.email ADDRESS", again)
	return false
}

// role asks whether the principal may sign this at all.
func (j *judgement) role(c *Commit, q *Principal) bool {
	switch q.Role {
	case Maintainer, Contributor:
		return true
	case Service:
		if len(c.Parents) < 2 {
			may := "it may sign merges and nothing else"
			if q.Attests != "" && len(c.Parents) == 0 {
				may = "it attests no author of a commit without a parent"
			}
			j.find(c, SignerRole, q.Name+" is a service: "+may,
				"let whoever made the change sign it: git commit --amend --no-edit --reset-author -S",
				"or press the forge's button that makes a merge: a squash or a rebase loses the people's signatures")
			break
		}
		own := c.ownBeyondGit(j.p)
		if len(own) == 0 {
			return true
		}
		f := j.finding(c, SignerRole, q.Name+" is a service, and its merge isn't what git makes of the merged commits",
			"let a person merge the protected branch into the topic: git merge -S origin/BRANCH",
			"then the service can merge the topic")
		f.Paths = own
		j.add(f)
		return j.needs(gitsMerge, c.ID)
	case Reviewer:
		j.find(c, SignerRole, q.Name+" is a reviewer: reviewers approve, they don't sign what lands",
			"let whoever may land it sign it: "+amend)
	default:
		j.find(c, SignerRole, fmt.Sprintf("%s has the unknown role %q", q.Name, q.Role))
	}
	return false
}

// attested asks whether the author whom a service names can stand behind a commit, and gives them, or nil.
func (j *judgement) attested(c *Commit, service *Principal) *Principal {
	who := service.Name + " attests that " + c.Author.Email + " made it"
	refuse := func(why string, next ...string) *Principal {
		next = append([]string{"let whoever made it sign it: git commit --amend --no-edit --reset-author -S"}, next...)
		j.find(c, AttestedAuthor, who+", and "+why, next...)
		return nil
	}
	q := j.p.ByEmail(c.Author.Email)
	switch {
	case q == nil:
		return refuse("nobody in the keyring has that address",
			"or ask a maintainer to list the address in emails of whoever has it", PushAgain)
	case !q.lands():
		return refuse(q.Name + " is a " + string(q.Role) + ", who lands nothing")
	case !j.couldSign(c, q) || slices.Contains(j.landing.Keyless, q.Name):
		if j.landing.Received != 0 && j.needs(landedBefore, c.ID) {
			j.needsApprovals() // it may have come in before: then its rules are asked, too
		}
		return refuse(q.Name+" has no key that counts at that time: who may not sign has nothing attested either",
			"or ask a maintainer to give "+q.Name+" a key in the keyring that counts", PushAgain)
	}
	j.step(c, "author", true, "%s, and %s is %s: attested by %s", who, c.Author.Email, q.Name, service.Name)
	return q
}

// couldSign says whether somebody had a key that counts when a commit landed, and when it came in.
func (j *judgement) couldSign(c *Commit, q *Principal) bool {
	cameIn := cmp.Or(j.landing.CameIn[c.ID], j.landing.Received)
	return q.hasKey(time.Unix(j.at, 0)) && q.hasKey(time.Unix(max(cameIn, j.at), 0))
}

// ownBeyondGit gives the changes of a merge that git's own merge of its parents doesn't make.
func (c *Commit) ownBeyondGit(p *Policy) []TouchedPath {
	var own []TouchedPath
	for i, t := range c.Touched(p) {
		if !c.Changes[i].Merged && !c.Changes[i].ByGit {
			own = append(own, t)
		}
	}
	return own
}
