package history

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"time"
)

// What a folder that is read whole may hold.
const (
	maxFolderFiles = 1000
	maxFolderBytes = 32 << 20
)

// Folder is a folder of a commit's tree, read whole: an [fs.FS] of its files. It is immutable.
type Folder struct {
	ID    ID // of the folder's tree object
	files map[string][]byte
}

// readFolder reads the folder of a name at the top of a tree with read, which gives an object's
// contents. There may be none: the error is then [fs.ErrNotExist]. What isn't a plain file in it, a
// symbolic link or a submodule, is an error, for what it would lead to isn't in the tree.
func readFolder(read func(id ID, kind string) ([]byte, error), root ID, name string) (*Folder, error) {
	top, err := read(root, "tree")
	if err != nil {
		return nil, err
	}
	entries, err := strictTree.parse(top, root.Size())
	if err != nil {
		return nil, fmt.Errorf("%w: tree %s: %w", ErrMalformed, root, err)
	}
	for _, e := range entries {
		if string(e.name) != name {
			continue
		}
		if e.mode != ModeTree {
			return nil, fmt.Errorf("%w: %s is no folder", ErrMalformed, name)
		}
		r := folderReader{read: read, folder: &Folder{ID: e.id, files: make(map[string][]byte)}}
		if err := r.tree(e.id, ""); err != nil {
			return nil, fmt.Errorf("folder %s: %w", name, err)
		}
		return r.folder, nil
	}
	return nil, fmt.Errorf("folder %s: %w", name, fs.ErrNotExist)
}

type folderReader struct {
	read   func(id ID, kind string) ([]byte, error)
	folder *Folder
	bytes  int
}

func (r *folderReader) tree(id ID, prefix string) error {
	raw, err := r.read(id, "tree")
	if err != nil {
		return err
	}
	entries, err := strictTree.parse(raw, id.Size())
	if err != nil {
		return fmt.Errorf("%w: tree %s: %w", ErrMalformed, id, err)
	}
	for _, e := range entries {
		at := path.Join(prefix, string(e.name))
		if len(r.folder.files) >= maxFolderFiles {
			return exceeds("", "it has more than %d files", maxFolderFiles)
		}
		switch e.mode {
		case ModeTree:
			if len(at) > 1000 {
				return exceeds("", "its folders are nested too deeply")
			}
			if err := r.tree(e.id, at); err != nil {
				return err
			}
		case ModeFile, ModeExec:
			content, err := r.read(e.id, "blob")
			if err != nil {
				return err
			}
			if r.bytes += len(content); r.bytes > maxFolderBytes {
				return exceeds("", "it has more than %d bytes", maxFolderBytes)
			}
			r.folder.files[at] = content
		default:
			return fmt.Errorf("%w: %s is no plain file", ErrMalformed, at)
		}
	}
	return nil
}

// Open implements [fs.FS] for the folder's files. The folders in it can't be opened.
func (f *Folder) Open(name string) (fs.File, error) {
	content, ok := f.files[name]
	if !ok || !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &folderFile{Reader: bytes.NewReader(content), name: path.Base(name), size: int64(len(content))}, nil
}

// folderFile is an open file of a Folder, and what there is to know about it.
type folderFile struct {
	*bytes.Reader
	name string
	size int64
}

func (f *folderFile) Stat() (fs.FileInfo, error) { return folderInfo{f.name, f.size}, nil }
func (f *folderFile) Close() error               { return nil }

type folderInfo struct {
	name string
	size int64
}

func (i folderInfo) Name() string       { return i.name }
func (i folderInfo) Size() int64        { return i.size }
func (i folderInfo) Mode() fs.FileMode  { return 0o444 }
func (i folderInfo) ModTime() time.Time { return time.Time{} }
func (i folderInfo) IsDir() bool        { return false }
func (i folderInfo) Sys() any           { return nil }
