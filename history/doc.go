// Package history reads a repository exactly as it is stored: raw objects, what is new to a ref,
// what each commit changed, and in which order commits landed.
//
// [Open] drives git's plumbing through pipes. A range takes a handful of processes, however many commits it
// has, and so does most of what is asked of refs; single objects are read by one process that is kept.
// [Repo.Remerge] alone takes some for each commit, and [Repo.Links] one for each whole tree. [OpenGoGit] is the
// second reader, for places where no git program is, and the oracle the first is tested against. Both give a
// [Repo], which says where they may differ. The two parsers, [ParseCommit] and [ParseTag], are pure and strict:
// an object that Git could read in two ways is refused.
//
// Nothing in here is verified. A [Commit] carries claims (author, committer, message) and the bytes
// a signature is said to cover; who signed is package verify's question.
//
// Shallow, partial, grafted or pruned history is [ErrUnreadable], never "root" or "unchanged".
// A Repo is safe for use by one goroutine at a time.
package history
