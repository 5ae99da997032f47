package page

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"countersign/policy"
	"countersign/report"
)

// hostile is text as somebody could push it: it ends what it stands in, begins what runs, and turns what it stands
// beside around.
const hostile = "</title></style></script>\"'><script>alert(1)</script><img src=//evil.test onerror=alert(1)>" +
	"{{.}}\u202e\u2066\x1b[31m\xff javascript:alert(1)"

// hostileBacktest is a backtest in which each text is hostile.
func hostileBacktest(commits int) *Backtest {
	months := map[int]int{}
	count := func(n int) *policy.BacktestCount { return &policy.BacktestCount{Name: hostile, Commits: n, Held: n} }
	finding := policy.Finding{
		Code: hostile, Rule: hostile, Subject: hostile, Signer: hostile, Claim: hostile, Detail: hostile, Why: hostile,
		Tenure: &policy.TenureFigures{}, TenureIn: hostile, Exempt: &policy.TenureFigures{Days: 1},
		Paths: []policy.TouchedPath{{
			Path: hostile, Change: hostile, Classes: []string{hostile},
			Lines: []policy.Reason{{Line: 1, Text: hostile, Why: hostile, Is: hostile}},
		}},
	}
	p := policy.Default()
	p.Principals = []policy.Principal{
		{Name: hostile, Role: hostile, IntroducedBy: "founder"},
		{Name: "a", Role: "maintainer", IntroducedBy: hostile},
		{Name: "b", IntroducedBy: "c"},
		{Name: "c", IntroducedBy: "b"}, // in a circle, which a file may not have
	}
	p = p.WithPrincipals(p.Principals)
	ch := &policy.Chart{Policy: p}
	course := &policy.TenureCourse{Who: hostile, Commits: commits, Held: commits}
	for i := range commits {
		at := int64(i) * 40_000
		months[12*1970+1+i/60]++
		ch.Held = append(ch.Held, policy.HeldCommit{
			ID: fmt.Sprintf("%040x", i), Subject: hostile, Signer: hostile, Claim: hostile, At: at,
			Classes: []string{hostile}, Findings: []policy.Finding{finding},
		})
		course.Points = append(course.Points, policy.TenurePoint{At: at, Held: fmt.Sprintf("%040x", i)})
	}
	ch.Classes = []*policy.ClassCourse{{Name: hostile, Commits: months}, {Commits: months}}
	exempt := policy.Exempt{Days: 365, Commits: 10, Months: 6}
	ch.Accounts = []*policy.Account{{Rule: hostile, In: hostile, Exempt: exempt, People: []*policy.TenureCourse{course}}}
	b := &policy.Backtest{
		To: int64(commits) * 40_000, Landings: commits, Commits: commits, Held: commits, Web: 1, Second: 1, Assumed: hostile,
		Rules: []*policy.BacktestCount{count(commits)}, Classes: []*policy.BacktestCount{count(1)},
		Years: []*policy.BacktestCount{count(1)}, Signers: []*policy.BacktestCount{count(commits), count(1)},
		Months: []*policy.BacktestCount{{Name: "1970-02", Held: 3}},
	}
	return &Backtest{
		Project: hostile, Tip: hostile, Claimed: true, Backtest: b, Chart: ch,
		Beside: []report.Profile{{Name: hostile, Backtest: b}},
	}
}

// elements are all that a page has.
var elements = strings.Fields("html head meta link title style body header p h1 span code main section h2 figure " +
	"svg g text tspan line path circle rect polyline figcaption h3 ul li form label input ol time br div b table " +
	"caption thead tr th tbody td footer script")

// parsed reads a page as a browser does, and says what it has that runs, fetches or leads elsewhere.
func parsed(t *testing.T, page []byte) (faults []string, text string) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	scripts := 0
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			all.WriteString(n.Data + "\n")
		case html.CommentNode:
			faults = append(faults, "a comment")
		case html.ElementNode:
			if !slices.Contains(elements, n.Data) {
				faults = append(faults, "element "+n.Data)
			}
			if inline := map[string]string{"script": filter, "style": style}[n.Data]; inline != "" {
				scripts++
				if n.FirstChild == nil || n.FirstChild.Data != inline || n.FirstChild.NextSibling != nil {
					faults = append(faults, n.Data+" isn't the page's own")
				}
			}
			for _, a := range n.Attr {
				isIcon := n.Data == "link" && a.Key == "href" && a.Val == "data:,"
				leads := slices.Contains([]string{"src", "href", "action", "style", "srcset", "formaction"}, a.Key)
				if strings.HasPrefix(a.Key, "on") || leads && !isIcon {
					faults = append(faults, fmt.Sprintf("%s has %s=%q", n.Data, a.Key, a.Val))
				}
			}
		}
	}
	if scripts != 2 {
		faults = append(faults, fmt.Sprintf("%d scripts and styles", scripts))
	}
	return faults, all.String()
}

func TestHostileBacktest(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := hostileBacktest(30).Write(&b); err != nil {
		t.Fatal(err)
	}
	faults, text := parsed(t, b.Bytes())
	if faults != nil {
		t.Errorf("the page has %q", faults)
	}
	if shown := report.Escape(hostile); strings.Count(text, shown) < 20 {
		t.Errorf("the text is shown %d times, as %q", strings.Count(text, shown), shown)
	}
	unseen(t, b.Bytes())
	var again bytes.Buffer
	if err := hostileBacktest(30).Write(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("the same makes another page: %v", err)
	}
	control, _ := parsed(t, bytes.Replace(b.Bytes(), []byte("<h2"), []byte("<img src=x onerror=y><h2"), 1))
	if len(control) != 3 {
		t.Errorf("of an image with a source and a script are found %q", control)
	}
}

func TestHostileDecision(t *testing.T) {
	t.Parallel()
	count := []policy.Count{{Name: hostile, Count: 2}, {Count: 1}}
	signed := policy.Signed{Total: 2, Statuses: count, Kinds: count, Signers: count, Strangers: count}
	d := Decision{Project: hostile, Decision: policy.Decision{
		Refs: []policy.RefDecision{
			{Ref: hostile, As: hostile, Old: hostile, New: hostile, Protected: true, Landings: 1, Commits: 1},
			{Ref: hostile, Resolved: hostile, From: hostile},
		},
		Findings: []policy.Finding{
			{Code: hostile, Ref: hostile, Detail: hostile, Next: []string{hostile}},
			{Code: hostile, Ref: hostile, Commit: hostile, Subject: hostile, Signer: hostile, Claim: hostile, Rule: hostile},
			{Code: hostile, Ref: hostile, Commit: hostile, Paths: []policy.TouchedPath{{Path: hostile}}},
		},
		Notes: []string{hostile}, Undecided: hostile,
		Summary: &policy.Summary{Commits: signed, Tags: signed, Findings: count},
	}}
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	faults, text := parsed(t, b.Bytes())
	if faults != nil {
		t.Errorf("the page has %q", faults)
	}
	if shown := report.Escape(hostile); strings.Count(text, shown) < 15 {
		t.Errorf("the text is shown %d times, as %q", strings.Count(text, shown), shown)
	}
	unseen(t, b.Bytes())
	if rows := strings.Count(b.String(), "<h3>"); rows != 2 {
		t.Errorf("%d rows for a ref and a commit", rows)
	}
	accepted := Decision{Project: "x", Decision: policy.Decision{Verdict: policy.Accepted}}
	b.Reset()
	if err := accepted.Write(&b); err != nil || strings.Contains(b.String(), `h1 class="held"`) ||
		!strings.Contains(b.String(), ">accepted") {
		t.Errorf("%v in\n%s", err, b.String())
	}
}

// unseen finds characters that a reader doesn't see.
func unseen(t *testing.T, page []byte) {
	t.Helper()
	for _, raw := range []string{"\u202e", "\u2066", "\x1b", "\xff", "\ufffd"} {
		if at := bytes.Index(page, []byte(raw)); at >= 0 {
			t.Errorf("the page holds %q: %.300q", raw, page[max(at-200, 0):])
		}
	}
}

// However long a history is and however much is held, the page has a bound.
func TestPageIsBounded(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := hostileBacktest(20_000).Write(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 14<<20 { // each text here is of 150 bytes and more, and is escaped
		t.Errorf("%d bytes", b.Len())
	}
	if !strings.Contains(b.String(), "16,000 older held commits are not listed") {
		t.Error("the page doesn't say what it leaves out")
	}
}

func TestEmptyBacktest(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	empty := &Backtest{Project: "x", Backtest: new(policy.Backtest), Chart: new(policy.Chart)}
	if err := empty.Write(&b); err != nil {
		t.Fatal(err)
	}
	if faults, text := parsed(t, b.Bytes()); faults != nil || !strings.Contains(text, "None of 0 commits") {
		t.Errorf("%q in\n%s", faults, text)
	}
}

func TestAxis(t *testing.T) {
	t.Parallel()
	const year = 31_556_952
	for _, c := range []struct {
		from, to int64
		want     string
	}{
		{0, 5 * year, "1970 Jul 1971 Jul 1972 Jul 1973 Jul 1974 Jul 1975"},
		{0, 40 * year, "1970 1975 1980 1985 1990 1995 2000 2005"},
		{0, 20 * 86400, "1970"},
		{86400, 86400, ""},
		{0, 253402300799, "2000 3000 4000 5000 6000 7000 8000 9000"},
	} {
		f := wide(c.from, c.to)
		var labels []string
		for _, tick := range f.axis() {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%d to %d: %s, want %s", c.from, c.to, got, c.want)
		}
		if n := (month(c.to)-month(c.from))/f.span() + 1; n > f.bars {
			t.Errorf("%d to %d: %d bars", c.from, c.to, n)
		}
	}
}

func TestWhose(t *testing.T) {
	t.Parallel()
	of := func(held ...int) (counts []*policy.BacktestCount) {
		for i, n := range held {
			counts = append(counts, &policy.BacktestCount{Name: string(rune('a' + i)), Held: n})
		}
		return counts
	}
	for _, c := range []struct {
		held int
		by   []*policy.BacktestCount
		want string
	}{
		{0, of(0), ""},
		{1, of(1, 0), "It is by a."},
		{3, of(3), "All are by a."},
		{5, of(3, 2), "They are by a (3) and b (2)."},
		{10, of(4, 3, 2, 1), "They are by a (4), b (3), c (2) and d (1)."},
		{12, of(4, 3, 2, 1, 1, 1), "They are by a (4), b (3), c (2) and 3 others."},
	} {
		if got := whose(c.by, c.held); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Somebody has of a rule what they have least of.
func TestPart(t *testing.T) {
	t.Parallel()
	e := policy.Exempt{Days: 100, Commits: 10}
	for _, c := range []struct {
		has  policy.TenureFigures
		want float64
		says string
	}{
		{policy.TenureFigures{}, 0, "0 of 100 days and 0 of 10 commits"},
		{policy.TenureFigures{Days: 50, Commits: 20}, 0.5, "50 of 100 days"},
		{policy.TenureFigures{Days: 90, Commits: 2}, 0.2, "90 of 100 days and 2 of 10 commits"},
		{policy.TenureFigures{Days: 200, Commits: 10}, 1, "all that is asked for"},
	} {
		if got, says := part(e, c.has), figures(e, &c.has); got != c.want || says != c.says {
			t.Errorf("%v: %v, %q; want %v, %q", c.has, got, says, c.want, c.says)
		}
	}
}
