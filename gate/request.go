package gate

import (
	"time"

	"countersign/history"
)

// Request is a push as Git handed it to a hook, in our words.
type Request struct {
	// Updates are the ref updates, each ref once. Old ids are what the client claimed; the gate
	// looks up the real ones.
	Updates []history.RefUpdate
	Pusher  Pusher
	// Options are the push options (git-push(1), --push-option). They are recorded and never
	// obeyed.
	Options []string
	// Received is the receiver's clock when the push arrived.
	Received time.Time
}

// Pusher is who the server says is pushing. It is recorded; no rule trusts it.
type Pusher struct {
	// Name as the server authenticated it, "" where it doesn't say.
	Name string `json:"name,omitempty"`
	// Source says where Name was read, such as "GL_USER"; fixed at installation, since a pusher
	// can often set variables.
	Source string `json:"source,omitempty"`
	// Address is the client's address where known.
	Address string `json:"address,omitempty"`
}
