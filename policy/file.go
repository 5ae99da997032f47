package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

const (
	maxPolicyFile = 1 << 20
	maxKeyFile    = 4 << 20
	maxProblems   = 20
)

// How much a policy may hold of what is compared with one another: more than any project needs, and little enough
// that whoever proposes a policy, and has it refused, keeps nobody busy.
const (
	maxListed     = 1000 // elements of one list
	maxPrincipals = 500
	maxKeys       = 5000 // of all principals, the lines of key files included
	maxNamedBytes = 32 << 20
	maxRules      = 200
)

// Problem is one thing wrong with a policy. Line is 0 where it is about the whole file.
type Problem struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
}

func (p Problem) String() string { return place(p.File, p.Line) + ": " + p.Text }

// place names a file, and a line of it if that is known.
func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// FileError is what is wrong with a policy that can't be used.
type FileError struct{ Problems []Problem }

// Error gives the problems, one a line.
func (e *FileError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Load reads policy.toml and the key files it names from a folder. An absent key means its default,
// and nothing that is present is ignored: unknown, doubled and misspelt keys, keys that differ from
// a known one in case only, and what can't work are errors, all together in a [*FileError]. If
// there is no policy.toml the error wraps [fs.ErrNotExist].
//
// Three defaults bend to the keyring: a single maintainer is quorum enough; where only one principal
// approves at all, introductions are no obstacle; and where nobody could approve another's change, the
// default rules exempt by overall tenure.
func Load(fsys fs.FS) (*Policy, error) { return load(fsys, FileName, defaults(), true) }

// LoadDraft is Load for a policy whose keyring may still be empty, as for a backtest.
func LoadDraft(fsys fs.FS) (*Policy, error) { return load(fsys, FileName, defaults(), false) }

// Default is the policy of an empty file, without a keyring.
func Default() *Policy {
	r := new(reader)
	p := defaults()
	r.finish(p)
	return p
}

// load reads the file of a name into a policy that holds the defaults.
func load(fsys fs.FS, name string, p *Policy, needKeys bool) (*Policy, error) {
	r := &reader{fsys: fsys, name: name, read: make(map[string][]byte)}
	raw, err := r.decode()
	if err != nil {
		return nil, err
	}
	r.policy(p, raw)
	if len(r.problems) == 0 {
		r.finish(p)
		r.check(p, needKeys)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// decode reads the file's text, and nothing of what it means.
func (r *reader) decode() (map[string]any, error) {
	text, ok, err := r.readFile(r.name, maxPolicyFile)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, r.err()
	}
	if !utf8.Valid(text) || strings.HasPrefix(string(text), "\ufeff") {
		r.problem(0, "it is not plain UTF-8 text; save it without a byte order mark")
		return nil, r.err()
	}
	if i := control(text); i >= 0 {
		r.problem(lineAt(string(text), i), fmt.Sprintf("there is a control character (0x%02x)", text[i]))
		return nil, r.err()
	}
	lines, over, why := scanLines(string(text))
	if r.lines = lines; over > 0 {
		r.problem(over, why)
		return nil, r.err()
	}
	var raw map[string]any
	// Into a map, not a struct: for a struct's sake the library takes keys that differ in case for
	// the same (toml issue 449), and then lets one of them win at random.
	if _, err := toml.Decode(string(text), &raw); err != nil {
		r.tomlError(string(text), err)
		return nil, r.err()
	}
	return raw, nil
}

func (r *reader) tomlError(text string, err error) {
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		r.problem(0, err.Error())
		return
	}
	message := parse.Message
	if message == "" {
		message = strings.TrimPrefix(parse.Error(), "toml: ")
	}
	// Not the error's own line, which is the next one where the mistake is the end of a line.
	r.problem(lineAt(text, min(parse.Position.Start, len(text))), message)
}

// control gives the position of the first control character that isn't white space of TOML, or -1.
func control(text []byte) int {
	for i, b := range text {
		switch {
		case b == '\t', b == '\n', b == '\r' && i+1 < len(text) && text[i+1] == '\n':
		case b < ' ', b == 0x7f:
			return i
		}
	}
	return -1
}

// lineAt gives the line of a position.
func lineAt(text string, pos int) int { return 1 + strings.Count(text[:pos], "\n") }

// smallList is how long a list of revoked keys may be that nobody asks what it is: one maintainer may add it.
const smallList = 4 << 10

// rest gives a file's text without what was read as a key or a commit's id there, which looks like a payload.
// Whoever changes a key needs the quorum; whoever writes something beside it doesn't.
func (r *reader) rest(p *Policy, name string) []byte {
	text := r.read[name]
	var known []string
	without := func(s string) {
		if s != "" {
			known = append(known, s, "")
		}
	}
	for _, id := range p.Adoption.Commits {
		without(id)
	}
	for _, q := range p.Principals {
		for _, k := range q.Keys {
			switch {
			case k.Kind == "ssh":
				// The type and the key; what comes behind them is anybody's remark.
				if fields := strings.Fields(string(k.Data)); len(fields) > 1 {
					without(fields[1])
				}
			case k.Kind == "openpgp" && k.Source == name:
				if len(text) > 0 && text[0] >= 0x80 {
					return nil // its binary form, in which there is nothing else
				}
				return outsideArmor(text)
			case k.Kind == "allowed-signers" && k.Source == name:
				for line := range strings.Lines(string(text)) {
					for _, word := range strings.Fields(line) {
						if !strings.HasPrefix(line, "#") && strings.HasPrefix(word, "AAAA") && len(word) <= smallList {
							without(word)
						}
					}
				}
			}
		}
	}
	if slices.ContainsFunc(p.X509.Roots, func(f File) bool { return f.Name == name }) {
		return nil // only the quorum says whom to trust
	}
	for _, f := range slices.Concat(p.Signatures.RevokedSSH, p.X509.CRLs) {
		if f.Name == name && len(text) <= smallList {
			return nil
		}
	}
	return []byte(strings.NewReplacer(known...).Replace(string(text)))
}

// outsideArmor gives the lines of a file around its armored blocks.
func outsideArmor(text []byte) []byte {
	var rest []byte
	within := false
	for line := range bytes.Lines(text) {
		begins := bytes.HasPrefix(line, []byte("-----BEGIN PGP "))
		if within = within || begins; !within {
			rest = append(rest, line...)
		}
		within = within && !bytes.HasPrefix(line, []byte("-----END PGP "))
	}
	return rest
}

// finish fills in what follows from the rest.
func (r *reader) finish(p *Policy) {
	sum := sha256.New()
	p.files = slices.Sorted(maps.Keys(r.read))
	for _, name := range p.files {
		fmt.Fprintf(sum, "%s %d\n", name, len(r.read[name]))
		sum.Write(r.read[name])
	}
	p.Digest = hex.EncodeToString(sum.Sum(nil))
	p.carries = make(map[string]Traits, len(p.files))
	for _, name := range p.files {
		rest := r.rest(p, name)
		p.carries[name] = Inspect(rest, int64(len(rest)))
	}
	if p.Classes == nil {
		p.Classes = builtInClasses()
	}
	p.index()
}

// readFile reads a file of the policy's folder, once, and keeps it for the digest. It says false after
// reporting what is wrong with it; an error means that the file being read itself isn't there.
func (r *reader) readFile(name string, limit int64) ([]byte, bool, error) {
	if b, ok := r.read[name]; ok {
		return b, true, nil
	}
	info, err := fs.Stat(r.fsys, name)
	switch {
	case err != nil && name == r.name && errors.Is(err, fs.ErrNotExist):
		return nil, false, err
	case err != nil:
		r.at(name, 0, "it can't be read: "+plainError(err))
		return nil, false, nil
	case !info.Mode().IsRegular():
		r.at(name, 0, "it is not a regular file")
		return nil, false, nil
	case info.Size() > limit:
		r.at(name, 0, fmt.Sprintf("it has %d bytes; %d are allowed", info.Size(), limit))
		return nil, false, nil
	}
	b, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		r.at(name, 0, "it can't be read: "+plainError(err))
		return nil, false, nil
	}
	r.read[name] = b
	return b, true, nil
}

// plainError leaves out the path that an error of io/fs repeats.
func plainError(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

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
