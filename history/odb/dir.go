package odb

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// dir is one object directory.
type dir struct {
	path     string
	nameSize int
	packs    []*pack // the one that answered last first, of the others the newest
	byName   map[string]*pack
	midx     *midx // or nil
}

// list takes up the packs that weren't there before, and the multi-pack-index that is there now.
func (d *dir) list() error {
	folder := filepath.Join(d.path, "pack")
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	type found struct {
		pack *pack
		time time.Time
	}
	var fresh []found
	for _, e := range entries {
		name, isIndex := strings.CutSuffix(e.Name(), ".idx")
		if !isIndex || d.byName[name] != nil {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted meanwhile
		}
		if err != nil {
			return err
		}
		p := &pack{path: filepath.Join(folder, name)}
		d.byName[name] = p
		fresh = append(fresh, found{p, info.ModTime()})
	}
	slices.SortStableFunc(fresh, func(a, b found) int { return cmp.Compare(a.time.UnixNano(), b.time.UnixNano()) })
	for _, f := range fresh {
		d.packs = slices.Insert(d.packs, 0, f.pack)
	}
	if d.midx != nil {
		err = d.midx.file.Close()
		d.midx = nil
	} else {
		err = nil
	}
	if err != nil {
		return err
	}
	d.midx, err = openMidx(filepath.Join(folder, "multi-pack-index"), d.nameSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// find looks for a name in the packs: by the multi-pack-index, then in those it doesn't cover, or in all.
func (d *dir) find(name []byte, all bool) (p *pack, offset int64, err error) {
	if d.midx != nil {
		packName, offset, found, err := d.midx.find(name)
		if err != nil {
			return nil, 0, err
		}
		if p := d.byName[packName]; found && p != nil {
			if open, err := d.open(p); open || err != nil {
				return p, offset, err
			}
		}
	}
	for i := 0; i < len(d.packs); i++ {
		p := d.packs[i]
		if d.midx != nil && !all && d.midx.covers[filepath.Base(p.path)] {
			continue
		}
		open, err := d.open(p)
		if err != nil {
			return nil, 0, err
		}
		if !open {
			i--
			continue
		}
		offset, found, err := p.index.find(name)
		if err != nil {
			return nil, 0, err
		}
		if found {
			copy(d.packs[1:i+1], d.packs[:i])
			d.packs[0] = p
			return p, offset, nil
		}
	}
	return nil, 0, nil
}

// open opens a pack, and strikes it from the list if it isn't there as a whole: half written, or half deleted.
func (d *dir) open(p *pack) (bool, error) {
	err := p.open(d.nameSize)
	if errors.Is(err, fs.ErrNotExist) {
		d.packs = slices.DeleteFunc(d.packs, func(q *pack) bool { return p == q })
		delete(d.byName, filepath.Base(p.path))
		return false, nil
	}
	return err == nil, err
}

// files gives the files that are open.
func (d *dir) files() []*file {
	var files []*file
	for _, p := range d.packs {
		if p.file != nil {
			files = append(files, p.file, p.index.file)
		}
	}
	if d.midx != nil {
		files = append(files, d.midx.file)
	}
	return files
}
