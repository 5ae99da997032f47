package content

import (
	"fmt"
	"strings"
	"testing"
)

func TestPointers(t *testing.T) {
	oid := "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
	lfs := "version https://git-lfs.github.com/spec/v1\n" + oid + "size 12345\n"
	key := "SHA256E-s12345--4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393.bin"
	for name, c := range map[string]struct{ content, want string }{
		"LFS":                       {lfs, "binary"},
		"LFS, of 1 MiB":             {strings.Replace(lfs, "12345", "1048576", 1), "binary"},
		"LFS, larger":               {strings.Replace(lfs, "12345", "1048577", 1), "binary large"},
		"LFS, with an extension":    {strings.Replace(lfs, "oid", "ext-0-foo sha256:12\noid", 1), "binary"},
		"LFS, by an older name":     {strings.Replace(lfs, "git-lfs", "hawser", 1), "binary"},
		"LFS, by the oldest":        {"version http://git-media.io/v/2\n" + oid + "size 1\n", "binary"},
		"LFS, with white space":     {"\n" + strings.ReplaceAll(lfs, "\n", "\r\n"), "binary"},
		"LFS, without a line feed":  {strings.TrimSuffix(lfs, "\n"), "binary"},
		"LFS, without a size":       {"version https://git-lfs.github.com/spec/v1\n" + oid, "binary"},
		"LFS, of a size beyond all": {strings.Replace(lfs, "12345", "123456789012345678901234567890", 1), "binary large"},
		"annex":                     {"/annex/objects/" + key + "\n", "binary"},
		"annex, larger": {
			"/annex/objects/" + strings.Replace(key, "12345", "123456789", 1) + "\n",
			"binary large",
		},
		"annex, with a second line": {"/annex/objects/" + key + "\n/annex/ note\n", "binary"},
		"annex, a link":             {"../../.git/annex/objects/Xj/4m/" + key + "/" + key, "binary"},
		"annex, a link of Windows":  {`..\.git\annex/objects/Xj/4m/` + key + "/" + key, "binary"},
		"annex, without a size":     {"/annex/objects/URL--http&c%%example.org%a\n", "binary"},
		"annex, in chunks":          {"/annex/objects/SHA1-s5000000-S1048576-C2--4d7a2146\n", "binary large"},
		"what a document says": {
			"A pointer begins with:\n\n    version https://git-lfs.github.com/spec/v1\n    " + oid,
			"",
		},
		"of another version":         {"version 2\n" + oid + "size 12\n", ""},
		"without an id":              {"version https://git-lfs.github.com/spec/v1\nsize 12\n", ""},
		"a path of objects":          {"/annex/objects/ is where they are.\n", ""},
		"a path in a text":           {"see .git/annex/objects/\n", ""},
		"a second line":              {"x\n/annex/objects/" + key + "\n", ""},
		"a link elsewhere":           {"../lib/libfoo.so.1", ""},
		"a backend in small letters": {"/annex/objects/sha-s1--x\n", ""},
	} {
		wantTraits(t, name, c.content, c.want)
	}
}

func FuzzPointer(f *testing.F) {
	f.Add("SHA256E", int64(12), "4d7a")
	f.Fuzz(func(t *testing.T, oid string, size int64, name string) {
		if strings.ContainsAny(oid, "\n\r ") || size < 0 {
			return
		}
		text := fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", oid, size)
		if got, ok := pointer([]byte(text)); len(text) < 1024 && (!ok || got != size) {
			t.Errorf("%q: %d %t", text, got, ok)
		}
		if size, ok := pointer([]byte("/annex/objects/" + oid + name)); !ok && size > 0 {
			t.Errorf("no pointer, of %d", size)
		}
	})
}

func TestMostlyText(t *testing.T) {
	program := strings.Repeat("send(process.env);\n", 9)
	for text, want := range map[string]bool{
		program: true, program + "//\x00\n": true, strings.Repeat("\x00a", 99): false,
		"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR": false,
	} {
		if got := MostlyText([]byte(text)); got != want {
			t.Errorf("%.30q: %v", text, got)
		}
	}
}
