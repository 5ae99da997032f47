package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign/gate/site"
	"countersign/history"
)

// unreadable says whether an error is about objects that are missing, damaged or too large, and not about the run.
func unreadable(ctx context.Context, err error) bool {
	return ctx.Err() == nil && (errors.Is(err, history.ErrUnreadable) || errors.Is(err, history.ErrLimit))
}

// Unseen says of how many files so far the content isn't here, and what to do about it; "" for none. There are none
// where the gate wasn't told that they may be missing.
func (a *Auditor) Unseen() string {
	n := a.site.Unseen()
	if n == 0 {
		return ""
	}
	some := fmt.Sprint(n)
	if n > site.MaxUnseen {
		some = fmt.Sprintf("more than %d", site.MaxUnseen)
	}
	return fmt.Sprintf("the content of %s files isn't here, so nobody looked at it, and tenure may be counted wrong: in "+
		"a partial clone: git fetch --refetch --no-filter; on a server: git fsck", some)
}

// because gives the text of an error without the word that it is undecided.
func because(err error) string {
	return strings.TrimPrefix(err.Error(), site.ErrUndecided.Error()+": ")
}
