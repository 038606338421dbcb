package docstore

import (
	"context"
	"sync"
	"time"
)

// keyed makes the callers of one process wait for each other on one document, which saves retries. Correctness does not depend on it (the
// version in the write sees to that): a caller goes on without the lock after lockWait, so that two transactions that touch the same
// documents in different orders cannot block each other for longer.
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
