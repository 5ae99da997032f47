package archive

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"unicode/utf8"
)

// Sizes of the parts of a zip, and how each begins (APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.9, 4.3.12 and 4.3.16).
const (
	localSize   = 30
	centralSize = 46
	endSize     = 22

	localMagic      = 0x04034b50
	descriptorMagic = 0x08074b50
	centralMagic    = 0x02014b50
	endMagic        = 0x06054b50
)

// zipFile is a zip that is being read. It says what is in it twice, before each entry and at its end, and programs
// believe one or the other. So both must say the same, and leave no byte between.
type zipFile struct {
	io.ReaderAt
	*listing
	size int64
	most int64 // bytes that it may unpack to
}

// zipEntry is one entry, as the list at the end has it.
type zipEntry struct {
	name          string
	flags, method uint16
	sum           uint32
	packed, size  int64
	offset        int64
	creator       byte
	mode          uint32
}

const (
	described = 1 << 3  // sums and sizes follow the content
	utf8Names = 1 << 11 // the name is UTF-8
	levels    = 1<<1 | 1<<2

	stored, deflated = 0, 8
	unix             = 3 // who made it, as its modes say
)

func readZip(z *zipFile) error {
	entries, at, err := z.list()
	if err != nil {
		return err
	}
	if first, err := z.bytes(0, min(z.size, blockSize)); err == nil && len(first) == blockSize && sumFits(first) {
		return refused("it is a zip and a tar at once")
	}
	for i := range entries {
		e := &entries[i]
		next := at
		if i+1 < len(entries) {
			next = entries[i+1].offset
		}
		if err := z.entry(e, next); err != nil {
			return err
		}
	}
	return nil
}

// bytes reads a part of the file.
func (z *zipFile) bytes(at, n int64) ([]byte, error) {
	if at < 0 || n < 0 || at+n > z.size {
		return nil, refused("it ends too early: it was cut off")
	}
	b := make([]byte, n)
	_, err := z.ReadAt(b, at)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b, err
}

// list reads the list at the end, and gives where it begins.
func (z *zipFile) list() (entries []zipEntry, at int64, err error) {
	end, size, err := z.end()
	if err != nil {
		return nil, 0, err
	}
	count := int(binary.LittleEndian.Uint16(end[10:]))
	at = z.size - int64(len(end)) - size
	if at < 0 || at != int64(binary.LittleEndian.Uint32(end[16:])) || count == 0xffff {
		return nil, 0, refused("the end of it doesn't say where its list of entries is, or there is data before the zip")
	}
	if size > z.limits.Names+int64(count)*(centralSize+maxExtended) || size > 256<<20 {
		return nil, 0, refused("its list of entries has %d bytes", size)
	}
	list, err := z.bytes(at, size)
	for err == nil && len(list) > 0 {
		var e zipEntry
		if e, list, err = central(list); err == nil {
			entries = append(entries, e)
		}
	}
	switch {
	case err != nil:
		return nil, 0, err
	case len(entries) != count:
		return nil, 0, refused("it has %d entries, and says that it has %d", len(entries), count)
	case count > 0 && entries[0].offset != 0 || count == 0 && at != 0:
		return nil, 0, refused("there is data before the zip")
	}
	return entries, at, nil
}

// end reads the record that ends a zip, with its comment, and gives the size of the list.
func (z *zipFile) end() (record []byte, size int64, err error) {
	const maxComment = 1<<16 - 1
	tail, err := z.bytes(max(0, z.size-endSize-maxComment), min(z.size, endSize+maxComment))
	if err != nil {
		return nil, 0, err
	}
	for i := len(tail) - endSize; i >= 0; i-- {
		r := tail[i:]
		if binary.LittleEndian.Uint32(r) != endMagic {
			continue
		}
		comment := int(binary.LittleEndian.Uint16(r[20:]))
		if len(r) != endSize+comment {
			return nil, 0, refused("there is more after its end, or its comment hides another end")
		}
		if binary.LittleEndian.Uint32(r[4:]) != 0 || !bytes.Equal(r[8:10], r[10:12]) {
			return nil, 0, refused("it is a part of a zip in several files")
		}
		return r, int64(binary.LittleEndian.Uint32(r[12:])), nil
	}
	return nil, 0, refused("it ends too early: it was cut off")
}

// central reads one entry of the list, and gives the rest.
func central(b []byte) (e zipEntry, rest []byte, err error) {
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	if len(b) < centralSize || u32(b) != centralMagic {
		return e, nil, refused("its list of entries is damaged")
	}
	name, extra, comment := int(u16(b[28:])), int(u16(b[30:])), int(u16(b[32:]))
	all := centralSize + name + extra + comment
	if len(b) < all {
		return e, nil, refused("its list of entries is damaged")
	}
	e = zipEntry{
		name: string(b[centralSize : centralSize+name]), creator: b[5],
		flags: u16(b[8:]), method: u16(b[10:]), sum: u32(b[16:]),
		packed: int64(u32(b[20:])), size: int64(u32(b[24:])), mode: u32(b[38:]), offset: int64(u32(b[42:])),
	}
	switch {
	case e.flags&^(described|utf8Names|levels) != 0:
		err = refused("%.200q is encrypted, or packed in an unusual way", e.name)
	case e.method != stored && e.method != deflated:
		err = refused("%.200q is packed by method %d: only stored and deflated ones are read", e.name, e.method)
	case e.flags&utf8Names == 0 && strings.IndexFunc(e.name, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0:
		err = refused("the name %.200q is in no known encoding", e.name)
	case u16(b[34:]) != 0:
		err = refused("%.200q is in another file", e.name)
	default:
		err = extras(e.name, b[centralSize+name:centralSize+name+extra])
	}
	return e, b[all:], err
}

// extras looks through the extra fields of an entry for those that change what it is: of large ones (section 4.5.3), of
// another name (section 4.6.9), and libarchive's own of another mode (its archive_read_support_format_zip.c).
func extras(name string, b []byte) error {
	for len(b) >= 4 {
		id, n := binary.LittleEndian.Uint16(b), 4+int(binary.LittleEndian.Uint16(b[2:]))
		if n > len(b) {
			break
		}
		const zip64, otherName, otherComment, otherMode = 0x0001, 0x7075, 0x6375, 0x6c78
		if id == zip64 || id == otherName || id == otherComment || id == otherMode {
			return refused("%.200q has the extra field %#04x, of a larger size, another name or mode", name, id)
		}
		b = b[n:]
	}
	if len(b) > 0 {
		return refused("%.200q has damaged extra fields", name)
	}
	return nil
}

// entry shows one entry, which ends where the next begins.
func (z *zipFile) entry(e *zipEntry, next int64) error {
	begin, err := z.local(e)
	if err != nil {
		return err
	}
	if err := z.described(e, begin+e.packed, next); err != nil {
		return err
	}
	if z.most -= e.size; z.most < 0 {
		return refused("it unpacks to more than one of its size may")
	}
	shown, err := e.entry()
	if err != nil {
		return err
	}
	packed := io.NewSectionReader(z, begin, e.packed)
	counted := &counted{r: packed}
	in := &content{r: counted, left: e.size, want: e.sum}
	if e.method == deflated {
		in.r = flate.NewReader(counted)
	} else if e.packed != e.size {
		return refused("%.200q is stored as it is, and yet has two sizes", e.name)
	}
	if shown.Kind == Link {
		target, err := io.ReadAll(io.LimitReader(in, maxName+1))
		if err != nil {
			return z.why(e, err)
		}
		shown.Target, shown.Size = string(target), 0
	}
	if err := z.visit(shown, in); err != nil {
		return z.why(e, err)
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return z.why(e, err)
	}
	if counted.n != e.packed {
		return refused("behind the content of %.200q there are bytes that no program reads", e.name)
	}
	return nil
}

// why words an error of unpacking.
func (z *zipFile) why(e *zipEntry, err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, errDamaged) || errors.Is(err, io.ErrUnexpectedEOF) {
		return refused("%.200q is damaged: its content isn't what its sizes and its checksum say", e.name)
	}
	return err
}

// local compares what stands before an entry with the list, and gives where the content begins.
func (z *zipFile) local(e *zipEntry) (int64, error) {
	u16, u32 := binary.LittleEndian.Uint16, binary.LittleEndian.Uint32
	b, err := z.bytes(e.offset, localSize)
	if err != nil {
		return 0, err
	}
	name, extra := int64(u16(b[26:])), int64(u16(b[28:]))
	more, err := z.bytes(e.offset+localSize, name+extra)
	if err != nil {
		return 0, err
	}
	same := u32(b) == localMagic && u16(b[6:]) == e.flags && u16(b[8:]) == e.method && string(more[:name]) == e.name
	sum, packed, size := u32(b[14:]), int64(u32(b[18:])), int64(u32(b[22:]))
	if e.flags&described == 0 || sum != 0 || packed != 0 || size != 0 {
		same = same && sum == e.sum && packed == e.packed && size == e.size
	}
	if !same {
		return 0, refused("%.200q is another entry by what stands before it than by the list at the end", e.name)
	}
	return e.offset + localSize + name + extra, extras(e.name, more[name:])
}

// described reads what stands between the content of an entry and the next: nothing, or its sum and sizes (section
// 4.3.9).
func (z *zipFile) described(e *zipEntry, at, next int64) error {
	if e.flags&described == 0 && at == next {
		return nil
	}
	n := next - at
	if e.flags&described == 0 || n != 12 && n != 16 {
		return refused("%.200q doesn't end where the next entry begins", e.name)
	}
	b, err := z.bytes(at, n)
	if err != nil {
		return err
	}
	u32 := binary.LittleEndian.Uint32
	if n == 16 {
		if u32(b) != descriptorMagic {
			return refused("%.200q doesn't end where the next entry begins", e.name)
		}
		b = b[4:]
	}
	if u32(b) != e.sum || int64(u32(b[4:])) != e.packed || int64(u32(b[8:])) != e.size {
		return refused("%.200q has other sizes behind it than in the list at the end", e.name)
	}
	return nil
}

// entry says what an entry is: by its mode where that has one, else by its name (section 4.4.15). Programs differ on
// which systems' zips have Unix's modes: Info-ZIP's unzip takes them of eight, and others of one. So in those of
// another system a mode may say nothing that the name doesn't, and attributes of DOS likewise: unzip leaves a volume's
// label out.
func (e *zipEntry) entry() (Entry, error) {
	shown := Entry{Name: e.name, Kind: File, Size: e.size}
	mode, isFolder := e.mode>>16, strings.HasSuffix(e.name, "/")
	const (
		kinds, file, folder, link                  = 0o170000, 0o100000, 0o040000, 0o120000
		dosLabel, dosFolder, dosDevice, dosReparse = 0x08, 0x10, 0x40, 0x400
	)
	switch mode & kinds {
	case 0, file:
		if isFolder && mode&kinds == 0 {
			shown.Kind = Folder
		}
		shown.Exec = shown.Kind == File && mode&0o100 != 0
	case folder:
		shown.Kind = Folder
	case link:
		shown.Kind = Link
	default:
		return shown, refused("%.200q is a device, or something else that no tree of Git holds", e.name)
	}
	switch {
	case mode&0o6000 != 0 && shown.Kind == File:
		return shown, refused("%.200q would run with the rights of its owner, whoever runs it", e.name)
	case shown.Kind == Folder && e.size != 0:
		return shown, refused("%.200q is no file and yet has content, which programs read in different ways", e.name)
	case (shown.Kind == Folder || e.mode&dosFolder != 0) && !isFolder, shown.Kind != Folder && isFolder:
		return shown, refused("%.200q is a folder by its name or by its mode, but not by both", e.name)
	case e.mode&(dosLabel|dosDevice|dosReparse) != 0:
		return shown, refused("%.200q is the name of a volume, a device or something else that no tree of Git holds", e.name)
	case e.creator != unix && (shown.Kind == Link || shown.Kind == File && mode&0o111 != 0):
		return shown, refused("%.200q was made on another system than Unix, and is a link or may be run by a mode of Unix, "+
			"which programs read in different ways", e.name)
	}
	return shown, nil
}

// errDamaged says that content isn't what its sum says.
var errDamaged = errors.New("damaged")

// content is that of an entry, which must have a size and a sum.
type content struct {
	r    io.Reader
	left int64
	sum  uint32
	want uint32
	done bool
}

func (c *content) Read(b []byte) (int, error) {
	if c.done {
		return 0, io.EOF
	}
	n, err := c.r.Read(b[:min(int64(len(b)), c.left+1)])
	c.sum = crc32.Update(c.sum, crc32.IEEETable, b[:n])
	if c.left -= int64(n); c.left < 0 {
		return 0, errDamaged
	}
	if errors.Is(err, io.EOF) {
		if c.left > 0 || c.sum != c.want {
			return 0, errDamaged
		}
		c.done = true
	}
	return n, err
}

// counted counts what is read, byte by byte, so that flate reads no further than it must.
type counted struct {
	r   io.Reader
	n   int64
	buf [4096]byte
	got []byte
}

func (c *counted) ReadByte() (byte, error) {
	if len(c.got) == 0 {
		n, err := c.r.Read(c.buf[:])
		if n == 0 {
			return 0, err
		}
		c.got = c.buf[:n]
	}
	b := c.got[0]
	c.got, c.n = c.got[1:], c.n+1
	return b, nil
}

func (c *counted) Read(b []byte) (int, error) {
	if len(c.got) > 0 {
		n := copy(b, c.got)
		c.got, c.n = c.got[n:], c.n+int64(n)
		return n, nil
	}
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}
