package signal

// Set is a set of signals.
type Set uint32

// The signals, in the order of their names.
const (
	Autostart     Set = 1 << iota // an editor, an agent or a shell is told to run something when a folder is opened
	CodeBehind                    // code after so many blanks that no screen shows it
	DecodeAndRun                  // what is decoded or fetched is run as a program
	Disguised                     // a file named as an image, font, … holds text
	FetchAndRun                   // a shell runs what comes from the network, or gives itself to it
	Foothold                      // something stays on a machine: a key that may log in, a runner, a library
	InstallHook                   // a package manager is told to run something when a package is installed
	InvisibleText                 // characters that nobody sees
	Obfuscated                    // code written so that nobody can read it
	PythonPath                    // Python is told to run something at every start
	WorkflowGrab                  // a workflow takes secrets, and encodes or sends them

	All Set = 1<<iota - 1
)

var names = [...]string{
	"autostart", "code-behind-blanks", "decode-and-run", "disguised", "fetch-and-run", "foothold", "install-hook",
	"invisible-text", "obfuscated", "python-path", "workflow-grab",
}

// Names gives the names of the signals in a set, sorted.
func (s Set) Names() []string {
	var all []string
	for i, name := range names {
		if s&(1<<i) != 0 {
			all = append(all, name)
		}
	}
	return all
}

// Reason is one place where a signal was found.
type Reason struct {
	Signal string // its name
	Line   int    // its number in the new text, from 1
	Text   string // the line; of a long one 200 bytes around what was found
	Why    string // what is seen there, for a reader who knows no signals
}
