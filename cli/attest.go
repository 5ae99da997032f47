package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"countersign/gate"
	"countersign/history"
	"countersign/internal/intoto"
	"countersign/policy"
)

// attesting is what verify is told of an attestation that it is to write.
type attesting struct {
	file, keyFile, resource, verifier *string

	key intoto.Key
}

// attestFlags gives a command the flags of an attestation.
func attestFlags(cmd *cobra.Command) *attesting {
	a := &attesting{
		file: cmd.Flags().String("attest", "", "`FILE` for a signed attestation, once all is accepted"),
		keyFile: cmd.Flags().String("attest-key", "", "with --attest: `FILE` of the key that signs it, "+
			"or of its public half where an ssh-agent has it"),
		resource: cmd.Flags().String("attest-of", "", "with --attest: `URI` of the repository, as git+https://..."),
		verifier: cmd.Flags().String("attest-as", "", "with --attest: `URI` that names who verifies"),
	}
	_, _ = cmd.MarkFlagFilename("attest"), cmd.MarkFlagFilename("attest-key")
	return a
}

// attestHelp is what verify's help says of attestations.
const attestHelp = `
With --attest, an accepted history is written down as a signed in-toto attestation: SLSA's verification summary, in a
DSSE envelope. Its subjects are what the refs hold. It claims that the policy accepts all of it, and no level of SLSA's.

    countersign verify origin/main --attest main.intoto.jsonl --attest-key ci_ed25519 \
        --attest-of git+https://example.org/project --attest-as https://example.org/ci
`

// begin reads the key, so that nothing is judged in vain. What is judged only in part can't be attested.
func (a *attesting) begin(cmd *cobra.Command, env Env, part bool) error {
	switch {
	case *a.file == "" && (*a.keyFile != "" || *a.resource != "" || *a.verifier != ""):
		return mistyped(cmd, errors.New("--attest-key, --attest-of and --attest-as are for --attest FILE"))
	case *a.file == "":
		return nil
	case part:
		return mistyped(cmd, errors.New("--attest is for all that a ref holds: it goes with no A..B and no --pull"))
	case *a.keyFile == "":
		return mistyped(cmd, errors.New("--attest wants --attest-key FILE, which signs"))
	case !isURI(*a.resource) || !isURI(*a.verifier):
		return mistyped(cmd, errors.New("--attest wants --attest-of URI, the repository, and --attest-as URI, who verifies"))
	}
	if err := env.writes("--attest", *a.file); err != nil {
		return err
	}
	text, err := readNamed(cmd.Context(), env.path(*a.keyFile))
	if err != nil {
		return usage("--attest-key: %w", err)
	}
	if public, _, _, _, err := ssh.ParseAuthorizedKey(text); err == nil {
		if a.key, err = env.agentKey(cmd.Context(), public); err != nil {
			return usage("--attest-key %s: %w", *a.keyFile, err)
		}
		return nil
	}
	if a.key, err = intoto.ParseKey(text); errors.Is(err, intoto.ErrEncrypted) {
		return usage("--attest-key %s: %w: ssh-add it and name its public key, or make one without for this: "+
			"ssh-keygen -t ed25519 -N '' -f FILE", *a.keyFile, err)
	} else if err != nil {
		return usage("--attest-key %s: %w", *a.keyFile, err)
	}
	return nil
}

func isURI(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "")
}

// summary is the predicate https://slsa.dev/verification_summary/v1.
type summary struct {
	Verifier struct {
		ID      string            `json:"id"`
		Version map[string]string `json:"version"`
	} `json:"verifier"`
	TimeVerified string `json:"timeVerified"`
	ResourceURI  string `json:"resourceUri"`
	Policy       struct {
		Name   string            `json:"name"`
		Digest map[string]string `json:"digest"`
	} `json:"policy"`
	VerificationResult string   `json:"verificationResult"`
	VerifiedLevels     []string `json:"verifiedLevels"`
}

// attestedLevel is what is claimed: that the policy accepts all of it. It is no level of SLSA's, for these are about
// the host of a repository, too, of which nothing is known here. Such a claim begins with ORG_SOURCE_ (SLSA 1.2, source
// track).
const attestedLevel = "ORG_SOURCE_COUNTERSIGN_POLICY"

// write writes the attestation of what was accepted.
func (a *attesting) write(ctx context.Context, env Env, g *gate.Gate, d policy.Decision) (err error) {
	if *a.file == "" || d.Verdict != policy.Accepted {
		return nil
	}
	s := intoto.Statement{PredicateType: "https://slsa.dev/verification_summary/v1"}
	for _, r := range d.Refs {
		if s.Subject, err = attested(ctx, g, s.Subject, r); err != nil {
			return err
		}
	}
	if len(s.Subject) == 0 {
		return usage("--attest: nothing that is protected was judged")
	}
	p := summary{VerificationResult: "PASSED", VerifiedLevels: []string{attestedLevel}}
	p.Verifier.ID, p.Verifier.Version = *a.verifier, map[string]string{"countersign": version()}
	p.TimeVerified, p.ResourceURI = env.Now().UTC().Format(time.RFC3339), *a.resource
	p.Policy.Name, p.Policy.Digest = policy.FileName, map[string]string{"countersignPolicy": g.Policy().Digest}
	s.Predicate = p
	text, err := a.key.Sign(rand.Reader, s)
	if err != nil {
		return err
	}
	f, err := createFile(ctx, env.path(*a.file))
	if err != nil {
		return fmt.Errorf("--attest %s: %w", *a.file, noPlace(*a.file, env.path(*a.file), err))
	}
	defer f.drop()
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.keep()
}

// attested adds what a protected ref holds to the subjects: a commit, or a tag object.
func attested(
	ctx context.Context, g *gate.Gate, subjects []intoto.Subject, r policy.RefDecision,
) ([]intoto.Subject, error) {
	id, err := history.ParseID(r.New)
	if err != nil || id.IsZero() || !r.Protected {
		return subjects, err
	}
	kind, err := g.Repository().Kind(ctx, id)
	if err != nil {
		return subjects, err
	}
	name := map[string]string{"commit": "gitCommit", "tag": "gitTag"}[kind]
	if name == "" {
		return subjects, nil
	}
	s := intoto.Subject{Name: r.Ref, Digest: map[string]string{name: r.New}}
	if strings.HasPrefix(r.Ref, "refs/") { // else it is a commit that no ref was named for
		s.Annotations = map[string]any{"source_refs": []string{r.Ref}}
	}
	return append(subjects, s), nil
}
