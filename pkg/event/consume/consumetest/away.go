package consumetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event/consume"
)

// testOutages: broker and stores are away for longer than any single wait. Writes go on while the publisher's own store is there;
// nothing is parked, nothing is lost, and everything comes in order afterwards.
func testOutages(t *testing.T, env Env) {
	k := newKit(t, env)
	k.run(k.pub.relay.Run)
	k.consume(k.lis, "views", consume.Fold(k.lis.project))
	k.consume(k.lis, "tallies", consume.React(k.lis.react))
	k.load(5, 2)
	k.eventually(func() error { return k.caughtUp(k.lis, true, true) })
	// tries waits until n tries have met the outage: far more than lie between two of the longest waits.
	tries := func(count func() int64) {
		t.Helper()
		before := count()
		k.eventually(func() error {
			if n := count() - before; n < 30 {
				return fmt.Errorf("%d tries", n)
			}
			return nil
		})
	}

	k.bus.down.Store(true)
	k.load(5, 3)
	tries(k.bus.refused.Load)
	if k.drained() == nil {
		t.Error("events left the outbox without a broker")
	}
	k.bus.down.Store(false)
	k.eventually(func() error { return k.caughtUp(k.lis, true, true) })

	k.lis.driver.down.Store(true)
	k.load(5, 3)
	tries(k.lis.driver.refused.Load)
	k.lis.driver.down.Store(false)
	k.eventually(func() error { return k.caughtUp(k.lis, true, true) })

	k.bus.down.Store(true) // so that the outbox is not empty when its store goes
	k.load(5, 3)
	k.pub.driver.down.Store(true)
	k.bus.down.Store(false)
	tries(k.pub.driver.refused.Load)
	k.pub.driver.down.Store(false)
	k.eventually(k.drained)
	k.eventually(func() error { return k.caughtUp(k.lis, true, true) })

	k.noLetters(k.pub.dead, k.lis.dead)
	k.must(inOrder(k.ctx, k.bus, k.topic, group(k.place, "reader"), map[string]int64{"a000": 11, "a001": 11, "a002": 11, "a003": 11, "a004": 11}))
}

// testPartlyAway: where a part of the broker is away, whatever is bound for the rest goes on, even when more is stuck than a relay
// takes at once.
func testPartlyAway(t *testing.T, env Env) {
	k := newKit(t, env)
	cfg := quick("test")
	cfg.Batch, cfg.Woken = 5, 1
	pub, err := newPublisher(k.ctx, k.pub.driver.Driver, k.bus, k.topic, cfg)
	k.must(err)
	k.pub = pub
	away := func(key string) bool { return key < "a020" }
	k.bus.away.Store(&away)
	k.load(40, 2)
	k.consume(k.lis, "tallies", consume.React(k.lis.react))
	k.run(k.pub.relay.Run)
	k.eventually(func() error {
		n, _, err := k.pub.driver.Backlog(k.ctx, []string{"assets"})
		if err == nil && n != 20 {
			err = fmt.Errorf("%d documents pending, 20 cannot be published", n)
		}
		return err
	})
	k.bus.away.Store(nil)
	k.eventually(k.drained)
	k.eventually(func() error { return k.caughtUp(k.lis, false, true) })
	k.complete(40, 2)
	k.noLetters(k.pub.dead, k.lis.dead)
}

// testPublishedLost: a relay that dies between publishing and taking out of the outbox publishes again; nobody notices, and in
// between the history, which has the events in both places, tells them once.
func testPublishedLost(t *testing.T, env Env) {
	k := newKit(t, env)
	k.consume(k.lis, "tallies", consume.React(k.lis.react))
	k.load(3, 2)
	published := func() {
		t.Helper()
		for i := range 3 {
			page, err := k.pub.relay.History(k.ctx, "assets", fmt.Sprintf("a%03d", i), 10, nil)
			k.must(err)
			if len(page.Docs) != 2 {
				t.Errorf("%d entries in the history", len(page.Docs))
			}
		}
	}
	const always = 1 << 40
	k.pub.driver.losePublished.Store(always)
	dying, cancel := context.WithCancel(k.ctx)
	flushed := make(chan error, 1)
	go func() { flushed <- k.pub.relay.Flush(dying) }()
	k.eventually(func() error {
		if n := always - k.pub.driver.losePublished.Load(); n < 3 {
			return fmt.Errorf("lost %d times", n)
		}
		return nil
	})
	cancel()
	if err := <-flushed; !errors.Is(err, context.Canceled) {
		t.Errorf("flushed: %v", err)
	}
	if k.drained() == nil {
		t.Error("the outbox is empty")
	}
	published()
	k.pub.driver.losePublished.Store(0)
	k.must(k.pub.relay.Flush(k.ctx))
	k.must(k.drained())
	published()
	k.eventually(func() error { return k.caughtUp(k.lis, false, true) })
	k.noLetters(k.pub.dead, k.lis.dead)
}
