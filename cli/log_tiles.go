package cli

import (
	"github.com/spf13/cobra"

	"countersign/journal/merkle"
	"countersign/report"
)

func logTilesCommand(env Env, repository *string, format *outputs) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tiles FOLDER",
		Short: "Copy the log's tiles and its newest checkpoint to a folder that a web server serves",
		Long: `Writes to FOLDER what it lacks of the tree of the journal's records, in the form of
https://c2sp.org/tlog-tiles, and the newest checkpoint last. It holds hashes, and nothing of what the records say.
Only what is new is written, so it can run after each log checkpoint.`,
		Args: cobra.ExactArgs(1),
	}
	key := publicKeyFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		path, err := logPath(env, *repository)
		if err != nil {
			return err
		}
		c, signed, err := published(cmd.Context(), env, path, *key)
		if err != nil {
			return err
		}
		files, err := merkle.Open(path+treeSuffix).CopyTo(env.path(args[0]), signed)
		if err != nil {
			return err
		}
		env.list(format, copied{c.Origin, c.Size, files}, func(out *report.Printer) {
			out.Printf("%d files of tiles, for %d records of %s\n", files, c.Size, c.Origin)
		})
		return nil
	}
	return cmd
}

// copied is what log tiles has written.
type copied struct {
	Log     string `json:"log"`
	Records int64  `json:"records"`
	Files   int    `json:"files"`
}
