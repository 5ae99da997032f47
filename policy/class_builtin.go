package policy

import "sync"

// builtInGlobs are the classes by path that every policy starts from. A glob stands here if what it
// matches runs on other people's machines, can't be reviewed by reading, or decides who may do what;
// "it is important source code" is no reason. Matching folds ASCII case, "**" stands for any number
// of folders, and "*" doesn't cross a slash.
func builtInGlobs() map[string][]string {
	return map[string][]string{
		// Who may do what, and whom users are told to trust.
		"policy": {
			".countersign/**", "**/allowed{_,-}signers", ".gittuf/**", ".guix-authorizations", ".guix-channel",
			"{,.github/,.gitlab/,.gitea/,.forgejo/,docs/}CODEOWNERS", "**/OWNERS{,_ALIASES}", ".github/settings.{yml,yaml}",
			"**/*.{asc,gpg,pgp,kbx}", "**/KEYS{,.txt}",
		},
		// Runs with secrets or with write rights.
		"ci": {
			".github/{workflows,actions}/**", "**/action.{yml,yaml}",
			".github/{dependabot,renovate,release}.{yml,yaml,json,json5}", "**/.gitlab-ci.yml", ".gitlab/**/*.yml",
			"**/Jenkinsfile{,.*}", ".circleci/**", ".travis.yml", "{,.}appveyor.yml", ".cirrus.{yml,star}",
			"{,.}azure-pipelines*.yml", ".azure-pipelines/**", ".drone.{yml,star,jsonnet}", ".woodpecker.yml", ".woodpecker/**",
			".buildkite/**", "bitbucket-pipelines.yml", "{,.}cloudbuild.{yaml,yml,json}", ".builds/**", ".build.yml",
			".semaphore/**", ".teamcity/**", ".ci/**", "ci/**", ".tekton/**", ".prow/**", ".zuul.yaml", "{,.}zuul.d/**",
			"renovate.{json,json5}", ".renovaterc*", "{,.}mergify.yml", ".packit.yaml", ".{forgejo,gitea}/**",
		},
		// Changes what Git checks out, exports or shows, or runs on a developer's machine.
		"git-meta": {
			"**/.gitattributes", ".gitmodules", "**/.lfsconfig", "**/.gitconfig", "{.,}githooks/**", ".husky/**",
			"**/lefthook.{yml,yaml,toml,json}", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml", ".vscode/**", ".idea/**",
			".devcontainer/**", "**/.envrc", "**/.npmrc", "**/.yarnrc{,.yml}", ".yarn/{releases,plugins}/**",
			"**/.cargo/config{,.toml}", "**/.gdbinit", "**/.lldbinit", "**/sitecustomize.py", "**/usercustomize.py", "**/*.pth",
			"**/.{exrc,vimrc,nvimrc,nvim.lua,lvimrc,dir-locals.el,ghci}", "**/{.,}mise.toml",
		},
		// Runs on every builder's machine, or decides what the compiler and the linker are told.
		"build": {
			// autotools and make
			"**/configure{,.ac,.in}", "**/aclocal.m4", "**/acinclude.m4", "**/*.m4",
			"**/{,GNU,BSD}Makefile{,.am,.in,.inc,.common,.include}", "**/Kbuild", "**/*.{mk,mak,make,am}", "**/Makevars*",
			"**/autogen.sh", "**/bootstrap{,.sh}", "**/buildconf{,.sh}", "build-aux/**",
			"**/{config.guess,config.sub,install-sh,ltmain.sh,depcomp,test-driver,config.rpath,ylwrap,ar-lib,mdate-sh," +
				"py-compile,mkinstalldirs}",
			"**/*.pc.in", "**/config.h.in", "**/config.mak.*",
			// cmake, meson, ninja, scons, waf, bazel, buck, gn
			"**/CMakeLists.txt", "**/*.cmake{,.in}", "cmake/**", "**/CMake{,User}Presets.json", "**/meson.build",
			"**/meson{_options.txt,.options}", "**/*.wrap", "subprojects/packagefiles/**", "**/*.ninja", "**/SConstruct",
			"**/SConscript", "**/wscript", "**/waf", "**/premake*.lua", "**/xmake.lua", "**/*.{pro,pri,qbs}",
			"**/{BUILD,WORKSPACE,MODULE}{,.bazel,.bzlmod}", "**/*.bzl", "**/.bazelrc", "**/.bazelversion", "**/BUCK{,.v2}",
			"**/.buckconfig", "**/*.{gn,gni}", "**/.gn", "**/pants.toml",
			// JVM
			"**/*.gradle{,.kts}", "**/gradle.properties", "**/gradlew{,.bat}", "**/gradle/wrapper/**", "buildSrc/**",
			"**/pom.xml", "**/mvnw{,.cmd}", "**/.mvn/**", "**/build.{sbt,sc,mill,xml}", "**/project/*.{sbt,scala,properties}",
			"**/ivy.xml", "**/project.clj", "**/build.boot",
			// JavaScript
			"**/package.json",
			"**/{webpack,rollup,vite,esbuild,babel,jest,vitest,tsup,next,nuxt,svelte,postcss,metro,karma,playwright," +
				"eslint}.config.{js,cjs,mjs,ts,cts,mts}",
			"**/.{babelrc,swcrc,eslintrc}{,.js,.cjs,.json}", "**/{Gruntfile,Gulpfile,Jakefile}.{js,ts,mjs,cjs}",
			"**/*.{gyp,gypi}", "**/pnpm-workspace.yaml", "**/.pnpmfile.cjs", "**/deno.json{,c}",
			// Python, Ruby, PHP, Perl, Lua
			"**/setup.{py,cfg}", "**/pyproject.toml", "**/MANIFEST.in", "**/tox.ini", "**/conftest.py", "**/noxfile.py",
			"**/{hatch,pdm}_build.py", "**/hatch.toml", "**/build_backend.py", "**/{Rakefile,Gemfile}", "**/*.{gemspec,rake}",
			"**/extconf.rb", "**/composer.json", "**/{Makefile,Build}.PL", "**/cpanfile", "**/*.rockspec", "**/config.w32",
			"**/configure.{win,ucrt}",
			// Rust, Go, Zig, Haskell, OCaml, Erlang, Swift, Dart, .NET
			"**/build.rs", "**/Cargo.toml", "**/rust-toolchain{,.toml}", "**/magefile.go", "magefiles/**", "**/mk{all,sys}*.go",
			"**/build.zig{,.zon}", "**/*.cabal", "**/Setup.{hs,lhs}", "**/cabal.project*", "**/dune{,-project,-workspace}",
			"**/*.opam", "**/rebar.config{,.script}", "**/mix.exs", "**/Package.swift", "**/Podfile", "**/*.podspec",
			"**/project.pbxproj", "**/*.xcconfig", "**/pubspec.yaml", "**/*.{csproj,vbproj,fsproj,vcxproj,props,targets,nuspec}",
			"**/nuget.config", "**/*.nimble", "**/dub.{json,sdl}",
			// task runners, containers, packaging
			"**/{,.}justfile", "**/Taskfile{,.dist}.{yml,yaml}", "**/{Docker,Container}file{,.*}", "**/*.{docker,container}file",
			"**/{docker-,}compose*.{yml,yaml}", "**/docker-bake.{hcl,json}", "**/Earthfile", "**/Tiltfile", "**/Vagrantfile",
			"**/*.nix", "**/guix.scm", "**/*.spec{,.in}", "debian/**", "**/PKGBUILD", "**/*.ebuild", "**/*.eclass",
			"**/snapcraft.yaml", "**/*.{wxs,nsi,iss}", "**/{.,}goreleaser*.{yml,yaml}", "**/GIT-VERSION-GEN",
			// linker scripts and symbol maps
			"**/*.{ld,lds,map}",
		},
		"lockfile": {
			"**/go.{mod,sum,work,work.sum}", "**/Cargo.lock", "**/package-lock.json", "**/npm-shrinkwrap.json", "**/yarn.lock",
			"**/pnpm-lock.yaml", "**/bun.lock{,b}", "**/deno.lock", "**/{poetry,uv,pdm,Pipfile}.lock", "**/Pipfile",
			"**/{,*-}requirements{,-*,_*}.{txt,in}", "**/constraints*.txt", "**/conda-lock.yml", "**/Gemfile.lock",
			"**/composer.lock", "**/mix.lock", "**/rebar.lock", "**/pubspec.lock", "**/Podfile.lock", "**/Package.resolved",
			"**/Cartfile{,.resolved}", "**/packages.{lock.json,config}", "**/paket.{dependencies,lock}", "**/*.lockfile",
			"**/libs.versions.toml", "**/verification-metadata.xml", "**/flake.lock", "**/*.opam.locked",
			"**/stack.yaml{,.lock}", "**/conan{file.txt,file.py,.lock}", "**/vcpkg{,-configuration}.json", "**/buf.lock",
			"**/Chart.{yaml,lock}",
		},
		"vendored": {
			"vendor/**", "**/vendor/modules.txt", "third_party/**", "third-party/**", "3rdparty/**", "**/node_modules/**",
			"Godeps/**", "external/**", "extern/**",
		},
		// Data that tests read, which nobody can review by reading. Test programs are code.
		"fixture": {
			"**/{testdata,test-data,test_data,testfiles,test-files,test_files,fixtures,fixture,__fixtures__,corpus,corpora," +
				"seed_corpus,cassettes,testvectors,test-vectors,test_vectors}/**",
			"{test,tests,t}/{files,data,assets,blobs}/**", "**/{test,tests}/**/{files,data,assets,blobs}/**",
			"**/src/test/resources/**",
		},
	}
}

// builtInClasses gives the classes of a policy that adds none, made once: all such policies share them. Their globs are
// ours, and a test reads them, so they can't be malformed.
var builtInClasses = sync.OnceValue(func() *Classes {
	c, err := newClasses(builtInGlobs())
	if err != nil {
		panic(err)
	}
	return c
})
