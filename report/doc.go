// Package report shows a decision to a person or to a machine, and is the only place where pushed
// text reaches an output.
//
// [Pusher] says to the person at the other end of a push what is wrong and what to do next, in few
// lines; [Text] says everything to whoever reads at leisure; [JSON] writes everything down for a
// program, and [ReadJSON] reads it back. What a text shows of a push went through [Escape] first:
// each of them escapes the whole decision before it looks at it.
//
// A decision that isn't accepted is shown as a refusal, the zero decision as one that couldn't be
// reached. All functions are safe for concurrent use and change nothing of what they are given.
package report
