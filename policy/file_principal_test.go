package policy

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// crowd writes n principals, each with a key, whom the first four introduced, years after one another.
func crowd(n int) string {
	var b strings.Builder
	for i := range n {
		by, role := founder, Maintainer
		if i > 3 {
			by = fmt.Sprint("p", i%4)
		}
		if i%10 > 0 {
			role = Contributor
		}
		fmt.Fprintf(&b, "[[principal]]\nname = \"p%d\"\nrole = %q\nemails = [\"p%d@example.org\"]\n", i, role, i)
		fmt.Fprintf(&b, "introduced-by = %q\nkeys = [{ ssh = \"ssh-ed25519 AAAA%d\" }]\n", by, i)
	}
	return b.String()
}

// However many others stand between two who can't both be there, these two are named, and the earlier one first.
func TestPrincipalsThatCannotBothBe(t *testing.T) {
	principal := func(name, more string) string {
		return fmt.Sprintf("[[principal]]\nname = %q\nrole = \"contributor\"\n%s\n", name, more)
	}
	for name, c := range map[string]struct{ first, last, says string }{
		"one name": {
			principal("ann", ""), principal("ann", ""),
			`there are two principals called "ann"; one person is one principal with several keys`,
		},
		"a digit for a letter":   {principal("will", ""), principal("w1ll", ""), `the names "will" and "w1ll" look alike`},
		"two letters for one":    {principal("am", ""), principal("arn", ""), `the names "am" and "arn" look alike`},
		"a dot more":             {principal("anne", ""), principal("an.ne", ""), `the names "anne" and "an.ne" look alike`},
		"one of the many before": {"", principal("pl2", ""), `the names "p12" and "pl2" look alike`},
		"one address": {
			principal("ann", `emails = ["ann@example.org"]`), principal("bob", `emails = ["b@example.org", "Ann@Example.org"]`),
			`"Ann@Example.org" is also an address of ann`,
		},
		"a third with the address": {
			principal("ann", `emails = ["x@example.org"]`) + principal("bob", `emails = ["x@example.org"]`),
			principal("eve", `emails = ["x@example.org"]`), `"x@example.org" is also an address of ann`,
		},
		"an introducer who isn't there": {
			principal("lasse", ""), principal("ann", `introduced-by = "lase"`),
			`ann was introduced by "lase", whom nobody here is; did you mean "lasse"?`,
		},
		"a round of introductions": {
			principal("ann", `introduced-by = "bob"`), principal("bob", `introduced-by = "ann"`),
			"bob stands at both ends of a line of introductions",
		},
	} {
		text := c.first + crowd(400) + c.last
		line := strings.Count(c.first+crowd(400), "\n") + 1
		_, err := Load(fstest.MapFS{FileName: {Data: []byte(text)}})
		said := false
		if err != nil {
			for _, p := range err.(*FileError).Problems {
				said = said || strings.HasPrefix(p.Text, c.says) && p.Line >= line
			}
		}
		if !said {
			t.Errorf("%s: %.300v; want %s, from line %d on", name, err, c.says, line)
		}
		if _, err := Load(fstest.MapFS{FileName: {Data: []byte(crowd(400))}}); err != nil {
			t.Fatalf("without them: %v", err)
		}
	}
}

// loadAll is Load without the limit of principals, of a policy that has nothing else.
func loadAll(text string) error {
	r := &reader{fsys: fstest.MapFS{FileName: {Data: []byte(text)}}, name: FileName, read: make(map[string][]byte)}
	raw, err := r.decode()
	if err != nil {
		return err
	}
	p, top := defaults(), &table{r: r, raw: raw}
	r.written = raw
	for _, t := range top.list("principal", "") {
		r.principal(t, p)
	}
	r.introductions(p)
	r.finish(p)
	r.check(p, true)
	return r.err()
}

// BenchmarkLoadPrincipals also says how much longer four times the principals take: about 4, if each costs the same.
func BenchmarkLoadPrincipals(b *testing.B) {
	few, many := crowd(1000), crowd(4000)
	var took [2]time.Duration
	for b.Loop() {
		for i, text := range []string{few, many} {
			start := time.Now()
			if err := loadAll(text); err != nil {
				b.Fatal(err)
			}
			took[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(took[0].Milliseconds())/float64(b.N), "ms/1000")
	b.ReportMetric(float64(took[1].Milliseconds())/float64(b.N), "ms/4000")
	b.ReportMetric(float64(took[1])/float64(took[0]), "times")
}
