package run

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// ForcedExit is the exit code after a second signal.
const ForcedExit = 130

// Signals returns a context that the first SIGINT or SIGTERM cancels. The second signal calls force with ForcedExit (force is os.Exit in a
// main package), so that a stop that hangs can be cut short. release stops listening for signals and cancels the context.
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
					logger.Error("second signal: exiting at once", "signal", s.String())
					force(ForcedExit)
					return
				}
				logger.Info("signal: stopping", "signal", s.String())
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
