package run

import (
	"context"
	"errors"
	"time"
)

// UntilStopped waits until ctx ends (a signal) or something of the group fails, then stops the stack within the given time. The error
// joins what failed with what could not be stopped; nil is a good end.
func UntilStopped(ctx context.Context, group *Group, stack *Stack, within time.Duration) error {
	select {
	case <-ctx.Done():
	case <-group.Context().Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	err := stack.Stop(stopping)
	return errors.Join(group.Err(), err)
}
