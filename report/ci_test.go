package report

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"countersign/docs"
	"countersign/policy"
)

// ciFormats are those of CI, by how their files in testdata/decision/ci end.
var ciFormats = map[string]func(io.Writer, policy.Decision) error{
	".junit.xml": JUnit, ".gitlab.json": GitLab, ".github.txt": GitHub, ".jsonl": Lines, ".md": Markdown,
	".sarif-results.json": sarifResultsOf,
}

func TestGoldenCI(t *testing.T) {
	all := golden(t)
	for _, name := range []string{"accepted", "hostile", "rewind", "two-rules", "undecided"} {
		for ext, format := range ciFormats {
			var got bytes.Buffer
			if err := format(&got, all["../testdata/decision/"+name]); err != nil {
				t.Fatal(err)
			}
			file := "../testdata/decision/ci/" + name + ext
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s%s (-want +got):\n%s", name, ext, diff)
			}
		}
	}
}

// sarifResultsOf writes the results alone: the rules are the text of docs/refusals.md.
func sarifResultsOf(w io.Writer, d policy.Decision) error {
	run, err := sarifOf(d, sarifResults, sarifBytes)
	if err != nil {
		return err
	}
	return writeJSON(w, run.Results, "  ")
}

// commanded reads workflow commands as GitHub's runner does: github.com/actions/runner, ActionCommand.cs.
func commanded(t interface{ Fatalf(string, ...any) }, text string) (messages []string) {
	line := regexp.MustCompile(`^::(error|notice)(?: ([^:]*))?::(.*)$`)
	unescape := strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%", "%3A", ":", "%2C", ",")
	for row := range strings.Lines(text) {
		m := line.FindStringSubmatch(strings.TrimSuffix(row, "\n"))
		if m == nil {
			t.Fatalf("no command: %q", row)
		}
		for property := range strings.SplitSeq(m[2], ",") {
			name, _, _ := strings.Cut(property, "=")
			if !slices.Contains([]string{"", "title", "file", "line"}, name) {
				t.Fatalf("property %q of %q", name, row)
			}
		}
		messages = append(messages, unescape.Replace(m[3]))
	}
	return messages
}

// Whatever was pushed, each format is what its readers take, and has what it should, and nothing of it is obeyed.
func TestAttackFormatsOfCI(t *testing.T) {
	sarif := schema(t, "../testdata/sarif/sarif-schema-2.1.0.json")
	rapid.Check(t, func(t *rapid.T) {
		d := decision().Draw(t, "decision")
		wrong := len(show(d).problems(d))
		if d.Verdict != policy.Accepted && wrong == 0 {
			t.Fatal("nothing is wrong with a refusal")
		}
		written := make(map[string]string)
		for name, format := range ciFormats {
			var b bytes.Buffer
			if err := format(&b, d); err != nil {
				t.Fatal(err)
			}
			checkShown(t, strings.ReplaceAll(b.String(), "\n", ""))
			written[name] = b.String()
		}
		if got, want := len(commanded(t, written[".github.txt"])), min(max(wrong, 1), annotations); got != want {
			t.Fatalf("%d commands, want %d", got, want)
		}
		if rows := strings.Count(written[".jsonl"], "\n"); rows != 1+len(d.Refs)+len(d.Findings)+len(d.Notes) {
			t.Fatalf("%d rows", rows)
		}
		checkJUnit(t, written[".junit.xml"], wrong)
		checkGitLab(t, written[".gitlab.json"], wrong)
		checkMarkdown(t, written[".md"])
		checkSARIF(t, sarif, d)
	})
}

func checkJUnit(t *rapid.T, text string, wrong int) {
	var doc junitSuites
	if err := xml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	failed, tests := 0, 0
	for _, s := range doc.Suites {
		for _, c := range s.Cases {
			tests++
			if c.Failure != nil {
				failed++
			}
			if c.Failure == nil && c.Error != nil {
				failed++
			}
		}
	}
	if tests != doc.Tests || failed != doc.Failures+doc.Errors || failed > wrong || (failed == 0) != (wrong == 0) {
		t.Fatalf("%d of %d tests failed, %d wrong:\n%s", failed, tests, wrong, text)
	}
}

func checkGitLab(t *rapid.T, text string, wrong int) {
	var issues []qualityIssue
	if err := json.Unmarshal([]byte(text), &issues); err != nil || len(issues) != wrong {
		t.Fatalf("%d issues, %d wrong, %v", len(issues), wrong, err)
	}
	names := make(map[string]bool)
	for _, i := range issues {
		if names[i.Fingerprint] || i.Location.Path == "" || i.Location.Lines.Begin < 1 {
			t.Fatalf("%+v", i)
		}
		names[i.Fingerprint] = true
	}
}

// checkMarkdown sees that pushed text stands in code alone: after the headline in one span, and in the block.
func checkMarkdown(t *rapid.T, text string) {
	lines := strings.Split(text, "\n")
	marks := lines[2][:strings.IndexByte(lines[2], ' ')]
	inner := strings.Trim(lines[2], "`")
	if strings.Contains(inner, marks) || !strings.HasPrefix(lines[2], marks+" countersign: ") {
		t.Fatalf("headline %q", lines[2])
	}
	lines = lines[3:]
	begin := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "```") })
	fence := strings.TrimSuffix(lines[begin], "text")
	for i, l := range lines[begin+1:] {
		if strings.Contains(l, fence) {
			if rest := strings.Join(lines[begin+1+i:], "\n"); rest != fence+"\n" {
				t.Fatalf("after the block: %q", rest)
			}
			return
		}
	}
	t.Fatal("the block doesn't end")
}

func checkSARIF(t *rapid.T, schema *jsonschema.Schema, d policy.Decision) {
	var b bytes.Buffer
	run, err := sarifOf(d, sarifResults, sarifBytes)
	run.Tool.Driver = sarifDriver{Name: "countersign", Rules: []sarifRule{}} // TestSARIFRules has the rules
	if err != nil || writeJSON(&b, sarifLog{sarifSchema, "2.1.0", []sarifRun{run}}, "") != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
	if err == nil {
		err = schema.Validate(doc)
	}
	if err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	checkShown(t, strings.TrimSuffix(b.String(), "\n"))
	for _, raw := range run.Results {
		var r sarifResult
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		if i := r.RuleIndex; i >= 0 && string(policy.Codes()[i]) != r.RuleID {
			t.Fatalf("rule %d is not %s", i, r.RuleID)
		}
		if strings.Contains(strings.ReplaceAll(r.Message.Text, `\](`, ""), "](") {
			t.Fatalf("a link: %q", r.Message.Text)
		}
		for _, l := range r.Locations {
			u, err := url.Parse(l.Physical.Artifact.URI)
			if err != nil || u.IsAbs() || u.Host != "" {
				t.Fatalf("place %q: %v", l.Physical.Artifact.URI, err)
			}
		}
	}
}

// schema reads a JSON Schema.
func schema(t *testing.T, file string) *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A rule for each code, with its section of docs/refusals.md.
func TestSARIFRules(t *testing.T) {
	var b bytes.Buffer
	if err := SARIF(&b, "v1\x1b", policy.Decision{}); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
	if err == nil {
		err = schema(t, "../testdata/sarif/sarif-schema-2.1.0.json").Validate(doc)
	}
	if err != nil {
		t.Error(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil || log.Runs[0].Tool.Driver.Version != `v1\x1b` {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	rules := log.Runs[0].Tool.Driver.Rules
	if len(rules) != len(policy.Codes()) {
		t.Fatalf("%d rules", len(rules))
	}
	for i, code := range policy.Codes() {
		section, known := docs.Refusal(string(code))
		section += "\nThis is the section " + string(code) + " of docs/refusals.md; `countersign explain " + string(code) +
			"` prints it.\n"
		r := rules[i]
		if !known || r.ID != string(code) || r.Help.Text != section || r.Help.Markdown != section {
			t.Errorf("%s: %+v", code, r)
		}
		if n := len(r.Full.Text); n == 0 || n > 1024 || len(r.Short.Text) > 1024 { // what GitHub shows
			t.Errorf("%s: a description of %d bytes: %s", code, n, r.Full.Text)
		}
	}
}

// What GitHub doesn't take is left out, and that is said.
func TestSARIFLimits(t *testing.T) {
	sarif := schema(t, "../testdata/sarif/sarif-schema-2.1.0.json")
	noise := rand.New(rand.NewPCG(1, 2))
	d := policy.Decision{Findings: make([]policy.Finding, 60)}
	for i := range d.Findings {
		detail := make([]byte, 20_000) // which gzip makes little smaller
		for j := range detail {
			detail[j] = byte('!' + noise.IntN(90))
		}
		d.Findings[i] = policy.Finding{
			Code: policy.Unsigned, Ref: "refs/heads/main", Commit: strconv.Itoa(i), Detail: string(detail),
		}
	}
	d.Findings[0].Paths = slices.Repeat([]policy.TouchedPath{{Path: "a b", Change: "added"}}, sarifLocations+1)
	for _, c := range []struct {
		results, bytes, least, most int // results that are kept
		said                        string
	}{
		{60, sarifBytes, 60, 60, ""},
		{59, sarifBytes, 59, 59, "1 of 60 findings left out, since GitHub takes no more: "},
		{60, 512 << 10, 20, 40, " of 60 findings left out, since GitHub takes no more: "},
	} {
		run, err := sarifOf(d, c.results, c.bytes)
		run.Tool.Driver = sarifDriver{Name: "countersign", Rules: []sarifRule{}}
		var b, packed bytes.Buffer
		if err != nil || writeJSON(&b, sarifLog{sarifSchema, "2.1.0", []sarifRun{run}}, "") != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(b.Bytes())
		_ = z.Close()
		said := ""
		for _, x := range run.Invocations[0].Notifications {
			said += x.Message.Text
		}
		n := len(run.Results)
		if n < c.least || n > c.most || packed.Len() > c.bytes+100_000 {
			t.Errorf("%d results, %d bytes", n, packed.Len())
		}
		if !strings.Contains(said, c.said) || c.said == "" && said != "" {
			t.Errorf("said %q, want %q", said, c.said)
		}
		if locations := strings.Count(string(run.Results[0]), `"a%20b"`); locations != sarifLocations {
			t.Errorf("%d locations", locations)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
		if err == nil {
			err = sarif.Validate(doc)
		}
		if err != nil {
			t.Error(err)
		}
	}
}
