package shape

import "strings"

// readPip reads a requirements file (pip, "Requirements File Format"): each requirement is an item.
func readPip(text []byte) ([]item, bool) {
	var items []item
	for l := range joinLines(text, '\\') {
		trimmed := strings.TrimSpace(l.text)
		if strings.HasPrefix(trimmed, "#") && (l.joined || strings.HasSuffix(trimmed, `\`)) {
			return nil, false // pip ends the comment with its line, others don't
		}
		for part := range strings.SplitSeq(l.text, "\n") {
			if l.joined && strings.Contains(part, "#") {
				return nil, false
			}
		}
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		if i := strings.Index(trimmed, " #"); i >= 0 {
			trimmed = strings.TrimSpace(trimmed[:i])
		}
		words := strings.Fields(strings.ReplaceAll(trimmed, "\\\n", " "))
		items = append(items, item{line: l.line, text: strings.Join(words, " "), words: words})
	}
	return items, true
}

// comparePip gives the differences of two requirements files. Requirements are known by their names.
func comparePip(old, now []byte) []change {
	olds, okOld := readPip(old)
	nows, ok := readPip(now)
	if !ok || !okOld {
		return unread()
	}
	had, hadLine := make(map[string]string), make(map[string]bool)
	for _, it := range olds {
		had[requirementName(it.text)] = it.text
		hadLine[it.text] = true
	}
	var all []change
	for _, it := range nows {
		option := strings.HasPrefix(it.text, "-")
		switch {
		case option && !hadLine[it.text]:
			all = append(all, risky(it.line,
				"an option that says what is installed, from where, or how checked"))
		case !option && had[requirementName(it.text)] == "":
			all = append(all, risky(it.line, "a new dependency"))
		case !option && loosenedPython(had[requirementName(it.text)], it.text):
			all = append(all, risky(it.line, whyLoose))
		case strings.Contains(it.text, "://") && !hadLine[it.text]:
			all = append(all, risky(it.line, "another source of a dependency"))
		}
	}
	if len(all) > 0 {
		return all
	}
	return compareItems(olds, nows, judgePip, nil)
}

func judgePip(old, now item) (change, bool) {
	a, hashesA := cutHashes(old.words)
	b, hashesB := cutHashes(now.words)
	if hashesA && !hashesB || !pep508Raised(a, b) || strings.Contains(b, "--") {
		return change{}, false
	}
	return harmless(0, "a newer version of a dependency"), true
}

// cutHashes takes the hashes off a requirement.
func cutHashes(words []string) (rest string, hashes bool) {
	for i, w := range words {
		if strings.HasPrefix(w, "--hash=") {
			for _, other := range words[i:] {
				if !strings.HasPrefix(other, "--hash=sha") {
					return "", true
				}
			}
			return strings.Join(words[:i], " "), true
		}
	}
	return strings.Join(words, " "), false
}

// readSetup reads setup.cfg (Python's configparser): each line is an item that begins with its section and key.
func readSetup(text []byte) ([]item, bool) {
	var items []item
	section, key := "", ""
	for l := range joinLines(text, 0) {
		trimmed := strings.TrimSpace(l.text)
		switch {
		case trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';':
			continue
		case l.text[0] == '[':
			section, key = trimmed, ""
		case l.text[0] != ' ' && l.text[0] != '\t':
			key, _, _ = strings.Cut(trimmed, "=")
			key = strings.TrimSpace(key)
			if _, value, ok := strings.Cut(trimmed, "="); ok {
				trimmed = strings.TrimSpace(value)
			}
		}
		place := section + "\x00" + key
		items = append(items, item{line: l.line, text: place + "\x00" + trimmed, words: []string{place, trimmed}})
	}
	return items, true
}

// compareSetup gives the differences of two setup.cfg.
func compareSetup(old, now []byte) []change {
	olds, _ := readSetup(old)
	nows, _ := readSetup(now)
	had := make(map[string]bool)
	for _, it := range olds {
		had[it.words[0]+"\x00"+requirementName(it.words[1])] = true
	}
	var all []change
	for _, it := range nows {
		if setupRequires(it.words[0]) && it.words[1] != "" && !had[it.words[0]+"\x00"+requirementName(it.words[1])] {
			all = append(all, risky(it.line, "a new dependency"))
		}
	}
	if len(all) > 0 {
		return all
	}
	return compareItems(olds, nows, judgeSetup, nil)
}

func setupRequires(place string) bool {
	return strings.HasSuffix(place, "_requires") || strings.HasPrefix(place, "[options.extras_require]\x00")
}

func judgeSetup(old, now item) (change, bool) {
	section, key, _ := strings.Cut(now.words[0], "\x00")
	switch {
	case old.words[0] != now.words[0]:
	case setupRequires(now.words[0]) && pep508Raised(old.words[1], now.words[1]):
		return harmless(0, "a newer version of a dependency"), true
	case section == "[metadata]" && isMetadata(key) && !strings.Contains(now.words[1], ":"):
		return harmless(0, "it describes the project"), true
	case key == "python_requires" && raised(old.words[1], now.words[1]):
		return harmless(0, "a newer version of the language"), true
	}
	return change{}, false
}
