package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/institution"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// tokenTTL is how long a demo user's token is in force.
const tokenTTL = 12 * time.Hour

func userNames() string {
	var names []string
	for _, u := range devissuer.Users() {
		names = append(names, u.Name)
	}
	return strings.Join(names, ", ")
}

func serve(version string) *cobra.Command {
	return &cobra.Command{Use: "serve", Short: "Run all services in this process, on one port", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, log, err := settings()
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			i, err := local.Start(ctx, cfg, version, log)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, i.Stop(context.WithoutCancel(ctx))) }()
			if err := i.LoadDemo(func() error { return loadDemo(cmd, cfg, i) }); err != nil {
				return err
			}
			if i.Issuer != nil && cfg.Demo != local.DemoOff { // also where the demonstration was loaded before there was a directory
				if err := demo.People(ctx, "http://"+i.Addr(), i.Issuer.Tokens(tokenTTL)); err != nil {
					return err
				}
			}
			if err := welcome(cmd.OutOrStdout(), i); err != nil {
				return err
			}
			return i.Wait(ctx)
		}}
}

// loadDemo has the demonstration loaded that is configured.
func loadDemo(cmd *cobra.Command, cfg local.Config, i *local.Installation) error {
	if cfg.Demo == local.DemoSmall {
		fmt.Fprintln(cmd.ErrOrStderr(), "Loading the demonstration (once)…")
		return demo.Load(cmd.Context(), "http://"+i.Addr(), i.Issuer.Tokens(tokenTTL))
	}
	s, bar := i.Stage(), newBar(cmd.ErrOrStderr(), "Making the demonstration (once, some seconds)")
	defer bar.done()
	return institution.Load(cmd.Context(), institution.Config{Stage: s, Handler: s.Handler, Base: s.Base, Progress: func(done, total int) {
		bar.show(done, total)
		s.Progress(done, total)
	}})
}

func welcome(w io.Writer, i *local.Installation) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nBitácora is ready on http://%s\nAPI reference: http://%s/docs\n", i.Addr(), i.Addr())
	var users []devissuer.User
	if i.Issuer != nil {
		users = devissuer.Users()
		fmt.Fprintf(&b, "\nDemo users and a token for each, in force for %s (bitacora token NAME prints one at any time):\n", tokenTTL)
	}
	for _, u := range users {
		t, err := i.Issuer.Mint(u.Name, tokenTTL)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "\n%s (%s; %s)\n%s\n", u.Name, u.Title, strings.Join(u.Grants, ", "), t)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
