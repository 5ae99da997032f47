//go:build unix

package install

import (
	"os"
	"syscall"
)

// owner gives the user who owns a file, -1 if that can't be told.
func owner(name string) int {
	if at, err := os.Stat(name); err == nil {
		if s, ok := at.Sys().(*syscall.Stat_t); ok {
			return int(s.Uid)
		}
	}
	return -1
}
