package cli

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"countersign/report"
)

func versionCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which version this is, and what it was built from",
		Args:  cobra.NoArgs,
	}
	format := formatFlag(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		b := builtFrom(debug.ReadBuildInfo())
		env.list(format, b, func(out *report.Printer) {
			out.Printf("countersign %s\n%s %s\n", b, b.Go, b.Platform)
		})
		return nil
	}
	return cmd
}

// build is what a program was built from, as far as it says that.
type build struct {
	Version  string `json:"version,omitempty"`  // of the module
	Revision string `json:"revision,omitempty"` // of its repository
	Modified bool   `json:"modified"`           // what was built had changes since that revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// builtFrom reads what the Go command wrote into a program.
func builtFrom(info *debug.BuildInfo, ok bool) build {
	b := build{Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if !ok {
		return b
	}
	if info.Main.Version != "(devel)" { // which says nothing
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// String names the version and the revision.
func (b build) String() string {
	words := cmp.Or(b.Version, "of no known version")
	switch {
	case b.Revision == "" && b.Version == "":
		return words + " or revision: it was built without -buildvcs, or by go run"
	case b.Revision == "":
		return words
	}
	words += ", revision " + b.Revision
	if b.Modified {
		words += " with changes"
	}
	return words
}

// version says for records what judged.
func version() string {
	b := builtFrom(debug.ReadBuildInfo())
	return b.String() + ", " + b.Go
}
