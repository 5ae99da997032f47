package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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

// reference is a short name for a push, given to the pusher and found in the journal.
func reference(req Request) string {
	h := sha256.New()
	fmt.Fprintln(h, req.Received.UnixNano(), req.Pusher)
	for _, u := range req.Updates {
		fmt.Fprintln(h, u.Old, u.New, u.Name)
	}
	return hex.EncodeToString(h.Sum(nil))[:8]
}
