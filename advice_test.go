package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The session command advised does what the last refusal says should be done next, to the letter:
//
//	advised PERSON CODE TEXT [NAME=VALUE...]
//	advised PERSON CODE TEXT COMMAND ARGS...
//
// Of the steps under findings of that code it takes the first that holds the text, and runs its command as it was printed,
// with values for the names in capitals that a reader fills in. What the command itself then says with "now:" is done
// next. A step that is words alone is followed by the command that is given; "then push again" needs none.
//
// Whatever any session was told, some session must have done: see [advice.lacking].

// adviceKey is where a session keeps what it was told.
type adviceKey struct{}

// told is the last refusal of a session.
type told struct {
	steps []told1
	by    string   // who heard it
	args  []string // and what they ran
}

// told1 is one step, and the code of the finding that it is of, "" where that isn't printed.
type told1 struct{ code, text string }

// advice is what all sessions were told to do, and what of that they did.
type advice struct {
	mu       sync.Mutex
	given    map[string]string // by what it is but for names, the session
	followed map[string]bool
	sessions int
}

// hear notes what a command that PERSON ran said should be done next.
func (a *advice) hear(ts *testscript.TestScript, person string, args []string) {
	text := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	if !strings.Contains(text, "countersign: refused") && !strings.Contains(text, "countersign: observed") {
		return
	}
	t := ts.Value(adviceKey{}).(*told)
	t.steps, t.by, t.args = stepsIn(text), person, args
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range t.steps {
		a.given[s.code+": "+likeness(s.text)] = ts.Name()
	}
}

// follow does one step of what a session was told.
func (a *advice) follow(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: advised PERSON CODE TEXT [NAME=VALUE... | COMMAND ARGS...]")
	}
	person, code, rest := args[0], args[1], args[3:]
	t := ts.Value(adviceKey{}).(*told)
	i := slices.IndexFunc(t.steps, func(s told1) bool {
		return (s.code == code || s.code == "") && strings.Contains(s.text, args[2])
	})
	if i < 0 {
		ts.Fatalf("no step of %s has %q: %q", code, args[2], t.steps)
	}
	step := t.steps[i]
	a.mu.Lock()
	a.followed[step.code+": "+likeness(step.text)] = true
	a.mu.Unlock()
	command := typed(step.text)
	if len(rest) > 0 && !filled.MatchString(rest[0]) {
		if command != "" {
			ts.Fatalf("%q is a command: it is run as it stands", command)
		}
		a.run(ts, neg, person, rest)
		return
	}
	if command == "" && again.MatchString(step.text) {
		a.run(ts, neg, t.by, t.args)
		return
	}
	if command == "" {
		ts.Fatalf("%q has no command: say how a person would do that", step.text)
	}
	for _, r := range rest {
		name, value, _ := strings.Cut(r, "=")
		if !strings.Contains(command, name) {
			ts.Fatalf("%q has no %s", command, name)
		}
		command = strings.ReplaceAll(command, name, value)
	}
	a.run(ts, neg, person, []string{"sh", "-ec", "echo yes | (\n" + command + "\n)"})
	for _, m := range now.FindAllStringSubmatch(ts.ReadFile("stdout"), -1) {
		a.run(ts, neg, person, []string{"sh", "-ec", m[1]})
	}
}

// run runs a command as a person, hears what it says, and fails unless it ends as it should.
func (a *advice) run(ts *testscript.TestScript, neg bool, person string, args []string) {
	err := as(ts, person, args...)
	a.hear(ts, person, args)
	if (err == nil) == neg {
		ts.Fatalf("%s %s: %v", person, strings.Join(args, " "), err)
	}
}

var (
	filled   = regexp.MustCompile(`^[A-Z]+=`)
	origin   = regexp.MustCompile(`^(remote|countersign): `)
	again    = regexp.MustCompile(`^then (push|run the command) again`)
	now      = regexp.MustCompile(`(?m)^now: (.*)$`)
	nextLine = regexp.MustCompile(`^( *)next:(?: (.*))?$`)
	inBlock  = regexp.MustCompile(`  \[([a-z-]+)\]$`)
	inList   = regexp.MustCompile(`^\d+\. ([a-z-]+)`)
	inFoot   = regexp.MustCompile(`countersign explain ([a-z-]+)`)
)

// stepsIn reads the steps of a refusal as it is shown to a pusher or an auditor.
func stepsIn(text string) (steps []told1) {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(origin.ReplaceAllString(line, ""), " \n"))
	}
	only := ""
	if m := inFoot.FindStringSubmatch(text); m != nil {
		only = m[1]
	}
	code := ""
	for i := 0; i < len(lines); i++ {
		for _, in := range []*regexp.Regexp{inBlock, inList} {
			if m := in.FindStringSubmatch(lines[i]); m != nil {
				code = m[1]
			}
		}
		m := nextLine.FindStringSubmatch(lines[i])
		if m == nil {
			continue
		}
		of, indent := code, len(m[1])
		if of == "" {
			of = only
		}
		if m[2] != "" {
			steps = append(steps, told1{of, m[2]})
		}
		for ; i+1 < len(lines) && indented(lines[i+1]) > indent; i++ {
			row, last := strings.TrimLeft(lines[i+1], " "), len(steps)-1
			goesOn := last >= 0 && strings.HasSuffix(steps[last].text, " \\")
			switch {
			case goesOn:
				steps[last].text = strings.TrimSuffix(steps[last].text, "\\") + row
			case indented(lines[i+1]) > indent+2, m[2] != "" && strings.HasSuffix(steps[last].text, ":"),
				m[2] != "" && typed(row) == "" && typed(steps[last].text) == "":
				steps[last].text += " " + row
			default:
				steps = append(steps, told1{of, row})
			}
		}
		if i+1 < len(lines) && strings.TrimSpace(lines[i+1]) == "then push again" {
			steps = append(steps, told1{of, "then push again"})
		}
	}
	return steps
}

func indented(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// typed gives the command of a step, "" for none.
func typed(step string) string {
	m := regexp.MustCompile(`(?:^|: )((?:git|countersign|date) .*)$`).FindStringSubmatch(step)
	if m == nil {
		return ""
	}
	return m[1]
}

var (
	ids    = regexp.MustCompile(`\b[0-9a-f]{8,}\b`)
	refs   = regexp.MustCompile(`\brefs/[^ ,'"]*|origin :?[^ ,'"]+`)
	whom   = regexp.MustCompile(`\b(alice|lasse|jia2?|mallory|forge|carol|bob|dave|erin|the forge)\b(?:, \w+)*(?: (?:or|and) \w+)?`)
	number = regexp.MustCompile(`\d+[a-z]?`)
	quotes = regexp.MustCompile(`"[^"]*"`)
)

// likeness is a step without what differs from push to push.
func likeness(step string) string {
	step = quotes.ReplaceAllString(ids.ReplaceAllString(step, "ID"), "TEXT")
	step = whom.ReplaceAllString(refs.ReplaceAllString(step, "REF"), "WHO")
	return number.ReplaceAllString(step, "N")
}

// lacking gives what sessions were told and none did, each with a session that was. It is asked when all have run.
func (a *advice) lacking() (lacking []string) {
	for step, session := range a.given {
		if !a.followed[step] {
			lacking = append(lacking, fmt.Sprintf("%s (%s)", step, session))
		}
	}
	slices.Sort(lacking)
	return lacking
}

// begin counts a session.
func (a *advice) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sessions++
}

// complain names what sessions were told and none did, if all of them have run.
func (a *advice) complain(t *testing.T) {
	all, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Error(err)
	}
	if a.sessions < len(all) {
		return
	}
	for _, step := range a.lacking() {
		t.Logf("no session does what is advised: %s", step)
	}
}

// A pusher's text and an auditor's are read as they are printed.
func TestStepsIn(t *testing.T) {
	t.Parallel()
	const text = `countersign: refused refs/heads/main: 2 commits may not land
remote:
remote:   cee235cd  two
remote:     configure.ac  (build, added)
remote:     rule x: needs 1 approval  [approval-missing]
remote:     next: push it to an unprotected branch, ask alice, lasse, somebody else or jia
remote:       to run
remote:       countersign approve \
remote:         cee235cd
remote:     then push again
remote:     it is not signed  [unsigned]
remote:     next:
remote:       git commit --amend
remote:       or have the quorum approve it, since there is no other way that would
remote:         do:
remote:         countersign approve 1 \
remote:           --ref x
remote:   why: countersign explain CODE
1. ref-rewind refs/heads/main
  next: git pull
  next: then push again
`
	want := []told1{
		{"approval-missing", "push it to an unprotected branch, ask alice, lasse, somebody else or jia to run"},
		{"approval-missing", "countersign approve cee235cd"},
		{"approval-missing", "then push again"},
		{"unsigned", "git commit --amend"},
		{"unsigned", "or have the quorum approve it, since there is no other way that would do: countersign approve 1 --ref x"},
		{"ref-rewind", "git pull"},
		{"ref-rewind", "then push again"},
	}
	if got := stepsIn(text); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
