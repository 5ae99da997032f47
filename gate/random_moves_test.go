package gate

import (
	"slices"
	"strings"

	"pgregory.net/rapid"

	"countersign/policy"
)

// A random history is drawn as a list of moves, which say in a few words what somebody does, and is then
// played: so a counterexample is a short list that can be read.

// move is what happens in one go: work on a branch, words about it, and what is pushed in the end.
type move struct {
	Wait  int    // hours before it
	From  int    // where the branch begins: 0 is main, 1 release/1, more are the newest commits
	Work  []work // commits of the branch
	Show  bool   // it is pushed to a topic first
	Words []said
	Sight int    // hours from then to the landing
	Merge string // how it is merged into main; "" where it isn't
	By    string // who merges, or makes a tag
	Evil  work   // what an evil merge adds
	Age   int    // hours by which the merge is dated back
	Late  []said // words that are pushed with it
	Refs  []string
	Stale bool // it comes with a false old id first
	// Past is how main is moved past the hook before it, and brought back: by a "push", or on the "server"; "" if it
	// isn't.
	Past string
}

// work is one commit.
type work struct {
	By, As, Name string // who signs, who the author is said to be, and who the committer ("" is By)
	Path, Text   string
	Age          int // hours by which it is dated back
}

// said is an attestation: about the branch's n-th commit from its end, or for -1 about main's last but one.
type said struct {
	Kind     policy.AttestationKind
	By, Name string // Name is whom it is said to be of; "" is By
	About    int
	Ref      string
	Move     bool
	Brief    bool // an exception that ends in half a day
}

const zeroID = "0000000000000000000000000000000000000000"

var randomPaths = []string{
	"src/a.c", "src/b.c", "configure.ac", "tests/files/x", ".github/workflows/ci.yml", policyPath,
	".countersign/notes.txt",
}

// carried stands for the text of another file, which is renamed.
const carried = "carried\n"

var randomTexts = []string{"one\n", "two\n", "three\n", "\x00\x01\x02", carried, ""}

// coalitions are attackers whom the rules don't give a second person, nor a quorum.
var coalitions = [][]string{
	{"jia", "pup"}, {"jia", "sib"}, {"lasse", "con", "bot"}, {"alice", "jia"}, {"con", "bot"}, {"far"},
}

var everybody = []string{"alice", "lasse", "jia", "sib", "far", "pup", "con", "rev", "bot", "mallory"}

// drawMove draws what the attackers do, or others, or a landing as it should be.
func drawMove(attackers []string) *rapid.Generator[move] {
	return rapid.Custom(func(t *rapid.T) move {
		kinds := []string{"attack", "plain attack", "plain attack", "stale attack", "rewind", "proper", "proper", "any"}
		kind := rapid.SampledFrom(kinds).Draw(t, "what")
		switch kind {
		case "proper":
			return drawPlain(t, []string{"alice", "lasse", "far", "jia", "con"}, []string{"lasse", "far", "alice", "rev", "jia"})
		case "plain attack":
			return drawPlain(t, attackers, attackers)
		case "stale attack":
			return drawStale(t, attackers)
		case "rewind":
			return drawRewind(t)
		}
		who := rapid.SampledFrom(slices.Concat(everybody, everybody[:6]))
		if kind == "attack" {
			who = rapid.SampledFrom(attackers)
		}
		odd := func(label string, of int) bool { return rapid.IntRange(0, of).Draw(t, label) == of }
		m := move{
			Wait: rapid.SampledFrom([]int{0, 1, 24, 72, 24 * 20, 24 * 40}).Draw(t, "wait"),
			From: max(0, rapid.IntRange(-6, 6).Draw(t, "from")), By: who.Draw(t, "merges"), Age: drawAge(t),
		}
		for range rapid.SampledFrom([]int{1, 1, 2, 0}).Draw(t, "commits") {
			m.Work = append(m.Work, drawWork(t, who, odd))
		}
		if m.Show = rapid.Bool().Draw(t, "show"); m.Show {
			for range rapid.IntRange(0, 3).Draw(t, "words") {
				m.Words = append(m.Words, drawSaid(t, who, odd))
			}
			m.Sight = rapid.SampledFrom([]int{0, 1, 24, 50}).Draw(t, "sight")
		}
		merges := []string{"", "", "clean", "clean", "ours", "theirs", "evil", "foxtrot", "octopus"}
		m.Merge = rapid.SampledFrom(merges).Draw(t, "merge")
		if m.Merge == "evil" {
			m.Evil = drawWork(t, who, odd)
		}
		if odd("late", 2) {
			for range rapid.IntRange(1, 2).Draw(t, "late words") {
				m.Late = append(m.Late, drawSaid(t, who, odd))
			}
		}
		m.Stale = odd("stale", 5)
		if odd("past the hook", 5) {
			m.Past = rapid.SampledFrom([]string{"push", "server"}).Draw(t, "back by")
		}
		m.Refs = []string{mainRef}
		if odd("other refs", 2) {
			refs := []string{
				mainRef, "refs/heads/release/1", "refs/heads/release/2", "refs/tags/v1", "light", "-" + mainRef,
				"-refs/heads/release/1", "<" + mainRef, "<refs/heads/release/1", "refs/heads/other",
			}
			bare := func(s string) string { return strings.TrimLeft(s, "-<") }
			m.Refs = rapid.SliceOfNDistinct(rapid.SampledFrom(refs), 1, 3, bare).Draw(t, "refs")
		}
		return m
	})
}

// drawPlain draws work that is shown, approved and merged, with nothing odd about it: of all sorts of people it
// passes most of the time, of the attackers alone it shouldn't.
func drawPlain(t *rapid.T, signers, approvers []string) move {
	who := rapid.SampledFrom(signers)
	never := func(string, int) bool { return false }
	refs := []string{mainRef, mainRef, mainRef, "refs/heads/release/1"}
	m := move{
		Wait: rapid.SampledFrom([]int{0, 24, 24 * 20, 24 * 40}).Draw(t, "wait"), Show: true,
		Sight: rapid.SampledFrom([]int{0, 50}).Draw(t, "sight"),
		Merge: rapid.SampledFrom([]string{"clean", ""}).Draw(t, "merge"), By: who.Draw(t, "merges"),
		Refs: []string{rapid.SampledFrom(refs).Draw(t, "ref")},
	}
	for range rapid.SampledFrom([]int{1, 1, 2}).Draw(t, "commits") {
		w := drawWork(t, who, never)
		if rapid.IntRange(0, 3).Draw(t, "amends") == 3 {
			w.Path, w.Text = policyPath, rapid.SampledFrom(amendments).Draw(t, "amendment")
		}
		m.Work = append(m.Work, w)
	}
	m.Words = drawWords(t, said{}, approvers)
	return m
}

// drawWords draws approvals by some people, which some of them take back, and exceptions.
func drawWords(t *rapid.T, like said, people []string) (words []said) {
	kinds := []policy.AttestationKind{policy.Approves, policy.Approves, policy.Approves, policy.Excepts}
	some := rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, min(3, len(people)), rapid.ID)
	for _, by := range some.Draw(t, "approvers") {
		w := like
		w.By = by
		w.Kind = rapid.SampledFrom(kinds).Draw(t, "kind")
		w.Brief = w.Kind == policy.Excepts && rapid.Bool().Draw(t, "brief")
		if words = append(words, w); rapid.IntRange(0, 5).Draw(t, "takes it back") == 5 {
			words = append(words, said{Kind: policy.Withdraws, By: by, About: w.About})
		}
	}
	return words
}

// drawStale draws how attackers land what others have shown, or go on from an old commit.
func drawStale(t *rapid.T, attackers []string) move {
	m := move{
		Wait: rapid.SampledFrom([]int{0, 24}).Draw(t, "wait"), From: rapid.IntRange(2, 10).Draw(t, "from"),
		Merge: rapid.SampledFrom([]string{"theirs", "theirs", "octopus", "clean", "foxtrot", ""}).Draw(t, "merge"),
		By:    rapid.SampledFrom(attackers).Draw(t, "merges"), Refs: []string{mainRef},
	}
	if m.Merge == "" {
		by := rapid.SampledFrom(everybody).Draw(t, "by") // whom the policy in force may not know any more
		m.Work, m.Refs = []work{{By: by, As: by, Path: "src/a.c", Text: "one\n"}}, []string{"refs/heads/release/1"}
	}
	return m
}

// drawRewind draws that main loses its last landing, with the approval of some.
func drawRewind(t *rapid.T) move {
	people := []string{"alice", "lasse", "jia", "far"}
	words := drawWords(t, said{About: -1, Ref: mainRef, Move: true}, people)
	return move{Show: true, Words: words, Refs: []string{"<" + mainRef}}
}

func drawAge(t *rapid.T) int {
	if rapid.IntRange(0, 7).Draw(t, "odd date") < 7 {
		return rapid.SampledFrom([]int{0, 0, 5, 60}).Draw(t, "age")
	}
	return rapid.SampledFrom([]int{-1, 100, 13 * 24, 14*24 + 1, 400 * 24}).Draw(t, "odd age")
}

func drawWork(t *rapid.T, who *rapid.Generator[string], odd func(string, int) bool) work {
	w := work{By: who.Draw(t, "by"), Path: rapid.SampledFrom(randomPaths).Draw(t, "path"), Age: drawAge(t)}
	w.Text = rapid.SampledFrom(randomTexts).Draw(t, "text")
	if w.Path == policyPath {
		w.Text = rapid.SampledFrom(amendments).Draw(t, "amendment")
	}
	if w.As = w.By; odd("author", 7) {
		w.As = rapid.SampledFrom(everybody).Draw(t, "author")
	}
	if odd("committer", 15) {
		w.Name = rapid.SampledFrom(everybody).Draw(t, "committer")
	}
	if odd("unsigned", 15) {
		w.By = rapid.SampledFrom([]string{"", "mallory"}).Draw(t, "nobody")
	}
	return w
}

func drawSaid(t *rapid.T, who *rapid.Generator[string], odd func(string, int) bool) said {
	kinds := []policy.AttestationKind{
		policy.Approves, policy.Approves, policy.Approves, policy.Approves, policy.Withdraws, policy.Excepts,
	}
	s := said{
		Kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
		By:   who.Draw(t, "says"), About: rapid.IntRange(0, 2).Draw(t, "about"),
	}
	if odd("name", 9) {
		s.Name = rapid.SampledFrom(everybody).Draw(t, "in the name of")
	}
	if odd("bounded", 5) {
		s.Ref = rapid.SampledFrom([]string{mainRef, "refs/heads/release/1"}).Draw(t, "for")
		s.Move = rapid.Bool().Draw(t, "move")
	}
	return s
}
