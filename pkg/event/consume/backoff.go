package consume

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Backoff spaces the tries of what is unavailable: jittered, growing, without an end. It belongs to one goroutine.
type Backoff struct{ steps *backoff.ExponentialBackOff }

// NewBackoff waits about first at first, then longer and longer, at most about longest.
func NewBackoff(first, longest time.Duration) *Backoff {
	steps := backoff.NewExponentialBackOff()
	steps.InitialInterval, steps.MaxInterval, steps.Multiplier = first, longest, 2
	return &Backoff{steps}
}

// Wait sleeps for the next step; its error is ctx's.
func (p *Backoff) Wait(ctx context.Context) error {
	timer := time.NewTimer(p.steps.NextBackOff())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reset begins anew: the last try succeeded.
func (p *Backoff) Reset() { p.steps.Reset() }
