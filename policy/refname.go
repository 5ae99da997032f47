package policy

import (
	"slices"
	"strings"

	"countersign/internal/refname"

	"github.com/bmatcuk/doublestar/v4"
)

// remotes are what clones call the server by habit.
var remotes = []string{"origin", "upstream"}

// Homonyms gives the other refs, whether they exist or not, that Git finds by a name by which it finds ref, too:
// here, or in a clone, where a branch X is found as REMOTE/X. Any word of a tag's name may be the remote's, which
// is the clone's choice. The name HEAD is taken as well.
func Homonyms(ref string) []string {
	var others []string
	add := func(other string) {
		if other != ref && !slices.Contains(others, other) && (other == "HEAD" || strings.HasPrefix(other, "refs/")) {
			others = append(others, other)
		}
	}
	for _, name := range refname.Spellings(ref) {
		for _, other := range refname.Meant(name) {
			add(other)
		}
	}
	for _, space := range []string{"refs/", "refs/tags/", "refs/heads/"} {
		name, ok := strings.CutPrefix(ref, space)
		if space != "refs/" { // else it is what a clone fetched, and then pushed with all it has
			name = strings.TrimPrefix(strings.TrimPrefix(name, "refs/"), "remotes/")
		}
		remote, branch, cut := strings.Cut(name, "/")
		if ok && branch == "HEAD" {
			add("HEAD")
		}
		if ok && cut && (space == "refs/tags/" || slices.Contains(remotes, remote)) {
			add("refs/heads/" + branch)
		}
	}
	return others
}

// Shadows gives the protected refs that an unprotected one stands in the way of: those that exist or that the
// policy names, and that Git finds by the same name.
func (p *Policy) Shadows(ref string, exists func(ref string) bool) []string {
	if p.Protects(ref) {
		return nil
	}
	return slices.DeleteFunc(Homonyms(ref), func(other string) bool {
		return other != "HEAD" && (!p.Protects(other) || !exists(other) && !p.Names(other))
	})
}

// Blocks gives what the policy protects and Git could make no more once a ref is there, since one would be a folder of
// the other; "" for nothing. It is asked where case doesn't count.
func (p *Policy) Blocks(ref string) string {
	if p.Names(ref) {
		return ""
	}
	folded := FoldRef(ref)
	for i, prefix := range p.ProtectedPrefixes() {
		pattern := p.Protect.Refs[i]
		if strings.HasPrefix(FoldRef(prefix), folded+"/") ||
			p.Names(pattern) && strings.HasPrefix(folded, FoldRef(pattern)+"/") {
			return pattern
		}
	}
	return ""
}

// Imitates gives the pattern by which the policy would protect a ref, if case and composition didn't count; "" for
// none, and where it protects that.
func (p *Policy) Imitates(ref string) string {
	if p.Protects(ref) {
		return ""
	}
	folded := FoldRef(ref)
	i := slices.IndexFunc(p.Protect.Refs, func(pattern string) bool {
		return doublestar.MatchUnvalidated(FoldRef(pattern), folded)
	})
	if i < 0 {
		return ""
	}
	return p.Protect.Refs[i]
}

// AsObject gives a name by which Git finds a ref and which is written as an object's is, shortened as Git prints it or
// whole; "" for none.
func AsObject(ref string) string {
	for _, name := range refname.Spellings(ref) {
		if refname.LikeObject(name) {
			return name
		}
	}
	return ""
}

// Plain says whether a ref's name may stand in a command: Git allows names that a shell would obey.
func Plain(name string) bool {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-"
	return strings.Trim(name, plain) == "" && !strings.HasPrefix(name, "-")
}

// NewName is the name of a ref that a push makes, or of an unprotected one that it moves.
type NewName struct {
	Name, Ref  string // full names: that was pushed to, and that really moves
	Protected  bool
	New        bool     // it doesn't exist yet
	Shadows    []string // the protected refs by whose names Git would find it; see [Policy.Shadows]
	ShadowedBy string   // an unprotected ref that Git would find by its name
	Twin       string   // a ref that is another but for case or composed letters
	AsObject   string   // what it would be taken for instead of the object of that name; see [AsObject]
}

// JudgeName says what stands against a ref's name: that it would take another's place. Git finds a tag main by the name
// of the branch, and on a file system that folds case MAIN and main are one file.
func (p *Policy) JudgeName(n NewName) []Finding {
	refuse := func(code Code, detail string, next ...string) []Finding {
		return []Finding{{Code: code, Ref: n.Name, Detail: detail, Next: next}}
	}
	const elsewhere = "push it under another name"
	if !n.Protected && len(n.Shadows) > 0 {
		are := "are"
		if len(n.Shadows) == 1 {
			are = "is"
		}
		shadowed := strings.Join(n.Shadows, " and ")
		return refuse(RefShadows, "Git would find it by the name of "+shadowed+", which "+are+" protected", elsewhere)
	}
	if !n.New {
		return nil
	}
	if pattern := p.Blocks(n.Ref); pattern != "" {
		return refuse(RefName, "Git could store nothing that the policy protects as "+pattern+" beside it", elsewhere)
	}
	switch pattern := p.Imitates(n.Ref); {
	case n.Protected && n.ShadowedBy != "":
		return refuse(RefShadows, n.ShadowedBy+" is there, which isn't protected, and Git would find that by this name",
			"git push origin :"+Typed(n.ShadowedBy), PushAgain)
	case n.Twin != "":
		return refuse(RefTwin, "it is "+n.Twin+" but for case or composed letters; on some file systems that is one ref",
			"push it under another name, or spell it as what is there", "or delete that first, in a push of its own")
	case pattern != "":
		return refuse(RefTwin, "but for case or composed letters the policy protects it, as "+pattern,
			"push it under another name, or spell it as the policy does",
			"or have the policy protect that spelling, too: protect.refs")
	case n.AsObject != "":
		return refuse(RefShadows, "Git would find it by the name of the commit "+n.AsObject, elsewhere)
	}
	return nil
}

// Typed gives a ref's name for a command; see [Plain].
func Typed(ref string) string {
	if !Plain(ref) {
		return "REF"
	}
	return ref
}
