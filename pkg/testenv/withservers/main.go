// Command withservers starts a MongoDB, a Kafka and a Keycloak, runs another command with their addresses in MONGODB_URI, KAFKA_BROKERS and
// KEYCLOAK_URL, and stops them afterwards: one of each for all the packages of a test run.
//
//	go run ./pkg/testenv/withservers go test -tags integration ./...
//
// A server that the environment names already is used. If one cannot be started the command still runs: its tests are then skipped with the
// reason, or fail under CI. It exits with the command's code.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: withservers COMMAND [ARGUMENT...]")
		return 2
	}
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 30 * time.Second
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Env = os.Environ()
	for _, s := range []struct {
		env   string
		start func(context.Context) (string, func(context.Context) error, error)
	}{
		{testenv.EnvMongoURI, testenv.StartMongo},
		{testenv.EnvKafkaBrokers, testenv.StartKafka},
		{testenv.EnvKeycloakURL, testenv.StartKeycloak},
	} {
		if os.Getenv(s.env) != "" {
			fmt.Fprintf(os.Stderr, "withservers: using %s=%s\n", s.env, os.Getenv(s.env))
			continue
		}
		begun := time.Now()
		address, stop, err := s.start(ctx)
		if err != nil {
			fmt.Fprintf(os.Stderr, "withservers: no %s: %v\n", s.env, err)
			continue
		}
		defer shutDown(ctx, s.env, stop)
		fmt.Fprintf(os.Stderr, "withservers: %s=%s (%.1f s)\n", s.env, address, time.Since(begun).Seconds())
		command.Env = append(command.Env, s.env+"="+address)
	}
	err := command.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "withservers:", err)
		return 1
	}
	return 0
}

func shutDown(ctx context.Context, env string, stop func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := stop(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "withservers: the server of %s was not stopped: %v\n", env, err)
	}
}
