package policy

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// Anybody may propose a policy in the tree, and it is read before it is refused. Each of these would take minutes or
// gigabytes if it were read to its end; each is refused with what it has too much of.
func TestAttackPoliciesTooLarge(t *testing.T) {
	numbered := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	keys := fstest.MapFS{
		"many.pub": {Data: []byte(numbered(30_000, "ssh-ed25519 %d\n"))},
		"long.asc": {Data: []byte(strings.Repeat("x", 3<<20))},
	}
	for name, c := range map[string]struct{ text, says string }{
		"a long key with a long list": {
			strings.Repeat("a", 400_000) + " = [" + strings.Repeat("1,", 200_000) + "]",
			"policy.toml:1: a key has more than 100 bytes",
		},
		"a long list": {
			"\nx = [" + strings.Repeat("1,", 400_000) + "]",
			"policy.toml:2: there are more than 50000 keys and elements of lists",
		},
		"a list of refs": {
			"[protect]\nrefs = [" + numbered(1001, "\"refs/heads/%d\",") + "]",
			"policy.toml:2: refs has 1001 elements; 1000 are allowed",
		},
		"a ref that stands for many": {
			"[protect]\nrefs = [\"refs/heads/" + strings.Repeat("{a,b}", 20) + "\"]", "stands for more than 256",
		},
		"a ref of many stars": {
			"[protect]\nrefs = [\"refs/heads/" + strings.Repeat("**/", 400) + "\"]", "has more than 1000 bytes",
		},
		"globs": {
			"[class.a]\npaths = [" + numbered(1001, "\"%d\",") + "]", "policy.toml:2: paths has 1001 elements; 1000 are allowed",
		},
		"rules": {
			numbered(201, "[[rule]]\nname = \"r%d\"\nclasses = [\"binary\"]\n"),
			"there are 201 [[rule]] tables; 200 are allowed",
		},
		"principals": {
			numbered(2001, "[[principal]]\nname = \"p%d\"\nrole = \"maintainer\"\n"),
			"there are 2001 [[principal]] tables; 2000 are allowed",
		},
		"keys in a file": {
			"[[principal]]\nname = \"a\"\nrole = \"maintainer\"\nkeys = [{ ssh-file = \"many.pub\" }]",
			"there are more than 5000 keys; that many are allowed",
		},
		"keys in a file, named often": {
			numbered(400, "[[principal]]\nname = \"p%d\"\nrole = \"maintainer\"\nkeys = [{ ssh-file = \"many.pub\" }]\n"),
			"there are more than 5000 keys; that many are allowed",
		},
		"one large file, named often": {
			numbered(20, "[[principal]]\nname = \"p%d\"\nrole = \"maintainer\"\nkeys = [{ openpgp = \"long.asc\" }]\n"),
			"the key files have more than 33554432 bytes, each as often as it is named",
		},
		"unknown words": {
			"[signatures]\nkinds = [" + numbered(999, "\"x%d"+strings.Repeat("y", 900)+"\",") + "]", "unknown kind",
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{FileName: {Data: []byte(c.text)}}
			for name, file := range keys {
				files[name] = file
			}
			if _, err := Load(files); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%.400v; want %q", err, c.says)
			}
		})
	}
}

// As much as is allowed is read and compared to the end.
func TestLargestPolicy(t *testing.T) {
	var b strings.Builder
	for i := range maxPrincipals {
		by := "founder"
		if i%maxGenerations > 0 {
			by = fmt.Sprintf("p%d", i-1)
		}
		fmt.Fprintf(&b, "[[principal]]\nname = \"p%d\"\nrole = \"maintainer\"\nemails = [\"p%d@example.org\"]\n", i, i)
		fmt.Fprintf(&b, "introduced-by = %q\nkeys = [{ ssh = \"ssh-ed25519 K%d\" }]\n", by, i)
	}
	p, err := Load(fstest.MapFS{FileName: {Data: []byte(b.String())}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(Amendments(Default(), p, time.Unix(1, 0))); n < maxPrincipals {
		t.Errorf("%d amendments", n)
	}
}

// Whoever proposes a policy may have everybody brought in by somebody: no two of them count as two, and so each is
// compared with each.
func TestAttackManyRelatives(t *testing.T) {
	for _, generations := range []int{1, maxGenerations - 2} {
		p := &Policy{Introductions: Introductions{SiblingsApart: time.Hour}}
		p.Principals = []Principal{{Name: "root", Role: Maintainer, IntroducedBy: founder}}
		for i := range maxPrincipals - 1 {
			by, on := "root", int64(1)
			if i%generations > 0 {
				by, on = fmt.Sprint("p", i-1), int64(i)*1e6 // only those whom root brought in came together
			}
			q := Principal{Name: fmt.Sprint("p", i), Role: Maintainer, IntroducedBy: by, Introduced: time.Unix(on, 0)}
			p.Principals = append(p.Principals, q)
		}
		p.index()
		if n := len(p.Lonely()); n != maxPrincipals {
			t.Errorf("%d are lonely", n)
		}
		people, sure := p.withoutConflict(p.approvers(), 3)
		if len(people) != 1 || !sure {
			t.Errorf("%d, %v", len(people), sure)
		}
	}
}
