package audit

import (
	"context"
	"errors"
	"strings"

	"countersign/gate/site"
	"countersign/history"
)

// unreadable says whether an error is about objects that are missing, damaged or too large, and not about the run.
func unreadable(ctx context.Context, err error) bool {
	return ctx.Err() == nil && (errors.Is(err, history.ErrUnreadable) || errors.Is(err, history.ErrLimit))
}

// because gives the text of an error without the word that it is undecided.
func because(err error) string {
	return strings.TrimPrefix(err.Error(), site.ErrUndecided.Error()+": ")
}
