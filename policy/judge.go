package policy

import (
	"fmt"
	"slices"
	"strings"
)

// judgement is one landing being judged.
type judgement struct {
	p       *Policy
	l       *Ledger
	landing *Landing
	at      int64 // the landing time
	out     Outcome
	// Those that count.
	approvals   []Approval
	withdrawals []Withdrawal
	unproven    []string   // what had to be taken for granted without a journal
	trace       func(Step) // nil unless somebody asked for the steps
}

// Judge says what stands against a landing, given what everyone had earned before it, and which facts that may change
// that were not looked up yet. It writes into neither. Whoever looks up all that it needs and judges again, as often
// as it needs something, has done with it after three calls.
func (p *Policy) Judge(l *Ledger, landing *Landing) Outcome {
	return p.judge(l, landing, nil)
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
	for c := range landing.commits() {
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
			"put what is long into a file, then git commit --amend -S", "or ask the server's operator to raise limits.message")
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
	for c := range j.landing.commits() {
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
		j.find(c, DateFuture, detail, "date -u, to see whether the clock is right", amendNow)
		return false
	case now == 0:
		j.step(c, "date", true, "landing time %s", date(j.at))
	case when > now+seconds(j.p.Signatures.ClockSkew):
		detail := fmt.Sprintf("its committer date is %s, after the receiver's clock (%s)", date(when), date(now))
		j.find(c, DateFuture, detail, amendNow)
		return false
	case when < now-seconds(j.p.Tenure.MaxLandingAge) && !j.landing.Bounded:
		detail := fmt.Sprintf("its committer date is %s; what lands on this ref may be %s old at most",
			date(when), Span(j.p.Tenure.MaxLandingAge))
		j.find(c, DateTooOld, detail, amendNow, "or land it by a fresh signed merge: "+mergeIt)
		return j.needs(landedBefore, c.ID) // the date may have been bounded elsewhere: then all else is to be asked, too
	default:
		j.step(c, "date", true, "received %s, landing time %s", date(now), date(j.at))
	}
	return true
}

// What a step may name that only the push tells: BASE is the commit before the first one that was judged, TIP what was
// pushed, and HEAD:REF where to. Package report puts them in.
const (
	mergeIt = "git checkout --detach BASE && git merge --no-ff -S TIP && git push origin HEAD:REF"
	// Rewritten is the step that has git write commits anew.
	Rewritten = "make it again with git itself: git rebase -r --force-rebase --gpg-sign BASE"
)

const amendNow = "git commit --amend --no-edit --date=now -S"

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
		j.find(c, why.code, why.detail, why.next...)
		if j.landing.Received != 0 && (why.code == KeyRevoked || why.code == KeyExpired) && j.needs(landedBefore, c.ID) {
			j.needsApprovals() // it may have come in before: then its rules are asked, too
		}
		return nil
	}
	j.step(c, "signature", true, "good, by %s with %s", q.Name, sig.Fingerprint)
	if !j.identity(c, q) || !j.role(c, q) {
		return nil
	}
	return q
}

// anonymous says whether nobody in the keyring signed the commit: it has no signature, or a stranger's, which
// is worth as much.
func (c *Commit) anonymous() bool {
	return c.Signature.Status == StatusMissing || c.Signature.Status == StatusUnknown
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
		"git config user.email ADDRESS, one the keyring lists for "+q.Name, again)
	return false
}

// role asks whether the principal may sign this at all.
func (j *judgement) role(c *Commit, q *Principal) bool {
	switch q.Role {
	case Maintainer, Contributor:
		return true
	case Service:
		if len(c.Parents) < 2 {
			j.find(c, SignerRole, q.Name+" is a service: it may sign merges and nothing else",
				"let whoever made the change sign it: git commit --amend --no-edit --reset-author -S")
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

// rules asks every rule about a commit.
func (j *judgement) rules(c *Commit, accountable *Principal) {
	classes := c.classified(j.p)
	for i := range j.p.Rules {
		rule := &j.p.Rules[i]
		touched := j.outsidePolicy(c, touchedBy(j.p.Classes, rule, c, classes))
		if len(touched) == 0 {
			j.step(c, "rule "+rule.Name, true, "touches none of its classes")
			continue
		}
		if rule.Refuse {
			f := j.finding(c, ContentRefused, "the rule lets nobody make this change", "take it out, then "+amend)
			f.Rule, f.Why, f.Paths, f.Signer = rule.Name, rule.Why, touched, accountable.Name
			j.add(f)
			continue
		}
		short := j.shortfall(rule, touched, accountable)
		if short == nil {
			j.step(c, "rule "+rule.Name, true, "%s is exempt by tenure", accountable.Name)
			continue
		}
		have, discounted := j.approvers(rule, c, touched, accountable)
		if len(have) >= rule.Approvals {
			j.step(c, "rule "+rule.Name, true, "approved by %s", strings.Join(have, ", "))
			continue
		}
		if rule.Wait > 0 && j.waited(c, rule) {
			continue
		}
		j.needsApproval(c, rule, touched, accountable, short, have, discounted)
	}
}

// touchedBy lists the changes that fall in a rule's classes, each with those classes.
func touchedBy(by *Classes, rule *Rule, c *Commit, classes [][]string) []TouchedPath {
	var touched []TouchedPath
	for i, ch := range c.Changes {
		var in []string
		for _, class := range classes[i] {
			if slices.Contains(rule.Classes, class) {
				in = append(in, class)
			}
		}
		if in != nil {
			touched = append(touched, TouchedPath{Path: ch.Path, Change: ch.Kind(), Classes: in, ShownAs: by.shownAs(&ch, in)})
		}
	}
	return touched
}

// shortfall is the tenure that a principal lacks for a rule.
type shortfall struct {
	paths   []TouchedPath // those whose classes aren't earned
	in      string        // the class that lacks most, "" for overall
	tenure  TenureFigures
	exempts *TenureFigures // what would do, nil if nothing would
}

// shortfall gives nil if the principal's tenure exempts it. Each class that a path falls in must be
// earned by itself: years of one kind of file don't make somebody known for another.
func (j *judgement) shortfall(rule *Rule, touched []TouchedPath, q *Principal) *shortfall {
	s := &shortfall{paths: touched}
	if !rule.Exempt.Nobody {
		s.exempts = &TenureFigures{Days: rule.Exempt.Days, Commits: rule.Exempt.Commits, Months: rule.Exempt.Months}
	}
	if rule.Exempt.In == "all" {
		s.tenure = j.l.Tenure(j.p, q.Name, overall, j.at)
		if q.Role != Service && rule.Exempt.met(s.tenure) {
			return nil
		}
		return s
	}
	s.paths = nil
	for _, path := range touched {
		unmet := false
		for _, class := range path.Classes {
			t := j.l.Tenure(j.p, q.Name, class, j.at)
			if q.Role != Service && rule.Exempt.met(t) {
				continue
			}
			unmet = true
			if s.in == "" || t.Commits < s.tenure.Commits {
				s.in, s.tenure = class, t
			}
		}
		if unmet {
			s.paths = append(s.paths, path)
		}
	}
	if s.paths == nil {
		return nil
	}
	return s
}

func (e Exempt) met(t TenureFigures) bool {
	return !e.Nobody && t.Days >= e.Days && t.Commits >= e.Commits && t.Months >= e.Months
}

// needsApproval reports a change that needs a second person, or has to wait.
func (j *judgement) needsApproval(c *Commit, rule *Rule, touched []TouchedPath, accountable *Principal,
	short *shortfall, have []string, discounted []Discount,
) {
	code, detail := ApprovalMissing, fmt.Sprintf("needs %s, has %d", plural(rule.Approvals, "approval"), len(have))
	next := []string{"countersign approve " + c.ID}
	switch {
	case rule.Wait > 0:
		code = OnHold
		from := date(j.firstSeen(c.ID, c.Committer.When) + seconds(rule.Wait))
		detail += fmt.Sprintf("; or it must have been in sight on the server for %s when it lands, so from %s on",
			Span(rule.Wait), from)
		next = []string{
			"push it to an unprotected branch, if it isn't on one", "when the time is over: " + mergeIt,
			"or have it approved there: countersign approve " + c.ID,
		}
		j.needsFirstSeen(c.ID)
	case !j.landing.ApprovalsFetched:
		code, detail = ApprovalNotFetched, detail+"; this repository has no approval refs, so they may not have been fetched"
		next = []string{"git fetch origin 'refs/approvals/*:refs/approvals/*'"}
	}
	j.needsApprovals()
	f := j.finding(c, code, detail, next...)
	if code == OnHold {
		j.ifMadeUnknown(&f)
	}
	f.Rule, f.Why, f.Paths, f.Signer = rule.Name, rule.Why, short.paths, accountable.Name
	f.Tenure, f.TenureIn, f.Exempt = &short.tenure, short.in, short.exempts
	f.Needed, f.Have, f.Discounted = rule.Approvals, have, discounted
	f.Ask = j.couldApprove(rule, touched, accountable, have)
	j.add(f)
}

func (j *judgement) find(c *Commit, code Code, detail string, next ...string) {
	j.add(j.finding(c, code, detail, next...))
}

func (j *judgement) finding(c *Commit, code Code, detail string, next ...string) Finding {
	f := Finding{
		Code: code, Ref: j.landing.Ref, Commit: c.ID, Subject: c.Subject, Detail: detail, Next: next,
		Claim: c.Committer.Name + " <" + c.Committer.Email + ">", Fingerprint: c.Signature.Fingerprint,
	}
	if c != &j.landing.Commit {
		f.Landing = j.landing.Commit.ID
	}
	if q := j.p.signerOf(c); q != nil {
		f.Signer = q.Name
	}
	return f
}

func (j *judgement) add(f Finding) {
	j.out.Findings = append(j.out.Findings, f)
	if j.trace != nil {
		check := string(f.Code)
		if f.Rule != "" {
			check = "rule " + f.Rule
		}
		j.trace(Step{Commit: f.Commit, Check: check, Text: f.Detail, Finding: &f})
	}
}
