package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"countersign/policy"
)

// GitHub shows so many errors of one step as annotations:
// https://docs.github.com/en/rest/checks/runs, and the limits of Actions.
const annotations = 10

// GitHub writes a decision as workflow commands of GitHub Actions, which it shows beside the changes:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands. Of more than GitHub shows, the
// last one says how many there are.
func GitHub(w io.Writer, decision policy.Decision) error {
	d := show(decision)
	problems := d.problems(decision)
	var b strings.Builder
	if len(problems) == 0 {
		command(&b, "notice", nil, d.headline())
	}
	for i, p := range problems {
		if i == annotations-1 && len(problems) > annotations {
			command(&b, "error", [][2]string{{"title", "and more"}}, fmt.Sprintf("%d more findings: see the job's output, "+
				"or run countersign verify", len(problems)-i))
			break
		}
		properties := [][2]string{{"title", string(p.finding.Code)}}
		if p.path != "" {
			properties = append(properties, [2]string{"file", shownPath(p.path)})
			if p.line > 0 {
				properties = append(properties, [2]string{"line", strconv.Itoa(p.line)})
			}
		}
		command(&b, "error", properties, strings.Join(firstLines(p.lines, failureLines), "\n"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// command writes a workflow command with the escapes of GitHub's own toolkit: github.com/actions/toolkit,
// packages/core/src/command.ts.
func command(b *strings.Builder, name string, properties [][2]string, message string) {
	b.WriteString("::" + name)
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	value := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	between := " "
	for _, p := range properties {
		b.WriteString(between + p[0] + "=" + value.Replace(p[1]))
		between = ","
	}
	b.WriteString("::" + data.Replace(message) + "\n")
}
