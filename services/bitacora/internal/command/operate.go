package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/mongodoc"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// closing bounds the end of a command.
const closing = 10 * time.Second

// clustered says whether the environment names a MongoDB: then commands work on that installation, else on the data folder.
func clustered() bool {
	return os.Getenv(process.Prefix+"_MONGODB_URI") != "" || os.Getenv(process.Prefix+"_MONGODB_URI_FILE") != ""
}

// cluster is an installation with MongoDB as the environment says it, and those of its services that a command is about.
type cluster struct {
	cfg   process.Config
	parts []local.Part
	log   *slog.Logger
}

// ofCluster reads the environment; of services none means all.
func ofCluster(services []string) (c cluster, err error) {
	if err = config.Load(process.Prefix, &c.cfg, os.Environ()); err != nil {
		return c, err
	}
	if c.parts, err = chosen(services, c.cfg.MongoDB.Database); err != nil {
		return c, err
	}
	c.log, err = run.NewLogger(os.Stderr, c.cfg.Log.Level)
	return c, err
}

func isService(name string) error {
	if !slices.ContainsFunc(local.Parts(), func(p local.Part) bool { return p.Name == name }) {
		return fmt.Errorf("no service is called %q: asset, workorder, delivery, status, people", name)
	}
	return nil
}

// openStore opens a service's documents where they are.
func openStore(ctx context.Context, name string) (docstore.Driver, error) {
	if clustered() {
		c, err := ofCluster([]string{name})
		if err != nil {
			return nil, err
		}
		return process.OpenStore(ctx, name, c.cfg, c.log, prometheus.NewRegistry())
	}
	if err := isService(name); err != nil {
		return nil, err
	}
	cfg, log, err := settings()
	if err != nil {
		return nil, err
	}
	path := local.StorePath(cfg.DataDir, name)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s holds no documents of %s yet: was it served from here? (BITACORA_DATA_DIR)", cfg.DataDir, name)
	}
	return sqlitedoc.Open(ctx, sqlitedoc.Config{Path: path, Logger: log})
}

func deadLetters() *cobra.Command {
	var name string
	c := &cobra.Command{Use: "dlq", Short: "List, show and re-drive the events that a consumer could not take",
		Long: "Dead letters are documents in the store of the service whose consumer failed. With BITACORA_MONGODB_URI they are those of that\ninstallation, else those of the data folder, which may be in use."}
	c.PersistentFlags().StringVar(&name, "service", "asset", "asset, workorder, delivery, status or people")
	with := func(do func(cmd *cobra.Command, d *consume.DeadLetters, args []string) error) func(*cobra.Command, []string) error {
		return func(cmd *cobra.Command, args []string) (err error) {
			ctx := caller.AsSystem(cmd.Context(), "operator")
			driver, err := openStore(ctx, name)
			if err != nil {
				return err
			}
			defer func() {
				closingCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
				defer cancel()
				err = errors.Join(err, driver.Close(closingCtx))
			}()
			cmd.SetContext(ctx)
			store := docstore.NewStore(driver, docstore.Options{})
			letters := consume.OpenDeadLetters(store)
			if err := store.Migrate(ctx); err != nil {
				return err
			}
			return do(cmd, letters, args)
		}
	}
	var consumer string
	list := &cobra.Command{Use: "list", Short: "List what is not cleared", Args: cobra.NoArgs, RunE: with(func(cmd *cobra.Command, d *consume.DeadLetters, _ []string) error {
		return printLetters(cmd, d, consumer)
	})}
	list.Flags().StringVar(&consumer, "consumer", "", "only this consumer's")
	show := &cobra.Command{Use: "show ID", Short: "Show one", Args: cobra.ExactArgs(1), RunE: with(func(cmd *cobra.Command, d *consume.DeadLetters, args []string) error {
		letter, err := d.Get(cmd.Context(), args[0])
		if err != nil {
			return fmt.Errorf("dead letter %s: %w", args[0], err)
		}
		out := json.NewEncoder(cmd.OutOrStdout())
		out.SetIndent("", "  ")
		return out.Encode(letter)
	})}
	redrive := &cobra.Command{Use: "redrive ID|all", Short: "Have the consumer try one, or with --consumer all of its, at once", Args: cobra.ExactArgs(1),
		RunE: with(func(cmd *cobra.Command, d *consume.DeadLetters, args []string) error {
			if args[0] != "all" {
				_, err := d.Redrive(cmd.Context(), args[0])
				return err
			}
			if consumer == "" {
				return errors.New("redrive all needs --consumer")
			}
			n, _, err := d.RedriveAll(cmd.Context(), consumer, math.MaxInt)
			fmt.Fprintf(cmd.OutOrStdout(), "%d to be tried again\n", n)
			return err
		})}
	redrive.Flags().StringVar(&consumer, "consumer", "", "whose dead letters `all` means")
	c.AddCommand(list, show, redrive)
	return c
}

// lettersPage is how many dead letters are read at once.
const lettersPage = 200

func printLetters(cmd *cobra.Command, d *consume.DeadLetters, consumer string) error {
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSTATUS\tATTEMPTS\tNEXT\tREASON")
	var after *docstore.Position
	for {
		page, err := d.List(cmd.Context(), consumer, after, lettersPage)
		if err != nil {
			return err
		}
		for _, l := range page.Docs {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", l.ID, l.State.Status, l.State.Attempts, l.State.NextAt, strings.ReplaceAll(l.State.Reason, "\n", " "))
		}
		if after = page.Next; after == nil {
			return w.Flush()
		}
	}
}

// servicesFlag gives a command for several services the flag that names those which it is about.
func servicesFlag(c *cobra.Command) *[]string {
	return c.Flags().StringSlice("service", nil, "asset, workorder, delivery, status or people, several with commas; all when not given")
}

// chosen are the services that are asked for, all when none is named. One database is one service's: what the charts give a service's pod
// names it, and the others' documents are not there.
func chosen(names []string, database string) (parts []local.Part, err error) {
	for _, name := range names {
		if err := isService(name); err != nil {
			return nil, err
		}
	}
	for _, p := range local.Parts() {
		if len(names) == 0 || slices.Contains(names, p.Name) {
			parts = append(parts, p)
		}
	}
	if database != "" && len(parts) > 1 {
		return nil, fmt.Errorf("%s_MONGODB_DATABASE is set to %q, which is the database of one service: say with --service NAME whose", process.Prefix, database)
	}
	return parts, nil
}

// published refuses topics that there are not, and those that none of the services publishes on: of both nothing would be published.
func published(parts []local.Part, topics []string) error {
	all := event.Topics()
	for _, name := range topics {
		i := slices.IndexFunc(all, func(t event.Topic) bool { return t.Name == name })
		if i < 0 {
			return fmt.Errorf("no topic is called %q: %s", name, strings.Join(event.TopicNames(), ", "))
		}
		if owner := all[i].Owner; !slices.ContainsFunc(parts, func(p local.Part) bool { return p.Name == owner }) {
			return fmt.Errorf("the topic %s is the service %s's: --service %s", name, owner, owner)
		}
	}
	return nil
}

func republish() *cobra.Command {
	var services *[]string
	c := &cobra.Command{Use: "republish [TOPIC…]", Short: "Publish the present state of every document again, for a lost topic or a new consumer",
		Long: "With BITACORA_MONGODB_URI it publishes to that installation's Kafka, beside running services; where BITACORA_MONGODB_DATABASE is set,\nas in a service's pod, --service says whose database that is. For a data folder, which must not be in use, it empties the broker's\nfolder as a whole: the next start publishes everything and all consumers begin again.",
		RunE: func(cmd *cobra.Command, topics []string) error {
			if !clustered() {
				if len(topics)+len(*services) > 0 {
					return errors.New("a data folder's broker is emptied as a whole: name neither topics nor services")
				}
				return emptyBroker()
			}
			c, err := ofCluster(*services)
			if err != nil {
				return err
			}
			if err := published(c.parts, topics); err != nil {
				return err
			}
			for _, p := range c.parts {
				n, err := process.Republish(cmd.Context(), p.Name, c.cfg, p.New, c.log, topics...)
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d documents published\n", p.Name, n)
			}
			return nil
		}}
	services = servicesFlag(c)
	return c
}

func emptyBroker() error {
	cfg, _, err := settings()
	if err != nil {
		return err
	}
	lock, err := run.LockFolder(cfg.DataDir, "republish", time.Now())
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(filepath.Join(cfg.DataDir, "broker")), lock.Release())
}

// initiating bounds the wait for a new replica set's primary.
const initiating = time.Minute

func migrate() *cobra.Command {
	var initiate string
	var services *[]string
	c := &cobra.Command{Use: "migrate", Short: "Make the indexes in MongoDB and the topics in Kafka; safe at any time", Args: cobra.NoArgs,
		Long: "A data folder needs none: serve does it at each start.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := ofCluster(*services)
			if err != nil {
				return err
			}
			if initiate != "" {
				waiting, cancel := context.WithTimeout(cmd.Context(), initiating)
				defer cancel()
				if err := mongodoc.Initiate(waiting, initiate); err != nil {
					return err
				}
			}
			for _, p := range c.parts {
				if err := process.Migrate(cmd.Context(), p.Name, c.cfg, p.New, c.log); err != nil {
					return err
				}
			}
			return nil
		}}
	services = servicesFlag(c)
	c.Flags().StringVar(&initiate, "initiate", "", "host:port of a MongoDB that is to be a replica set of one, made so first if it is not; for trials")
	return c
}
