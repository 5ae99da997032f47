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
			"**/*.kbx", "**/KEYS{,.txt}",
		},
		// Runs with secrets or with write rights.
		"ci": {
			".github/{workflows,actions}/**", ".github/**/*.{js,cjs,mjs,ts,py,rb,pl,pm,sh,bash,ps1}", "**/action.{yml,yaml}",
			"{,*/}dist/index.{js,cjs,mjs}", // what an action runs
			".github/{dependabot,renovate,release,mergify}.{yml,yaml,json,json5}",
			"**/.gitlab-ci{,.*}.{yml,yaml}", ".gitlab/**/*.{yml,yaml}", "{.,}gitlab-ci{,.d}/**", "**/Jenkinsfile{,.*}",
			"{.,}jenkins/**", "vars/*.groovy", ".circleci/**", ".travis.yml", "{,.}appveyor.yml", ".cirrus.{yml,star}",
			"{,.}azure-pipelines*.{yml,yaml}", ".azure-pipelines/**", ".azuredevops/**", ".drone.{yml,star,jsonnet}",
			".woodpecker.{yml,yaml}", ".woodpecker/**", ".buildkite/**", "bitbucket-pipelines.yml",
			"{,.}cloudbuild.{yaml,yml,json}", "**/buildspec.{yml,yaml}", ".builds/**", ".build.yml", ".semaphore/**",
			".teamcity/**", ".ci/**", "ci/**", ".tekton/**", ".prow/**", ".zuul.yaml", "{,.}zuul.d/**", ".dagger/**",
			"dagger.json", "renovate.{json,json5}", ".renovaterc*", "{,.}mergify.yml", ".kodiak.toml", ".bulldozer.yml",
			".asf.yaml", ".packit.yaml", ".{forgejo,gitea}/**", ".readthedocs.{yml,yaml}",
		},
		// Changes what Git checks out, exports or shows, or is run by Git, a package manager, a debugger or an interpreter
		// that is started in the folder.
		"git-meta": {
			"**/.gitattributes", ".gitmodules", "**/.lfsconfig", "**/.gitconfig", "{.,}{githooks,git-hooks}/**", ".hooks/**",
			"**/hooks/{applypatch-msg,commit-msg,fsmonitor-watchman,post-{applypatch,checkout,commit,index-change,merge," +
				"receive,rewrite,update},pre-{applypatch,auto-gc,commit,merge-commit,push,rebase,receive},prepare-commit-msg," +
				"proc-receive,push-to-checkout,reference-transaction,sendemail-validate,update}{,.sh,.py,.sample}",
			"**/.husky/**", "**/.huskyrc{,.json,.yml,.yaml}", "**/{.,}lefthook{,-local}.{yml,yaml,toml,json}", ".overcommit.yml",
			".pre-commit-config.yaml", ".pre-commit-hooks.yaml", ".pre-commit-hooks/**",
			"**/.npmrc", "**/.yarnrc{,.yml}", "**/.yarn/{releases,plugins,sdks}/**", "**/.pnp.{cjs,loader.mjs}",
			"**/.cargo/config{,.toml}", "**/.{gdbinit,lldbinit,ghci,Rprofile,irbrc,pryrc}", "**/{site,user}customize.py",
			"**/*.pth", "**/pip.{conf,ini}", "**/.{condarc,pypirc,pylintrc,flake8,pdbrc,octaverc,sbtopts,jvmopts}",
			"**/.bundle/config",
		},
		// Is obeyed by a coding agent, an editor or a shell as soon as the folder is opened.
		"agent": {
			"**/.{agent,agents,amazonq,amp,augment,claude,cline,clinerules,codex,continue,copilot,crush,cursor,factory,gemini," +
				"goose,junie,kiro,opencode,openhands,qwen,roo,serena,trae,windsurf}/**",
			"**/.{cursorrules,windsurfrules,clinerules,roorules,goosehints}", "**/.aider.conf.yml", "**/{.,}mcp.json",
			".github/hooks/*.json", "**/.claude-plugin/**",
			"**/{opencode.json{,c},{,.}crush.json}", "**/{AGENT,AGENTS,CLAUDE,GEMINI,QWEN,CRUSH,WARP}{,.local,.override}.md",
			".github/{copilot-instructions.md,{instructions,prompts,chatmodes,agents,skills}/**}",
			"**/.{vscode,idea,fleet,zed,vs,settings,devcontainer,theia,lapce,idx,flox}/**",
			"**/.devcontainer.json", "**/nbproject/**",
			"**/.project", "**/*.{sublime-project,code-workspace}",
			"**/.{exrc,vimrc,nvimrc,nvim.lua,lvimrc,dir-locals.el,dir-locals-2.el}", ".gitpod.{yml,Dockerfile}", ".replit",
			"**/.envrc", "**/.autoenv{,.zsh}", ".lando.yml", ".ddev/**", ".tmuxinator.yml", "**/{.,}mise{,.local}.toml",
			"**/{.,}mise/**", "**/.tool-versions", "**/devbox.json",
		},
		// Runs on every builder's machine, or decides what the compiler and the linker are told.
		"build": {
			// autotools and make
			"**/configure{,.ac,.in,.py,.pl,.sh,.bat}", "**/aclocal.m4", "**/acinclude.m4", "**/*.m4",
			"**/{,GNU,BSD,O}Makefile{,.*}",
			"**/Make.{rules,defaults,defs,inc,include}", "**/Make{config,rules}", "**/Kbuild",
			"**/*.{mk,mak,make,am}", "**/{Makevars,config.mk,mk.config}{,.in,.win,.ucrt,.template}",
			"**/autogen.sh", "**/bootstrap{,.sh,.bat}", "**/buildconf{,.sh,.bat}", "build-aux/**", "cleanup{,.win,.ucrt}",
			"**/build.{sh,bash,bat,cmd,ps1,cake,clj,jam}", "build.{py,js,mjs,cjs,ts,jl,yaml,yml,pl,rb}", "deps/build.jl",
			"**/{install,setup,entrypoint,docker-entrypoint,postinstall}.{sh,ps1,bat,cmd}",
			"**/{config.guess,config.sub,install-sh,ltmain.sh,depcomp,test-driver,config.rpath,ylwrap,ar-lib,mdate-sh," +
				"py-compile,mkinstalldirs}",
			"**/*.pc.in", "**/config.h.in", "**/config.mak.*",
			// cmake, meson, ninja, scons, waf, bazel, buck, gn
			"**/CMakeLists.txt", "**/*.cmake{,.in}", "cmake/**", "**/CMake{,User}Presets.json", "**/meson.build",
			"**/meson{_options.txt,.options}", "**/*.wrap", "subprojects/packagefiles/**", "**/*.ninja", "**/SConstruct",
			"**/SConscript", "**/wscript", "**/waf", "**/premake*.lua", "**/xmake.lua", "**/*.{pro,pri,qbs}",
			"**/{Jamroot,Jamfile}{,.jam,.v2}", "tools/bazel",
			"**/{BUILD,WORKSPACE,MODULE}{,.bazel,.bzlmod}", "**/*.bzl", "**/.bazelrc", "**/.bazelversion", "**/BUCK{,.v2}",
			"**/.buckconfig", "**/*.{gn,gni}", "**/.gn", "**/pants.toml",
			"DEPS", ".gclient", "west.yml", "**/Android.{bp,mk}", "**/platformio.ini",
			// JVM
			"**/*.gradle{,.kts}", "**/gradle.properties", "**/gradlew{,.bat}", "**/gradle/wrapper/**", "buildSrc/**",
			"**/pom.xml", "**/mvnw{,.cmd}", "**/.mvn/**", "**/build.{sbt,sc,mill,xml}", "**/project/*.{sbt,scala,properties}",
			"**/ivy.xml", "**/project.clj", "**/build.boot", "**/deps.edn", "**/shadow-cljs.edn",
			// JavaScript
			"**/package.json",
			"**/*.config.{js,cjs,mjs,ts,cts,mts}", "**/webpack.*.{js,cjs,mjs,ts}", "**/{karma,wdio}.*conf.{js,cjs,mjs,ts}",
			"**/.*rc.{js,cjs,mjs,ts,cts,mts}", "**/.{babelrc,swcrc,eslintrc}{,.json,.yml,.yaml}",
			"**/{jest,vitest}.setup.{js,cjs,mjs,ts}", "**/{Gruntfile,Gulpfile,Jakefile}{,.babel,.esm}.{js,ts,mjs,cjs}",
			"**/gulpfile.js/index.js", "**/*.{gyp,gypi}", "**/pnpm-workspace.yaml", "**/.pnpmfile.{cjs,mjs}", "**/deno.json{,c}",
			"**/bunfig.toml", "**/{nx,turbo,lerna}.json",
			// Python, Ruby, PHP, Perl, Lua
			"**/setup.{py,cfg}", "**/pyproject.toml", "**/MANIFEST.in", "**/tox.ini", "**/conftest.py", "**/noxfile.py",
			"**/{hatch,pdm}_build.py", "**/hatch.toml", "**/build_backend.py", "**/{Rakefile,Gemfile}", "**/*.{gemspec,rake}",
			"**/versioneer.py", "{tasks,fabfile,dodo}.py", "**/{pixi,uv}.toml", "**/pytest.ini", "{,*/}environment.{yml,yaml}",
			"{,.}{conda,conda.recipe,recipe}/**", "**/{doc,docs}/{,source/}conf.py", "**/dist.ini",
			"**/extconf.rb", "**/composer.json", "**/{Makefile,Build}.PL", "**/cpanfile", "**/*.rockspec", "**/config.w32",
			"**/configure.{win,ucrt}",
			// Rust, Go, Zig, Haskell, OCaml, Erlang, Swift, Dart, .NET
			"**/build.rs", "**/Cargo.toml", "**/rust-toolchain{,.toml}", "**/magefile.go", "magefiles/**", "**/mk{all,sys}*.go",
			"**/build.zig{,.zon}", "**/*.cabal", "**/Setup.{hs,lhs}", "**/cabal.project*", "**/dune{,-project,-workspace}",
			"**/*.opam", "**/myocamlbuild.ml", "**/_tags", "{,*/}package.yaml", "**/rebar.config{,.script}", "**/mix.exs",
			"**/Package.swift", "**/Project.swift",
			"**/Podfile", "**/*.podspec",
			"**/project.pbxproj", "**/*.xcconfig", "**/pubspec.yaml", "**/*.{csproj,vbproj,fsproj,vcxproj,props,targets,nuspec}",
			"**/nuget.config", "**/.config/dotnet-tools.json", "global.json", "**/*.sln{,x}", "**/*.nimble",
			"**/config.nims", "**/dub.{json,sdl}",
			// task runners, containers, packaging
			"**/{,.}justfile", "**/Taskfile{,.dist}.{yml,yaml}", "**/{Docker,Container}file{,.*}", "**/*.{docker,container}file",
			"**/{docker-,}compose*.{yml,yaml}", "**/docker-bake.{hcl,json}", "**/Earthfile", "**/Tiltfile", "**/Vagrantfile",
			"**/*.nix", "**/guix.scm", "**/*.spec{,.in}", "debian/**", "**/debian/rules", "**/{PKGBUILD,APKBUILD,Portfile}",
			"**/*.ebuild", "**/*.eclass", "Formula/**/*.rb", "srcpkgs/*/template", "**/patches/{series,**/*.{patch,diff}}",
			"{.,}{melange,apko,nfpm}.{yml,yaml}",
			"**/snapcraft.yaml", "**/*.{wxs,nsi,iss}", "**/{.,}goreleaser*.{yml,yaml}", "**/GIT-VERSION-GEN",
			// linker scripts and symbol maps
			"**/*.{ld,lds,map,ver,vers,sym,syms}{,.in,.S}",
		},
		"lockfile": {
			"**/go.{mod,sum,work,work.sum}", "**/Cargo.lock", "**/package-lock.json", "**/npm-shrinkwrap.json", "**/yarn.lock",
			"**/pnpm-lock.yaml", "**/bun.lock{,b}", "**/deno.lock", "**/{poetry,uv,pdm,Pipfile}.lock", "**/Pipfile",
			"**/{,*-}requirements{,-*,_*}.{txt,in}", "**/requirements/*.{txt,in}", "**/constraints*.txt", "**/conda-lock.yml",
			"**/Gemfile.lock",
			"**/composer.lock", "**/mix.lock", "**/rebar.lock", "**/pubspec.lock", "**/Podfile.lock", "**/Package.resolved",
			"**/Cartfile{,.resolved}", "**/packages.{lock.json,config}", "**/paket.{dependencies,lock}", "**/*.lockfile",
			"**/libs.versions.toml", "**/verification-metadata.xml", "**/flake.lock", "**/*.opam.locked",
			"**/stack.yaml{,.lock}", "**/conan{file.txt,file.py,.lock}", "**/vcpkg{,-configuration}.json", "**/buf.lock",
			"**/Chart.{yaml,lock}",
		},
		"vendored": {
			"**/{vendor,_vendor,vendored,bundled,thirdparty,third_party,third-party,3rdparty,3rd_party,3rd-party}/**",
			"**/node_modules/**", "Godeps/**", "deps/*/**", "external{,s}/**", "extern/**",
		},
		// Data that tests read, which nobody can review by reading. Test programs are code.
		"fixture": {
			"**/{testdata,test-data,test_data,testfiles,test-files,test_files,fixtures,fixture,__fixtures__,corpus,corpora," +
				"seed_corpus,cassettes,testvectors,test-vectors,test_vectors}/**",
			"t/{files,data,assets,blobs}/**", "**/{test,tests}/{**/,}{files,data,assets,blobs,resources,samples,vectors}/**",
			"**/{testing,spec,bench,benches}/data/**", "{test,tests}/{bin,compress}/**", "**/fuzz/{seeds,corpora}/**",
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
