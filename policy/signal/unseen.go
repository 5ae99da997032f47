package signal

// nameless says whether a character is for private use, or none: what it shows is up to a font.
func nameless(r rune) bool {
	return 0xe000 <= r && r <= 0xf8ff || 0xfdd0 <= r && r <= 0xfdef || 0xfff9 <= r && r <= 0xfffb ||
		0x13430 <= r && r <= 0x1345f || r >= 0xe1000
}

// ignorable characters show nothing.
func ignorable(r rune) bool {
	switch {
	case r < 0xad:
		return false
	case r == 0xad, r == 0x34f, r == 0x61c, isFiller(r), r == 0x17b4, r == 0x17b5, 0x180b <= r && r <= 0x180f:
		return true
	case 0x200b <= r && r <= 0x200f, 0x202a <= r && r <= 0x202e, 0x2060 <= r && r <= 0x206f:
		return true
	case 0xfe00 <= r && r <= 0xfe0f, r == 0xfeff, 0xfff0 <= r && r <= 0xfff8:
		return true
	}
	return 0x1bca0 <= r && r <= 0x1bca3 || 0x1d173 <= r && r <= 0x1d17a || 0xe0000 <= r && r <= 0xe0fff
}

// isFiller says whether a character stands for a Hangul letter that isn't there, or is Mongolian's invisible vowel.
func isFiller(r rune) bool {
	return r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0 || r == 0x180e
}

func isTag(r rune) bool { return 0xe0000 <= r && r <= 0xe007f }
