package policy

import (
	"slices"
	"strings"

	"countersign/policy/content"
)

// outsidePolicy takes out of what a commit touched what is judged by what it does to the policy instead: that a file
// of the policy in the tree, before or after the landing, changes at all. What shows or hides something there
// is judged as anywhere, but that keys are binary or encoded where the landing leaves them.
func (j *judgement) outsidePolicy(c *Commit, touched []TouchedPath) []TouchedPath {
	if !j.landing.InTree {
		return touched
	}
	var becomes *Policy
	if a := j.landing.Amended; a != nil {
		becomes = a.Policy
	}
	left := touched[:0]
	for _, t := range touched {
		name, within := strings.CutPrefix(t.Path, Folder+"/")
		after := becomes != nil && slices.Contains(becomes.files, name)
		if within && (after || slices.Contains(j.p.files, name)) {
			read := after && j.landing.Amended.Same[c.ID]
			t.Classes = slices.DeleteFunc(t.Classes, func(class string) bool {
				switch class {
				case classBinary:
					return read && name != FileName && becomes.carries[name]&content.Binary == 0
				case classEncoded:
					return read && becomes.carries[name]&content.Encoded == 0
				default:
					return !slices.Contains(fixedClasses(), class)
				}
			})
		}
		if len(t.Classes) > 0 {
			left = append(left, t)
		}
	}
	return left
}
