package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"countersign/policy"
)

// failureLines is how many lines about one finding the formats of CI show.
const failureLines = 60

// The elements of JUnit's XML that Jenkins and GitLab read; see
// https://github.com/jenkinsci/xunit-plugin, junit-10.xsd. No time is given: a decision has none.
type (
	junitSuites struct {
		XMLName  xml.Name      `xml:"testsuites"`
		Name     string        `xml:"name,attr"`
		Tests    int           `xml:"tests,attr"`
		Failures int           `xml:"failures,attr"`
		Errors   int           `xml:"errors,attr"`
		Suites   []*junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Cases    []*junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Error   *junitFailure `xml:"error"` // before the failure, as older schemas want it
		Failure *junitFailure `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a decision as the results of tests. Each ref is a suite, in which the ref itself is a test, and each
// commit with something wrong is another, which fails by the codes of its findings. GitLab and Jenkins show one failure
// of a test, so all findings of a commit are in one. What could not be judged is an error.
func JUnit(w io.Writer, decision policy.Decision) error {
	d := show(decision)
	doc := junitSuites{Name: "countersign"}
	suites, tests := make(map[string]*junitSuite), make(map[[2]string]*junitCase)
	suite := func(ref string) *junitSuite {
		if suites[ref] == nil {
			suites[ref] = &junitSuite{Name: ref}
			doc.Suites = append(doc.Suites, suites[ref])
		}
		return suites[ref]
	}
	test := func(ref, commit, name string) *junitCase {
		key := [2]string{ref, commit}
		if tests[key] == nil {
			s := suite(ref)
			tests[key] = &junitCase{Class: ref, Name: name}
			s.Cases = append(s.Cases, tests[key])
			s.Tests++
		}
		return tests[key]
	}
	for _, r := range d.Refs {
		var p page
		p.ref(r)
		test(r.Ref, "", r.Ref).Out = strings.Join(p.lines, "\n")
	}
	for _, p := range d.problems(decision) {
		ref, name := p.finding.Ref, short(p.finding.Commit, 12)+after("  ", p.finding.Subject)
		if ref == "" {
			ref = "countersign"
		}
		if p.finding.Commit == "" {
			name = ref
		}
		test(ref, p.finding.Commit, name).fail(p)
	}
	for _, s := range doc.Suites {
		for _, c := range s.Cases {
			switch {
			case c.Error != nil:
				s.Errors++
			case c.Failure != nil:
				s.Failures++
			}
		}
		doc.Tests, doc.Failures, doc.Errors = doc.Tests+s.Tests, doc.Failures+s.Failures, doc.Errors+s.Errors
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(doc); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// fail adds a problem to what is wrong with a test.
func (c *junitCase) fail(p problem) {
	at, code := &c.Failure, string(p.finding.Code)
	if p.finding.Code == policy.Undecided {
		at = &c.Error
	}
	text := strings.Join(firstLines(p.lines, failureLines), "\n")
	if *at == nil {
		*at = &junitFailure{Message: detail(p.finding), Type: code, Text: text}
		return
	}
	f := *at
	f.Text += "\n\n" + text
	f.Message += fmt.Sprintf("; %s", detail(p.finding))
	if !strings.Contains(" "+f.Type+" ", " "+code+" ") {
		f.Type += " " + code
	}
}
