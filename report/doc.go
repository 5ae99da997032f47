// Package report shows a decision to a person or to a machine, and is the only place where text of a push or of a
// repository reaches an output.
//
// [Pusher] says to the person at the other end of a push what is wrong and what to do next, in few
// lines; [Text] says everything to whoever reads at leisure; [JSON] writes everything down for a
// program, and [ReadJSON] reads it back. The first two escape the whole decision before they look at it. A [Printer]
// is for all other listings, and escapes every argument of a format.
//
// Text is shown as one line of characters that a reader sees and a terminal doesn't obey. The others are written as in
// Go's strings: control characters as \n, \r, \t or \x1b, bytes that aren't UTF-8 as \xff, and what has no shape of
// its own or turns its neighbours around as \u202e or \U000e0001. A backslash becomes two. In JSON they are escapes of
// JSON's.
//
// A decision that isn't accepted is shown as a refusal, the zero decision as one that couldn't be
// reached. All functions are safe for concurrent use, but for a Printer's, and change nothing of what they are given.
package report
