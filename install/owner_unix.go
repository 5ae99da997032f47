//go:build unix

package install

import (
	"os"
	"syscall"
)

// owner gives the user who owns a file, -1 if that can't be told.
func owner(name string) int {
	if s := stat(name); s != nil {
		return int(s.Uid)
	}
	return -1
}

// group gives the group of a file, -1 if that can't be told.
func group(name string) int {
	if s := stat(name); s != nil {
		return int(s.Gid)
	}
	return -1
}

func stat(name string) *syscall.Stat_t {
	at, err := os.Stat(name)
	if err != nil {
		return nil
	}
	s, _ := at.Sys().(*syscall.Stat_t)
	return s
}
