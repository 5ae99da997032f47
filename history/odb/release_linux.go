package odb

import "syscall"

// release has the kernel take back the memory in which a file is mapped. What is read of it then is mapped anew, from
// the kernel's own copy as a rule: madvise(2), MADV_DONTNEED on a shared mapping of a file.
func release(mapped []byte) {
	_ = syscall.Madvise(mapped, syscall.MADV_DONTNEED) // if it is refused, the memory stays
}
