package shape

import (
	"bytes"
	"strings"

	"countersign/policy/edit"
)

// sources are files of settings that say from where things are fetched or what runs them, and the words in lower case
// of lines that do. What is said of the tool's own address is the usual.
var sources = map[string]struct {
	words []string
	usual string
}{
	".gitattributes": {[]string{"filter=", "-diff"}, ""}, // what runs at a checkout, and what no diff shows
	".gitmodules":    {[]string{"url", "update"}, ""},
	".lfsconfig":     {[]string{"url", "custom"}, ""},
	".npmrc": {
		[]string{"registry", "node-options", "node_options", "script-shell", "proxy"}, "//registry.npmjs.org",
	},
	".yarnrc":                   {[]string{"registry", "yarn-path"}, "//registry.yarnpkg.com"},
	".yarnrc.yml":               {[]string{"registry", "yarnpath", "plugins", "path:"}, "//registry.yarnpkg.com"},
	"devcontainer.json":         {[]string{`"image"`, "features", "mounts", "runargs", "ghcr.io/"}, "/devcontainers/"},
	"gradle-wrapper.properties": {[]string{"distributionurl"}, "://services.gradle.org/distributions/"},
	"nuget.config":              {[]string{"add key"}, "//api.nuget.org/"},
	"pip.conf":                  {[]string{"index", "trusted-host", "find-links"}, "//pypi.org/"},
	"settings.json": { // of editors
		[]string{"tsdk", "nodepath", "interpreter", "executable", ".path", "terminal.integrated", "runtime", "server"}, "",
	},
	"pip.ini":    {[]string{"index", "trusted-host", "find-links"}, "//pypi.org/"},
	".condarc":   {[]string{"channel", "http"}, ""},
	".pypirc":    {[]string{"repository", "index"}, "//upload.pypi.org/"},
	".pylintrc":  {[]string{"init-hook", "load-plugins"}, ""},
	".flake8":    {[]string{"local-plugins", "paths", "extension", "report"}, ""},
	"pytest.ini": {[]string{"-p ", "plugins", "pythonpath"}, ""},
	".cargo/config": {
		[]string{
			"runner", "wrapper", "linker", "replace-with", "registry", "include", "directory", "git-fetch", "link-arg",
			"alias", "rustdoc", "rustc", "[env", "env.", "cc", "cxx", "credential", "proxy",
			"paths", "patch",
		}, "",
	},
}

// sourceSettings gives the comparer of such a file, or nil.
func sourceSettings(lower string) comparer {
	name := base(lower)
	if strings.HasSuffix(strings.TrimSuffix("/"+lower, ".toml"), "/.cargo/config") {
		name = ".cargo/config"
	}
	s, found := sources[name]
	if !found {
		return nil
	}
	return func(old, now []byte) []change {
		all := []change{plain(0, unknownName)}
		for _, l := range edit.Added([][]byte{old}, now) {
			line := bytes.ReplaceAll(bytes.ToLower(l.Text), []byte{'\\'}, nil)
			if isComment(line) || s.usual != "" && bytes.Contains(line, []byte(s.usual)) {
				continue
			}
			for _, w := range s.words {
				if bytes.Contains(line, []byte(w)) {
					all = append(all, risky(l.Number, "from where something is fetched, or what runs it"))
					break
				}
			}
		}
		return all
	}
}
