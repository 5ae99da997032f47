package report

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// validatedJUnit has xmllint compare files with the schema that Jenkins has.
func validatedJUnit(files ...string) (string, error) {
	out, err := exec.Command("xmllint", append([]string{"--noout", "--nonet", "--schema", "../testdata/junit/junit-4.xsd"},
		files...)...).CombinedOutput()
	return string(out), err
}

// Whatever was pushed, what Jenkins reads is valid by its own schema.
func TestJUnitIsAsItsSchemaSays(t *testing.T) {
	t.Parallel()
	var files []string
	for i := range 100 {
		name := filepath.Join(t.TempDir(), fmt.Sprint(i))
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := JUnit(f, decision().Example(i)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	all, err := filepath.Glob("../testdata/decision/ci/*.junit.xml")
	if err != nil || len(all) < 5 {
		t.Fatalf("%d files, %v", len(all), err)
	}
	if out, err := validatedJUnit(append(files, all...)...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// A test without a name is refused, so the schema is asked.
func TestJUnitsSchemaRefuses(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "nameless.xml")
	const text = `<testsuites><testsuite name="a" tests="1" failures="0" errors="0"><testcase/></testsuite></testsuites>`
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := validatedJUnit(name); err == nil {
		t.Fatalf("it is valid:\n%s", out)
	}
}
