package signal

import (
	"bytes"
	"strings"
)

// starter is a file that an editor, an agent or a shell obeys when somebody opens the folder, with the words of
// lines by
// which it runs something.
type starter struct {
	file  string // a name, with the folders before it that matter; in lower case
	words []string
}

var starters = []starter{
	{".claude/settings.json", []string{
		"\"command\"", "\"hooks\"", "apikeyhelper", "statusline", "awsauthrefresh", "awscredentialexport",
		"enableallprojectmcpservers", "bypasspermissions", "otelheadershelper", "base_url", "filesuggestion",
		"extraknownmarketplaces", "node_options", "\"bash(*)\"",
	}},
	{".claude/settings.local.json", []string{
		"\"command\"", "\"hooks\"", "apikeyhelper", "statusline", "enableallprojectmcpservers", "bypasspermissions",
		"base_url",
	}},
	{".gemini/settings.json", []string{
		"\"command\"", "\"hooks\"", "mcpservers", "discoverycommand", "callcommand",
		"httpurl",
	}},
	{".qwen/settings.json", []string{"\"command\"", "\"hooks\"", "mcpservers", "discoverycommand", "callcommand"}},
	{"mcp.json", []string{"\"command\"", "\"args\"", "\"url\"", "mcpservers"}},
	{".mcp.json", []string{"\"command\"", "\"args\"", "\"url\"", "mcpservers"}},
	{".cursor/hooks.json", []string{"\"command\""}},
	{".cursor/environment.json", []string{"\"install\"", "\"start\"", "\"command\""}},
	{".codex/config.toml", []string{"command", "notify", "mcp_servers", "hooks"}},
	{".codex/hooks.json", []string{"command"}},
	{"opencode.json", []string{"\"command\"", "\"mcp\"", "\"plugin\""}},
	{".vscode/tasks.json", []string{"folderopen"}},
	{".vscode/settings.json", []string{
		"allowautomatictasks", "terminal.integrated.profiles", "terminal.integrated.automationprofile",
		"terminal.integrated.env",
		"terminal.integrated.shell", "workspace.trust", "git.path", "interpreterpath", "pythonpath", "executablepath",
		"autoapprove", "chat.mcp", "overridecommand", "clangd.path", "rust-analyzer.server.path", "prettierpath",
		"executepath", "cmakepath", "runonsave", "eslint.runtime", "eslint.nodepath", "alternatetools", "php.validate.exe",
	}},
	{".code-workspace", []string{
		"folderopen", "allowautomatictasks", "terminal.integrated.profiles", "interpreterpath",
		"executablepath", "workspace.trust",
	}},
	{".zed/settings.json", []string{"\"command\"", "\"binary\"", "\"path\""}},
	{".devcontainer.json", devcontainer},
	{".devcontainer/devcontainer.json", devcontainer},
	{"/devcontainer.json", devcontainer},
	{".idea/startup.xml", []string{"configuration"}},
	{".idea/watchertasks.xml", []string{"\"program\"", "\"arguments\""}},
	{".fleet/run.json", []string{"program", "\"args\"", "command"}},
	{".dir-locals.el", emacs},
	{"mise.toml", mise},
	{"mise.local.toml", mise},
	{"mise/config.toml", mise},
	{".windsurf/hooks.json", []string{"\"command\""}},
	{".kiro.hook", []string{"runcommand", "\"command\""}},
	{".dir-locals-2.el", emacs},
	{".mise.toml", mise},
	{".mise/config.toml", mise},
	{".factory/settings.json", []string{"\"command\"", "\"hooks\""}},
	{".amp/settings.json", []string{"\"command\"", "mcpservers"}},
	{"gemini-extension.json", []string{"mcpservers", "\"command\""}},
	{"opencode.jsonc", []string{"\"command\"", "\"mcp\"", "\"plugin\""}},
	{"crush.json", []string{"\"command\"", "\"mcp\""}},
	{".crush.json", []string{"\"command\"", "\"mcp\""}},
	{".theia/tasks.json", []string{"folderopen"}},
	{".npmrc", []string{"script-shell", "node-options", "onload-script", "init-module", "git="}},
	{".envrc", []string{"eval", "curl", "wget", "base64", "python", "node ", "nohup", "sh -c", "source_url", "/dev/tcp"}},
	{".exrc", vimrc},
	{".nvim.lua", vimrc},
	{".nvimrc", vimrc},
	{".vimrc", vimrc},
	{".lvimrc", vimrc},
	{".gdbinit", []string{"shell ", "python", "source", "!", "pipe "}},
	{".lldbinit", []string{"script", "platform shell", "source"}},
}

var (
	emacs = []string{
		"shell-command", "call-process", "start-process", "make-process", "(load", "url-",
		"eval-buffer", "read-file",
	}
	devcontainer = []string{
		"initializecommand", "oncreatecommand", "updatecontentcommand", "postcreatecommand", "poststartcommand",
		"postattachcommand",
	}
	mise  = []string{"[hooks", "hooks.", "_.source", "exec(", "postinstall", "preinstall", "[[watch_files"}
	vimrc = []string{
		"system(", "systemlist(", "os.execute", "io.popen", "jobstart", "termopen", "loadstring", "dofile", "loadfile",
		":!", "silent !", "vim.uv",
		"vim.loop", "execute", "source", "py3", "python", "cmd(\"!", "cmd('!", "cmd(\"silent", "cmd[[",
	}
)

// harmlessStart are values that do what such settings are for.
var harmlessStart = []string{
	"\"npm install\"", "\"npm ci\"", "\"npm i\"", "\"yarn\"", "\"yarn install\"", "\"pnpm install\"",
	"\"bundle install\"", "\"go mod download\"",
	"\"pip install -r requirements.txt\"", "\"pip3 install -r requirements.txt\"", "\"cargo build\"", "\"dotnet restore\"",
	"\"poetry install\"", "\"uv sync\"", "\"pip install -e .\"", "venv/bin/python", "\"python3\"", "\"python\"",
	"\"/usr/bin/python3\"",
	"\"/usr/local/bin/python\"", "\"./node_modules/.bin\"",
}

// autostart finds settings by which an editor, an agent or a shell runs something for whoever opens the folder: hooks,
// servers, tasks, interpreters. How text is formatted is no such setting.
//
// Measured: 1 commit, of flask: a devcontainer runs a script.
func (f *file) autostart() {
	if f.test || f.name == "" || !strings.Contains(f.path, ".") {
		return
	}
	words := f.startWords()
	if words == nil {
		return
	}
	for _, l := range f.lines {
		text := plainJSON(l.Text)
		if f.ext == "toml" { // [ hooks ], ["hooks"]
			text = bytes.Join(bytes.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == '"' }), nil)
		} else if f.ext == "json" {
			text = f.withKey(l.Number, text)
		}
		if !f.isComment(text) || f.ext == "el" {
			if at := f.startsSomething(text, words); at >= 0 {
				f.hit(Autostart, l, at, "runs by itself for whoever opens the folder")
			}
		}
	}
}

// withKey gives a line that is only a text of JSON with the line of the key that it belongs to before it.
func (f *file) withKey(n int, text []byte) []byte {
	b := bytes.TrimRight(trimBlanks(text), ",]}")
	if len(b) < 2 || b[0] != '"' || bytes.Contains(b, []byte("\":")) {
		return text
	}
	for above := n - 1; above > 0 && above >= n-20; above-- {
		line := plainJSON(f.line(above))
		if end := bytes.TrimRight(line, " \t\r"); bytes.HasSuffix(end, []byte("[")) || bytes.HasSuffix(end, []byte(":")) {
			return append(append([]byte(nil), line...), text...)
		}
		if bytes.Contains(line, []byte("\":")) {
			break
		}
	}
	return text
}

// startWords gives the words by which this file runs something, or nil if none does.
func (f *file) startWords() []string {
	for i := range starters {
		s := &starters[i]
		before, found := strings.CutSuffix(f.path, s.file)
		if found && (before == "" || s.file[0] == '/' || before[len(before)-1] == '/' || s.file == ".code-workspace" ||
			s.file == ".kiro.hook") {
			if s.file == "mcp.json" && !strings.HasPrefix(f.path, ".") && !strings.Contains(f.path, "/.") {
				return nil
			}
			return s.words
		}
	}
	return folderWords(f.path, f.ext)
}

// folderWords gives the words of files that run something whatever they are called, by the folder that they are in.
func folderWords(path, ext string) []string {
	in := func(folder string) bool { return strings.HasPrefix(path, folder) || strings.Contains(path, "/"+folder) }
	switch {
	case in(".opencode/plugin") && (ext == "js" || ext == "ts"):
		return []string{"export", "import", "module."}
	case in(".github/hooks/") && ext == "json":
		return []string{"\"bash\"", "\"powershell\"", "\"command\""}
	case in(".claude/") && ext == "md":
		return []string{"type: command"}
	case in(".continue/mcpservers/"):
		return []string{"command"}
	}
	return nil
}

func (f *file) startsSomething(text []byte, words []string) int {
	for _, w := range words {
		at := indexFold(text, w)
		if at < 0 {
			continue
		}
		for _, h := range harmlessStart {
			if containsFold(text, h) && !bytes.ContainsAny(text[at:], "&;|$`") && bytes.Count(text, []byte("\":")) <= 1 {
				return -1
			}
		}
		return at
	}
	if f.name == "tasks.json" && anyFold(text, "\"command\"", "\"args\"", "\"script\"") {
		if containsFold(plainJSON(f.now), "folderopen") {
			return 0
		}
	}
	return -1
}
