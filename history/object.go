package history

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// header is one header of an object: its name, its value with continuation lines joined by LF, and
// the bytes it takes up, from start to end.
type header struct {
	name       string
	value      []byte
	continued  bool // value is a copy, no part of the object
	start, end int
}

const (
	usualHeaders = 6       // of a signed commit: tree, two parents, author, committer, signature
	usualValue   = 1 << 10 // bytes of a signature
)

// headers splits an object at the blank line that ends its headers. Continuation lines begin with a
// space (gitformat-signature(5)).
func headers(raw []byte) (hs []header, message []byte, err error) {
	hs = make([]header, 0, usualHeaders)
	for at := 0; ; {
		if at == len(raw) {
			return hs, nil, nil // no blank line: Git reads an empty message
		}
		eol := bytes.IndexByte(raw[at:], '\n')
		if eol < 0 {
			return nil, nil, fmt.Errorf("its headers end in the middle of a line")
		}
		line := raw[at : at+eol]
		next := at + eol + 1
		switch {
		case len(line) == 0:
			return hs, raw[next:], nil
		case bytes.IndexByte(line, 0) >= 0:
			return nil, nil, fmt.Errorf("it has a NUL byte in its headers")
		case line[0] == ' ':
			if len(hs) == 0 {
				return nil, nil, fmt.Errorf("it begins with a continuation line")
			}
			h := &hs[len(hs)-1]
			if !h.continued { // once a header: an object may be nothing but continuation lines
				h.value, h.continued = append(make([]byte, 0, min(usualValue, len(raw))), h.value...), true
			}
			h.value = append(append(h.value, '\n'), line[1:]...)
			h.end = next
		default:
			name, value, ok := bytes.Cut(line, []byte(" "))
			if !ok {
				return nil, nil, fmt.Errorf("it has the header line %.60q without a value", line)
			}
			hs = append(hs, header{name: string(name), value: value, start: at, end: next})
		}
		at = next
	}
}

// cut gives raw without the bytes of the headers.
func cut(raw []byte, hs ...header) []byte {
	out := make([]byte, 0, len(raw))
	at := 0
	for _, h := range hs {
		out = append(out, raw[at:h.start]...)
		at = h.end
	}
	return append(out, raw[at:]...)
}

// ParseCommit reads a raw commit object strictly: headers in Git's order, and those of which git reads one once, so
// that no two readers see different commits. What is signed is the object without its signature header, byte
// for byte (gitformat-signature(5)). Errors wrap [ErrUnreadable].
func ParseCommit(id ID, raw []byte) (Commit, error) {
	c := Commit{ID: id, Raw: raw, Payload: raw}
	if err := c.parse(); err != nil {
		return Commit{}, fmt.Errorf("%w: commit %s: %w", ErrMalformed, id, err)
	}
	return c, nil
}

func (c *Commit) parse() error {
	hs, message, err := headers(c.Raw)
	if err != nil {
		return err
	}
	c.Message = message
	if bytes.IndexByte(message, 0) >= 0 {
		return fmt.Errorf("its message has a NUL byte, at which Git stops reading")
	}
	next := func(name string) ([]byte, bool) {
		if len(hs) == 0 || hs[0].name != name {
			return nil, false
		}
		v := hs[0].value
		hs = hs[1:]
		return v, true
	}
	tree, ok := next("tree")
	if !ok {
		return fmt.Errorf("it doesn't begin with a tree")
	}
	if c.Tree, err = ParseID(string(tree)); err != nil {
		return fmt.Errorf("tree: %w", err)
	}
	for {
		v, ok := next("parent")
		if !ok {
			break
		}
		parent, err := ParseID(string(v))
		if err != nil {
			return fmt.Errorf("parent: %w", err)
		}
		c.Parents = append(c.Parents, parent)
	}
	for _, who := range []struct {
		name string
		into *Identity
	}{{"author", &c.Author}, {"committer", &c.Committer}} {
		v, ok := next(who.name)
		if !ok {
			return fmt.Errorf("it has no %s where one belongs", who.name)
		}
		if *who.into, err = parseIdentity(v); err != nil {
			return fmt.Errorf("%s: %w", who.name, err)
		}
	}
	return c.parseExtra(hs)
}

// readOnce are the headers after the committer of which git reads one: the first, or the last.
var readOnce = []string{"encoding", "gpgsig", "gpgsig-sha256"}

// parseExtra reads what may follow the committer. Headers that git doesn't read are kept in the payload and mean
// nothing, however often they stand there: hg-git writes one HG:extra for each of its notes.
func (c *Commit) parseExtra(hs []header) error {
	var drop []header
	seen := make(map[string]bool)
	for _, h := range hs {
		if seen[h.name] && slices.Contains(readOnce, h.name) {
			return fmt.Errorf("it has two %.40q headers", h.name)
		}
		seen[h.name] = true
		switch h.name {
		case "tree", "parent", "author", "committer":
			return fmt.Errorf("it has a second %s, or one out of order", h.name)
		case "gpgsig", "gpgsig-sha256":
			// Each object format has its own header (hash-function-transition). Git leaves the other
			// format's out of what is signed, so anybody could change it, and the commit's id with it.
			if (h.name == "gpgsig") != (c.ID.IsZero() || c.ID.Size() == 20) {
				return fmt.Errorf("it has the header %s, of the other object format, which no signature covers", h.name)
			}
			drop = append(drop, h)
			c.Signature = h.value
		case "mergetag":
			raw := append(bytes.Clone(h.value), '\n')
			t, err := ParseTag(ID{}, raw)
			if err != nil {
				return err
			}
			c.MergeTags = append(c.MergeTags, t)
		default:
			if strings.HasPrefix(h.name, "gpgsig") { // Git takes every such header out (remove_signature in its commit.c)
				return fmt.Errorf("it has the header %.40q, which git takes for a signature", h.name)
			}
		}
	}
	if drop != nil {
		c.Payload = cut(c.Raw, drop...)
	}
	return nil
}

// maxWhen is the largest date, in seconds, that every reader of Git objects holds exactly.
const maxWhen = 1 << 53

// parseIdentity reads "Name <email> seconds zone" so that it can be read in one way only.
func parseIdentity(b []byte) (Identity, error) {
	s := string(b)
	open, shut := strings.IndexByte(s, '<'), strings.IndexByte(s, '>')
	if open < 0 || shut < open || strings.Count(s, "<") != 1 || strings.Count(s, ">") != 1 {
		return Identity{}, fmt.Errorf("%.80q has not exactly one address in angle brackets", s)
	}
	if strings.ContainsAny(s, "\n\x00") {
		return Identity{}, fmt.Errorf("%.80q has a line break", s)
	}
	i := Identity{Name: strings.TrimSuffix(s[:open], " "), Email: s[open+1 : shut]}
	seconds, zone, ok := strings.Cut(strings.TrimPrefix(s[shut+1:], " "), " ")
	if !ok || !strings.HasPrefix(s[shut+1:], " ") {
		return Identity{}, fmt.Errorf("%.80q has no date and time zone", s)
	}
	when, err := strconv.ParseUint(seconds, 10, 64)
	if err != nil || when > maxWhen || seconds != strconv.FormatUint(when, 10) {
		return Identity{}, fmt.Errorf("%.80q has the date %.40q", s, seconds)
	}
	if len(zone) < 5 || len(zone) > 7 || (zone[0] != '+' && zone[0] != '-') || strings.Trim(zone[1:], "0123456789") != "" {
		return Identity{}, fmt.Errorf("%.80q has the time zone %.40q", s, zone)
	}
	i.When, i.Zone = int64(when), zone
	return i, nil
}

// armors are the lines that begin a signature at the end of a tag (git's gpg-interface.c,
// parse_signature).
var armors = [][]byte{
	[]byte("-----BEGIN PGP SIGNATURE-----"), []byte("-----BEGIN PGP MESSAGE-----"),
	[]byte("-----BEGIN SIGNED MESSAGE-----"), []byte("-----BEGIN SSH SIGNATURE-----"),
}

// ParseTag reads a raw tag object strictly. Its signature is the armor at the end of its message,
// and what is signed is everything before (gitformat-signature(5)). Errors wrap [ErrUnreadable].
func ParseTag(id ID, raw []byte) (Tag, error) {
	t := Tag{ID: id, Raw: raw, Payload: raw}
	if err := t.parse(); err != nil {
		return Tag{}, fmt.Errorf("%w: tag %s: %w", ErrMalformed, id, err)
	}
	return t, nil
}

func (t *Tag) parse() error {
	hs, message, err := headers(t.Raw)
	if err != nil {
		return err
	}
	want := []string{"object", "type", "tag", "tagger"}
	if len(hs) == 3 {
		want = want[:3] // ancient tags have no tagger
	}
	if len(hs) != len(want) {
		return fmt.Errorf("want the headers %s and no other", strings.Join(want, ", "))
	}
	for i, name := range want {
		if hs[i].name != name || bytes.IndexByte(hs[i].value, '\n') >= 0 {
			return fmt.Errorf("want the headers %s and no other", strings.Join(want, ", "))
		}
	}
	if t.Target, err = ParseID(string(hs[0].value)); err != nil {
		return fmt.Errorf("object: %w", err)
	}
	t.TargetType, t.Name = string(hs[1].value), string(hs[2].value)
	switch t.TargetType {
	case "commit", "tag", "tree", "blob":
	default:
		return fmt.Errorf("it points to the unknown type %.40q", t.TargetType)
	}
	if len(hs) == 4 {
		if t.Tagger, err = parseIdentity(hs[3].value); err != nil {
			return fmt.Errorf("tagger: %w", err)
		}
	}
	t.Message = message
	if bytes.IndexByte(message, 0) >= 0 {
		return fmt.Errorf("its message has a NUL byte, at which Git stops reading")
	}
	// Git takes the last line that begins an armor.
	at := -1
	for start := len(t.Raw) - len(message); start < len(t.Raw); {
		line, _, _ := bytes.Cut(t.Raw[start:], []byte("\n"))
		for _, a := range armors {
			if bytes.HasPrefix(line, a) {
				at = start
			}
		}
		start += len(line) + 1
	}
	if at >= 0 {
		t.Payload, t.Signature = t.Raw[:at:at], t.Raw[at:]
	}
	return nil
}

func (l Limits) withDefaults() Limits {
	or := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	or64 := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	or(&l.Commits, 100_000)
	or(&l.Changes, 1_000_000)
	or(&l.Parents, 64)
	or64(&l.Object, 1<<20)
	or64(&l.Inspect, 1<<20)
	or64(&l.Blob, 2<<30)
	or64(&l.Bytes, 64<<20)
	or64(&l.Merged, 24_000_000)
	return l
}
