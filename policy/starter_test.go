package policy_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"countersign/install"
	"countersign/policy"
	"countersign/verify"
)

func example(t *testing.T) (settings, principals string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "policy.example.toml"))
	if err != nil {
		t.Fatal(err)
	}
	i := strings.Index(string(b), "[[principal]]\n")
	if i < 0 {
		t.Fatal("the example has no [[principal]]")
	}
	return string(b[:i]), string(b[i:])
}

func onlyPolicy(text string) fstest.MapFS {
	return fstest.MapFS{policy.FileName: {Data: []byte(text)}}
}

func load(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Load(onlyPolicy(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// said compares what two policies say, apart from the file they were read from.
var said = cmp.Options{
	cmpopts.IgnoreFields(policy.Policy{}, "Digest", "Classes"), cmpopts.IgnoreUnexported(policy.Policy{}),
	cmpopts.IgnoreFields(policy.Key{}, "Source"), cmpopts.EquateEmpty(),
}

// Each setting that is left out of the example would be a default that nobody can read.
func TestExampleShowsEverySetting(t *testing.T) {
	settings, principals := example(t)
	everything, err := os.ReadFile(filepath.Join("..", "testdata", "policy", "everything.toml"))
	if err != nil {
		t.Fatal(err)
	}
	word := regexp.MustCompile(`(?m)^\[+([a-z]+)[].]|(?:^|[{,] ?)([a-z-]+) = `)
	for _, m := range word.FindAllStringSubmatch(string(everything), -1) {
		if name := m[1] + m[2]; !regexp.MustCompile(`(?m)\b` + name + `\b`).MatchString(settings + principals) {
			t.Errorf("the example doesn't mention %s", name)
		}
	}
	for _, class := range policy.Default().Classes.Names() {
		if !regexp.MustCompile(`(?m)^#   by .*\b` + class + `\b`).MatchString(settings) {
			t.Errorf("the example's list lacks class %s", class)
		}
	}
}

// The classes in the example's comment are ones, too.
func TestExampleClassesInCommentsLoad(t *testing.T) {
	settings, principals := example(t)
	settings = regexp.MustCompile(`(?m)^#   (\[class\..*|add = .*|paths = .*)$`).ReplaceAllString(settings, "$1")
	if names := load(t, settings+principals).Classes.Names(); !slices.Contains(names, "docs") {
		t.Errorf("classes %q", names)
	}
}

func TestExampleKeysAreKeys(t *testing.T) {
	settings, principals := example(t)
	for _, q := range load(t, settings+principals).Principals {
		for _, k := range q.Keys {
			key := verify.Key{Principal: q.Name, Kind: verify.Kind(k.Kind), Data: k.Data, Source: k.Source}
			_, err := verify.NewKeyring([]verify.Key{key}, verify.Settings{})
			if err != nil {
				t.Errorf("%s: %v", q.Name, err)
			}
		}
	}
}

// The policy that install writes says what the example says, and refuses as long as nobody is named.
func TestStarterPolicyAgreesWithTheExample(t *testing.T) {
	settings, principals := example(t)
	starter := install.StarterPolicy(policy.Default().Protect.Refs, nil)
	p, err := policy.Load(onlyPolicy(starter))
	var bad *policy.FileError
	if p != nil || !errors.As(err, &bad) || len(bad.Problems) != 1 ||
		!strings.Contains(err.Error(), "no principal has a key") {
		t.Errorf("nobody is named: %v", err)
	}
	if diff := cmp.Diff(load(t, settings+principals), load(t, starter+principals), said); diff != "" {
		t.Errorf("-example +starter:\n%s", diff)
	}
	// The principal in its comment is one, once its keys are real.
	marked := regexp.MustCompile(`(?m)^# ?(\[\[principal\]\]|(?:name|role|emails|introduced-by|keys) = .*|  \{ .*|\])$`)
	commented := marked.ReplaceAllString(starter, "$1")
	fsys := onlyPolicy(commented)
	fsys["keys/alice.asc"] = &fstest.MapFile{Data: []byte("a key")}
	if p, err := policy.Load(fsys); err != nil || len(p.Principals) != 1 || len(p.Principals[0].Keys) != 2 {
		t.Errorf("%v\n%s", err, commented)
	}
}

func TestEveryClassIsDocumented(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "docs", "classes.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range policy.Default().Classes.Names() {
		if !strings.Contains(string(b), "\n| `"+class+"` | ") {
			t.Errorf("docs/classes.md has no line for %s", class)
		}
	}
}
