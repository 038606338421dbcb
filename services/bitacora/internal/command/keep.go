package command

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bitacora-salud/bitacora/pkg/event/relay"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

func backup(version string) *cobra.Command {
	return &cobra.Command{Use: "backup FOLDER", Short: "Copy the data folder into a new folder, while it is served", Args: cobra.ExactArgs(1),
		Long: "All stores are copied as they were at one instant, examined and counted; the folder appears when it is whole. It holds the demo issuer's\nkeys, too: keep it as safe as the data folder. The broker's log is not copied; it is made again from the documents.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if clustered() {
				return errors.New("MongoDB is backed up by its own means: deploy/backup.md says how")
			}
			cfg, log, err := settings()
			if err != nil {
				return err
			}
			m, err := local.Backup(cmd.Context(), cfg.DataDir, args[0], version, time.Now(), log)
			if err != nil {
				return err
			}
			return printCounts(cmd.OutOrStdout(), m.Counts)
		}}
}

func restore() *cobra.Command {
	return &cobra.Command{Use: "restore FOLDER", Short: "Put a backup's content into the data folder, which must hold nothing", Args: cobra.ExactArgs(1),
		Long: "Every file is held against the backup's own list. Until a restore has ended its folder is not served; one that was cut off is begun\nagain by the next. The first start afterwards publishes everything to a new broker.",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, _, err := settings()
			if err != nil {
				return err
			}
			m, err := local.Restore(cmd.Context(), args[0], cfg.DataDir, time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "restored into %s what was there at %s\n", cfg.DataDir, m.At)
			return printCounts(cmd.OutOrStdout(), m.Counts)
		}}
}

func survey() *cobra.Command {
	var topics bool
	var services *[]string
	c := &cobra.Command{Use: "survey", Short: "Count what every collection holds; with --topics, hold the topics against it", Args: cobra.NoArgs,
		Long: "With BITACORA_MONGODB_URI it counts that installation's documents, else those of the data folder; either may be in use. --topics reads\nthe whole of Kafka's topics and ends with exit code 1 when they tell what the documents do not know, as they do when an older store\nwas restored; it is exact while nobody writes.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !clustered() {
				if len(*services) > 0 {
					return errors.New("--service is for installations with MongoDB: a data folder is surveyed as a whole")
				}
				if topics {
					return errors.New("--topics is for installations with Kafka: a data folder's broker is private to the process that serves it")
				}
				cfg, log, err := settings()
				if err != nil {
					return err
				}
				counts, err := local.Survey(cmd.Context(), cfg.DataDir, log)
				return errors.Join(err, printCounts(cmd.OutOrStdout(), counts))
			}
			return surveyed(cmd, *services, topics)
		}}
	services = servicesFlag(c)
	c.Flags().BoolVar(&topics, "topics", false, "read the topics, too")
	return c
}

func surveyed(cmd *cobra.Command, services []string, topics bool) error {
	of, err := ofCluster(services)
	if err != nil {
		return err
	}
	counts := local.Counts{}
	var perTopic []relay.TopicCount
	for _, p := range of.parts {
		c, t, err := process.Survey(cmd.Context(), p.Name, of.cfg, p.New, of.log, topics)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		counts[p.Name], perTopic = c, append(perTopic, t...)
	}
	if err := printCounts(cmd.OutOrStdout(), counts); err != nil || !topics {
		return err
	}
	return printTopics(cmd.OutOrStdout(), perTopic)
}

func printCounts(out io.Writer, counts local.Counts) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "COLLECTION\tDOCUMENTS\tPENDING\tDIGEST")
	for _, p := range local.Parts() {
		for _, c := range counts[p.Name] {
			fmt.Fprintf(w, "%s/%s\t%d\t%d\t%s\n", p.Name, c.Collection, c.Documents, c.Pending, c.Digest)
		}
	}
	return w.Flush()
}

// errTopicsAhead says what to do; deploy/backup.md says why.
var errTopicsAhead = errors.New("the topics tell what the documents do not know: an older store was restored under them; begin with new topics (deploy/backup.md)")

func printTopics(out io.Writer, topics []relay.TopicCount) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "TOPIC\tRECORDS\tAHEAD\tUNKNOWN\tOTHER\tUNTOLD")
	agree := true
	for _, t := range topics {
		agree = agree && t.Agrees()
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\n", t.Topic, t.Records, t.Ahead, t.Unknown, t.Other, t.Missing)
	}
	if err := w.Flush(); err != nil || agree {
		return err
	}
	return errTopicsAhead
}

func adopt() *cobra.Command {
	return &cobra.Command{Use: "adopt", Short: "Go on with a data folder's stores as they are, and give up what is not in them", Args: cobra.NoArgs,
		Long: "For a folder that serve refuses because its stores do not fit together, when neither the right files nor a backup can be had. Every store is\n" +
			"examined and taken as it is; the next start publishes all documents again and makes the figures again. What was written after the\n" +
			"oldest of the stores, and is only told by another, stays as the other tells it until the document changes next: bitacora audit\n" +
			"lists what differs, and people enter again what is missing.",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, _, err := settings()
			if err != nil {
				return err
			}
			lock, err := run.LockFolder(cfg.DataDir, "adopt", time.Now())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, lock.Release()) }()
			if err := local.Adopt(cmd.Context(), cfg.DataDir); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is taken as it is; the next bitacora serve makes the rest again\n", cfg.DataDir)
			return err
		}}
}
