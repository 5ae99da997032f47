package verify

import (
	"errors"
	"fmt"
)

// refusal is an error that says which status it is.
type refusal struct {
	status Status
	reason string
	next   string // as [Result.Next]
}

func (r refusal) Error() string { return r.reason }

func refuse(status Status, format string, args ...any) error {
	return refusal{status: status, reason: fmt.Sprintf(format, args...)}
}

// refuseUntil refuses what the same key signs well in another way, which next says.
func refuseUntil(next string, status Status, reason string) error {
	return refusal{status: status, reason: reason, next: next}
}

// settle writes down an outcome.
func (r *Result) settle(err error) {
	var why refusal
	switch {
	case err == nil:
		r.Status, r.Reason, r.Next = Good, "", ""
	case errors.As(err, &why):
		r.Status, r.Reason, r.Next = why.status, why.reason, why.next
	default:
		r.Status, r.Reason = Malformed, err.Error()
	}
}
