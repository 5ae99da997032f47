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
	// Certificate is the push certificate that came with it; nil for none.
	Certificate *Certificate
	// Received is the receiver's clock when the push arrived.
	Received time.Time
}

// Certificate is what Git says of a push certificate (git-push(1), --signed).
type Certificate struct {
	Blob        history.ID
	Nonce       string // that the server gave
	NonceStatus string // git-receive-pack(1): "OK", "SLOP", "BAD", …
}

// Pusher is who the server says is pushing. It is recorded; no rule trusts it.
type Pusher struct {
	// Name as the server authenticated it, "" where it doesn't say.
	Name string `json:"name,omitempty"`
	// Source says where Name was read, such as "GL_USER"; fixed at installation, since a pusher
	// can often set variables.
	Source string `json:"source,omitempty"`
	// Principal is who signed the push certificate, as it was verified here; "" for nobody.
	Principal string `json:"principal,omitempty"`
	// Address is the client's address where known.
	Address string `json:"address,omitempty"`
}
