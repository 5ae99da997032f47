package gate

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"countersign/gate/audit"
	"countersign/gate/verified"
	"countersign/policy"
)

// remembering is a history that is verified again and again, once by all that it is and once by what is new.
type remembering struct {
	*randomHistory
	t      *rapid.T
	left   map[string]*verified.State // by what is asked
	counts map[string]int             // how often what was seen
}

// verify verifies all, or what a revision holds, as the command does.
func (r *remembering) verify(spec string, since *audit.Since) (d policy.Decision, failed string) {
	r.t.Helper()
	g, err := r.open()
	if err == nil {
		g.o.Index = nil // which only pushes have
		wanted := audit.Wanted{Spec: spec, Since: since}
		if spec == "" {
			d, _, err = g.Auditor().VerifyAll(context.Background(), wanted, r.clock)
		} else {
			d, err = g.Auditor().Verify(context.Background(), wanted)
		}
	}
	if cerr := g.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return policy.Decision{}, err.Error()
	}
	return d, ""
}

// found gives findings, in the essence, with the refs that each is about.
func found(d policy.Decision) (all []string) {
	for _, f := range d.Findings {
		refs := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(f.Refs), f.Ref))))
		all = append(all, fmt.Sprintln(essence(f), f.Detail, refs, f.Have, f.Needed, f.Next))
	}
	slices.Sort(all)
	return all
}

// sinceNotes begin the notes that only a run with a memory has.
var sinceNotes = []string{"all was judged, not only what is new: ", "nothing is remembered for the next run: "}

// notes gives those that each run has, and says of the others what they are about.
func (r *remembering) notes(d policy.Decision) (all []string, about string) {
	for _, n := range d.Notes {
		i := slices.IndexFunc(sinceNotes, func(begin string) bool { return strings.HasPrefix(n, begin) })
		switch {
		case i >= 0:
			_, why, _ := strings.Cut(n, ": ")
			if strings.HasPrefix(why, "refs/") {
				_, why, _ = strings.Cut(why, " ")
			}
			r.counts[why]++
		case strings.HasPrefix(n, "earlier runs, the last of "):
			about = "earlier"
		default:
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), about
}

// both verifies in both ways. What is remembered is written down, and read again.
func (r *remembering) both(spec string) {
	r.t.Helper()
	full, failed := r.verify(spec, nil)
	since := &audit.Since{Was: r.left[spec], Program: "a test"}
	d, alsoFailed := r.verify(spec, since)
	if failed != alsoFailed {
		r.t.Fatalf("%q: without a memory: %q, with one: %q", spec, failed, alsoFailed)
	}
	if failed != "" {
		r.counts["failed"]++
		return
	}
	fullNotes, _ := r.notes(full)
	notes, earlier := r.notes(d)
	type said struct {
		verdict         policy.Verdict
		findings, notes []string
	}
	diff := gocmp.Diff(said{full.Verdict, found(full), fullNotes}, said{d.Verdict, found(d), notes},
		gocmp.AllowUnexported(said{}))
	if diff != "" {
		r.t.Fatalf("%q: from %+v (-without a memory +with one):\n%s\nnotes: %q\nrefs: %+v",
			spec, r.left[spec], diff, d.Notes, d.Refs)
	}
	judged := func(d policy.Decision) (n int) {
		for _, ref := range d.Refs {
			n += ref.Commits
		}
		return n
	}
	kind := "anew, "
	if earlier != "" {
		kind = "from a memory, "
	}
	if r.left[spec] == nil {
		kind = "first, "
	}
	kind += d.Verdict.String()
	if judged(d) == 0 {
		kind += ", nothing new"
	} else if judged(d) < judged(full) {
		r.counts["saved"] += judged(full) - judged(d)
	}
	r.counts[kind]++
	if d.Verdict != policy.Accepted {
		return
	}
	if since.Next == nil {
		return
	}
	text, err := since.Next.Text()
	if err != nil {
		r.t.Fatal(err)
	}
	if r.left[spec], err = verified.Parse(text); err != nil {
		r.t.Fatal(err)
	}
}

// past does what a push would, beside the gate.
func (r *remembering) past(u refUpdate) {
	r.counts["past the gate"]++
	if u.commit == nil {
		delete(r.refs, u.name)
		if err := os.Remove(filepath.Join(r.dir, u.name)); err != nil && !os.IsNotExist(err) {
			r.t.Fatal(err)
		}
		return
	}
	r.write(u.name, u.to+"\n")
	r.refs[u.name] = value{u.to, u.commit}
}

// between does something between two runs that no push does.
func (r *remembering) between() {
	t := r.t
	named := func(begin string) (names []string) {
		for _, name := range slices.Sorted(maps.Keys(r.refs)) {
			if strings.HasPrefix(name, begin) {
				names = append(names, name)
			}
		}
		return names
	}
	switch what := rapid.SampledFrom(betweens).Draw(t, "between"); what {
	case "":
	case "policy":
		if !r.inTree {
			changed := r.server.amended(rapid.SampledFrom(amendments[:len(amendments)-1]).Draw(t, "amendment"))
			r.server = changed
			r.texts[changed.text()] = changed
			r.write("countersign/policy.toml", changed.text())
		}
	case "policy back":
		if !r.inTree {
			first := *r.server
			first.gone, first.hired, first.dropped = "", "", false
			r.server = &first
			r.write("countersign/policy.toml", first.text())
		}
	case "floor":
		if r.inTree {
			r.write("countersign/floor.toml", fmt.Sprintf("version = 1\n[quorum]\nmaintainers = %d\n",
				rapid.IntRange(1, 3).Draw(t, "quorum")))
		}
	case "word gone":
		for _, prefix := range []string{policy.Approves.Prefix(), policy.Withdraws.Prefix(), policy.Excepts.Prefix()} {
			if words := named(prefix); len(words) > 0 {
				r.past(refUpdate{name: rapid.SampledFrom(words).Draw(t, "word")})
				return
			}
		}
	case "word":
		about := r.newest(rapid.IntRange(0, len(r.commits)-1).Draw(t, "about"))
		kinds := []policy.AttestationKind{policy.Approves, policy.Withdraws, policy.Withdraws, policy.Excepts}
		who := rapid.SampledFrom(everybody).Draw(t, "says")
		ref := rapid.SampledFrom([]string{"", "", mainRef, "refs/heads/release/1"}).Draw(t, "for")
		when := r.clock.Unix() + rapid.SampledFrom([]int64{-3600, 0, 0, 7200}).Draw(t, "dated ahead")
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		v := &word{kind: kind, about: about, name: who, signer: who, when: when, ref: ref}
		if v.kind == policy.Excepts {
			v.reason, v.expires = true, when+10*oneDay
		}
		r.past(refUpdate{name: r.attestation(v), to: v.tag, commit: about})
	case "clock":
		r.clock = r.clock.Add(time.Duration(rapid.SampledFrom([]int{-48, -1, 24, 24 * 365}).Draw(t, "hours")) * time.Hour)
	case "rewind":
		refs := named("refs/heads/")
		name := rapid.SampledFrom(refs).Draw(t, "ref")
		if first := r.refs[name].commit.first(); first != nil {
			r.past(refUpdate{name: name, to: first.id, commit: first})
		}
	case "branch":
		name := rapid.SampledFrom([]string{mainRef, "refs/heads/release/1", "refs/heads/release/2"}).Draw(t, "ref")
		if name != mainRef && rapid.Bool().Draw(t, "gone") {
			r.past(refUpdate{name: name})
			return
		}
		to := r.newest(rapid.IntRange(0, len(r.commits)-1).Draw(t, "to"))
		r.past(refUpdate{name: name, to: to.id, commit: to})
	case "tag":
		of := r.newest(rapid.IntRange(0, 4).Draw(t, "of"))
		name := rapid.SampledFrom([]string{"v1", "v2", "v3"}).Draw(t, "tag")
		by := rapid.SampledFrom([]string{"alice", "lasse", "mallory"}).Draw(t, "by")
		tag := r.tag(name, of, by, r.clock.Unix(), "release\n")
		r.past(refUpdate{name: "refs/tags/" + name, to: tag, commit: of})
	}
}

var betweens = []string{
	"", "", "", "", "", "", "policy", "policy back", "floor", "word gone", "word", "word", "clock", "rewind", "branch",
	"tag", "tag",
}

// Whatever happens between two runs: judged by what is new since a run that was clean, a history has the verdict, the
// findings and the notes that it has judged as a whole.
//
// A longer run: go test ./gate -run SinceVerified -rapid.checks=10000
func TestRandomHistoriesAreJudgedAlikeSinceVerified(t *testing.T) {
	t.Parallel()
	counts := make(map[string]int)
	checkFew(t, 24, func(t *rapid.T) {
		h := drawHistory(t, 14, rapid.Bool().Draw(t, "policy in the tree"))
		defer h.remove()
		r := &remembering{randomHistory: h, t: t, left: make(map[string]*verified.State), counts: counts}
		specs := []string{"", mainRef, "refs/heads/release/1"}
		run := func() {
			for _, spec := range specs {
				if _, there := r.refs[spec]; spec == "" || there {
					r.both(spec)
				}
			}
		}
		run()
		force := rapid.IntRange(0, 9).Draw(t, "of ten that are refused, made all the same")
		for _, m := range rapid.SliceOfN(drawMove(r.attackers), 1, 8).Draw(t, "moves") {
			r.play(m, func(updates ...refUpdate) {
				g, unread := r.open()
				g.Close()
				switch {
				case unread != nil: // nobody can push by a policy that can't be read
				case r.judge(updates...).Verdict == policy.Accepted:
					r.apply(updates...)
				case rapid.IntRange(1, 9).Draw(t, "refused") <= force-5:
					for _, u := range updates {
						if u.name != mainRef || u.commit != nil { // from which all that is drawn goes on
							r.past(u)
						}
					}
				}
			})
			run()
			for range rapid.IntRange(0, 2).Draw(t, "times") {
				r.between()
				run()
			}
		}
	})
	for _, seen := range []string{
		"first, accepted, nothing new", "from a memory, accepted", "from a memory, accepted, nothing new",
		"from a memory, refused", "anew, accepted", "anew, refused",
	} {
		if counts[seen] == 0 && !raced { // with the race detector there are too few histories to have each for sure
			t.Errorf("no run was judged %s", seen)
		}
	}
	for _, seen := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%5d %s", counts[seen], seen)
	}
}
