package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"countersign/gate/attest"
	"countersign/gate/inforce"
	"countersign/gate/lineage"
	"countersign/gate/settle"
	"countersign/gate/verified"
	"countersign/history"
	"countersign/policy"
)

// input is something that the verdict on what refs hold depends on besides that.
type input struct {
	name string
	// changed says why all is judged anew where it isn't what it was.
	changed string
	// is gives its digest as it is now.
	is func(*verification, context.Context) (string, error)
	// leans says whether a run leaned on it: one that didn't gives the same verdict whatever it is. It is nil for what is
	// read before anything is judged.
	leans func(v *verification, l settle.Leans) bool
}

// inputs are all of them but the clock. Those that are read before anything is judged come first. Where "words" is
// another, "said" tells whether that matters to what was judged.
//
// The clock matters in three ways. A commit or tag dated ahead of it is refused, so that none is in what was clean, and
// the clock goes on; where it went back, all is judged anew. An attestation dated ahead of it doesn't count yet: where
// there is one that was asked for, nothing is remembered. And an exception, a key's time and a waiting time count by
// when something landed, which stays.
var inputs = []input{
	{name: "program", changed: "another program, or another reader, judged the rest", is: (*verification).program},
	{
		name: "policy", changed: "the policy, its keys, lists of revoked keys, adoption or floor are others",
		is: (*verification).policy,
	},
	{name: "refs", changed: "other refs are protected, or asked about", is: (*verification).askedRefs},
	{name: "words", is: (*verification).words},
	{
		name: "said", changed: "approvals, withdrawals or exceptions of what was judged are others",
		is: (*verification).said, leans: func(*verification, settle.Leans) bool { return true },
	},
	{
		name: "journal", changed: "the journal is another, which said since when something was in sight",
		is:    func(v *verification, ctx context.Context) (string, error) { return v.site.JournalDigest(ctx) },
		leans: func(_ *verification, l settle.Leans) bool { return l.Journal },
	},
	{
		name: "git", changed: "another git is there, which was asked what it makes of a merge",
		is:    func(_ *verification, ctx context.Context) (string, error) { return history.GitVersion(ctx) },
		leans: func(_ *verification, l settle.Leans) bool { return l.Git },
	},
	{
		name: "elsewhere", changed: "other refs moved, for one of which something was approved",
		is:    func(v *verification, _ context.Context) (string, error) { return refsDigest(v.again.here), nil },
		leans: (*verification).leansElsewhere,
	},
}

// Inputs names what the verdict on what refs hold depends on besides that.
func Inputs() (names []string) {
	for _, in := range inputs {
		names = append(names, in.name)
	}
	return names
}

// fleetingError says why a clean verdict may be another tomorrow though nothing changed.
type fleetingError struct{ error }

// readInputs gives those on which each run leans.
func (v *verification) readInputs(ctx context.Context) (read []verified.Input, err error) {
	for _, in := range inputs {
		if in.leans != nil {
			continue
		}
		digest, err := in.is(v, ctx)
		if err != nil {
			return nil, err
		}
		read = append(read, verified.Input{Name: in.name, Digest: digest})
	}
	return read, nil
}

// changed says which of the inputs isn't what it was, "" for none that matters.
func (v *verification) changed(ctx context.Context) (string, error) {
	if v.Since.Was.At > v.site.Clock() {
		return "the clock of this machine went back", nil
	}
	if len(v.Since.Was.Inputs) != len(inputs) {
		return "another program judged the rest", nil
	}
	said := false // otherwise than it was
	for i, in := range inputs {
		was := v.Since.Was.Inputs[i]
		var is verified.Input
		switch {
		case was.Name != in.name:
			return "another program judged the rest", nil
		case i < len(v.again.inputs):
			is = v.again.inputs[i]
		case was.Digest == "" || in.name == "said" && !said:
			continue
		default:
			digest, err := in.is(v, ctx)
			if err != nil {
				return "", err
			}
			is = verified.Input{Name: in.name, Digest: digest}
		}
		switch {
		case is == was:
		case in.changed == "":
			said = true
		default:
			return in.changed, nil
		}
	}
	return "", nil
}

// leanInputs gives all inputs of a clean run. The error is a [fleetingError] where the verdict isn't to be leaned on.
func (v *verification) leanInputs(ctx context.Context) ([]verified.Input, error) {
	l := v.answers.Leans()
	switch {
	case v.again.online || len(inforce.Logs(v.site.InForce)) > 0:
		return nil, fleetingError{errors.New("the policy asks a transparency log, which may answer otherwise")}
	case fleeting(l):
		return nil, fleetingError{errors.New("something that was asked for is dated ahead of this machine's clock")}
	case !v.steady():
		return nil, fleetingError{errors.New("something changed while it was judged")}
	}
	all := slices.Clone(v.again.inputs)
	for i := len(all); i < len(inputs); i++ {
		in, of := inputs[i], verified.Input{Name: inputs[i].name}
		if in.leans(v, l) || v.again.was != nil && v.Since.Was.Inputs[i].Digest != "" {
			digest, err := in.is(v, ctx)
			if err != nil {
				return nil, err
			}
			of.Digest = digest
		}
		all = append(all, of)
	}
	return all, nil
}

// fleeting says whether answers lean on what can't be compared with what it is at the next run.
func fleeting(l settle.Leans) bool { return l.Clock }

func digest(of ...any) string {
	sum := sha256.New()
	for _, one := range of {
		fmt.Fprintf(sum, "%q\n", fmt.Sprint(one))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// refsDigest sums up what refs hold.
func refsDigest(refs []history.Ref) string {
	of := make([]any, 0, 3*len(refs))
	for _, r := range refs {
		of = append(of, r.Name, r.ID, r.Target)
	}
	return digest(of...)
}

func (v *verification) program(context.Context) (string, error) { return digest(v.Since.Program), nil }

func (v *verification) policy(context.Context) (string, error) { return v.site.Source.Digest() }

// askedRefs says of which refs all was judged: of each branch that is protected; or of one ref, and then what else
// is protected, by which its policy and its tag are judged.
func (v *verification) askedRefs(context.Context) (string, error) {
	of := []any{v.Spec == ""}
	for i := range v.audits {
		if a := &v.audits[i]; v.Spec != "" || a.tag.IsZero() {
			of = append(of, a.Ref, a.tag.IsZero(), v.site.Rules().Protects(a.Ref))
		}
	}
	if v.Spec == "" {
		return digest(of...), nil
	}
	others := slices.DeleteFunc(lineage.Branches(v.again.here), func(r history.Ref) bool {
		return !v.site.Rules().Protects(r.Name) || r.Name == v.audits[0].Read
	})
	return digest(append(of, refsDigest(others))...), nil
}

// leansElsewhere says whether something was approved for a ref that didn't have it, or that isn't judged here, so that
// nobody would see it lose that.
func (v *verification) leansElsewhere(l settle.Leans) bool {
	for ref, has := range l.Elsewhere {
		if !has || !slices.ContainsFunc(v.audits, func(of Audit) bool { return of.Ref == ref && of.Read == ref }) {
			return true
		}
	}
	return false
}

// steady says whether the refs that are judged held the same when all refs were listed.
func (v *verification) steady() bool {
	held := make(map[string]history.ID, len(v.again.here))
	for _, r := range v.again.here {
		held[r.Name] = r.ID
	}
	return !slices.ContainsFunc(v.audits, func(of Audit) bool {
		id, known := held[of.Read]
		return known && id != of.Holds()
	})
}

func (v *verification) words(context.Context) (string, error) {
	return refsDigest(slices.DeleteFunc(slices.Clone(v.again.here), func(r history.Ref) bool {
		return !policy.IsAttestation(r.Name)
	})), nil
}

// said gives the attestations of what was judged, and all withdrawals, which count for twins of their commits.
func (v *verification) said(ctx context.Context) (string, error) {
	var of []history.Ref
	var asked []history.ID
	words := make(map[history.ID][]attest.Ref)
	for _, r := range attest.Among(v.again.here) {
		if r.Kind == policy.Withdraws {
			of = append(of, history.Ref{Name: r.Called, ID: r.Tag})
			continue
		}
		if words[r.Commit] == nil {
			kind, err := v.site.Repo.Kind(ctx, r.Commit)
			if err != nil && !errors.Is(err, history.ErrMissing) {
				return "", err
			}
			if kind == "commit" { // else it isn't below what was judged
				asked = append(asked, r.Commit)
			}
		}
		words[r.Commit] = append(words[r.Commit], r)
	}
	judged := v.again.refs
	if v.again.comparing {
		judged = v.Since.Was.Refs
	}
	var tips []history.ID
	for _, r := range judged {
		if id, err := history.ParseID(r.Tip); err == nil && r.Own && !slices.Contains(tips, id) {
			tips = append(tips, id)
		}
	}
	reached, err := v.site.Repo.Reaches(ctx, tips, asked)
	for i, id := range asked {
		if slices.ContainsFunc(reached, func(by []bool) bool { return by[i] }) {
			for _, r := range words[id] {
				of = append(of, history.Ref{Name: r.Called, ID: r.Tag})
			}
		}
	}
	return refsDigest(of), err
}
