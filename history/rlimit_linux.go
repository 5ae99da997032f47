package history

import (
	"syscall"
	"unsafe"
)

// boundMemory bounds the data of a process that was just started. Git then ends with an error where an object would
// take more, however small it looks: one may be stored as a difference from a huge one.
func boundMemory(pid int, bytes uint64) error {
	limit := syscall.Rlimit{Cur: bytes, Max: bytes}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_DATA,
		uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno != 0 && errno != syscall.ESRCH {
		return errno
	}
	return nil
}
