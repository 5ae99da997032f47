package walk

import (
	"bytes"
	"strings"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// commitOf gives a commit in the words of a policy, its signature not judged yet.
func commitOf(e *history.Entry, elsewhere Shown) policy.Commit {
	c := policy.Commit{
		ID: e.ID.String(), Subject: Subject(e.Message),
		Author: Identity(e.Author), Committer: Identity(e.Committer), Size: int64(len(e.Payload)),
		Parents: make([]string, len(e.Parents)), Changes: make([]policy.Change, len(e.Changes)),
	}
	if len(e.Parents) > 1 {
		c.Title = title(e.Message)
	}
	if e.Malformed != nil {
		c.Malformed = Malformed(e.Malformed)
		c.Signature = policy.Signature{Status: verify.Malformed.String(), Reason: c.Malformed}
	}
	for i, p := range e.Parents {
		c.Parents[i] = p.String()
	}
	for i, ch := range e.Changes {
		c.Changes[i] = policy.Change{
			Path: ch.Path, OldMode: uint32(ch.Was().Mode), NewMode: uint32(ch.New.Mode),
			Size: ch.Size, Traits: policy.Traits(ch.Traits), Merged: ch.Merged,
			Also: elsewhere[ch.Path].also, Anywhere: elsewhere[ch.Path].anywhere,
		}
		if ch.Look != nil {
			c.Changes[i].Look = func() (policy.Traits, error) {
				traits, err := ch.Look()
				return policy.Traits(traits), err
			}
		}
	}
	return c
}

// Malformed says what is wrong with an object, of an error that is [history.ErrMalformed].
func Malformed(err error) string {
	return strings.TrimPrefix(err.Error(), history.ErrMalformed.Error()+": ")
}

// Identity gives who made something in the words of a policy.
func Identity(i history.Identity) policy.Identity {
	return policy.Identity{Name: i.Name, Email: i.Email, When: i.When}
}

// maxSubject is how much of a first line that is, in bytes.
const maxSubject = 200

// Subject gives the first line of a message, as much of it as anybody reads.
func Subject(message []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimLeft(message, "\n"), []byte("\n"))
	return string(line[:min(len(line), maxSubject)])
}

// title gives the first paragraph of a message. Git skips blank lines before it.
func title(message []byte) string {
	message = bytes.TrimLeft(message, " \t\r\n")
	end := 0
	for line := range bytes.Lines(message) {
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		end += len(line)
	}
	return string(message[:end])
}
