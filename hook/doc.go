// Package hook translates what Git says to a hook, on standard input, in arguments and in the
// environment, into a request for the gate, or refuses to understand it.
//
// [PreReceive], [Update] and [PrePush] are the three hooks; each takes what Git hands that hook and
// an [Environment]. They do no I/O but read the reader they are given, to its end. What they don't
// understand completely is an error that names the line, and no request: a hook that judges half of
// a push lets the other half in.
//
// Of the environment only listed variables are ever looked up, and who pushes is read only from
// those that the server of this installation sets (githooks(5); [Kinds] lists the servers). Over
// ssh it is the account that they logged in to, unless that is the repository's owner's, which many
// may share: then what the command bound to their key says in COUNTERSIGN_USER, or that key. Ref
// names keep to git-check-ref-format(1), and old ids stay what they are: the client's claim.
package hook
