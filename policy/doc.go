// Package policy says whether that is enough: facts in, decision out; it has no clock, no disk, no
// network and no Git.
//
// [Load] reads a policy from a folder, strictly. [Policy.Judge] takes the [Ledger] of what everyone
// had earned before a [Landing], and the facts about that landing, and returns findings: none means
// it may pass. [Ledger.Credit] then writes down what the landing earned. The same facts always give
// the same findings.
//
// The zero [Verdict] refuses, and a status, role or kind that this package doesn't know counts for
// nothing. A Policy is immutable after Load and safe for concurrent use; a Ledger is not.
package policy
