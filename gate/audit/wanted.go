package audit

import (
	"countersign/gate/verified"
	"countersign/policy"
)

// Wanted is what [Auditor.Verify] is asked. The zero Wanted is all that the protected refs hold since adoption.
type Wanted struct {
	Spec string // as [Auditor.Audits] reads it
	Ref  string // by whose rules; "" for each by its own
	// Row, unless it is nil, is given a row of each commit and tag, as they are judged. An error ends the run.
	Row func(policy.Row) error
	// Since, unless it is nil, has only that judged which is new since an earlier run. Spec is no range then, and Row nil.
	Since *Since
}

// Since is what a verification is given of earlier ones, and what it leaves for the next. With it, a verification says
// what it would say without: the same verdict, the same findings. It only leaves out what was found clean before.
//
// What was found clean is clean again, as long as nothing changed that the verdict depends on. That is what the refs
// held and, beside it, each of [Inputs]. Where one of these is another than it was, and where a ref is gone, a branch
// is new, a tag moved, or a branch no longer has what it held on its line of first parents, all is judged anew. Else a
// ref that holds what it held isn't looked at again, and a branch that went on is judged from where it was. A new tag
// is judged.
//
// What was clean isn't read again: an object below what a ref held that got lost or was damaged since isn't missed.
// [Since.Was] is believed as it is. Who could write it could have had anything left out.
type Since struct {
	// Was is what earlier runs found nothing against; nil for none.
	Was *verified.State
	// Unread says why what they left couldn't be read, "" where it could.
	Unread string
	// Program names what judges, and what it was told that neither the repository nor [Wanted] says: two programs of one
	// name must give the same verdicts. It is not "".
	Program string
	// Next is set by Verify: what is clean by now. It is nil where that is what Was says, where something stands against
	// what was judged, and where it may be otherwise tomorrow though nothing changed.
	Next *verified.State
}
