package cli

import (
	"github.com/spf13/cobra"
)

func policyCommand(env Env) *cobra.Command {
	return group("policy", "Try a policy out before it counts",
		policyCheckCommand(env), policyClassesCommand(env), policyDiffCommand(env))
}
