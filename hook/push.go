package hook

import (
	"fmt"
	"io"
	"strings"

	"countersign/gate"
)

// PrePush reads the arguments of a pre-push hook, the remote's name and location, and its standard
// input: one line for each ref to be pushed, "local ref SP local id SP remote ref SP remote id LF"
// (githooks(5)). The local ref is whatever the user typed, spaces included, and plays no part; the
// request speaks of the remote refs. Git runs the hook also when everything is up to date: no line
// makes a request without updates.
func PrePush(r io.Reader, args []string, env Environment) (gate.Request, error) {
	if len(args) != 2 {
		return gate.Request{}, fmt.Errorf("%d arguments: want the remote's name and location", len(args))
	}
	lines, err := readLines(r)
	if err != nil {
		return gate.Request{}, err
	}
	var u updates
	for i, line := range lines {
		fields := strings.Split(line, " ")
		n := len(fields)
		if n < 4 || fields[0] == "" {
			return gate.Request{}, fmt.Errorf("line %d: %d fields: want local ref, local id, "+
				"remote ref and remote id, one space between", i+1, n)
		}
		if err := u.add(fields[n-1], fields[n-3], fields[n-2]); err != nil {
			return gate.Request{}, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return env.request(u.list)
}
