package app

import (
	"context"
	"fmt"
	"sync"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// besides is a bus that runs something for as long as this process is a member of the group it consumes as: the figures are worked out
// where the facts are heard, and stop with them.
type besides struct {
	event.Bus
	run func(context.Context) error
}

// Subscribe implements event.Bus.
func (b *besides) Subscribe(group string, topics []string) (event.Subscription, error) {
	sub, err := b.Bus.Subscribe(group, topics)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	m := &member{Subscription: sub, stop: stop}
	m.running.Go(func() { m.failed = b.run(ctx) })
	return m, nil
}

type member struct {
	event.Subscription
	stop    context.CancelFunc
	running sync.WaitGroup
	failed  error
}

// Close implements event.Subscription: it leaves the group and waits, not longer than ctx, for what runs besides.
func (m *member) Close(ctx context.Context) error {
	m.stop()
	err := m.Subscription.Close(ctx)
	ended := make(chan struct{})
	go func() { m.running.Wait(); close(ended) }()
	select {
	case <-ended:
		if err == nil {
			err = m.failed
		}
		return err
	case <-ctx.Done():
		return fmt.Errorf("figures are still being worked out: %w", ctx.Err())
	}
}
