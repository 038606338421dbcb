// Command attack attacks an installation of its own, in kinds, at random from a seed, and writes what each found. It is a test's tool.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/attack"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	cfg := attack.Config{Out: os.Stdout, MongoURI: os.Getenv("MONGODB_URI"), Brokers: os.Getenv("KAFKA_BROKERS")}
	flag.StringVar(&cfg.Program, "program", "bin/bitacora", "the single binary")
	flag.StringVar(&cfg.Services, "services", "", "folder of the services' programs, for what needs MONGODB_URI and KAFKA_BROKERS")
	flag.StringVar(&cfg.Specs, "openapi", "api/openapi", "folder of the OpenAPI files")
	flag.StringVar(&cfg.Schemathesis, "schemathesis", "", "command of schemathesis, for what it does")
	flag.Uint64Var(&cfg.Seed, "seed", rand.Uint64N(1_000_000), "what the choices are made from") //nolint:gosec // no secret
	flag.StringVar(&cfg.Name, "name", "attack", "what the names of databases and topics begin with")
	flag.IntVar(&cfg.Kills, "kills", 50, "processes killed on each store")
	flag.IntVar(&cfg.Requests, "requests", 50_000, "requests of schemathesis")
	flag.IntVar(&cfg.Pages, "pages", 20_000, "requests to the console")
	flag.IntVar(&cfg.Rounds, "rounds", 10, "times that each race is run")
	flag.DurationVar(&cfg.Each, "each", 6*time.Minute, "how long a kind may go on until it has its count; the last one has what the others left")
	flag.DurationVar(&cfg.Within, "within", 29*time.Minute, "how long all may go on together")
	flag.IntVar(&cfg.Folders, "folders", 40, "copies of a folder that are damaged")
	flag.Func("harms", "expression of the names of what is done to folders (all)", func(text string) (err error) {
		cfg.Harms, err = regexp.Compile(text)
		return err
	})
	kinds := flag.String("kinds", strings.Join(attack.Kinds(), ","), "kinds of attack")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if cfg.Specs, err = filepath.Abs(cfg.Specs); err != nil { // schemathesis runs in a folder of its own
		return err
	}
	if cfg.Folder, err = os.MkdirTemp("", "bitacora-attack-"); err != nil {
		return err
	}
	results, err := attack.Run(ctx, cfg, strings.Split(*kinds, ","))
	found := 0
	fmt.Fprint(cfg.Out, "\n| kind | count | found | time |\n|---|---|---|---|\n")
	for _, r := range results {
		found += len(r.Findings)
		fmt.Fprintln(cfg.Out, r.Row())
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w (what it left is in %s)", err, cfg.Folder)
	case found > 0:
		return fmt.Errorf("%d findings (what it left is in %s)", found, cfg.Folder)
	case len(results) == 0:
		return errors.New("nothing was tried; kinds are " + strings.Join(attack.Kinds(), ", "))
	}
	return os.RemoveAll(cfg.Folder)
}
