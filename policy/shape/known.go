package shape

import (
	"bytes"
	"strings"
)

// knownNames gives what a text fetches already, by name: actions, images, coordinates and gems.
func knownNames(f family, old []byte) map[string]bool {
	if f&(workflow|names|images) == 0 || len(old) == 0 {
		return nil
	}
	known := make(map[string]bool)
	for line := range bytes.Lines(bytes.ToLower(old)) {
		if f&workflow != 0 {
			if name, pin, ok := actionOf(line); ok {
				known[name] = true
				known[name+"@"] = known[name+"@"] || !pinned(pin)
			}
			known[broughtIn(line)] = true
		}
		if f&names != 0 {
			for _, name := range quotedNames(line) {
				known[name] = true
			}
		}
		if f&images != 0 {
			if name, stage, ok := imageOf(line); ok {
				known[name], known[stage] = true, true
			}
		}
	}
	return known
}

// actionOf gives the action that a line in lower case uses, and its pin. An image is an action.
func actionOf(lower []byte) (name, pin string, ok bool) {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(lower, " -"), []byte("uses:"))
	if !ok {
		return "", "", false
	}
	value, _, _ := strings.Cut(strings.TrimSpace(string(rest)), " ")
	value = strings.Trim(value, `"'`)
	if image, ok := strings.CutPrefix(value, "docker://"); ok {
		name, tag, hash := cutImage(image)
		return "docker://" + name, tag + hash, true
	}
	name, pin, _ = strings.Cut(value, "@")
	return name, pin, true
}

// broughtIn gives the image that a line of a workflow runs in, or the repository that pre-commit takes hooks from; ""
// if it names none. Images of Docker's own library, which have no owner, are the platform's.
func broughtIn(lower []byte) string {
	key, value, _ := strings.Cut(strings.TrimLeft(string(lower), " -"), ":")
	value = strings.Trim(strings.TrimSpace(value), `"'`)
	switch {
	case (key == "image" || key == "container") && strings.Contains(value, "/") && !strings.ContainsAny(value, " $"):
		name, _, _ := cutImage(value)
		return "image " + name
	case key == "repo" && strings.Contains(value, "://"):
		return "hooks " + value
	}
	return ""
}

func newlyBroughtIn(known map[string]bool, lower []byte) bool {
	name := broughtIn(lower)
	return name != "" && !known[name]
}

func pinned(pin string) bool {
	return isCommit(pin) || versionLike(pin) || strings.Contains(pin, "sha256:")
}

// newAction tells whether a line uses an action that the text before doesn't use, or by a branch where it used none.
// GitHub's own actions are the platform's, as the runner is.
func newAction(known map[string]bool, lower []byte) bool {
	name, pin, ok := actionOf(lower)
	switch {
	case !ok || strings.HasPrefix(name, "./") || name == "":
		return false
	case !pinned(pin) && !strings.HasPrefix(name, "docker://"):
		return !known[name+"@"]
	case strings.HasPrefix(name, "actions/") || strings.HasPrefix(name, "github/"):
		return false
	}
	return !known[name]
}

// quotedNames gives the names of dependencies that a line in lower case has in quotes: Maven coordinates, without
// their version, and gems.
func quotedNames(lower []byte) []string {
	trimmed := bytes.TrimSpace(lower)
	plugin := (bytes.HasPrefix(trimmed, []byte("id ")) || bytes.HasPrefix(trimmed, []byte("id("))) &&
		bytes.Contains(trimmed, []byte("version"))
	group := ""
	gem := bytes.HasPrefix(trimmed, []byte("gem")) || bytes.Contains(lower, []byte("_dependency"))
	var found []string
	for rest := lower; ; {
		i := bytes.IndexAny(rest, `"'`)
		if i < 0 {
			return found
		}
		end := bytes.IndexByte(rest[i+1:], rest[i])
		if end < 0 {
			return found
		}
		value := string(rest[i+1 : i+1+end])
		before := lower[:len(lower)-len(rest)+i]
		rest = rest[i+1+end+1:]
		switch {
		case gem:
			return []string{"gem " + value}
		case plugin:
			return []string{"plugin " + value}
		case bytes.HasSuffix(before, []byte("group: ")):
			group = value
		case group != "" && bytes.HasSuffix(before, []byte("name: ")):
			found = append(found, group+":"+value)
		}
		parts := strings.Split(value, ":")
		if len(parts) > 1 && len(parts) < 5 && strings.Contains(parts[0], ".") && parts[1] != "" &&
			!strings.ContainsAny(value, "/ ={}<>,\\") {
			found = append(found, parts[0]+":"+parts[1])
		}
	}
}

func newName(known map[string]bool, lower []byte) bool {
	for _, name := range quotedNames(lower) {
		if !known[name] {
			return true
		}
	}
	return false
}

// imageOf gives the image that a line of a Dockerfile builds on, and what it calls that stage.
func imageOf(lower []byte) (name, stage string, ok bool) {
	words := strings.Fields(string(lower))
	if len(words) < 2 || words[0] != "from" {
		return "", "", false
	}
	words = words[1:]
	for len(words) > 1 && strings.HasPrefix(words[0], "--") {
		words = words[1:]
	}
	name, _, _ = cutImage(words[0])
	if len(words) > 2 && words[1] == "as" {
		stage = words[2]
	}
	return name, stage, true
}

func newImage(known map[string]bool, lower []byte) bool {
	name, _, ok := imageOf(lower)
	if _, from, copies := bytes.Cut(lower, []byte("--from=")); copies && !ok {
		from, _, _ = bytes.Cut(from, []byte(" "))
		name, _, _ = cutImage(string(from))
		ok = strings.ContainsAny(name, "/.")
	}
	return ok && name != "scratch" && !known[name]
}
