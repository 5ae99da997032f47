package hook

import (
	"fmt"

	"countersign/gate"
)

// Update reads the arguments of an update hook, which Git runs once for each ref: the ref name, the
// old id and the new id (githooks(5)).
func Update(args []string, env Environment) (gate.Request, error) {
	if len(args) != 3 {
		return gate.Request{}, fmt.Errorf("%d arguments: want ref name, old id and new id", len(args))
	}
	var u updates
	if err := u.add(args[1], args[2], args[0]); err != nil {
		return gate.Request{}, err
	}
	return env.request(u.list)
}
