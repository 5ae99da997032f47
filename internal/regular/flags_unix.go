//go:build unix

package regular

import (
	"os"
	"syscall"
)

// openFlags open a file without waiting for a writer, if it should be a pipe.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK
