package install

import (
	"os"
	"path/filepath"
	"strings"
)

// Placed gives the kind of server that the place of a repository tells, and by which file; "" where nothing tells it.
func Placed(gitDir string) (kind, by string) {
	has := func(name string) bool { return at(filepath.Join(gitDir, name)).exists }
	update, _ := os.Readlink(filepath.Join(gitDir, "hooks/update"))
	switch {
	case has("hooks/pre-receive.d/gitea"):
		return giteaKind, "hooks/pre-receive.d/gitea"
	case has("gl-conf"):
		return Gitolite, "gl-conf"
	case strings.HasSuffix(update, "/hooks/common/update"):
		return Gitolite, "hooks/update"
	case strings.Contains(gitDir, "/@hashed/"):
		return gitlabKind, "@hashed"
	default:
		return "", ""
	}
}

// written gives our pre-receive hook of a repository, the zero script where it has none.
func written(gitDir string) script {
	for _, l := range layouts {
		text, err := readText(filepath.Join(gitDir, l.place(preReceive).path()))
		if err != nil {
			continue
		}
		if s, who := readScript(text); who == ours {
			return s
		}
	}
	return script{}
}

// PolicyFolder gives the folder of the policy of many repositories by which the hook of a repository judges, "" for
// none.
func PolicyFolder(gitDir string) string { return written(gitDir).folder }

// NotJudgedFile stands in the Git directory of a repository that the operator excepts: its hook lets every push pass,
// and says so.
const NotJudgedFile = policyFolder + "/not-judged"

// NotJudged says whether the operator excepted a repository.
func NotJudged(gitDir string) bool {
	f := at(filepath.Join(gitDir, NotJudgedFile))
	return f.regular()
}

// IsGitolite says whether a repository is gitolite's.
func IsGitolite(gitDir string) bool {
	kind, _ := Placed(gitDir)
	return kind == Gitolite
}
