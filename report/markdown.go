package report

import (
	"io"
	"strconv"
	"strings"

	"countersign/policy"
)

// markdownBytes is how much text Markdown shows. GitHub takes 1 MiB of one step's summary, and shows nothing of more:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands, "Step isolation and limits".
const markdownBytes = 900 << 10

// Markdown writes a decision for the summary of a job: a headline, how often each code was found, and the text of
// [Text]. Text of a push stands in blocks and spans of code alone, in which Markdown has no other marks, and which end
// with more backticks than it has in a row (https://spec.commonmark.org/0.31.2/, sections 4.5 and 6.1).
func Markdown(w io.Writer, decision policy.Decision) error {
	d := show(decision)
	var b strings.Builder
	line := func(text ...string) { b.WriteString(strings.Join(text, "") + "\n") }
	if d.Verdict == policy.Accepted {
		line("### Countersign: accepted")
	} else {
		line("### Countersign: refused")
	}
	line()
	line(span(d.headline()))
	counts := make(map[policy.Code]int)
	for _, p := range d.problems(decision) {
		counts[p.finding.Code]++
	}
	if len(counts) > 0 {
		line()
		line("| findings | code | what it means |")
		line("|---|---|---|")
		for _, code := range policy.Codes() {
			if n := counts[code]; n > 0 {
				line("| ", strconv.Itoa(n), " | `", string(code), "` | ", brief(code), " |")
			}
		}
		line()
		line("`countersign explain CODE` says what to do.")
	}
	var text strings.Builder
	if err := Text(&text, decision, Options{}); err != nil {
		return err
	}
	shown, left := text.String(), ""
	if len(shown) > markdownBytes {
		cutAt := strings.LastIndexByte(shown[:markdownBytes], '\n') + 1
		shown, left = shown[:cutAt], shown[cutAt:]
	}
	fence := strings.Repeat("`", max(3, longest(shown)+1))
	line()
	line(fence, "text")
	b.WriteString(shown)
	line(fence)
	if left != "" {
		line()
		line("There are ", Count(strings.Count(left, "\n"), "more line"), ": `countersign verify` shows all.")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// span gives an escaped text as a span of code.
func span(text string) string {
	marks := strings.Repeat("`", longest(text)+1)
	return marks + " " + text + " " + marks
}

// longest gives the length of the longest run of backticks.
func longest(text string) int {
	most := 0
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return r != '`' }) {
		most = max(most, len(run))
	}
	return most
}

// brief says in a few words what a code means.
func brief(code policy.Code) string {
	m := code.Meaning()
	switch {
	case code == policy.Undecided:
		return "No decision could be reached"
	case m.Commit != policy.Code("").Meaning().Commit: // which is for all that isn't about commits
		return "A commit " + m.Commit
	default:
		return "A ref may not move so: " + m.Ref
	}
}
