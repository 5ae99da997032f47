package gate

import (
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
	got, err := allowedSigners(file, emails)
	if err != nil {
		t.Fatal(err)
	}
	want := []verify.Key{
		{Principal: "alice", Kind: verify.SSH, Data: []byte(someKey), Source: "keys/allowed_signers:3", From: day(2), Until: day(20)},
		{Principal: "alice", Kind: verify.SSH, Data: []byte(otherKey), Source: "keys/allowed_signers:5", From: day(5), Until: day(20)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := allowedSigners(file, []string{"carol@nowhere.example"}); err == nil || !strings.Contains(err.Error(), "no line allows carol@nowhere.example") {
		t.Errorf("a principal whom no line allows: %v", err)
	}
	file.Data = append(file.Data, "\nnonsense"...)
	if _, err := allowedSigners(file, emails); err == nil || !strings.Contains(err.Error(), "keys/allowed_signers:7: ") {
		t.Errorf("a file with a line that can't be read: %v", err)
	}
}

// Only a policy that says so leads to the log, and what is said nowhere is the strictest.
func TestSettings(t *testing.T) {
	for transparency, want := range map[string]verify.Transparency{
		"none": verify.NoProof, "online": verify.OnlineProof, "embedded": verify.EmbeddedProof, "": verify.EmbeddedProof, "None": verify.EmbeddedProof,
	} {
		p := &policy.Policy{X509: policy.X509{Transparency: transparency, Log: "https://log.example"}}
		s := settings(p, nil)
		if s.X509.Transparency != want || (s.X509.Entry != nil) != (want == verify.OnlineProof) {
			t.Errorf("transparency %q gives %v, entry %t", transparency, s.X509.Transparency, s.X509.Entry != nil)
		}
		if logs := logsOf(nil, &standing{policy: p}); (len(logs) == 1 && logs[0] == p.X509.Log) != (want == verify.OnlineProof) {
			t.Errorf("transparency %q leads to %q", transparency, logs)
		}
	}
}
