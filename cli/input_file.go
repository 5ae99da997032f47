package cli

import (
	"context"
	"io"
	"os"
)

// waiting does what may wait for another program, as long as nobody breaks it off: a named pipe is opened, and read,
// once somebody writes to it.
func waiting[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ended := make(chan result, 1)
	go func() {
		value, err := do()
		ended <- result{value, err}
	}()
	select {
	case r := <-ended:
		return r.value, r.err
	case <-ctx.Done():
		return *new(T), ctx.Err()
	}
}

// readNamed reads a file that a user names, which may be a pipe.
func readNamed(ctx context.Context, path string) ([]byte, error) {
	return waiting(ctx, func() ([]byte, error) { return os.ReadFile(path) })
}

// readSmall reads a file that a user names, which may be a pipe, of some size at most.
func readSmall(ctx context.Context, path string) ([]byte, error) {
	const most = 32 << 20 // a proof has a whole record
	return waiting(ctx, func() ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, most+1))
		if err == nil && len(text) > most {
			err = usage("%s has more than %d bytes: no key, checkpoint or proof is that long", path, most)
		}
		return text, err
	})
}
