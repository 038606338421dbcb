// Package run is the life of a process: what was started is stopped in reverse under a deadline, goroutines have an owner, the HTTP
// server drains before it closes, and whoever watches can ask for health, readiness and metrics.
package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// Stack stops what was started, last in first out. Push what stops a resource the moment it exists; then a start that fails half
// way stops what it had started with the same Stop.
type Stack struct {
	logger *slog.Logger
	each   time.Duration

	mu      sync.Mutex
	entries []entry
	stopped chan struct{} // closed when Stop has ended; nil before it began
	err     error
}

type entry struct {
	name string
	stop func(context.Context) error
}

// NewStack is an empty stack of which each entry has at most the time each to stop.
func NewStack(logger *slog.Logger, each time.Duration) *Stack {
	return &Stack{logger: logger, each: each}
}

// Push has stop called by Stop, before what was pushed earlier. On a stack that was stopped already it is called at once.
func (s *Stack) Push(name string, stop func(ctx context.Context) error) {
	s.mu.Lock()
	if s.stopped == nil {
		s.entries = append(s.entries, entry{name, stop})
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	if err := s.stopOne(context.Background(), entry{name, stop}); err != nil {
		s.logger.Error("late stop failed", "name", name, "error", err)
	}
}

// Stop stops everything, each entry within its own deadline and all within ctx's, and joins the errors. What does not end in time
// is left behind and named in the error. Further calls wait for the first one and answer the same.
func (s *Stack) Stop(ctx context.Context) error {
	s.mu.Lock()
	if s.stopped != nil {
		s.mu.Unlock()
		select {
		case <-s.stopped:
			return s.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.stopped = make(chan struct{})
	entries := s.entries
	s.entries = nil
	s.mu.Unlock()

	var errs []error
	for i := len(entries) - 1; i >= 0; i-- {
		begun := time.Now()
		err := s.stopOne(ctx, entries[i])
		s.logger.DebugContext(ctx, "stopped", "name", entries[i].name, "took", time.Since(begun), "error", err)
		if err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", entries[i].name, err))
		}
	}
	s.err = errors.Join(errs...)
	close(s.stopped)
	return s.err
}

// stopOne does not wait longer than the deadline, even for what does not heed it.
func (s *Stack) stopOne(ctx context.Context, e entry) error {
	ctx, cancel := context.WithTimeout(ctx, s.each)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- safely(ctx, e.stop) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		return fmt.Errorf("did not end in time: %w", ctx.Err())
	}
}

// grace is given after a deadline to whoever heeds it, to end with what it has to say.
const grace = 50 * time.Millisecond

// safely calls fn and answers a panic as an error.
func safely(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &PanicError{Value: r, Stack: debug.Stack()}
		}
	}()
	return fn(ctx)
}

// PanicError is a panic that was caught.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }
