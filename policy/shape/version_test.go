package shape

import "testing"

func TestNewer(t *testing.T) {
	for _, c := range []struct {
		old, now string
		want     bool
	}{
		{"1.2.3", "1.2.4", true},
		{"1.2.3", "1.10.0", true},
		{"1.9", "1.10", true},
		{"v3", "v4", true},
		{"v3", "v4.1.2", true},
		{"1.2", "1.2.1", true},
		{"1.0.0-rc.1", "1.0.0", true},
		{"1.0.0-rc.1", "1.0.0-rc.2", true},
		{"1.0.0-rc.9", "1.0.0-rc.10", true},
		{"1.0.0-alpha.4", "1.0.0-beta.1", true},
		{"1.0.0", "1.1.0-beta.1", true},
		{"3.18-alpine", "3.19-alpine", true},
		{"2021.12.1", "2022.1.0", true},
		{"99999999999999999999998", "99999999999999999999999", true},
		{"1.2.3", "1.2.3", false},
		{"1.2.4", "1.2.3", false},
		{"1.10", "1.9", false},
		{"1.2.0", "1.2", false},
		{"v3", "4", false},
		{"3", "v4", false},
		{"1.2.3", "1.2.4-evil", false},
		{"1.2.3", "1.2.3-evil", false},
		{"3.18-alpine", "3.19", false},
		{"1.0.0", "1.0.0-rc.1", false},
		{"1.0.0-beta.1", "1.0.0-alpha.4", false},
		{"1.2.3", "latest", false},
		{"1.2.3", "*", false},
		{"1.2.3", "2.x", false},
		{"1.2.3", "", false},
		{"", "1", false},
		{"1.2.3", "1.2.4 || 9", false},
		{"1.2.3", "１.2.4", false},
		{"1.2.3", "2.0.0/../../x", false},
		{"1.2.3", "main", false},
	} {
		if got := newer(c.old, c.now); got != c.want {
			t.Errorf("newer(%q, %q) = %t", c.old, c.now, got)
		}
	}
}

func TestRaised(t *testing.T) {
	for _, c := range []struct {
		old, now string
		want     bool
	}{
		{"^1.2.3", "^1.3.0", true},
		{"~> 1.2", "~> 1.3", true},
		{">=1.2,<2", ">=2.1,<3", true},
		{">= 1.2", ">=1.3", true},
		{"==1.2", "==1.3", true},
		{"^1 || ^2", "^1 || ^3", true},
		{"==1.2", ">=1.3", false},
		{"1.2.3", "^1.2.4", false},
		{"~1.2", "^1.3", false},
		{">=1,<2", ">=1,<3", false},
		{">=1, < 2", ">=1, < 3", false},
		{"<2", "<3", false},
		{"1.2 - 2.3", "1.2 - 9.0", false},
		{">=1,!=1.4", ">=1.5,!=1.6", false},
		{"^1", "^1 || ^2", false},
		{"^1.2", "^1.1", false},
		{"^1.2", "*", false},
		{"^1.2", "latest", false},
		{"^1.2", "^1.2", false},
	} {
		if got := raised(c.old, c.now); got != c.want {
			t.Errorf("raised(%q, %q) = %t", c.old, c.now, got)
		}
	}
}

func TestImageRaised(t *testing.T) {
	const a, b = "sha256:0123456789012345678901234567890123456789012345678901234567890123",
		"sha256:abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcd"
	for _, c := range []struct {
		old, now string
		want     bool
	}{
		{"alpine:3.18", "alpine:3.19", true},
		{"ghcr.io/a/b:1.2", "ghcr.io/a/b:1.3", true},
		{"localhost:5000/a:1", "localhost:5000/a:2", true},
		{"a:1@" + a, "a:2@" + b, true},
		{"a:1@" + a, "a:1@" + b, true},
		{"a:1", "a:1@" + b, true},
		{"a:1@" + a, "a:2", false},
		{"a:1", "b:2", false},
		{"a:1", "x.io/a:2", false},
		{"a:1", "a:latest", false},
		{"a:2", "a:1", false},
		{"a", "a:1", false},
		{"a:1", "a:2@sha256:xyz", false},
		{"localhost:5000/a", "localhost:5001/a", false},
		{"${A}:1", "${A}:2", false},
	} {
		if got := imageRaised(c.old, c.now); got != c.want {
			t.Errorf("imageRaised(%q, %q) = %t", c.old, c.now, got)
		}
	}
}
