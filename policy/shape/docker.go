package shape

import (
	"bytes"
	"strings"
)

// readDocker reads a Dockerfile: each instruction is an item. Comments are left out where no instruction is open,
// and if they aren't directives, which look like them and have an equals sign (Dockerfile reference, "Parser
// directives").
func readDocker(text []byte) ([]item, bool) {
	if bytes.Contains(text, []byte("<<")) {
		return rawLines(text), true // here-documents
	}
	sign := byte('\\')
	for l := range joinLines(text, 0) {
		if strings.HasPrefix(l.text, "#") && strings.Contains(strings.ToLower(l.text), "escape") {
			return rawLines(text), true
		}
	}
	var items []item
	for l := range joinLines(text, sign) {
		trimmed := strings.TrimSpace(l.text)
		switch {
		case l.joined:
		case trimmed == "" || trimmed[0] == '#' && !strings.Contains(trimmed, "="):
			continue
		}
		items = append(items, item{line: l.line, text: l.text, words: strings.Fields(l.text), raw: l.joined})
		if strings.HasSuffix(trimmed, `\`) && !strings.HasSuffix(l.text, `\`) {
			return rawLines(text), true // blanks behind the sign: Docker takes it all the same
		}
	}
	return items, true
}

// judgeDocker knows newer images and newer versions.
func judgeDocker(old, now item) (change, bool) {
	if old.raw || now.raw || len(old.words) != len(now.words) || len(now.words) < 2 {
		return change{}, false
	}
	instruction := strings.ToUpper(now.words[0])
	changed := 0
	for i := range now.words {
		if old.words[i] != now.words[i] {
			if changed != 0 || i == 0 {
				return change{}, false
			}
			changed = i
		}
	}
	a, b := old.words[changed], now.words[changed]
	switch instruction {
	case "FROM":
		first := 1
		for first < len(now.words) && strings.HasPrefix(now.words[first], "--") {
			first++
		}
		if changed == first && imageRaised(a, b) {
			return harmless(0, "a newer version of an image"), true
		}
		if changed == first && unpinnedImage(a, b) {
			return risky(0, whyNewest), true
		}
	case "ARG", "ENV":
		nameA, versionA, okA := strings.Cut(a, "=")
		nameB, versionB, okB := strings.Cut(b, "=")
		if okA && okB && nameA == nameB && versionKey(nameB) && newer(versionA, versionB) {
			return harmless(0, "a newer version"), true
		}
	}
	return change{}, false
}
