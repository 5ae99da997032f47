package policy

import (
	"slices"
	"strings"

	"countersign/policy/edit"
	"countersign/policy/shape"
	"countersign/policy/signal"
)

// Reason is a line by which a change falls in a class by signal, or has its shape.
type Reason struct {
	Line int    `json:"line,omitempty"` // in the text that lands, from 1; 0 for one that was taken out, or for all of it
	Text string `json:"text,omitempty"` // the line, raw bytes, cut where it is long
	Why  string `json:"why"`
	Is   string `json:"is"` // the class or the shape
}

// maxReason is how much of a line a reason shows, in bytes.
const maxReason = 200

// Reasons gives the lines by which a change has the traits that [Inspect] finds, but for what package content does,
// which looks at files as a whole.
func Reasons(c Content) []Reason {
	if len(c.Before) > 1 && !c.Merged {
		return mergeReasons(c)
	}
	t := Inspect(c)
	change := edit.Change{Before: c.Before, Now: c.Head}
	var reasons []Reason
	if t&signalTraits != 0 {
		for _, r := range signal.Explain(c.Path, change.Added(), c.Head) {
			reasons = append(reasons, Reason{r.Line, cutText(r.Text), r.Why, r.Signal})
		}
	}
	if c.Merged || t&contentTraits != 0 && t&riskyTrait == 0 {
		return reasons
	}
	for _, r := range shape.Explain(c.Path, &change) {
		reasons = append(reasons, Reason{r.Line, cutText(r.Text), r.Why, r.Shape.String()})
	}
	return reasons
}

// mergeReasons gives the lines by which a merge's own change has its traits, to each of the texts before.
func mergeReasons(c Content) []Reason {
	var reasons []Reason
	for i := range c.Before {
		one := c
		one.Before = c.Before[i : i+1]
		for _, r := range Reasons(one) {
			if r.Is != string(ShapeHarmless) && !slices.Contains(reasons, r) {
				reasons = append(reasons, r)
			}
		}
	}
	return reasons
}

func cutText(text string) string {
	text = strings.TrimSpace(text)
	return text[:min(len(text), maxReason)]
}
