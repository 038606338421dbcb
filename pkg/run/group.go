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

// Group runs goroutines that live as long as the process. The first one that fails or panics cancels the group's context, and so ends
// the others; whoever runs the process waits for Context and reads Err.
type Group struct {
	logger *slog.Logger
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	running []string
	err     error
}

// NewGroup makes a group whose context is cancelled with ctx, at the first failure, and by Stop.
func NewGroup(ctx context.Context, logger *slog.Logger) *Group {
	g := &Group{logger: logger}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

// Go runs fn in a goroutine; fn must return soon after its context ends. A panic or an error fails the group, except context.Canceled once
// the context has ended; nil fails nothing.
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

// Context is the context of the goroutines. Its cause is the first failure, if one cancelled it.
func (g *Group) Context() context.Context { return g.ctx }

// Err joins the failures so far, each with the name of its goroutine.
func (g *Group) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

// Stop cancels the group's context and waits for the goroutines. When ctx ends first, the error names those that still run. Failures of
// goroutines are in Err, not here.
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
