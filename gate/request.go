package gate

import (
	"time"

	"countersign/gate/record"
	"countersign/history"
)

// Request is a push as Git handed it to a hook, in our words.
type Request struct {
	// Updates are the ref updates, each ref once. Old ids are what the client claimed; the gate
	// looks up the real ones.
	Updates []history.RefUpdate
	Pusher  record.Pusher
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
