// Package gate decides ref updates: it gathers the facts about everything new, asks the policy, and
// has the decision recorded before anyone hears it.
//
// [Open] reads the policy in force and its keyring, and gives a [Gate]. [Gate.Judge] decides a push, in this order:
//
//  1. It finds what each ref of the push really is: the repository is asked, not the client.
//  2. It judges names, and the push certificate.
//  3. It judges attestations: those that come with the commits they are about count for them.
//  4. It judges each other protected ref: whether it may move so; then, landing by landing, oldest first, what it
//     brings, each by the policy that stood before it and with the tenure that was earned before it.
//  5. It makes the decision final: it is accepted if nothing was found, and refused otherwise. What could not be
//     decided, for an error, a panic or for want of time, is refused.
//  6. It puts an accepted push on the list of exceptions to be looked at, if it passes by one, and leaves a ticket for
//     the guard, so that Git's reference-transaction hook lets exactly these moves pass.
//  7. It has the decision recorded. A decision that can't be recorded is none: the push is refused, and what step 6
//     left is taken back.
//
// What a push may bring is for package policy to say, which says what it needs to know; this package looks that up, in
// the repository, in the journal and among the attestations, and asks again. Some rules are here, since they are about
// what is looked up: in which order questions are asked; where a ref's new commits begin, and what history a branch
// must hold ([site.Site.Lacks]); which branches must be wanted by somebody, and which of them anybody may delete; that
// a ref is where the last judged push left it; and which moves beside a push the guard stops.
//
// [Gate.Foresee] judges a push that is still to leave a clone, with the refs as a [Remote] has them. [Gate.Auditor]
// judges history that has landed, by the same functions. [Guard] decides what Git's own reference transactions may do
// beside a push.
//
// The rest is in packages below this one. None knows the gate. What a push and an auditor both ask, they ask of one
// [site.Site], which is handed on; from there down each part takes the few methods of a repository that it asks:
//
//   - gate/audit judges history that has landed;
//   - gate/settle looks up what a policy needs to know of a landing, until it needs nothing more;
//   - gate/earned says what everybody had earned before a landing;
//   - gate/site is the repository: its two readers, the policy in force, the journal of its refs, and the clock;
//   - gate/walk reads landings, and verifies them ahead of the judging;
//   - gate/inforce finds the policy in force at a point of a history, and what a landing makes of it;
//   - gate/tag reads what a protected tag holds;
//   - gate/lineage says how commits stand to one another.
//
// The following know neither one another nor those above, but for the words of a record and the modes of files:
//
//   - gate/attest reads attestations: approvals, withdrawals, exceptions and approvals of moves;
//   - gate/certificate reads push certificates;
//   - gate/keyring makes a keyring of a policy's principals;
//   - gate/record says what the journal keeps of a push;
//   - gate/refstate says what became of a ref, by the journal, and since when something has been in sight;
//   - gate/review keeps the list of pushes that passed by an exception, until somebody has looked at them;
//   - gate/tenure keeps what everybody has earned, so that a push doesn't read all of history;
//   - gate/ticket tells the guard what was decided;
//   - gate/translog asks a transparency log, for a policy with transparency = "online";
//   - gate/shared makes files that everybody who pushes can use.
//
// What it writes, all in the Git directory: records, through the [Recorder] it is given; under countersign/, the cache
// of tenure, which may be deleted at any time, the tickets, and the list of exceptions to be looked at. The index of
// the journal, where [Options] have one, it brings up to date when a push first asks for it. Before step 6 it writes
// nothing but that index, and the cache of history that has landed; and never anything of Git's.
//
// A Gate is for one goroutine, and for one push. Landings are read and verified on all cores, ahead of the one that is
// judged. An error of a function that decides means that nothing may pass; those of Judge and Guard all wrap
// [ErrUndecided].
package gate
