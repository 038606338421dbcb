package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// Group owns goroutines that live as long as the process. The first one that fails or panics ends the group's context, and with it
// the others; Wait tells whoever runs the process.
type Group struct {
	logger *slog.Logger
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	running []string
	err     error
}

// NewGroup is a group whose goroutines' context ends with ctx, at the first failure and at Stop.
func NewGroup(ctx context.Context, logger *slog.Logger) *Group {
	g := &Group{logger: logger}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

// Go runs fn until it returns; fn must return soon after its context ends. An error before that, or a panic, fails the group.
func (g *Group) Go(name string, fn func(ctx context.Context) error) {
	g.mu.Lock()
	g.running = append(g.running, name)
	g.mu.Unlock()
	g.wg.Go(func() {
		err := safely(g.ctx, fn)
		g.mu.Lock()
		defer g.mu.Unlock()
		i := slices.Index(g.running, name)
		g.running = slices.Delete(g.running, i, i+1)
		if err == nil || g.ctx.Err() != nil && errors.Is(err, context.Canceled) {
			return
		}
		err = fmt.Errorf("%s: %w", name, err)
		g.err = errors.Join(g.err, err)
		if p, ok := errors.AsType[*PanicError](err); ok {
			g.logger.Error("goroutine panicked", "name", name, "error", err, "stack", string(p.Stack))
		} else {
			g.logger.Error("goroutine failed", "name", name, "error", err)
		}
		g.cancel(err)
	})
}

// Context ends when the group does; its cause is the failure that ended it.
func (g *Group) Context() context.Context { return g.ctx }

// Err is what failed so far.
func (g *Group) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// Stop ends the group's context, waits for the goroutines, not longer than ctx, and names those that did not end. Their failures
// are Err's, not Stop's: who stops a process that failed has heard of them.
func (g *Group) Stop(ctx context.Context) error {
	g.cancel(context.Canceled)
	ended := make(chan struct{})
	go func() { g.wg.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		g.mu.Lock()
		defer g.mu.Unlock()
		return fmt.Errorf("still running: %s: %w", strings.Join(g.running, ", "), ctx.Err())
	}
}
