// Package gate decides ref updates: it gathers the facts about everything new, asks the policy, and
// has the decision recorded before anyone hears it.
//
// Its parts are packages below it. They take what they need, and know neither the gate nor one another, but for the
// words of a record and the modes of files:
//
//   - gate/record says what the journal keeps of a push;
//   - gate/refstate says what became of a ref, by the journal, and since when something has been in sight;
//   - gate/tenure keeps what everybody has earned, so that a push doesn't read all of history;
//   - gate/ticket tells the guard what was decided;
//   - gate/shared makes files that everybody who pushes can use.
package gate
