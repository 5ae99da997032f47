// Package history reads a repository exactly as it is stored: raw objects, what is new to a ref,
// what each commit changed, and in which order commits landed.
//
// [Open] reads objects in process, from Git's own files, and starts git for refs, for revisions and for [Repo.Remerge].
// [OpenGoGit] does the same over go-git's parsers, for places where no git program is, and starts none. Both give a
// [Repo], which says where they may differ. The two parsers, [ParseCommit] and [ParseTag], are pure and strict: an
// object that Git could read in two ways is refused.
//
// Nothing in here is verified. A [Commit] carries claims (author, committer, message) and the bytes
// a signature is said to cover; who signed is package verify's question.
//
// Shallow, partial, grafted or pruned history is [ErrUnreadable], never "root" or "unchanged".
// A Repo is safe for use by one goroutine at a time.
package history
