package run

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// ForcedExit is the exit code of a process that was told twice to end.
const ForcedExit = 130

// Signals is a context that ends at the first SIGINT or SIGTERM. At the second, force is called with ForcedExit (os.Exit in a main
// package): the stop takes too long for whoever waits. release ends the watch.
func Signals(parent context.Context, logger *slog.Logger, force func(code int)) (ctx context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(parent)
	got := make(chan os.Signal, 2)
	signal.Notify(got, syscall.SIGINT, syscall.SIGTERM)
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; ; n++ {
			select {
			case s := <-got:
				if n > 0 {
					logger.Error("told twice to end: ending at once", "signal", s.String())
					force(ForcedExit)
					return
				}
				logger.Info("told to end", "signal", s.String())
				cancel(fmt.Errorf("signal: %s", s))
			case <-quit:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(got)
		close(quit)
		<-ended
		cancel(context.Canceled)
	}
}
