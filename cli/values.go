package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/report"
)

// The types of this file are values of flags (pflag.Value). Set says what it wants; which flag it was, and the word
// that it didn't take, flagError says. A choice and a span have a default; of the others, what isn't given, or is given
// as "", is the zero value.

// choice is one of some words.
type choice struct {
	word  string
	words []string
}

// chosen makes a choice, with the first of its words as the default.
func chosen(words ...string) *choice { return &choice{words[0], words} }

func (c *choice) String() string { return c.word }
func (*choice) Type() string     { return "word" }

func (c *choice) Set(word string) error {
	if !slices.Contains(c.words, word) {
		return errors.New("want " + report.List(c.words, "or"))
	}
	c.word = word
	return nil
}

// moment is a time.
type moment struct{ time.Time }

func (m *moment) String() string {
	if m.IsZero() {
		return ""
	}
	return m.Format(time.RFC3339)
}
func (*moment) Type() string { return "time" }

func (m *moment) Set(text string) error {
	m.Time = time.Time{}
	if text == "" {
		return nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			m.Time = t
			return nil
		}
	}
	return errors.New("want a time as 2026-06-01 or 2026-06-01T12:00:00Z")
}

// span is how long something lasts, up to a bound.
type span struct {
	time.Duration
	most time.Duration
}

func (*span) Type() string { return "duration" }

func (s *span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > s.most {
		return fmt.Errorf("want a time as 24h, of up to %s", s.most)
	}
	s.Duration = d
	return nil
}

// pin is a commit that introduces a policy in the tree, and the key that signed it.
type pin struct{ *policy.Introduction }

func (p *pin) String() string {
	if p.Introduction == nil {
		return ""
	}
	return p.Commit + "@" + p.Fingerprint
}
func (*pin) Type() string { return "COMMIT@FINGERPRINT" }

func (p *pin) Set(text string) error {
	p.Introduction = nil
	if text == "" {
		return nil
	}
	commit, fingerprint, _ := strings.Cut(text, "@")
	i := &policy.Introduction{Commit: commit, Fingerprint: fingerprint}
	if err := i.Check(); err != nil {
		return err
	}
	p.Introduction = i
	return nil
}

// place is where a policy is: in a folder, in the tree from a pin on, or, for the zero place, beside the repository.
type place struct {
	folder string
	pin    pin
}

func (p *place) String() string { return p.folder + p.pin.String() }
func (*place) Type() string     { return "folder" }

func (p *place) Set(text string) error {
	*p = place{}
	if commit, _, pinned := strings.Cut(text, "@"); pinned && strings.Trim(commit, "0123456789abcdef") == "" {
		return p.pin.Set(text)
	}
	p.folder = text
	return nil
}

// portion is a share of something, in millionths; nothing is given where the text is "".
type portion struct {
	millionths int
	text       string
}

func (p *portion) String() string { return p.text }
func (*portion) Type() string     { return "share" }

// percent is how a share is written, with up to four digits after the point.
var percent = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9]{1,3})(?:\.([0-9]{1,4}))? ?%$`)
})

func (p *portion) Set(text string) error {
	*p = portion{}
	if text == "" {
		return nil
	}
	m := percent().FindStringSubmatch(text)
	if m == nil {
		return errors.New("want a share in percent, as 0.5%")
	}
	n, err := strconv.Atoi(m[1] + (m[2] + "0000")[:4])
	if err != nil || n > 1_000_000 {
		return errors.New("want 100% at most")
	}
	*p = portion{n, text}
	return nil
}

// given says whether there is one.
func (p *portion) given() bool { return p.text != "" }

// of gives so much of a number, rounded down.
func (p *portion) of(n int) int { return n * p.millionths / 1_000_000 }

// fullID is the full id of an object, or zeros for none.
type fullID string

func (i *fullID) String() string { return string(*i) }
func (*fullID) Type() string     { return "id" }

func (i *fullID) Set(text string) error {
	if _, err := history.ParseID(text); err != nil && text != "" {
		return fmt.Errorf("want a full id: %w", err)
	}
	*i = fullID(text)
	return nil
}

// principal is what somebody is called in a keyring.
type principal string

func (p *principal) String() string { return string(*p) }
func (*principal) Type() string     { return "name" }

func (p *principal) Set(name string) error {
	if name != "" && !policy.ValidName(name) {
		return errors.New("want " + policy.NameRule)
	}
	*p = principal(name)
	return nil
}
