package cli

import (
	"io"
	"strings"
	"testing"
)

// What git prints beyond the bound is never held, however it is copied.
func TestBeginningHoldsNoMore(t *testing.T) {
	b := &beginning{most: 10}
	if n, err := io.Copy(b, strings.NewReader("1234567")); n != 7 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if _, err := io.Copy(b, strings.NewReader("890abc")); err != errFull || string(b.kept) != "1234567890" {
		t.Errorf("kept %q, %v", b.kept, err)
	}
}
