package odb

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var fresh []fs.FileInfo
	for _, f := range files {
		name, isIndex := strings.CutSuffix(f.Name(), ".idx")
		if !isIndex || d.byName[name] != nil {
			continue
		}
		info, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted meanwhile
		}
		if err != nil {
			return err
		}
		fresh = append(fresh, info)
	}
	slices.SortStableFunc(fresh, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	packs := make([]*pack, 0, len(fresh)+len(d.packs))
	for _, info := range fresh {
		name := strings.TrimSuffix(info.Name(), ".idx")
		d.byName[name] = &pack{path: filepath.Join(folder, name)}
		packs = append(packs, d.byName[name])
	}
	d.packs = append(packs, d.packs...)
	return d.listMidx(filepath.Join(folder, "multi-pack-index"))
}

func (d *dir) listMidx(path string) (err error) {
	if d.midx != nil {
		if err := d.midx.file.Close(); err != nil {
			return err
		}
	}
	d.midx, err = openMidx(path, d.nameSize)
	return err
}

// find looks for a name in the packs: by the multi-pack-index, then in those it doesn't cover, or in all. What can't be
// opened is passed over; it is the error where the name is in none of the others.
func (d *dir) find(name []byte, all bool) (p *pack, offset int64, err error) {
	var failed error
	if d.midx != nil {
		packName, offset, found, err := d.midx.find(name)
		if p := d.byName[packName]; err == nil && found && p != nil {
			var open bool
			if open, err = d.open(p); open {
				return p, offset, nil
			}
		}
		failed, all = err, all || err != nil
	}
	for i := 0; i < len(d.packs); i++ {
		p := d.packs[i]
		if d.midx != nil && !all && d.midx.covers[filepath.Base(p.path)] {
			continue
		}
		open, err := d.open(p)
		if !open && err == nil {
			i--
			continue
		}
		found := false
		if err == nil {
			offset, found, err = p.index.find(name)
		}
		if err != nil {
			failed = err
			continue
		}
		if found {
			copy(d.packs[1:i+1], d.packs[:i])
			d.packs[0] = p
			return p, offset, nil
		}
	}
	return nil, 0, failed
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
