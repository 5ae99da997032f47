package cli

import (
	"github.com/spf13/cobra"
)

func keyringCommand(env Env) *cobra.Command {
	return group("keyring", "Show whose signatures count",
		keyringListCommand(env), keyringCheckCommand(env), keyringGraphCommand(env), keyringImportCommand(env))
}
