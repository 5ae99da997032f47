//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package journal

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// openFile refuses: without a lock that ends with its process, records could be lost.
func openFile(string, int) (*os.File, error) {
	return nil, fmt.Errorf("no journal can be kept on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func openRead(path string) (*os.File, error) { return os.Open(path) }

func mayWrite(string) error { return errors.ErrUnsupported }

func flock(*os.File) error { return errors.ErrUnsupported }

func shareGroup(*os.File, os.FileInfo) {}
