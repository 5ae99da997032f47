package install

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// modes are those of what an installation makes below countersign/. What is written there later gets its mode from its
// folder.
type modes struct{ folder, file fs.FileMode }

// modesFor gives the modes for a value of core.sharedRepository (git-config(1)).
func modesFor(shared string) modes {
	switch shared {
	case "group", "true", "yes", "on", "1":
		return modes{0o770 | fs.ModeSetgid, 0o660}
	case "all", "world", "everybody", "2":
		return modes{0o775 | fs.ModeSetgid, 0o664}
	}
	bits, err := strconv.ParseUint(shared, 8, 32)
	if file := fs.FileMode(bits) & 0o666; err == nil && file&0o600 == 0o600 {
		return modes{file | file&0o444>>2 | fs.ModeSetgid, file}
	}
	return modes{0o750, 0o640}
}

// shared says whether other users of the group write to the repository.
func (m modes) shared() bool { return m.file&0o020 != 0 }

// unshared gives what lies below countersign/ and can't be written by the group, though the repository is shared.
func (f *Facts) unshared() (paths []string, err error) {
	if !modesFor(f.sharing).shared() {
		return nil, nil
	}
	root := filepath.Join(f.GitDir, policyFolder)
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		at, err := entry.Info()
		if os.IsNotExist(err) || at != nil && at.Mode()&fs.ModeSymlink != 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if at.Mode().Perm()&0o020 == 0 || at.IsDir() && at.Mode()&fs.ModeSetgid == 0 {
			name, _ := filepath.Rel(f.GitDir, path)
			paths = append(paths, filepath.ToSlash(name))
		}
		return nil
	})
	return paths, err
}

// unread says whether the folder of the policy of many repositories has something that the repository's group can't
// read, though the repository is shared.
func (f *Facts) unread() (bool, error) {
	if f.Common == "" || !modesFor(f.sharing).shared() {
		return false, nil
	}
	of, unread := group(f.GitDir), false
	err := filepath.WalkDir(f.Common, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at, err := os.Stat(path)
		if err != nil {
			return err
		}
		bits := fs.FileMode(0o004)
		if at.IsDir() {
			bits = 0o005
		}
		mode := at.Mode().Perm()
		unread = unread || mode&bits != bits && (group(path) != of || mode&(bits<<3) != bits<<3)
		return nil
	})
	return unread, err
}
