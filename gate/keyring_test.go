package gate

import (
	"io"
	"net/http"
	"net/http/httptest"
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

func TestAskLog(t *testing.T) {
	status, answer := http.StatusOK, "[]"
	log := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if query, err := io.ReadAll(r.Body); err != nil || string(query) != "query" || r.Method != "POST" || r.URL.Path != "/rekor/api/v1/log/entries/retrieve" {
			t.Errorf("%s %s: %q, %v", r.Method, r.URL, query, err)
		}
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	ask := new(transparency).ask(policy.X509{Log: log.URL + "/rekor/", Timeout: time.Minute})
	if got, err := ask([]byte("query")); err != nil || string(got) != "[]" {
		t.Errorf("%q, %v", got, err)
	}
	answer = strings.Repeat(" ", maxAnswer+1)
	if _, err := ask([]byte("query")); err == nil || !strings.Contains(err.Error(), "answered more than") {
		t.Errorf("a long answer: %v", err)
	}
	status, answer = http.StatusBadGateway, "[]"
	if _, err := ask([]byte("query")); err == nil || !strings.Contains(err.Error(), "502 Bad Gateway") {
		t.Errorf("a failure: %v", err)
	}
	log.Close()
	if _, err := ask([]byte("query")); err == nil || !strings.Contains(err.Error(), "can't be asked") {
		t.Errorf("nobody there: %v", err)
	}
}

// Only a policy that says so leads to the log, and what is said nowhere is the strictest.
func TestSettings(t *testing.T) {
	for transparency, want := range map[string]verify.Transparency{
		"none": verify.NoProof, "online": verify.OnlineProof, "embedded": verify.EmbeddedProof, "": verify.EmbeddedProof, "None": verify.EmbeddedProof,
	} {
		s := settings(&policy.Policy{X509: policy.X509{Transparency: transparency}}, nil)
		if s.X509.Transparency != want || (s.X509.Entry != nil) != (want == verify.OnlineProof) {
			t.Errorf("transparency %q gives %v, entry %t", transparency, s.X509.Transparency, s.X509.Entry != nil)
		}
	}
}
