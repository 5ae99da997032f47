package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

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

// finish fills in what follows from the rest.
func (r *reader) finish(p *Policy) {
	sum := sha256.New()
	p.files = slices.Sorted(maps.Keys(r.read))
	for _, name := range p.files {
		fmt.Fprintf(sum, "%s %d\n", name, len(r.read[name]))
		sum.Write(r.read[name])
	}
	p.Digest = hex.EncodeToString(sum.Sum(nil))
	rest, texts := r.rest(p), make(map[string][]byte, len(p.files))
	for _, name := range p.files {
		texts[name] = rest(name)
	}
	p.carries = sync.OnceValue(func() map[string]Traits {
		carries := make(map[string]Traits, len(texts))
		for name, text := range texts {
			carries[name] = Inspect(Content{Path: Folder + "/" + name, Head: text, Size: int64(len(text))})
		}
		return carries
	})
	if p.Classes == nil {
		p.Classes = builtInClasses()
	}
	p.index()
}

// smallList is how long a list of revoked keys may be that nobody asks what it is: one maintainer may add it.
const smallList = 4 << 10

// rest gives a function for a file's text without what was read as a key or a commit's id there, which looks like a
// payload. Whoever changes a key needs the quorum; whoever writes something beside it doesn't.
func (r *reader) rest(p *Policy) func(name string) []byte {
	var known []string // in every file, each with nothing in its place
	for _, id := range p.Adoption.Commits {
		known = append(known, id, "")
	}
	openpgp, allowed := make(map[string]bool), make(map[string]int) // allowed signers with how many are known before
	for _, q := range p.Principals {
		for _, k := range q.Keys {
			_, named := allowed[k.Source]
			switch {
			case k.Kind == "ssh":
				// The type and the key; what comes behind them is anybody's remark.
				if fields := strings.Fields(string(k.Data)); len(fields) > 1 {
					known = append(known, fields[1], "")
				}
			case k.Kind == "openpgp":
				openpgp[k.Source] = true
			case k.Kind == "allowed-signers" && !named:
				allowed[k.Source] = len(known)
			}
		}
	}
	everywhere := strings.NewReplacer(known...)
	return func(name string) []byte {
		text := r.read[name]
		before, signers := allowed[name]
		switch {
		case openpgp[name]:
			return outsideArmor(text)
		case slices.ContainsFunc(p.X509.Roots, func(f File) bool { return f.Name == name }):
			return nil // only the quorum says whom to trust
		case len(text) <= smallList && slices.ContainsFunc(slices.Concat(p.Signatures.RevokedSSH, p.X509.CRLs),
			func(f File) bool { return f.Name == name }):
			return nil
		case signers:
			here := slices.Insert(slices.Clone(known), before, signerKeys(text)...)
			return []byte(strings.NewReplacer(here...).Replace(string(text)))
		default:
			return []byte(everywhere.Replace(string(text)))
		}
	}
}

// signerKeys gives the keys of a file of allowed signers, each with nothing in its place.
func signerKeys(text []byte) []string {
	var known []string
	for line := range strings.Lines(string(text)) {
		for _, word := range strings.Fields(line) {
			if !strings.HasPrefix(line, "#") && strings.HasPrefix(word, "AAAA") && len(word) <= smallList {
				known = append(known, word, "")
			}
		}
	}
	return known
}

// outsideArmor gives the lines of a file of OpenPGP keys around its armored blocks. In the binary form there are none.
func outsideArmor(text []byte) []byte {
	if len(text) > 0 && text[0] >= 0x80 {
		return nil
	}
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
