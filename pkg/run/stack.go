// Package run starts and stops a process: what was started is stopped in reverse order under a deadline, a failing goroutine ends the
// process, the HTTP server drains before it closes, and /healthz, /readyz and /metrics are served.
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

// Stack stops what was started, last in first out. Push the stop function of a resource as soon as it exists: then a start that fails half
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

// NewStack makes an empty stack. each is the longest time that one entry may take to stop.
func NewStack(logger *slog.Logger, each time.Duration) *Stack {
	return &Stack{logger: logger, each: each}
}

// Push adds a function for Stop to call, before those that were pushed earlier. Once Stop has begun it is called at once, and its error logged.
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

// Stop calls all functions, one after the other, each within its own deadline and all within ctx's, and joins their errors. One that does
// not return in time is left running and named in the error. Further calls wait for the first one and return its error.
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

// stopOne waits no longer than the deadline and grace, also for a function that ignores its context.
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

// grace is how long after the deadline a function may still return its own error.
const grace = 50 * time.Millisecond

// safely calls fn and returns a panic as a *PanicError.
func safely(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &PanicError{Value: r, Stack: debug.Stack()}
		}
	}()
	return fn(ctx)
}

// PanicError is a recovered panic: its value and the stack where it happened.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }
