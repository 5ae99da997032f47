package shape

import "strings"

// readYarnLock reads yarn.lock of both kinds: blocks of lines, each headed by the requirements it answers.
func readYarnLock(text []byte) (lockfile, bool) {
	var f lockfile
	var p locked
	var url, nested string
	finish := func() {
		if p.name != "" {
			source, ok := sourceOf(url, p.name, p.version)
			if !ok {
				source = url
			}
			p.source += source
			f.packages = append(f.packages, p)
		}
		p, url, nested = locked{}, "", ""
	}
	meta := false
	for l := range joinLines(text, 0) {
		trimmed := strings.TrimSpace(l.text)
		indent := len(l.text) - len(strings.TrimLeft(l.text, " "))
		key, value := yarnField(trimmed)
		switch {
		case trimmed == "" || indent == 0 && trimmed[0] == '#':
		case indent == 0:
			finish()
			if meta = trimmed == "__metadata:"; meta {
				break
			}
			p.line = l.line
			if p.name, p.source = yarnName(trimmed); p.name == "" {
				return lockfile{}, false
			}
		case meta:
			f.frame += trimmed + "\n"
		case p.name == "":
			return lockfile{}, false
		case indent > 2:
			if !strings.HasSuffix(nested, "ependencies") && nested != "peerDependenciesMeta" && nested != "dependenciesMeta" {
				p.rest += nested + ">" + trimmed + "\n"
			}
		case value == "":
			nested = key
		case key == "version":
			p.version = value
		case key == "resolved":
			url = value
		case key == "integrity" || key == "checksum":
			p.hash = strings.Replace(value, "/", "-", 1)
		case key == "resolution":
			if !strings.HasPrefix(value, p.name+"@npm:") {
				p.source += value
			}
		default:
			p.rest += trimmed + "\n"
		}
	}
	finish()
	return f, len(f.packages) > 0
}

// yarnField cuts a line into its key and value, both without quotes.
func yarnField(line string) (key, value string) {
	key, value, _ = strings.Cut(line, " ")
	value, _ = unquoted(strings.TrimSpace(value))
	key, _ = unquoted(strings.TrimSuffix(key, ":"))
	return key, value
}

// yarnName gives the name that all requirements of a header begin with, and what they say besides versions of the
// registry. It gives "" if they have several.
func yarnName(header string) (name, source string) {
	header, ok := strings.CutSuffix(header, ":")
	if !ok {
		return "", ""
	}
	for _, part := range strings.Split(strings.ReplaceAll(header, `"`, ""), ", ") {
		at := strings.IndexByte(part[min(1, len(part)):], '@') + 1
		if at <= 0 || name != "" && part[:at] != name {
			return "", ""
		}
		name = part[:at]
		if rest := strings.TrimPrefix(part[at+1:], "npm:"); strings.ContainsAny(rest, ":/#") {
			source += rest + " "
		}
	}
	return name, source
}

// readGemfileLock reads Gemfile.lock.
func readGemfileLock(text []byte) (lockfile, bool) {
	var f lockfile
	section, source := "", ""
	for l := range joinLines(text, 0) {
		trimmed := strings.TrimSpace(l.text)
		indent := len(l.text) - len(strings.TrimLeft(l.text, " "))
		name, version, hasVersion := strings.Cut(strings.TrimSuffix(trimmed, ")"), " (")
		sources := section == "GEM" || section == "GIT" || section == "PATH" || section == "PLUGIN SOURCE"
		switch {
		case trimmed == "":
		case indent == 0:
			section, source = trimmed, trimmed
			f.frame += trimmed + "\n"
		case sources && indent == 2:
			source += "\n" + trimmed
			f.frame += trimmed + "\n"
		case sources && indent == 4 && hasVersion:
			f.packages = append(f.packages, locked{name: name, version: version, source: source, line: l.line})
		case sources && indent == 6:
		case section == "DEPENDENCIES" && indent == 2:
			f.frame += name + strings.Repeat("!", strings.Count(trimmed, "!")) + "\n"
		case section == "CHECKSUMS" && indent == 2 && strings.Contains(version, ") "):
			version, hash, _ := strings.Cut(version, ") ")
			hash = strings.Replace(hash, "=", "-", 1)
			f.packages = append(f.packages, locked{name: "checksum " + name, version: version, hash: hash, line: l.line})
		case section == "BUNDLED WITH":
			f.packages = append(f.packages, locked{name: "bundler", version: trimmed, line: l.line})
		case section == "PLATFORMS" || section == "RUBY VERSION":
			f.frame += trimmed + "\n"
		default:
			return lockfile{}, false
		}
	}
	return f, true
}
