package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign/gate/audit"
	"countersign/gate/earned"
	"countersign/gate/kept"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// verdicts are what was found about each landing, in the essence: code, commit, rule and paths.
type verdicts map[string][]string

// add notes findings about a landing, and that it was judged.
func (v verdicts) add(landing string, findings []policy.Finding) {
	v[landing] = append([]string{}, v[landing]...)
	for _, f := range findings {
		if f.Commit == landing || f.Landing == landing {
			v[landing] = append(v[landing], essence(f))
		}
	}
	slices.Sort(v[landing])
}

func essence(f policy.Finding) string {
	paths := make([]string, len(f.Paths))
	for i, p := range f.Paths {
		paths[i] = p.Path
	}
	return strings.TrimSpace(fmt.Sprintln(f.Code, f.Commit, f.Rule, strings.Join(paths, " ")))
}

func has(findings []string, codes ...policy.Code) bool {
	return slices.ContainsFunc(findings, func(f string) bool {
		return slices.ContainsFunc(codes, func(c policy.Code) bool { return strings.HasPrefix(f, string(c)+" ") })
	})
}

// clocked are the codes that only the receiver's clock makes: history that is read again has none, and in a
// push in one the clock is later. Nothing else is asked about such a landing, so it isn't compared.
var clocked = []policy.Code{policy.DateFuture, policy.DateTooOld}

// journalled are the codes that only the receiver's journal can answer: without one, what had to wait is
// called unproven, or its claimed dates are believed. With the same journal they are compared.
var journalled = []policy.Code{policy.OnHold, policy.CoolDown}

// without leaves out findings of some codes.
func (v verdicts) without(codes []policy.Code) verdicts {
	c := make(verdicts, len(v))
	for landing, findings := range v {
		c[landing] = slices.DeleteFunc(slices.Clone(findings), func(f string) bool { return has([]string{f}, codes...) })
	}
	return c
}

// same asks that landings were judged alike: pushed one by one, and in another way.
func (v verdicts) same(t failing, how string, other verdicts) {
	t.Helper()
	one, two := maps.Clone(v), maps.Clone(other)
	for landing, findings := range v {
		if has(findings, clocked...) {
			delete(one, landing)
			delete(two, landing)
		}
	}
	if diff := gocmp.Diff(one, two); diff != "" {
		t.Fatalf("%s, landings are judged otherwise (-one by one +%s):\n%s", how, how, diff)
	}
}

// singles is a history that lands one landing a push. What is refused lands all the same: the ref is forced
// to it, as one that pushed past the hook would, so that what comes after it is judged, too. Only a policy that is
// refused isn't landed: read later, what comes after it is judged by the one before.
type singles struct {
	*randomHistory
	found  verdicts
	shown  [][]byte // the journal but for what landed
	cold   bool     // each landing is judged with nothing kept, or only some of it, too
	passed int
	// how many landings were judged with what other keys had verified
	reverified int
}

func (s *singles) push(updates ...refUpdate) {
	s.t.Helper()
	for _, u := range updates { // words come before what lands
		if u.name != mainRef {
			if u.word != nil && s.tip().reach()[u.commit] {
				continue // who speaks of what has landed would be heard by who judges it later
			}
			before := len(s.journal.records)
			if s.judge(u).Verdict == policy.Accepted {
				s.apply(u)
			}
			s.shown = append(s.shown, s.journal.records[before:]...)
			continue
		}
		tip, line := s.tip(), u.commit.firsts()
		at := slices.Index(line, tip)
		if at < 0 {
			return // it is no landing
		}
		for _, c := range slices.Backward(line[:at]) {
			if !s.land(c) {
				return
			}
		}
	}
}

// land judges one landing, and makes it whatever the verdict.
func (s *singles) land(c *randomCommit) bool {
	s.t.Helper()
	u := refUpdate{name: mainRef, to: c.id, commit: c}
	if s.cold {
		s.coldly(u)
	}
	d := s.judge(u)
	if len(d.Findings) > 0 && !maps.Equal(c.inFolder(), s.tip().inFolder()) {
		return false
	}
	if d.Verdict == policy.Accepted {
		s.passed++
	}
	s.found.add(c.id, d.Findings)
	if n := len(s.found[c.id]); n != len(d.Findings) {
		s.t.Fatalf("%d findings about landing %s, and %d in all: %+v", n, c.id, len(d.Findings), d.Findings)
	}
	tip := s.tip().id
	s.apply(u)
	if d.Verdict != policy.Accepted { // the operator lets it stand, so that what comes after is judged from there
		s.with(func(g *Gate) error {
			return g.AcceptMove(context.Background(), Request{Received: s.clock}, mainRef, tip, c.id, "a test")
		})
	}
	return true
}

// coldly judges a landing with less and less of what is kept between pushes, and with what other keys verified: what is
// found is the same.
func (s *singles) coldly(u refUpdate) {
	s.t.Helper()
	folder := filepath.Join(s.dir, "countersign", "tenure")
	noTenure := func() {
		ledgers, err := filepath.Glob(filepath.Join(folder, "*.json"))
		for _, name := range ledgers {
			err = errors.Join(err, os.Remove(name))
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	nothing := func() {
		if err := os.RemoveAll(folder); err != nil {
			s.t.Fatal(err)
		}
	}
	d := s.judgedAgain(u)
	for _, c := range []struct {
		with    string
		prepare func()
	}{
		{"no tenure", noTenure},
		{"no tenure, and landings that other keys verified", func() { noTenure(); s.verifiedByOthers() }},
		{"nothing", nothing},
		{"only the landings that this kept", noTenure},
	} {
		c.prepare()
		if diff := gocmp.Diff(d.Findings, s.judgedAgain(u).Findings); diff != "" {
			s.t.Fatalf("with %s, landing %s is judged otherwise:\n%s", c.with, u.to, diff)
		}
	}
}

// verifiedByOthers says of the landings that are kept that other keys verified them, and nobody's signature was good.
func (s *singles) verifiedByOthers() {
	store := kept.Open(s.dir)
	was := store.Line()
	is, i := was.After(was.Claimed()), was.Claimed()
	is.Keys = "other keys"
	for landing, err := range was.Landings(i, was.Len()) {
		if err != nil {
			s.t.Fatal(err)
		}
		landing.Commit.ID = was.ID(i)
		for c := range landing.Commits() {
			c.Signature = policy.Signature{}
		}
		is.Add(landing, true)
		i++
	}
	store.Keep(is)
	store.Save()
	if i > was.Claimed() {
		s.reverified++
	}
}

// inFolder gives the files of the policy's folder.
func (c *randomCommit) inFolder() map[string]string {
	files := maps.Clone(c.files)
	maps.DeleteFunc(files, func(path, _ string) bool { return !policy.InFolder(path) })
	return files
}

// judgedAgain judges a push that isn't recorded.
func (s *singles) judgedAgain(u refUpdate) policy.Decision {
	records := s.journal.records
	defer func() { s.journal.records = records }()
	return s.judge(u)
}

// audit judges what main has since adoption, as verify does, with the journal or without.
func (w *world) audit(journal bool) verdicts {
	w.t.Helper()
	found := make(verdicts)
	w.with(func(g *Gate) error {
		if !journal {
			g.o.Records = nil
			here := site.New(g.o.site(), g.site.Repo)
			here.Source, here.InForce, here.Tenure, here.Kept = g.site.Source, g.site.InForce, g.site.Tenure, g.site.Kept
			g.site = here
		}
		ctx := context.Background()
		approvals, err := g.Repository().Refs(ctx, policy.Approves.Prefix())
		if err != nil {
			return err
		}
		since := history.Range{Tip: mustID(w.refs[mainRef].id), Not: w.adopted(g)}
		return g.Auditor().Audit(ctx, audit.Audit{Ref: mainRef, Range: since}, func(j audit.Judged) error {
			if len(approvals) == 0 { // where there are no approvals at all, a clone can't know whether one is missing
				for i := range j.Findings {
					if f := &j.Findings[i]; f.Code == policy.ApprovalNotFetched {
						f.Code = cmp.Or(map[bool]policy.Code{true: policy.ApprovalMissing}[f.Rule != ""], policy.QuorumMissing)
					}
				}
			}
			found.add(j.Landing.Commit.ID, j.Findings)
			return nil
		})
	})
	return found
}

func (w *world) adopted(g *Gate) []history.ID {
	w.t.Helper()
	ids, err := g.site.InForce.Adopted()
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// inOne pushes all that landed in one push, to a server that has seen what the other saw but no landing.
func (s *singles) inOne() verdicts {
	s.t.Helper()
	w := s.copy()
	defer w.remove()
	tip := w.refs[mainRef].commit
	w.journal.records, w.goGit = s.shown, !s.goGit
	w.apply(refUpdate{name: mainRef, to: s.begin.id, commit: s.begin})
	if err := os.RemoveAll(filepath.Join(w.dir, "countersign", "tenure")); err != nil {
		s.t.Fatal(err)
	}
	d := w.judge(refUpdate{name: mainRef, to: tip.id, commit: tip})
	found := make(verdicts)
	for landing := range s.found {
		found.add(landing, d.Findings)
	}
	n := 0
	for _, findings := range found {
		n += len(findings)
	}
	if n != len(d.Findings) {
		s.t.Fatalf("%d findings are about landings, and %d are there: %+v", n, len(d.Findings), d.Findings)
	}
	return found
}

// drawSingles plays a history of landings, honest and bad.
func drawSingles(t *rapid.T, age int, waits []int) *singles {
	return drawSinglesOf(t, age, waits, false)
}

func drawSinglesOf(t *rapid.T, age int, waits []int, cold bool) *singles {
	h := drawHistory(t, age, rapid.Bool().Draw(t, "policy in the tree"))
	s := &singles{randomHistory: h, found: make(verdicts), cold: cold}
	for _, m := range rapid.SliceOfN(drawMove(s.attackers), 1, 8).Draw(t, "moves") {
		m.Wait, m.Refs = waits[m.Wait%len(waits)], []string{mainRef}
		for i := range m.Words {
			m.Words[i].Brief = false // whether an exception ended between date and arrival the receiver alone knows
		}
		if slices.ContainsFunc(slices.Concat(m.Words, m.Late), func(w said) bool { return w.Kind == policy.Withdraws }) {
			// A withdrawal between the date of a landing and its arrival is known to the receiver alone.
			m.Age = 0
			for i := range m.Work {
				m.Work[i].Age = 0
			}
		}
		s.play(m, s.push)
	}
	return s
}

// Pushed one by one or in one, or judged when it is read again: what is found about each landing is the same.
//
// All of it comes in within what may land at once, so that nothing that lands here earns what the rest could
// use: of what came in over years a push in one is too old. See the next test.
func TestRandomHistoriesAreJudgedAlikeInOnePush(t *testing.T) {
	t.Parallel()
	checkFew(t, 24, func(t *rapid.T) {
		s := drawSingles(t, 70, []int{0, 5, 24, 72})
		defer s.remove()
		s.found.same(t, "in one push", s.inOne())
		s.auditsAgree()
	})
}

// Over years what landed earns tenure. Each push finds that stored, and an audit works it out.
func TestRandomHistoriesAreJudgedAlikeOverYears(t *testing.T) {
	t.Parallel()
	checkFew(t, 24, func(t *rapid.T) {
		s := drawSingles(t, 14, []int{0, 24 * 10, 24 * 20, 24 * 40, 24 * 60})
		defer s.remove()
		s.auditsAgree()
	})
}

// What is kept between pushes changes no verdict, nor does what is missing of it.
func TestRandomHistoriesAreJudgedAlikeWithNothingKept(t *testing.T) {
	t.Parallel()
	reverified := 0
	checkFew(t, 12, func(t *rapid.T) {
		s := drawSinglesOf(t, 14, []int{0, 24 * 10, 24 * 20, 24 * 40, 24 * 60}, true)
		defer s.remove()
		reverified += s.reverified
	})
	if reverified == 0 {
		t.Error("no landing was verified anew by other keys")
	}
}

func (s *singles) auditsAgree() {
	s.t.Helper()
	s.found.same(s.t, "in an audit", s.audit(true))
	s.found.without(journalled).same(s.t, "in an audit without the journal", s.audit(false).without(journalled))
	s.goGit = !s.goGit
	s.found.same(s.t, "in an audit by the other reader", s.audit(true))
	s.explainsAgree()
}

// explainsAgree asks of each landing what explain says where nothing is kept. It counts what somebody earned only where
// that is asked, and says what an audit of all of it finds.
func (s *singles) explainsAgree() {
	s.t.Helper()
	w := s.copy()
	defer w.remove()
	if err := os.RemoveAll(filepath.Join(w.dir, "countersign", "tenure")); err != nil {
		s.t.Fatal(err)
	}
	w.with(func(g *Gate) error {
		ctx := context.Background()
		found, explained := make(verdicts), make(verdicts)
		since := history.Range{Tip: mustID(w.refs[mainRef].id), Not: w.adopted(g)}
		err := g.Auditor().Audit(ctx, audit.Audit{Ref: mainRef, Range: since}, func(j audit.Judged) error {
			found.add(j.Landing.Commit.ID, j.Findings)
			return nil
		})
		for landing := range found {
			if err != nil {
				break
			}
			var e audit.Explained
			e, err = g.Auditor().Explain(ctx, landing, false)
			explained.add(e.Landing, e.Findings)
		}
		if diff := gocmp.Diff(found, explained); err == nil && diff != "" {
			s.t.Fatalf("explain says of landings what an audit doesn't (-audit +explain):\n%s", diff)
		}
		for landing := range found {
			clock, failed := earned.Clock(ctx, g.site, mainRef, mustID(landing))
			all, failedToo := earned.All(ctx, g.site, mustID(landing))
			if err = errors.Join(err, failed, failedToo); err == nil && clock.Last() != all.Last() {
				s.t.Fatalf("%s landed at %d by the dates alone, and at %d", landing, clock.Last(), all.Last())
			}
		}
		return err
	})
}
