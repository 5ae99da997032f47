package audit

import "countersign/policy"

// Wanted is what [Auditor.Verify] is asked. The zero Wanted is all that the protected refs hold since adoption.
type Wanted struct {
	Spec string // as [Auditor.Audits] reads it
	Ref  string // by whose rules; "" for each by its own
	// Row, unless it is nil, is given a row of each commit and tag, as they are judged. An error ends the run.
	Row func(policy.Row) error
}
