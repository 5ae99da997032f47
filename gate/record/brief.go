package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"countersign/policy"
)

// maxDecision is how much of a decision is kept, in bytes before it is encoded: as many as the journal surely
// takes, and more than anybody reads.
const maxDecision = 2 << 20

// Bounded leaves out of a decision what is too much of the same: paths first, and then findings, and says so.
func Bounded(d policy.Decision) policy.Decision {
	for _, paths := range []int{1000, 100, 10, 1} {
		size, left := 0, 0
		findings := slices.Clone(d.Findings)
		for i := range findings {
			f := &findings[i]
			if len(f.Paths) > paths {
				left += len(f.Paths) - paths
				f.Paths = f.Paths[:paths]
			}
			size += len(f.Subject) + len(f.Claim) + len(f.Detail) + 500
			for _, p := range f.Paths {
				size += len(p.Path) + 50
			}
			if size > maxDecision && paths == 1 {
				left := fmt.Sprintf("%d more findings aren't kept: they are too long", len(findings)-i)
				d.Notes = append(slices.Clone(d.Notes), left)
				d.Findings = findings[:i]
				return d
			}
		}
		if size <= maxDecision {
			if d.Findings = findings; left > 0 {
				d.Notes = append(slices.Clone(d.Notes), fmt.Sprintf("%d more paths of the findings aren't kept", left))
			}
			return d
		}
	}
	return d
}

// How much is kept of a push that was refused, in bytes as they are encoded, so that nobody who may push nothing
// can fill the journal: some 64 KiB in all.
const (
	briefRefs     = 14 << 10
	briefFindings = 36 << 10
	briefNotes    = 4 << 10
	briefOptions  = 2 << 10
	briefText     = 300  // a name, a path, a subject
	briefSentence = 1000 // of this program, which may quote some texts
)

// brief bounds what is recorded of a push that wasn't accepted. Where something is left out or cut, the record says
// so; of the findings, some of each code stay.
func brief(d policy.Decision, r *Record) policy.Decision {
	for _, s := range []*string{&r.Pusher.Name, &r.Pusher.Address, &r.Pusher.Source, &r.Pusher.Principal} {
		*s = cut(*s, briefText)
	}
	d.Undecided = cut(d.Undecided, 2*briefSentence)
	var left []string // what isn't kept
	r.Options = within(&left, "push options", briefOptions, r.Options, func(s string) string { return cut(s, briefText) })
	d.Refs = within(&left, "refs", briefRefs, d.Refs, func(ref policy.RefDecision) policy.RefDecision {
		ref.Ref, ref.Resolved = cut(ref.Ref, briefText), cut(ref.Resolved, briefText)
		ref.Old, ref.New = cut(ref.Old, briefText), cut(ref.New, briefText)
		return ref
	})
	d.Findings = briefly(&left, d.Findings)
	d.Notes = within(&left, "notes", briefNotes, d.Notes, func(s string) string { return cut(s, briefSentence) })
	d.Notes = append(d.Notes, left...)
	return d
}

// briefly bounds findings: the first of each code first, then as many as there is room for, in their order.
func briefly(left *[]string, findings []policy.Finding) []policy.Finding {
	room := briefFindings
	keep, seen, more := make(map[int]bool), make(map[policy.Code]bool), make(map[policy.Code]int)
	var firsts, others []int
	for i, f := range findings {
		if seen[f.Code] {
			others = append(others, i)
			continue
		}
		seen[f.Code] = true
		firsts = append(firsts, i)
	}
	for n, i := range append(firsts, others...) {
		size := encoded(briefFinding(findings[i]))
		if size > room && n >= len(firsts) {
			break
		}
		if keep[i] = size <= room; keep[i] {
			room -= size
		}
	}
	var kept []policy.Finding
	for i, f := range findings {
		if keep[i] {
			kept = append(kept, briefFinding(f))
			continue
		}
		more[f.Code]++
	}
	for _, code := range policy.Codes() {
		if n := more[code]; n > 0 {
			*left = append(*left, fmt.Sprintf("%s more findings of code %s aren't kept", thousands(n), code))
		}
	}
	return kept
}

func briefFinding(f policy.Finding) policy.Finding {
	for _, s := range []*string{
		&f.Ref, &f.Subject, &f.Rule, &f.Signer, &f.AttestedBy, &f.Claim, &f.Fingerprint, &f.TenureIn, &f.Commit, &f.Landing,
	} {
		*s = cut(*s, briefText)
	}
	f.Why, f.Detail = cut(f.Why, briefText), cut(f.Detail, briefSentence)
	var left []string
	text := func(s string) string { return cut(s, briefText) }
	f.Paths = within(&left, "paths", 2<<10, f.Paths, func(p policy.TouchedPath) policy.TouchedPath {
		p.Path, p.Lines = text(p.Path), nil // the lines can be asked for again
		return p
	})
	discount := func(d policy.Discount) policy.Discount {
		return policy.Discount{Principal: text(d.Principal), Name: text(d.Name), Reason: text(d.Reason)}
	}
	f.Discounted = within(&left, "approvals that don't count", 2<<10, f.Discounted, discount)
	f.Have = within(&left, "approvers", 1<<10, f.Have, text)
	f.Ask = within(&left, "names to ask", 1<<10, f.Ask, text)
	f.Next = within(&left, "commands", 2<<10, f.Next, text)
	for _, s := range left {
		f.Detail += " (" + s + ")"
	}
	return f
}

// within gives what fits of a list, every element changed, and leaves the list as it is.
func within[T any](left *[]string, what string, room int, list []T, change func(T) T) []T {
	var kept []T
	for i, x := range list {
		x = change(x)
		if room -= encoded(x); room < 0 {
			*left = append(*left, fmt.Sprintf("%s more %s aren't kept", thousands(len(list)-i), what))
			break
		}
		kept = append(kept, x)
	}
	return kept
}

// encoded is how many bytes something takes in a record.
func encoded(x any) int {
	b, err := json.Marshal(x)
	if err != nil {
		return maxLength
	}
	return len(b) + 1
}

// cut shortens a text to what that many bytes of a record hold, and says by how much.
func cut(s string, most int) string {
	for i, r := range s {
		switch {
		case r < ' ', r == '<', r == '>', r == '&', r == '\u2028', r == '\u2029', r == utf8.RuneError:
			most -= 6 // as JSON writes it
		case r == '"', r == '\\':
			most -= 2
		default:
			most -= utf8.RuneLen(r)
		}
		if most < 0 {
			return fmt.Sprintf("%s[... %s more bytes]", s[:i], thousands(len(s)-i))
		}
	}
	return s
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
