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
			MergesApprove: "landing", AttestedAuthors: true, ClockSkew: 10 * time.Minute, EndGrace: time.Hour,
			Trailing: "none",
		},
		X509:     X509{Transparency: "embedded", Log: "https://rekor.sigstore.dev", Timeout: 10 * time.Second},
		Adoption: Adoption{CreditClaims: true},
		Push:     Push{Certificate: "optional"},
		Tenure:   TenureBounds{Settling: 14 * d, MaxLandingAge: 14 * d},
		Quorum:   Quorum{Maintainers: 2, CoolDown: 3 * d},

		Introductions: Introductions{SiblingsApart: 180 * d},
		Rules:         rulesOf(ProfileStandard),
		Limits:        Limits{Commits: 100_000, Blob: 2 << 30, Message: 64 << 10, Time: time.Minute},
		Journal:       Journal{File: "countersign/journal.jsonl", Rotate: 64 << 20},
	}
}
