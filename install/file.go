package install

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// file is a name in a Git directory as it stands. The zero file isn't there.
type file struct {
	exists  bool
	link    bool
	dangles bool        // it is a link that leads nowhere
	mode    fs.FileMode // of what a link leads to
}

// regular says whether it is a regular file, and no link to one.
func (f file) regular() bool { return f.exists && !f.link && f.mode.IsRegular() }

// runs says whether Git would run the file.
func (f file) runs() bool { return f.exists && !f.dangles && f.mode.IsRegular() && f.mode&0o111 != 0 }

// at takes what can't be looked at for missing: nothing is ever put over it.
func at(name string) file {
	found, err := os.Lstat(name)
	if err != nil {
		return file{}
	}
	if found.Mode()&fs.ModeSymlink == 0 {
		return file{exists: true, mode: found.Mode()}
	}
	behind, err := os.Stat(name)
	if err != nil {
		return file{exists: true, link: true, dangles: true}
	}
	return file{exists: true, link: true, mode: behind.Mode()}
}

// readText reads the beginning of a file, "" of one that may not be read.
func readText(name string) (string, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrPermission) {
		return "", nil // somebody else's program may run though it can't be read
	}
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxHook))
	return string(text), errors.Join(err, f.Close())
}

// maxHook is how many bytes of a hook are worth reading: ours is shorter.
const maxHook = 1 << 20

// answerTime is how long a program may take to answer.
const answerTime = 10 * time.Second

// says tells whether a program that ran ended with that exit code.
func says(err error, code int) bool {
	var failed interface{ ExitCode() int }
	return errors.As(err, &failed) && failed.ExitCode() == code
}
