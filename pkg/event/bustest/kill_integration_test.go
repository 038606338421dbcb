//go:build integration

package bustest

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

// TestBrokersKilled kills the brokers of a cluster one after the other while records are published and consumed. Every record that
// was acknowledged is there, and both sides go on by themselves.
func TestBrokersKilled(t *testing.T) {
	cluster := testenv.KafkaBrokers(t)
	b := Real(t, cluster.Addrs)
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	r := newReader(t, b.Open(t), "g", topic)
	r.start()

	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	acknowledged, failures := map[int]bool{}, 0
	var wg sync.WaitGroup
	for p := range 4 {
		wg.Go(func() {
			for n := p * 1_000_000; ctx.Err() == nil; n += 24 {
				call, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				records := spread(topic, n, 24)
				errs := bus.Publish(call, records)
				cancel()
				mu.Lock()
				for i := range records {
					if errs == nil || errs[i] == nil {
						acknowledged[n+i] = true
					} else {
						failures++
					}
				}
				mu.Unlock()
			}
		})
	}
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged)
	}
	awaitMore := func(what string, than int) {
		t.Helper()
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.Now().Add(2 * waitLimit); count() <= than; <-tick.C {
			if time.Now().After(deadline) {
				t.Fatalf("%s: nothing more was acknowledged", what)
			}
		}
	}
	awaitMore("before any kill", 2000)
	for i := range cluster.Addrs {
		cluster.Kill(t, i)
		awaitMore(fmt.Sprintf("broker %d killed", i+1), count()+2000)
		cluster.Restart(t)
		awaitMore(fmt.Sprintf("broker %d back", i+1), count()+2000)
	}
	stop()
	wg.Wait()
	t.Logf("%d records acknowledged, %d refused or unknown", len(acknowledged), failures)

	seen := map[string]bool{}
	all := subscribe(t, b.Open(t), "audit", topic)
	for quiet := false; !quiet; {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		records, err := all.Fetch(ctx, 2000)
		quiet = err == nil && len(records) == 0 && len(seen) > 0
		cancel()
		for _, record := range records {
			seen[string(record.Value)] = true
		}
	}
	for n := range acknowledged {
		if !seen[strconv.Itoa(n)] {
			t.Fatalf("record %d was acknowledged and is gone (%d acknowledged, %d there)", n, len(acknowledged), len(seen))
		}
	}
	if got := await(t, len(seen), r); len(got) < len(seen) {
		t.Errorf("the consumer that ran all the while got %d records of %d", len(got), len(seen))
	}
	r.stop(t)
}
