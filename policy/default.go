package policy

import (
	"slices"
	"time"
)

// defaults are those of policy.example.toml.
func defaults() *Policy {
	const d = 24 * time.Hour
	return &Policy{
		Protect: Protect{Refs: []string{"refs/heads/main", "refs/heads/master", "refs/heads/release/**", "refs/tags/v*"}},
		Signatures: Signatures{
			Require: "every-commit", Kinds: slices.Clone(signatureKinds), Tags: true, Identity: "committer",
			MergesApprove: "landing", ClockSkew: 10 * time.Minute, EndGrace: time.Hour,
		},
		X509:     X509{Transparency: "embedded", Log: "https://rekor.sigstore.dev", Timeout: 10 * time.Second},
		Adoption: Adoption{CreditClaims: true},
		Push:     Push{Certificate: "optional"},
		Tenure:   TenureBounds{Settling: 14 * d, MaxLandingAge: 14 * d},
		Quorum:   Quorum{Maintainers: 2, CoolDown: 3 * d},

		Introductions: Introductions{SiblingsApart: 180 * d},
		Rules: []Rule{
			{
				Name: "opaque-files", Why: "Nobody can review them by reading; xz's payload was two test files.",
				Classes: []string{"binary", "executable", "archive", "encoded", "large"},
				Exempt:  Exempt{Days: 365, Commits: 10, Months: 6, In: "class"}, Approvals: 1,
			},
			{
				Name: "build-and-ci", Why: "They run on every builder's machine.",
				Classes: []string{"build", "ci", "lockfile", "git-meta", "submodule", "exec-bit", "symlink", "type-change"},
				Exempt:  Exempt{Days: 730, Commits: 50, Months: 12, In: "class"}, Approvals: 1,
			},
			{
				Name: "fixtures", Why: "Test data is where a payload looks at home.",
				Classes: []string{"fixture", "vendored"},
				Exempt:  Exempt{Days: 365, Commits: 25, Months: 6, In: "class"}, Approvals: 1,
			},
			{
				Name: "who-decides", Why: "These files say whom to trust.",
				Classes: []string{"policy"}, Exempt: Exempt{Nobody: true}, Approvals: 1,
			},
			{
				Name: "hidden-text", Why: "It shows a reviewer another order than a compiler reads.",
				Classes: []string{"bidi"}, Refuse: true, Exempt: Exempt{Nobody: true}, Approvals: 1,
			},
		},
		Limits:  Limits{Commits: 100_000, Blob: 2 << 30, Message: 64 << 10, Time: time.Minute},
		Journal: Journal{File: "countersign/journal.jsonl", Rotate: 64 << 20},
	}
}
