package consume

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Backoff waits between retries: longer each time, with jitter, without a limit to their number. It is used by one goroutine.
type Backoff struct{ steps *backoff.ExponentialBackOff }

// NewBackoff makes a Backoff whose first wait is about first; each further one is twice as long, up to about longest.
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

// Reset makes the next wait the first one again. It is called after a try that succeeded.
func (p *Backoff) Reset() { p.steps.Reset() }
