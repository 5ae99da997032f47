package cli

import (
	"errors"
	"io"
	"syscall"
)

// stream is standard output. It remembers whether whoever read it has stopped, as head does when it has enough: that
// is no fault, and nobody is told.
type stream struct {
	io.Writer
	unread bool
}

func (s *stream) Write(b []byte) (int, error) {
	n, err := s.Writer.Write(b)
	s.unread = s.unread || errors.Is(err, syscall.EPIPE)
	return n, err
}

// excuses says whether an error is only that.
func (s *stream) excuses(err error) bool { return s.unread && errors.Is(err, syscall.EPIPE) }
