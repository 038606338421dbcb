package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/run"
)

// Program is a process by its command line.
type Program struct {
	Name string
	// Config points to the struct that the environment is read into, before any of the functions is called.
	Config any
	// Level is that of the log, Addr the host:port that it listens on.
	Level, Addr func() string
	// Serve runs until ctx ends; Migrate makes what Serve needs.
	Serve, Migrate func(ctx context.Context, log *slog.Logger) error
}

const usage = `usage: %[1]s            serve
       %[1]s migrate    make the indexes and the topics, or check the topics where they are the operator's
       %[1]s config     check the environment and show it
       %[1]s health     ask the service in the same container whether it is ready
       %[1]s --help     list the environment variables

`

// Main does what the arguments say, and answers the exit code.
func (p Program) Main() int {
	args := os.Args[1:]
	switch {
	case len(args) == 1 && (args[0] == "--help" || args[0] == "-h" || args[0] == "help"):
		fmt.Fprintf(os.Stdout, usage, p.Name)
		return code(config.Help(os.Stdout, Prefix, p.Config))
	case len(args) == 1 && args[0] == "config":
		return code(errors.Join(config.Check(Prefix, p.Config, os.Environ()), config.Print(os.Stdout, Prefix, p.Config)))
	case len(args) == 0, len(args) == 1 && (args[0] == "migrate" || args[0] == "health"):
	default:
		fmt.Fprintf(os.Stderr, usage, p.Name)
		return 2
	}
	if err := config.Load(Prefix, p.Config, os.Environ()); err != nil {
		return code(err)
	}
	log, err := run.NewLogger(os.Stderr, p.Level())
	if err != nil {
		return code(err)
	}
	for _, warning := range config.Unknown(Prefix, p.Config, os.Environ()) {
		log.Warn("environment", "warning", warning)
	}
	ctx, release := run.Signals(context.Background(), log, os.Exit)
	defer release()
	switch {
	case len(args) == 0:
		return code(p.Serve(ctx, log))
	case args[0] == "health":
		return code(health(ctx, p.Addr()))
	}
	return code(p.Migrate(ctx, log))
}

func code(err error) int {
	if err == nil {
		return 0
	}
	_, _ = io.WriteString(os.Stderr, err.Error()+"\n") // there is nobody else to tell
	return 1
}
