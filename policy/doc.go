// Package policy says whether that is enough: facts in, outcome out; it has no clock, no disk, no network and no Git.
//
// [Load] reads a policy from a folder, strictly: what it doesn't know is an error with file and line. Then there is one
// function for each thing that can come in, and each takes facts alone:
//
//	[Policy.Judge]             a landing: a landing commit and the commits that it brings
//	[Policy.JudgeRef]          a push to a ref: whether anybody may push there, and whether Git could store it
//	[Policy.JudgeMove]         a move of a protected ref: what it would lose, and where it begins
//	[Policy.JudgeName]         the name of a new ref
//	[Policy.JudgeWanted]       a branch that only a pattern protects
//	[Policy.JudgeTag]          a protected tag
//	[Policy.JudgeAttestation]  an approval, withdrawal, exception or approval of a move
//	[Policy.JudgePush]         the push itself, by its certificate
//
// Judge asks of each commit of a landing, in this order, and a commit that fails one question is not asked the next,
// but that limits.message stops none of the others: are its dates possible; is it written as Git writes it; who stands
// behind it, by a signature that counts; does it say so of itself; may that principal sign this; and for each rule,
// does the change touch the rule's classes, has the principal earned enough tenure in them, have others approved it, or
// has it been in sight for long enough. Then it asks what the landing makes of the policy, and last which findings an
// exception puts aside.
//
// An [Outcome] has findings, each a reason to refuse; notes, which refuse nothing; and needs. Some facts cost something
// to look up, as approvals, or since when a commit has been in sight, and are not asked for where they can't change the
// outcome. So Judge is called without them, and says which of them it needs. Whoever looks these up and calls it again
// is done after three calls at most. An outcome that needs something is not final, whatever it finds; [Outcome.Passes]
// says so. Several policies that have a say about one landing are each asked, and [Outcome.Join] joins what they say.
//
// A [Ledger] is what everybody has earned on one first-parent line. [Ledger.Credit] writes down what a landing that
// passed has earned; nothing else changes a ledger. No function here writes into the facts that it is given, and the
// same facts always give the same outcome.
//
// Whatever isn't known counts for nothing: the zero [Verdict] refuses, and so does a status of a signature, a role or a
// kind that this package has never heard of. A [Code] names a kind of finding for ever; its [Meaning] has what there is
// to say of all of that kind. Texts from a push stand in findings as they came, and are for package report to escape.
//
// The files can be read in this order; none uses what a later one declares, and a test keeps it so:
//
//   - words: code.go, inspect.go, reason.go, summary.go, decision.go, outcome.go, time.go, fold.go, glob.go
//   - what a policy says: setting.go, principal.go, class.go, class_builtin.go, change.go, symlink.go, policy.go
//   - what is known, and earned: fact.go, signature.go, tenure.go, attested.go, credit.go, ledger_file.go, earning.go,
//     exempt.go
//   - who counts with whom: kinship.go, conflict.go, quorum.go
//   - how a policy is read: file_lines.go, file_reader.go, file_table.go, file_key.go, file_principal.go, file_rule.go,
//     profile.go, default.go, file_signatures.go, file_sections.go, file_check.go, file.go, floor.go,
//     adoption_file.go, introduction_pin.go, allowed.go
//   - what a change of the policy does: effect.go, amendment_principals.go, amendment.go
//   - one landing: judgement.go, wait.go, approval.go, exception.go, rule.go, amendment_quorum.go, judge.go,
//     backtest.go, chart.go, suggest.go
//   - what else comes in: push.go, refname.go, wanted.go, attestation.go, tag.go, ref.go
//   - what an audit counts and lists: census.go, row.go
//
// A Policy is immutable after Load, and all its functions are safe for concurrent use. A Ledger is for one goroutine.
package policy
