package shape

import "testing"

func TestSourceSettings(t *testing.T) {
	const gradle = "distributionUrl=https\\://services.gradle.org/distributions/gradle-8.0-bin.zip\n"
	const wrapper = "gradle/wrapper/gradle-wrapper.properties"
	edits{
		"another registry":  {".npmrc", "a=b\n", "a=b\nregistry=https://x.test/\n", Risky},
		"npm's own":         {".npmrc", "a=b\n", "a=b\nregistry=https://registry.npmjs.org/\n", Plain},
		"another setting":   {"web/.npmrc", "a=b\n", "a=c\n", Plain},
		"a remark":          {".npmrc", "a=b\n", "a=b\n# registry\n", Plain},
		"yarn's program":    {".yarnrc.yml", "a: b\n", "a: b\nyarnPath: tools/y.cjs\n", Risky},
		"a filter":          {".gitattributes", "*.c text\n", "*.c text filter=x\n", Risky},
		"an attribute":      {".gitattributes", "*.c text\n", "*.c text eol=lf\n", Plain},
		"another submodule": {".gitmodules", "\turl = https://a.test/a\n", "\turl = https://x.test/a\n", Risky},
		"a runner":          {".cargo/config.toml", "[build]\n", "[build]\nrustc-wrapper = './x'\n", Risky},
		"flags":             {".cargo/config.toml", "[build]\n", "[build]\nrustflags = ['-O']\n", Plain},
		"a container":       {".devcontainer/devcontainer.json", "{\n}\n", "{\n\"image\": \"x\"\n}\n", Risky},
		"a usual container": {
			".devcontainer/devcontainer.json",
			"{\n}\n", "{\n\"image\": \"mcr.microsoft.com/devcontainers/base\"\n}\n", Plain,
		},
		"another Gradle": {wrapper, gradle, replaceOnce(t, gradle, "services.gradle.org", "x.test"), Risky},
		"a newer Gradle": {wrapper, gradle, replaceOnce(t, gradle, "8.0", "8.1"), Plain},
	}.check(t)
}
