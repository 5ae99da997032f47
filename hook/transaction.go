package hook

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"countersign/gate/ticket"
)

const maxTransaction = 64 << 20 // bytes: git pack-refs names every ref at once

// Transaction reads the standard input of a reference-transaction hook: one line for each ref, "old value SP
// new value SP ref name LF" (githooks(5)). A value is an id or, from git 2.46 on, "ref:" and the name that a
// symbolic ref points to. No line at all is a transaction of nothing. Names stay the bytes they are: HEAD and
// its like come this way, too.
func Transaction(r io.Reader) ([]ticket.Move, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxTransaction+1))
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	if len(b) > maxTransaction {
		return nil, fmt.Errorf("standard input: more than %d bytes", maxTransaction)
	}
	text, whole := strings.CutSuffix(string(b), "\n")
	if len(b) == 0 {
		return nil, nil
	}
	if !whole {
		return nil, errors.New("no line feed at the end of the last line: something may be missing")
	}
	var moves []ticket.Move
	for n, line := range strings.Split(text, "\n") {
		fields := strings.SplitN(line, " ", 3)
		if len(fields) != 3 || !value(fields[0]) || !value(fields[1]) || fields[2] == "" {
			return nil, fmt.Errorf("line %d: want old value, new value and ref name, one space between", n+1)
		}
		moves = append(moves, ticket.Move{Old: fields[0], New: fields[1], Ref: fields[2]})
	}
	return moves, nil
}

// value says whether a word is an id, or names the target of a symbolic ref.
func value(s string) bool {
	if target, symbolic := strings.CutPrefix(s, "ref:"); symbolic {
		return target != ""
	}
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
