// Package gate decides ref updates: it gathers the facts about everything new, asks the policy, and
// has the decision recorded before anyone hears it.
package gate
