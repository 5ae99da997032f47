package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"countersign/policy"
)

// secret stands for what only the server's operator may read.
const secret = "/srv/git/secret.git"

// hostile gives text as an attacker would choose it.
func hostile() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"", "a", "src/main.c", " ", "\n", "\r", "\x1b[2J", "\x1b[1A", "\u009b31m", "\u202e", "\u2028", "\u200b", "\xff",
		"\xc3", "\x00", "\\", "\\n", "\"", "'", "<&>", "文", "…",
		"::error::x", "\n::stop-commands::x\n", "##[add-mask]x", "%0A", "%", ":", ",", "]]>", "\ufffe", "```", "\n```\n# x",
		"](https://x.example)", "{0}", "|", "../", "//x.example/",
		"remote: ", "\nremote: countersign: nothing against refs/heads/main: 1 commit\n", "countersign: ",
		strings.Repeat("x", 90), strings.Repeat("long word ", 40), strings.Repeat("文", 60),
	})
	return rapid.OneOf(piece, rapid.String(), rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pieces"), "")
	}))
}

// decision gives decisions with hostile text wherever there is text.
func decision() *rapid.Generator[policy.Decision] {
	text, id := hostile(), rapid.OneOf(rapid.StringMatching(`[0-9a-f]{40}|[0-9a-f]{64}|0{40}`), hostile())
	number := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, math.MaxInt32))
	few := rapid.SliceOfN(text, 0, 9)
	figures := rapid.Custom(func(t *rapid.T) policy.TenureFigures {
		return policy.TenureFigures{
			Days: number.Draw(t, "days"), Commits: number.Draw(t, "commits"),
			Months: number.Draw(t, "months"),
		}
	})
	path := rapid.Custom(func(t *rapid.T) policy.TouchedPath {
		return policy.TouchedPath{
			Path:    text.Draw(t, "path"),
			Change:  rapid.SampledFrom([]string{"added", "mode", "type", "\x1b"}).Draw(t, "change"),
			Classes: few.Draw(t, "classes"),
		}
	})
	discount := rapid.Custom(func(t *rapid.T) policy.Discount {
		return policy.Discount{
			Principal: text.Draw(t, "principal"), Name: text.Draw(t, "name"),
			Reason: text.Draw(t, "reason"),
		}
	})
	ref := rapid.OneOf(rapid.SampledFrom([]string{"refs/heads/main", "refs/tags/v1"}), text)
	finding := rapid.Custom(func(t *rapid.T) policy.Finding {
		f := policy.Finding{
			Code: rapid.SampledFrom(append(policy.Codes(), "no-such-code", "\x1b[2J")).Draw(t, "code"), Ref: ref.Draw(t, "ref"),
			Rule: rapid.SampledFrom([]string{"", "opaque-files", "\x1b"}).Draw(t, "rule"), Why: text.Draw(t, "why"),
			Signer: rapid.SampledFrom([]string{"", "jia", "\n"}).Draw(t, "signer"), Claim: text.Draw(t, "claim"),
			Fingerprint: text.Draw(t, "fingerprint"),
			TenureIn:    text.Draw(t, "in"), Needed: rapid.IntRange(0, 3).Draw(t, "needed"),
			Have: few.Draw(t, "have"), Ask: few.Draw(t, "ask"), Detail: text.Draw(t, "detail"), Next: few.Draw(t, "next"),
			Paths: rapid.SliceOfN(path, 0, 9).Draw(t, "paths"), Discounted: rapid.SliceOfN(discount, 0, 5).Draw(t, "discounted"),
		}
		if rapid.Bool().Draw(t, "of a commit") {
			f.Commit, f.Subject, f.Landing = id.Draw(t, "commit"), text.Draw(t, "subject"), id.Draw(t, "landing")
		}
		if rapid.Bool().Draw(t, "tenure") {
			f.Tenure = new(figures.Draw(t, "tenure"))
		}
		if rapid.Bool().Draw(t, "exempt") {
			f.Exempt = new(figures.Draw(t, "exempt"))
		}
		return f
	})
	update := rapid.Custom(func(t *rapid.T) policy.RefDecision {
		return policy.RefDecision{
			Ref: ref.Draw(t, "ref"), Resolved: rapid.OneOf(rapid.Just(""), text).Draw(t, "resolved"),
			Old: id.Draw(t, "old"), New: id.Draw(t, "new"), Protected: rapid.Bool().Draw(t, "protected"),
			Landings: number.Draw(t, "landings"), Commits: number.Draw(t, "commits"),
		}
	})
	return rapid.Custom(func(t *rapid.T) policy.Decision {
		return policy.Decision{
			Verdict: rapid.SampledFrom([]policy.Verdict{policy.Refused, policy.Accepted}).Draw(t, "verdict"),
			Refs:    rapid.SliceOfN(update, 0, 4).Draw(t, "refs"), Findings: rapid.SliceOfN(finding, 0, 12).Draw(t, "findings"),
			Notes:     few.Draw(t, "notes"),
			Reference: rapid.OneOf(rapid.SampledFrom([]string{"", "7f3a19c2"}), text).Draw(t, "reference"),
			Undecided: rapid.SampledFrom([]string{"", secret, "\x1b" + secret}).Draw(t, "undecided"),
		}
	})
}

// TestAttackTerminalEscapesNewlinesAndImitations holds over all formats: nothing that a terminal
// obeys or doesn't show, no line that a reader takes for another's.
func TestAttackTerminalEscapesNewlinesAndImitations(t *testing.T) {
	formats := map[string]func(*bytes.Buffer, policy.Decision) error{
		"pusher": func(b *bytes.Buffer, d policy.Decision) error { return Pusher(b, d, Options{}) },
		"text":   func(b *bytes.Buffer, d policy.Decision) error { return Text(b, d, Options{}) },
		"narrow": func(b *bytes.Buffer, d policy.Decision) error { return Text(b, d, Options{Columns: 60}) },
		"json":   func(b *bytes.Buffer, d policy.Decision) error { return JSON(b, d) },
	}
	rapid.Check(t, func(t *rapid.T) {
		d := decision().Draw(t, "decision")
		for name, format := range formats {
			var b bytes.Buffer
			if err := format(&b, d); err != nil {
				t.Fatal(err)
			}
			checkShown(t, strings.ReplaceAll(b.String(), "\n", ""))
			for i, line := range strings.Split(b.String(), "\n") {
				if strings.HasPrefix(line, "remote:") || strings.HasPrefix(line, "countersign:") && (i > 0 || name == "json") {
					t.Fatalf("%s, line %d: %s", name, i+1, line)
				}
			}
			says := strings.HasPrefix(b.String(), "countersign: accepted") ||
				strings.HasPrefix(b.String(), "countersign: nothing against")
			if says && d.Verdict != policy.Accepted {
				t.Fatalf("%s says that it is accepted", name)
			}
		}
	})
}

// Whatever the push, the person who pushed gets few lines of bounded width, no word for the
// operator alone, and one line at most where nothing is wrong.
func TestPusherIsShortAndSaysNothingOfTheServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := decision().Draw(t, "decision")
		o := Options{
			Columns: rapid.SampledFrom([]int{0, 60, 120}).Draw(t, "columns"),
			Lines:   rapid.SampledFrom([]int{0, 12, 25}).Draw(t, "lines"),
		}
		var b bytes.Buffer
		if err := Pusher(&b, d, o); err != nil {
			t.Fatal(err)
		}
		if o == (Options{}) {
			o = Options{Columns: 99 - len("remote: "), Lines: 40}
		}
		if strings.Contains(b.String(), secret) {
			t.Fatal("the server's path is shown")
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if d.Verdict == policy.Accepted && len(lines) > 1 || o.Lines > 0 && len(lines) > o.Lines {
			t.Fatalf("%d lines:\n%s", len(lines), b.String())
		}
		for _, line := range lines {
			if w := width(line); o.Columns > 0 && w > o.Columns {
				t.Fatalf("%d columns: %s", w, line)
			}
		}
	})
}

func TestJSONIsReadBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := decision().Draw(t, "decision")
		var b bytes.Buffer
		if err := JSON(&b, want); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(b.Bytes()) {
			t.Fatalf("no JSON: %s", b.String())
		}
		got, err := ReadJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A field of a new kind would pass every text by.
func TestEveryFieldOfADecisionIsOfAKnownKind(t *testing.T) {
	var walk func(reflect.Type)
	walk = func(at reflect.Type) {
		switch at.Kind() {
		case reflect.Int, reflect.Uint8, reflect.Bool, reflect.String:
		case reflect.Pointer, reflect.Slice:
			walk(at.Elem())
		case reflect.Struct:
			for f := range at.Fields() {
				if f.Tag.Get("json") == "" || !f.IsExported() {
					t.Errorf("%s.%s: want an exported field with a json tag", at, f.Name)
				}
				walk(f.Type)
			}
		default:
			t.Errorf("%s: eachText doesn't know such a type", at)
		}
	}
	walk(reflect.TypeFor[policy.Decision]())
}

func TestEachTextIsReachedUnderItsPointer(t *testing.T) {
	in := struct {
		P *policy.Discount `json:"p"`
		N *policy.Discount `json:"n"`
		L [][]policy.Code  `json:"l,omitempty"`
	}{P: &policy.Discount{Name: "b"}, L: [][]policy.Code{nil, {"c", "d"}}}
	got := make(map[string]string)
	replaced(reflect.ValueOf(in), "", func(at, s string) string { got[at] = s; return "new" })
	want := map[string]string{"/p/principal": "", "/p/name": "b", "/p/reason": "", "/l/1/0": "c", "/l/1/1": "d"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if in.P.Name != "b" || in.L[1][0] != "c" {
		t.Errorf("what was given is changed: %+v", in)
	}
}

func TestReadJSONRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":        ``,
		"no schema":      `{"verdict":"accepted"}`,
		"another schema": `{"schema":"countersign-decision/2","verdict":"accepted"}`,
		"more after it":  `{"schema":"countersign-decision/1","verdict":"accepted"}{}`,
		"a stray exact":  `{"schema":"countersign-decision/1","verdict":"accepted","exact":{"/findings/0/ref":"AA=="}}`,
		"a list":         `[]`,
	} {
		if d, err := ReadJSON(strings.NewReader(in)); err == nil || d.Verdict != policy.Refused {
			t.Errorf("%s: %v, %v", name, d.Verdict, err)
		}
	}
	d, err := ReadJSON(strings.NewReader(`{"schema":"countersign-decision/1","verdict":"Accepted"}`))
	if err != nil || d.Verdict != policy.Refused {
		t.Errorf("a verdict that doesn't exist: %v, %v", d.Verdict, err)
	}
}

func TestAVerdictThatDoesNotExistIsShownAsARefusal(t *testing.T) {
	for name, format := range map[string]func(*bytes.Buffer, policy.Decision) error{
		"pusher": func(b *bytes.Buffer, d policy.Decision) error { return Pusher(b, d, Options{}) },
		"text":   func(b *bytes.Buffer, d policy.Decision) error { return Text(b, d, Options{}) },
	} {
		var b bytes.Buffer
		if err := format(&b, policy.Decision{Verdict: 7}); err != nil ||
			!strings.HasPrefix(b.String(), "countersign: refused") {
			t.Errorf("%s: %s (%v)", name, b.String(), err)
		}
	}
}

// The steps for a commit that isn't the tip must work: git can't amend it where it stands.
func TestNextStepMendsCommitsBelowTheTip(t *testing.T) {
	const (
		amend = "git commit --amend --no-edit -S"
		old   = "1111111111111111111111111111111111111111"
		tip   = "2222222222222222222222222222222222222222"
	)
	below, none := strings.Repeat("3", 40), strings.Repeat("0", 40)
	amendAny := policy.AmendEmpty(amend)
	rebase := "git rebase -r -x '" + amendAny + "' 111111111111"
	for _, tc := range []struct {
		name, old, from, commit, want string
	}{
		{"tip", old, "", tip, amend},
		{"below", old, "", below, rebase},
		{"new ref", none, old, below, rebase},
		{"judged from elsewhere", below, old, below, rebase},
		{"root", none, none, below, "git rebase -r -x '" + amendAny + "' --root"},
		{"an old record of a new ref", none, "", below, amend},
	} {
		d := policy.Decision{
			Refs: []policy.RefDecision{{
				Ref: "refs/heads/HEAD", Resolved: "refs/heads/main", Old: tc.old, From: tc.from,
				New: tip, Commits: 2,
			}},
			Findings: []policy.Finding{{
				Code: policy.Unsigned, Ref: "refs/heads/main", Commit: tc.commit,
				Detail: "it is not signed", Next: []string{amend},
			}},
		}
		var b bytes.Buffer
		if err := Pusher(&b, d, Options{}); err != nil || !strings.Contains(b.String(), "next: "+tc.want+"\n") {
			t.Errorf("%s: want %s (%v) in:\n%s", tc.name, tc.want, err, b.String())
		}
	}
}

// The time must not grow with the square of the findings: a push may have a hundred thousand.
func BenchmarkPusherOfAHundredThousandFindings(b *testing.B) {
	d := policy.Decision{Refs: []policy.RefDecision{{Ref: "refs/heads/main", Protected: true, Commits: 100_000}}}
	for i := range 100_000 {
		id := fmt.Sprintf("%040x", i+1)
		d.Findings = append(d.Findings, policy.Finding{
			Code: policy.ApprovalMissing, Ref: "refs/heads/main", Commit: id, Subject: "Change",
			Rule: "opaque-files", Needed: 1, Ask: []string{"alice"},
			Detail: "needs 1 approval, has 0", Next: []string{"countersign approve " + id},
			Paths: []policy.TouchedPath{{Path: "a.bin", Change: "added", Classes: []string{"binary"}}},
		})
	}
	for b.Loop() {
		if err := Pusher(new(bytes.Buffer), d, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
