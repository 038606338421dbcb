// Command load writes and reads through an installation until it is told to end, and says what became of every request and whether all
// that was acknowledged is there. It is for proofs and rehearsals, not for an installation in use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/load"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run() error {
	var at scenario.Addresses
	flag.StringVar(&at.All, "url", "", "address of the installation, where it has one")
	flag.StringVar(&at.Asset, "asset", "", "address of the asset service")
	flag.StringVar(&at.Workorder, "workorder", "", "address of the workorder service")
	flag.StringVar(&at.Delivery, "delivery", "", "address of the delivery service")
	flag.StringVar(&at.Status, "status", "", "address of the status service")
	flag.StringVar(&at.People, "people", "", "address of the people service")
	issuer := flag.String("oidc-issuer", "", "OIDC provider whose tokens are used")
	file := flag.String("clients", "", "JSON file of clients by user")
	length := flag.Duration("for", time.Minute, "how long, unless a signal comes first")
	once := flag.Bool("once", false, "a request that had to be sent again has failed")
	acknowledged := flag.String("acknowledged", "", "file to which the acknowledged versions are added")
	table := flag.String("table", "", "file to which the report is added as a row of a Markdown table")
	title := flag.String("title", "", "first field of that row")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *length)
	defer cancel()
	clients, err := scenario.ReadCredentials(*file)
	if err != nil {
		return err
	}
	tokenURL, err := scenario.Discover(ctx, *issuer)
	if err != nil {
		return err
	}
	r, err := load.Run(ctx, load.Config{Base: at.Base(), Tokens: scenario.OIDC(context.Background(), tokenURL, clients), Out: os.Stdout})
	if err != nil {
		return err
	}
	_, err = io.WriteString(os.Stdout, r.String())
	if err := errors.Join(err, add(*table, r.Row(*title)), add(*acknowledged, strings.Join(r.Acknowledged, "\n"))); err != nil {
		return err
	}
	switch {
	case !r.OK():
		return errors.New("not all is as it should be")
	case *once && r.Repeated() > 0:
		return fmt.Errorf("%d tries were not answered with success", r.Repeated())
	}
	return nil
}

// add appends a line to a file, where one is named.
func add(name, line string) error {
	if name == "" || line == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}
