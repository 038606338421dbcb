package docstore

import (
	"context"
	"sync"
	"time"
)

// keyed orders the callers of one process on one document. It is an economy, not a guarantee (the version in the write is that):
// a caller that has waited lockWait goes on without it, so that two transactions that touch the same documents in another order
// cannot stop each other.
type keyed struct {
	mu   sync.Mutex
	held map[Ref]*slot
}

type slot struct {
	free    chan struct{}
	waiters int
}

const lockWait = 250 * time.Millisecond

// lock waits for ref and returns what releases it.
func (k *keyed) lock(ctx context.Context, ref Ref) (unlock func()) {
	k.mu.Lock()
	if k.held == nil {
		k.held = map[Ref]*slot{}
	}
	s := k.held[ref]
	if s == nil {
		s = &slot{free: make(chan struct{}, 1)}
		s.free <- struct{}{}
		k.held[ref] = s
	}
	s.waiters++
	k.mu.Unlock()
	got := false
	timer := time.NewTimer(lockWait)
	defer timer.Stop()
	select {
	case <-s.free:
		got = true
	case <-timer.C:
	case <-ctx.Done():
	}
	return func() {
		if got {
			s.free <- struct{}{}
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		if s.waiters--; s.waiters == 0 {
			delete(k.held, ref)
		}
	}
}
