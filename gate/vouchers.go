package gate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Voucher is a kind of signed tag by which a principal says something about a commit. It lives at
// refs/KIND/COMMIT/PRINCIPAL, and the tag object calls itself KIND/COMMIT/PRINCIPAL.
type Voucher string

// The kinds of vouchers.
const (
	Approval   Voucher = "approvals"   // stands second behind the commit and what it brings
	Withdrawal Voucher = "withdrawals" // takes one's approval of the commit back
	Exception  Voucher = "exceptions"  // lets the commit pass for a time, with a reason
	Move       Voucher = "moves"       // lets a ref be moved to or from the commit
)

var voucherKinds = []Voucher{Approval, Withdrawal, Exception, Move}

func (v Voucher) refs() string { return "refs/" + string(v) + "/" }

// Tag gives the name that the tag object carries.
func (v Voucher) Tag(commit history.ID, principal string) string {
	return string(v) + "/" + commit.String() + "/" + principal
}

// Ref gives the name of the ref.
func (v Voucher) Ref(commit history.ID, principal string) string {
	return "refs/" + v.Tag(commit, principal)
}

// The lines of a voucher's message that mean something.
const (
	RefLine     = "Approved-ref: "  // the approval is for this ref only
	MoveLine    = "Approved-move: " // OLD SP NEW: the ref of RefLine may be moved so, though the new value doesn't continue the old
	ReasonLine  = "Reason: "
	ExpiresLine = "Expires: " // RFC 3339
)

// voucher is a ref, or one to be, with a voucher's name.
type voucher struct {
	kind      Voucher
	commit    history.ID
	principal string
	tag       history.ID
	name      string // for messages
}

// isVoucher says whether a ref is one of a voucher's, well-formed or not.
func isVoucher(ref string) bool {
	return slices.ContainsFunc(voucherKinds, func(v Voucher) bool { return strings.HasPrefix(ref, v.refs()) })
}

// parseVoucher reads what Ref wrote.
func parseVoucher(ref string, tag history.ID) (voucher, error) {
	fields := strings.Split(ref, "/")
	if !isVoucher(ref) || len(fields) != 4 || fields[3] == "" {
		return voucher{}, errors.New("want refs/" + fields[1] + "/COMMIT/PRINCIPAL")
	}
	commit, err := history.ParseID(fields[2])
	if err == nil && commit.IsZero() {
		err = errors.New("all zeros name no commit")
	}
	return voucher{Voucher(fields[1]), commit, fields[3], tag, ref}, err
}

// statement is what a voucher says, and whose word it is. What is no signed tag of that commit by that
// principal has a signature that isn't good and the reason, and so counts for nothing.
type statement struct {
	voucher
	signature policy.Signature
	when      int64 // the tagger's claim, seconds since 1970
	message   []byte
}

// read reads a voucher. At says when the commit it is about was made, since nobody vouched for it earlier, and
// when the voucher came in.
func (st *standing) read(ctx context.Context, repo Repository, v voucher, at arrival) (statement, error) {
	s := statement{voucher: v}
	kind, err := repo.Kind(ctx, v.tag)
	if err != nil {
		return s, err
	}
	if kind != "tag" {
		s.signature = policy.Signature{Status: verify.Missing.String(), Reason: "it is a lightweight tag; what counts is a signed, annotated one"}
		return s, nil
	}
	tag, err := repo.Tag(ctx, v.tag)
	if err != nil {
		return s, err
	}
	return st.state(v, &tag, at), nil
}

// state says what a tag object says where it is to be a voucher.
func (st *standing) state(v voucher, tag *history.Tag, at arrival) statement {
	s := statement{voucher: v}
	bad := func(status verify.Status, reason string) statement {
		s.signature = policy.Signature{Status: status.String(), Reason: reason}
		return s
	}
	if tag.Target != v.commit {
		return bad(verify.Bad, "it is about "+tag.Target.String())
	}
	// A tag that says nothing of an approval, as a release or a bookmark, can't be made one by putting
	// it under another name.
	if want := v.kind.Tag(v.commit, v.principal); tag.Name != want {
		return bad(verify.WrongPurpose, fmt.Sprintf("the tag object calls itself %q, not %q", tag.Name, want))
	}
	if said := time.Unix(tag.Tagger.When, 0); said.After(at.landed) {
		at.landed = said
	}
	r := st.verify(tag.Payload, tag.Signature, tag.Tagger.When, at)
	if r.Status == verify.Good && r.Principal != v.principal {
		return bad(verify.Bad, fmt.Sprintf("it stands under the name of %s, but %s signed it", v.principal, r.Principal))
	}
	s.signature, s.when, s.message = signature(r), tag.Tagger.When, tag.Message
	return s
}

// said reads a voucher for a push that comes in now. Whose key was compromised or ended since may have vouched before:
// the journal knows when the voucher came in.
func (g *Gate) said(ctx context.Context, st *standing, repo Repository, v voucher, at arrival) (statement, error) {
	s, err := st.read(ctx, repo, v, at)
	if err == nil && at.received.IsZero() && g.badDate(st.policy, s.when, at.received, "") != nil {
		s.signature = policy.Signature{Status: verify.Misdated.String(), Reason: "it is dated after the clock of this machine"}
	}
	byReceipt := s.signature.Status == verify.Revoked.String() || s.signature.Status == verify.Expired.String()
	if err != nil || at.received.IsZero() || !byReceipt {
		return s, err
	}
	seen, err := g.vouched(ctx, v.kind, v.commit.String(), v.principal, v.tag.String())
	if err != nil || seen == 0 {
		return s, err
	}
	at.received = time.Unix(seen, 0)
	return st.read(ctx, repo, v, at)
}

// line gives what stands after a word at the beginning of a line of the message, "" if there is none.
func (s *statement) line(word string) string {
	for line := range bytes.Lines(s.message) {
		if text, ok := bytes.CutPrefix(line, []byte(word)); ok {
			return string(bytes.TrimRight(text, "\n"))
		}
	}
	return ""
}

func (s *statement) approval() policy.Approval {
	return policy.Approval{
		Commit: s.commit.String(), Source: "tag", Name: s.name, Object: s.tag.String(), Ref: s.line(RefLine), Signature: s.signature, When: s.when,
	}
}

// MaxException is how long an exception may last: what is needed for longer belongs into the policy.
const MaxException = 14 * 24 * time.Hour

// exception gives what the voucher says; one without a reason or an end in sight has no good signature.
func (s *statement) exception() policy.Exception {
	e := policy.Exception{Commit: s.commit.String(), Name: s.name, Signature: s.signature, When: s.when, Reason: s.line(ReasonLine)}
	expires, err := time.Parse(time.RFC3339, s.line(ExpiresLine))
	if e.Expires = expires.Unix(); err != nil || e.Reason == "" || expires.Sub(time.Unix(s.when, 0)) > MaxException {
		e.Signature = policy.Signature{Status: verify.Malformed.String(), Reason: fmt.Sprintf("an exception says its reason, and when it expires, within %s", policy.Span(MaxException))}
	}
	return e
}

func (s *statement) withdrawal() policy.Withdrawal {
	return policy.Withdrawal{Commit: s.commit.String(), Signature: s.signature, When: s.when}
}

// voucherRef judges a push of a voucher: it must hold a signed tag of the commit it names, by the principal
// it names, and nobody removes or replaces another's.
func (p *push) voucherRef(ctx context.Context, u *update) error {
	v, err := parseVoucher(u.resolved, u.New)
	if err != nil {
		p.refuse(u, policy.ApprovalInvalid, err.Error(), "countersign approve COMMIT prints the right push command")
		return nil
	}
	if u.New.IsZero() {
		p.refuse(u, policy.ApprovalForeign, "what somebody signed is not deleted", "countersign approve --withdraw "+v.commit.String())
		return nil
	}
	s, err := p.now.read(ctx, p.repo, v, arrival{received: p.req.Received})
	if err != nil {
		return err
	}
	status, reason := s.signature.Status, s.signature.Reason
	if v.kind == Exception {
		e := s.exception()
		status, reason = e.Signature.Status, e.Signature.Reason
	}
	if kinds := p.now.policy.Signatures.Kinds; status == verify.Good.String() && !slices.Contains(kinds, s.signature.Kind) {
		status, reason = verify.Unsupported.String(), fmt.Sprintf("the policy doesn't accept %s signatures", s.signature.Kind)
	}
	if status != verify.Good.String() {
		code, detail := policy.ApprovalInvalid, "it is not valid: "+status
		if !u.real.IsZero() {
			code, detail = policy.ApprovalForeign, "it would replace what "+v.principal+" signed by something that isn't valid: "+status
		}
		if reason != "" {
			detail += ", " + reason
		}
		p.refuse(u, code, detail, v.again())
		return nil
	}
	if size, limit := int64(len(s.message)), p.now.policy.Limits.Message; size > limit {
		p.refuse(u, policy.LimitExceeded, policy.OverMessage(size, limit), v.again())
		return nil
	}
	if f := p.badDate(p.now.policy, s.when, p.req.Received, v.again()); f != nil {
		p.refuse(u, f.Code, f.Detail, f.Next...)
		return nil
	}
	if why, err := p.settled(ctx, u, v, s); err != nil || why != "" {
		if why != "" {
			p.refuse(u, policy.ApprovalForeign, why, "take it out of the push: it says nothing any more")
		}
		return err
	}
	v.name = "an approval in this push"
	p.vouchers = append(p.vouchers, v)
	why, err := p.useless(ctx, &s)
	if why != "" {
		p.decision.Notes = append(p.decision.Notes, policy.WordNote+u.resolved+" doesn't count: "+why)
	}
	return err
}

// useless says why what is stored may yet not help whoever said it, "" if it may. A withdrawal always counts.
func (p *push) useless(ctx context.Context, s *statement) (string, error) {
	if s.kind == Withdrawal {
		return "", nil
	}
	why, ref := p.now.policy.Powerless(s.principal, s.kind == Approval), s.line(RefLine)
	switch {
	case why != "" || s.kind == Exception:
		return why, nil
	case ref != "" && !p.now.policy.Protects(ref):
		return "it is for " + ref + ", which isn't protected", nil
	case ref != "":
		return "", nil // who signed a tip may say that a branch of it is wanted
	}
	c, err := p.repo.Commit(ctx, s.commit)
	if err != nil {
		return "", nil // what is wrong with the commit is said when it lands
	}
	by := signature(p.now.verify(c.Payload, c.Signature, c.Committer.When, arrival{time.Unix(c.Committer.When, 0), p.req.Received}))
	if by.Principal == s.principal && len(c.Parents) < 2 {
		return s.principal + " signed that commit; it counts only for what others signed below", nil
	}
	return "", nil
}

// again is the command that makes a voucher anew.
func (v voucher) again() string {
	switch v.kind {
	case Withdrawal:
		return "countersign approve --withdraw " + v.commit.String()
	case Exception:
		return "countersign except " + v.commit.String() + " --reason TEXT"
	case Move:
		return "countersign approve " + v.commit.String() + " --ref REF --from OLD --to NEW"
	default:
		return "countersign approve " + v.commit.String()
	}
}

// settled says why a valid voucher comes too late to say anything else than was said before, or "": anybody may
// push what somebody else signed, so nothing replaces what is newer; and what has landed was let in by what was
// said until then, which whoever reads history later must find.
func (p *push) settled(ctx context.Context, u *update, v voucher, s statement) (string, error) {
	if !u.real.IsZero() {
		standing := v
		standing.tag = u.real
		before, err := p.now.read(ctx, p.repo, standing, arrival{received: p.req.Received})
		if err != nil {
			return "", err
		}
		if before.signature.Status == verify.Good.String() && s.when < before.when {
			return "it would replace what " + v.principal + " signed later", nil
		}
	}
	if v.kind != Withdrawal && (v.kind != Approval || u.real.IsZero()) {
		return "", nil
	}
	refs, err := p.protectedRefs(ctx)
	if err != nil {
		return "", err
	}
	refs = slices.DeleteFunc(refs, func(r history.Ref) bool { return strings.HasPrefix(r.Name, "refs/tags/") })
	tips := make([]history.ID, len(refs))
	for i, r := range refs {
		tips[i] = r.ID
	}
	reached, err := p.repo.Reaches(ctx, tips, []history.ID{v.commit})
	if err != nil {
		return "", err
	}
	for i, r := range refs {
		if reached[i][0] {
			return "the commit has landed on " + r.Name + ": what was said of it until then stays; to undo it, revert it", nil
		}
	}
	return "", nil
}
