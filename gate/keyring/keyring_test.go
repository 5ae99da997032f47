package keyring

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"countersign/policy"
	"countersign/verify"
)

const (
	someKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHZ5FkW6l4kJCeMCaWJXe2793yCmhgj9eTD2xEdSXcGY"
	otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHfPyCdT5r8m4MbGEzF5dKTyBgmJV5T4JCvXezAUjkfz"
)

func TestAllowedSignersOfAPrincipal(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2025, 1, d, 0, 0, 0, 0, time.UTC) }
	file := verify.Key{
		Principal: "alice", Source: "keys/allowed_signers", From: day(2), Until: day(20),
		Data: []byte(strings.Join([]string{
			"# people",
			"bob@example.org " + otherKey,
			"*@example.org,!bob@example.org namespaces=\"git\" " + someKey,
			"alice@example.org namespaces=\"file\" " + otherKey,
			"alice@work.example valid-after=\"20250105Z\",valid-before=\"20250131Z\" " + otherKey,
			"alice@work.example valid-before=\"20250101Z\" " + otherKey,
		}, "\n")),
	}
	emails := []string{"alice@example.org", "alice@work.example"}
	got, err := make(signerFiles).allowed(file, emails)
	if err != nil {
		t.Fatal(err)
	}
	want := []verify.Key{
		{Data: []byte(someKey), Source: "keys/allowed_signers:3", From: day(2), Until: day(20)},
		{Data: []byte(otherKey), Source: "keys/allowed_signers:5", From: day(5), Until: day(20)},
	}
	for i := range want {
		want[i].Principal, want[i].Kind = "alice", verify.SSH
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	_, err = make(signerFiles).allowed(file, []string{"carol@nowhere.example"})
	if err == nil || !strings.Contains(err.Error(), "no line allows carol@nowhere.example") {
		t.Errorf("a principal whom no line allows: %v", err)
	}
	file.Data = append(file.Data, "\nnonsense"...)
	_, err = make(signerFiles).allowed(file, emails)
	if err == nil || !strings.Contains(err.Error(), "keys/allowed_signers:7: ") {
		t.Errorf("a file with a line that can't be read: %v", err)
	}
}

// A draft may name no key; a key that can't be read is never left out.
func TestNoKeyring(t *testing.T) {
	if keys, err := Of(&policy.Policy{}, noLogs{}); keys != nil || err != nil {
		t.Errorf("a draft: %v, %v", keys, err)
	}
	var names []policy.Principal
	for _, source := range []string{"one", "two"} {
		key := policy.Key{Kind: "allowed-signers", Data: []byte("nonsense"), Source: source}
		names = append(names, policy.Principal{Name: source, Keys: []policy.Key{key}})
	}
	keys, err := Of(&policy.Policy{Principals: names}, noLogs{})
	if keys != nil || err == nil ||
		!strings.Contains(err.Error(), "one:1: ") || !strings.Contains(err.Error(), "two:1: ") {
		t.Errorf("two files that can't be read: %v, %v", keys, err)
	}
}

// noLogs has no log to ask.
type noLogs struct{}

func (noLogs) Ask(string, time.Duration) func([]byte) ([]byte, error) {
	return func([]byte) ([]byte, error) { return nil, errors.New("nobody there") }
}

// Only a policy that says so leads to the log, and what is said nowhere is the strictest.
func TestSettings(t *testing.T) {
	for transparency, want := range map[string]verify.Transparency{
		"none": verify.NoProof, "online": verify.OnlineProof, "embedded": verify.EmbeddedProof,
		"": verify.EmbeddedProof, "None": verify.EmbeddedProof,
	} {
		p := &policy.Policy{X509: policy.X509{Transparency: transparency, Log: "https://log.example"}}
		s := settings(p, noLogs{})
		if s.X509.Transparency != want || (s.X509.Entry != nil) != (want == verify.OnlineProof) {
			t.Errorf("transparency %q gives %v, entry %t", transparency, s.X509.Transparency, s.X509.Entry != nil)
		}
		if log := Log(p); (log == p.X509.Log) != (want == verify.OnlineProof) {
			t.Errorf("transparency %q leads to %q", transparency, log)
		}
	}
}
