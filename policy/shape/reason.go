package shape

import "fmt"

// Shape is what a change of a file looks like.
type Shape uint8

// The shapes of a change.
const (
	Plain    Shape = iota // neither, or it can't be told
	Harmless              // nobody needs to read it
	Risky                 // somebody else should read it
)

// String gives the word for a shape.
func (s Shape) String() string {
	switch s {
	case Plain:
		return "plain"
	case Harmless:
		return "harmless"
	case Risky:
		return "risky"
	}
	return fmt.Sprintf("Shape(%d)", uint8(s))
}

// Reason is a line, and what it shows.
type Reason struct {
	Line  int    // from 1 in the text that lands, 0 for one that was taken out or for the whole text
	Text  string // the line, without its end; empty for the whole text
	Shape Shape
	Why   string
}
