package history

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	aTree   = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
	aParent = "parent 1111111111111111111111111111111111111111\n"
	ann     = "Ann <ann@example.org> 1700000000 +0100"
	people  = "author " + ann + "\ncommitter " + ann + "\n"
	aSig    = "gpgsig -----BEGIN SSH SIGNATURE-----\n U1NIU0lH\n -----END SSH SIGNATURE-----\n"
)

func TestParseCommitCutsTheSignatureByteForByte(t *testing.T) {
	for name, message := range map[string]string{
		"usual": "\nsubject\n\nbody\n", "no final newline": "\nsubject", "CRLF": "\nsubject\r\n", "empty": "\n",
		"a long line": "\n" + strings.Repeat("x", 70_000) + "\n", "no blank line": "",
		"a signature in the text": "\nsubject\n\n" + aSig,
	} {
		for where, raw := range map[string]struct{ before, after string }{
			"last":       {aTree + aParent + people, message},
			"in between": {aTree + aParent + people, "encoding ISO-8859-1\nx-unknown y\n z\n" + message},
		} {
			c, err := ParseCommit(ID{}, []byte(raw.before+aSig+raw.after))
			if err != nil {
				t.Errorf("%s, %s: %v", name, where, err)
				continue
			}
			if want := raw.before + raw.after; string(c.Payload) != want {
				t.Errorf("%s, %s: payload %.300q, want %.300q", name, where, c.Payload, want)
			}
			if want := "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----"; string(c.Signature) != want {
				t.Errorf("%s, %s: signature %q, want %q", name, where, c.Signature, want)
			}
		}
	}
}

func TestParseCommitReadsTheClaims(t *testing.T) {
	c, err := ParseCommit(ID{}, []byte(aTree+aParent+strings.Replace(aParent, "1", "2", 40)+
		"author A U Thor <a@x> 1 -0030\ncommitter  <> 2 +051800\n\nsubject\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (Identity{Name: "A U Thor", Email: "a@x", When: 1, Zone: "-0030"}); c.Author != want {
		t.Errorf("author %+v, want %+v", c.Author, want)
	}
	if want := (Identity{When: 2, Zone: "+051800"}); c.Committer != want {
		t.Errorf("committer %+v, want %+v", c.Committer, want)
	}
	if len(c.Parents) != 2 || c.Parents[1].String() != strings.Repeat("2", 40) || c.Signature != nil ||
		!bytes.Equal(c.Payload, c.Raw) {
		t.Errorf("%+v", c)
	}
}

// TestParseCommitKeepsWhatNobodyReads: hg-git notes what Mercurial knew of a commit in headers of one name.
func TestParseCommitKeepsWhatNobodyReads(t *testing.T) {
	c, err := ParseCommit(ID{}, []byte(aTree+people+"HG:extra a:b\nHG:extra c:d\n"+aSig+"\nm\n"))
	if err != nil || !bytes.Contains(c.Payload, []byte("\nHG:extra a:b\nHG:extra c:d\n\nm\n")) {
		t.Errorf("%v: %q", err, c.Payload)
	}
}

// Each of these Git reads in one way, or not at all, and some other reader in another.
func TestAttackCommitThatReadsInTwoWays(t *testing.T) {
	author := func(s string) string { return aTree + "author " + s + "\ncommitter " + ann + "\n\nm\n" }
	for name, raw := range map[string]string{
		"empty":                        "",
		"no tree":                      people + "\nm\n",
		"two trees":                    aTree + aTree + people + "\nm\n",
		"upper-case id":                "tree 4B825DC642CB6EB9A060E54BF8D69288FBEE4904\n" + people + "\nm\n",
		"short id":                     "tree 4b825dc6\n" + people + "\nm\n",
		"parent after the author":      aTree + people + aParent + "\nm\n",
		"two authors":                  aTree + "author " + ann + "\n" + people + "\nm\n",
		"a second author at the end":   aTree + people + "author " + ann + "\n\nm\n",
		"no committer":                 aTree + "author " + ann + "\n\nm\n",
		"two signatures":               aTree + people + aSig + aSig + "\nm\n",
		"the other format's signature": aTree + people + strings.Replace(aSig, "gpgsig", "gpgsig-sha256", 1) + "\nm\n",
		"two encodings":                aTree + people + "encoding a\nencoding b\n\nm\n",
		"a header without a value":     aTree + people + "gpgsig\n\nm\n",
		"a continuation first":         " x\n" + aTree + people + "\nm\n",
		"headers cut in a line":        aTree + people + "x-y z",
		"NUL in a header":              author("A\x00B <a@x> 1 +0000"),
		"NUL in the message":           aTree + people + "\nm\x00n\n",
		"two addresses":                author("A <victim@x> <attacker@x> 1 +0000"),
		"no address":                   author("A 1 +0000"),
		"an address turned round":      author("A >a@x< 1 +0000"),
		"a continued author":           aTree + "author A <a@x>\n 1 +0000\ncommitter " + ann + "\n\nm\n",
		"no date":                      author("A <a@x>"),
		"no zone":                      author("A <a@x> 1"),
		"a date before 1970":           author("A <a@x> -1 +0000"),
		"a date with a zero before it": author("A <a@x> 01 +0000"),
		"a date with a sign":           author("A <a@x> +1 +0000"),
		"a date past 2^53":             author("A <a@x> 9007199254740993 +0000"),
		"a date of 2^64":               author("A <a@x> 18446744073709551616 +0000"),
		"two spaces before the date":   author("A <a@x>  1 +0000"),
		"a zone of letters":            author("A <a@x> 1 CEST"),
		"a zone that goes on":          author("A <a@x> 1 +0000 x"),
		"a malformed tag in a merge":   aTree + people + "mergetag object x\n\nm\n",
	} {
		id := ID{}
		if c, err := ParseCommit(id, []byte(raw)); !errors.Is(err, ErrMalformed) || !errors.Is(err, ErrUnreadable) ||
			c.Payload != nil {
			t.Errorf("%s: %v, want it malformed", name, err)
		}
	}
}

const (
	tagHead = "object 1111111111111111111111111111111111111111\ntype commit\ntag v1\ntagger " + ann + "\n"
	tagSig  = "-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n"
)

func TestParseTag(t *testing.T) {
	for name, c := range map[string]struct{ payload, signature string }{
		"unsigned":                   {tagHead + "\nrelease\n", ""},
		"signed":                     {tagHead + "\nrelease\n", tagSig},
		"the last armor counts":      {tagHead + "\nrelease\n" + tagSig, tagSig},
		"armor amid a line is text":  {tagHead + "\nsee -----BEGIN PGP SIGNATURE-----\n", ""},
		"without a tagger":           {"object 1111111111111111111111111111111111111111\ntype tag\ntag v0\n\nold\n", tagSig},
		"no final newline":           {tagHead + "\nrelease", ""},
		"signed with nothing before": {tagHead + "\n", tagSig},
	} {
		tag, err := ParseTag(ID{}, []byte(c.payload+c.signature))
		if err != nil || string(tag.Payload) != c.payload || string(tag.Signature) != c.signature {
			t.Errorf("%s: payload %q, signature %q, %v", name, tag.Payload, tag.Signature, err)
		}
	}
	for name, raw := range map[string]string{
		"an unknown type":  strings.Replace(tagHead, "commit", "branch", 1) + "\nm\n",
		"two objects":      "object 1111111111111111111111111111111111111111\n" + tagHead + "\nm\n",
		"another header":   tagHead + "x y\n\nm\n",
		"a continued name": strings.Replace(tagHead, "tag v1\n", "tag v1\n x\n", 1) + "\nm\n",
		"NUL":              tagHead + "\nm\x00\n",
		"out of order":     "type commit\nobject 1111111111111111111111111111111111111111\ntag v1\n\nm\n",
	} {
		if _, err := ParseTag(ID{}, []byte(raw)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v, want it malformed", name, err)
		}
	}
}

// FuzzParseCommit wants what parses to be the raw object again once the signature's header is put back
// into the payload somewhere.
func FuzzParseCommit(f *testing.F) {
	f.Add([]byte(aTree + aParent + people + aSig + "\nm\n"))
	f.Add([]byte(aTree + people + "mergetag object 1111111111111111111111111111111111111111\n type commit\n tag v1\n " +
		"tagger " + ann + "\n \n m\n\nm\n"))
	f.Add([]byte(aTree + people))
	f.Fuzz(func(t *testing.T, raw []byte) {
		kept := bytes.Clone(raw)
		c, err := ParseCommit(ID{}, raw)
		if !bytes.Equal(raw, kept) {
			t.Fatal("the raw bytes were changed")
		}
		if err != nil {
			if !errors.Is(err, ErrUnreadable) {
				t.Fatal(err)
			}
			return
		}
		if c.Signature == nil {
			if !bytes.Equal(c.Payload, raw) {
				t.Fatalf("payload %q of the unsigned %q", c.Payload, raw)
			}
			return
		}
		header := append([]byte("gpgsig "), bytes.ReplaceAll(c.Signature, []byte("\n"), []byte("\n "))...)
		header = append(header, '\n')
		at := bytes.Index(raw, header)
		for ; at >= 0; at++ { // the text may stand elsewhere, too
			if bytes.Equal(slices.Concat(raw[:at], raw[at+len(header):]), c.Payload) {
				return
			}
			next := bytes.Index(raw[at+1:], header)
			if next < 0 {
				break
			}
			at += next
		}
		t.Fatalf("payload %q and signature %q don't make %q", c.Payload, c.Signature, raw)
	})
}

func FuzzParseTag(f *testing.F) {
	f.Add([]byte(tagHead + "\nrelease\n" + tagSig))
	f.Add([]byte(tagHead))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tag, err := ParseTag(ID{}, raw)
		if err != nil {
			if !errors.Is(err, ErrUnreadable) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(slices.Concat(tag.Payload, tag.Signature), raw) {
			t.Fatalf("payload %q and signature %q don't make %q", tag.Payload, tag.Signature, raw)
		}
	})
}

func FuzzParseTree(f *testing.F) {
	f.Add([]byte("100644 a\x00" + strings.Repeat("1", 20) + "40000 b\x00" + strings.Repeat("2", 20)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var last []treeEntry
		for g := strictTree; ; g-- { // what a grammar takes, those before it take, and read in the same way
			entries, err := g.parse(raw, 20)
			if last != nil && (err != nil || compare(fmt.Sprint(last), fmt.Sprint(entries)) != "") {
				t.Fatalf("%v and %v, %v", last, entries, err)
			}
			if last = nil; err == nil {
				last = entries
			}
			if g == anyTree {
				return
			}
			for i := range entries {
				if i > 0 && err == nil && bytes.Equal(entries[i-1].name, entries[i].name) {
					t.Fatalf("%q twice", entries[i].name)
				}
			}
		}
	})
}

// TestManyContinuationLines: an object may be little else, and is read in one go.
func TestManyContinuationLines(t *testing.T) {
	const lines = 200_000
	raw := "tree " + strings.Repeat("1", 40) + "\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\nx y\n" +
		strings.Repeat(" \n", lines) + "gpgsig a\r\n b\r\n\nm\r\n"
	before := testing.AllocsPerRun(1, func() { _, _ = ParseCommit(ID{}, []byte(raw)) })
	if before > 1000 {
		t.Errorf("%d continuation lines take %.0f allocations", lines, before)
	}
	c, err := ParseCommit(ID{}, []byte(raw))
	if err != nil || string(c.Signature) != "a\r\nb\r" || string(c.Raw) != raw ||
		strings.Contains(string(c.Payload), "gpgsig") || !strings.HasSuffix(string(c.Payload), "\n\nm\r\n") {
		t.Errorf("signature %q, %v", c.Signature, err)
	}
}
