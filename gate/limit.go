package gate

import (
	"errors"
	"fmt"
	"time"

	"countersign/policy"
)

// timeUsedUp is the error that a push took longer than the policy's limit.
type timeUsedUp time.Duration

func (t timeUsedUp) Error() string {
	return fmt.Sprintf("the policy's limit time = %s is used up", time.Duration(t))
}

// tookTooLong tells the pusher of that limit, which is theirs to keep.
func tookTooLong(err error) []policy.Finding {
	var limit timeUsedUp
	if !errors.As(err, &limit) {
		return nil
	}
	return []policy.Finding{{
		Code: policy.LimitExceeded, Detail: fmt.Sprintf("it took longer than limits.time, which is %s", time.Duration(limit)),
		Next: []string{"push in parts, or ask the server's operator to raise limits.time"},
	}}
}
