// Package content says what a change of a file shows by the content that it leaves behind: that it is a program or
// an archive, that it adds bytes written as text, that it adds a key, or text in another order than a compiler
// reads. It is given bytes alone, and not what the file is called.
//
// What a file is counts whatever the change did to it; what it carries counts if the change brought it in.
package content

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"countersign/policy/edit"
)

// Of says what a change of a file shows, of the beginnings of its texts. Size is the whole length of the blob that
// lands: what is longer than its beginning is Large, and nobody has seen the rest. No attribute in the repository can
// hide anything from it.
//
// What Git takes for binary always is Binary, and so are programs and archives that could be read as text, and
// pointers to content that is kept elsewhere. Text can be Encoded, Keys and Bidi whatever else it is. These three
// are what the change adds: what stood in one of the blobs before, in the same bytes, is none of its doing. But
// what it adds counts together with what it adds to.
func Of(c *edit.Change, size int64) Traits {
	var t Traits
	head := c.Now
	if size > int64(len(head)) {
		t |= Large
	}
	if len(head) == 0 {
		return t
	}
	t |= magic(head)
	unreadable := opaque(head)
	if t&(Executable|Archive) != 0 || unreadable {
		t |= Binary
	}
	if of, ok := pointer(head); ok {
		t |= Binary
		if of > Shown {
			t |= Large
		}
	}
	part, core := changed(c)
	if part.from == part.to {
		return t // it stood there before
	}
	stood := formerOf(c)
	if keys(stood) {
		t |= Keys
	}
	if !unreadable && carries(head, part, core, stood) {
		t |= Encoded
	}
	// Compilers read over a NUL in a comment. In bytes that are no text the pattern means nothing.
	if (!unreadable || utf8.Valid(head)) && bidi(head[part.from:part.to]) && slices.ContainsFunc(c.Added(), isBidi) {
		t |= Bidi
	}
	return t
}

// carries says whether a part of head holds a run of encoded bytes that the change brings in. What is all outside of
// its core stood there before.
func carries(head []byte, part, core span, stood *former) bool {
	if len(stood.texts) == 1 && core.to-core.from <= little {
		return false
	}
	changes := stood.near(core)
	parts := []span{part}
	if len(stood.armored) > 0 {
		parts = besideSignatures(head, part)
	}
	for _, part := range parts {
		near := within(changes, part)
		if len(near) == 0 {
			continue
		}
		inHead := func(s span) span { return span{part.from + s.from, part.from + s.to} }
		text := head[part.from:part.to]
		runs := slices.Concat(encodedLines(text, near), hexText(text, near))
		runs = append(runs, dense(text, near, func(s span) bool { return stood.lacks(inHead(s)) })...)
		for _, run := range runs {
			if stood.bringsIn(inHead(run)) {
				return true
			}
		}
	}
	return false
}

func isBidi(line edit.Line) bool { return bidi(line.Text) }

// bidi looks for the characters that override the order in which text is shown (CVE-2021-42574):
// embeddings, overrides and isolates, U+202A to U+202E and U+2066 to U+2069.
func bidi(head []byte) bool {
	for {
		i := bytes.IndexByte(head, 0xe2)
		if i < 0 || len(head)-i < 3 {
			return false
		}
		if c, d := head[i+1], head[i+2]; c == 0x80 && 0xaa <= d && d <= 0xae || c == 0x81 && 0xa6 <= d && d <= 0xa9 {
			return true
		}
		head = head[i+1:]
	}
}
