package signal

import (
	"bytes"
	"strings"
)

// pythonPath finds what Python runs at each start: lines of a .pth file that begin with import (Python's site
// module), and
// the modules sitecustomize and usercustomize.
//
// Measured: none.
func (f *file) pythonPath() {
	switch {
	case f.ext == "pth":
		for _, l := range f.lines {
			for line := range bytes.SplitSeq(bytes.TrimPrefix(l.Text, []byte("\ufeff")), []byte{'\r'}) {
				if bytes.HasPrefix(line, []byte("import ")) || bytes.HasPrefix(line, []byte("import\t")) {
					f.hit(PythonPath, l, 0, "Python runs this line at every start")
				}
			}
		}
	case f.name == "sitecustomize.py", f.name == "usercustomize.py",
		strings.HasSuffix(f.path, "sitecustomize/__init__.py"),
		strings.HasSuffix(f.path, "usercustomize/__init__.py"):
		for _, l := range f.lines {
			if text := trimBlanks(l.Text); len(text) > 0 && text[0] != '#' {
				f.hit(PythonPath, l, 0, "Python imports this module at every start")
			}
		}
	}
}
