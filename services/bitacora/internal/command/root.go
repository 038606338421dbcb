// Package command is the command line of the single binary.
package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/run"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/signin"
)

// Root is the whole command line.
func Root(version string) *cobra.Command {
	root := &cobra.Command{Use: "bitacora", Short: "Bitácora: the logbook of a national health institution's equipment and works",
		Version: version, SilenceUsage: true, SilenceErrors: true,
		Long: "All services in one process (serve), and what an operator needs: tokens of demo users, the scenario that proves an installation,\n" +
			"dead letters, republishing, migration, backup and restore. The environment variables are listed by `bitacora config help`."}
	root.AddCommand(serve(version), token(), scenario.Command(), signin.Command(), auditing(), deadLetters(), republish(), migrate(), importing(), backup(version), restore(), adopt(), survey(), configuration())
	return root
}

// settings are the single binary's environment, with a warning for each unknown variable.
func settings() (local.Config, *slog.Logger, error) {
	var cfg local.Config
	if err := config.Load(process.Prefix, &cfg, os.Environ()); err != nil {
		return cfg, nil, err
	}
	log, err := run.NewLogger(os.Stderr, cfg.Log.Level)
	if err != nil {
		return cfg, nil, err
	}
	for _, warning := range config.Unknown(process.Prefix, &cfg, os.Environ()) {
		log.Warn("environment", "warning", warning)
	}
	return cfg, log, nil
}

func configuration() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check or explain the environment variables"}
	var cfg local.Config
	c.AddCommand(&cobra.Command{Use: "check", Short: "Check the environment; an unknown BITACORA_ variable is an error", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return errors.Join(config.Check(process.Prefix, &cfg, os.Environ()), config.Print(cmd.OutOrStdout(), process.Prefix, &cfg))
		}})
	c.AddCommand(&cobra.Command{Use: "help", Short: "List the environment variables with their defaults", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return config.Help(cmd.OutOrStdout(), process.Prefix, &cfg)
		}})
	return c
}

func token() *cobra.Command {
	var ttl = tokenTTL
	c := &cobra.Command{Use: "token NAME", Short: "Print a bearer token of a demo user; not where there is an OIDC provider", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, _, err := settings()
			if err != nil {
				return err
			}
			if provider := cfg.OIDC.Issuer; provider != "" {
				return fmt.Errorf("BITACORA_OIDC_ISSUER is set: only tokens of %[1]s are believed, and it alone hands them out. A client's is had from the "+
					"token_endpoint that %[1]s/.well-known/openid-configuration names, with grant_type=client_credentials, client_id and client_secret; "+
					"a person's by signing in there", provider)
			}
			issuer, err := local.Issuer(cfg.DataDir)
			if err != nil {
				return err
			}
			t, err := issuer.Mint(args[0], ttl)
			if err != nil {
				return fmt.Errorf("%w; the demo users are %s", err, userNames())
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), t)
			return err
		}}
	c.Flags().DurationVar(&ttl, "ttl", ttl, "how long the token is in force")
	return c
}

// Execute runs the command line and answers the exit code.
func Execute(version string) int {
	log, err := run.NewLogger(os.Stderr, "info")
	if err != nil {
		fmt.Fprintln(os.Stderr, "bitacora:", err)
		return 1
	}
	ctx, release := run.Signals(context.Background(), log, os.Exit)
	defer release()
	if err := Root(version).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bitacora:", err)
		return 1
	}
	return 0
}
