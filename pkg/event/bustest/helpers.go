package bustest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/kafkabus"
)

// numbered makes n records of one key whose values count from first.
func numbered(topic, key string, first, n int) []event.Record {
	records := make([]event.Record, n)
	for i := range records {
		records[i] = event.Record{Topic: topic, Key: key, Value: []byte(strconv.Itoa(first + i))}
	}
	return records
}

// keys has a key for each partition.
var keys = func() (keys [event.Partitions]string) {
	for i := 0; slices.Contains(keys[:], ""); i++ {
		key := fmt.Sprint("key", i)
		keys[kafkabus.Partition(key)] = key
	}
	return keys
}()

// spread makes n records whose values count from first, one partition after the other.
func spread(topic string, first, n int) []event.Record {
	records := make([]event.Record, n)
	for i := range records {
		records[i] = event.Record{Topic: topic, Key: keys[(first+i)%event.Partitions], Value: []byte(strconv.Itoa(first + i))}
	}
	return records
}

func numbers(first, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strconv.Itoa(first + i)
	}
	slices.Sort(out)
	return out
}

// values are the records' values, sorted.
func values(records []event.Record) []string {
	out := make([]string, len(records))
	for i, r := range records {
		out[i] = string(r.Value)
	}
	slices.Sort(out)
	return out
}

func distinct(records []event.Record) []string { return slices.Compact(values(records)) }

func publish(t testing.TB, bus event.Bus, records ...event.Record) {
	t.Helper()
	if errs := bus.Publish(t.Context(), records); errs != nil {
		t.Fatalf("publish: %v", errors.Join(errs...))
	}
}

func subscribe(t testing.TB, bus event.Bus, group string, topics ...string) event.Subscription {
	t.Helper()
	s, err := bus.Subscribe(group, topics)
	if err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	return s
}

// fetch returns what comes next; errors of a group that is not there yet are waited out.
func fetch(t testing.TB, s event.Subscription, limit int) []event.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	for {
		records, err := s.Fetch(ctx, limit)
		switch {
		case err != nil:
			t.Logf("fetch: %v", err)
			if errors.Is(err, event.ErrClosed) || errors.Is(err, event.ErrOffsetLost) {
				t.Fatal("no use in waiting")
			}
		case len(records) > 0:
			return records
		case ctx.Err() != nil:
			t.Fatal("nothing came in time")
		}
	}
}

// collect fetches n records or more.
func collect(t testing.TB, s event.Subscription, n int) []event.Record {
	t.Helper()
	var out []event.Record
	for len(out) < n {
		out = append(out, fetch(t, s, 500)...)
	}
	return out
}

func commit(t testing.TB, s event.Subscription, records []event.Record) {
	t.Helper()
	if err := s.Commit(t.Context(), records); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

func closeNow(t testing.TB, s event.Subscription) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// reader is a consumer in a goroutine of its own that commits what it gets and remembers it.
type reader struct {
	start func()
	quit  context.CancelFunc
	done  chan struct{}
	sub   event.Subscription

	mu   sync.Mutex
	seen map[int]int // value -> partition
}

func newReader(t testing.TB, bus event.Bus, group string, topics ...string) *reader {
	ctx, quit := context.WithCancel(t.Context())
	r := &reader{quit: quit, done: make(chan struct{}), seen: map[int]int{}}
	r.start = func() {
		r.sub = subscribe(t, bus, group, topics...)
		go func() {
			defer close(r.done)
			for ctx.Err() == nil {
				r.step(ctx, t)
			}
		}()
	}
	return r
}

func (r *reader) step(ctx context.Context, t testing.TB) {
	records, err := r.sub.Fetch(ctx, 500)
	if err != nil {
		t.Logf("reader: fetch: %v", err)
	}
	if len(records) == 0 {
		return
	}
	r.mu.Lock()
	for _, record := range records {
		n, _ := strconv.Atoi(string(record.Value))
		r.seen[n] = record.Partition
	}
	r.mu.Unlock()
	if err := r.sub.Commit(ctx, records); err != nil && !errors.Is(err, event.ErrRebalanced) {
		t.Logf("reader: commit: %v", err)
	}
}

func (r *reader) stop(t testing.TB) {
	r.quit()
	<-r.done
	closeNow(t, r.sub)
}

// partitionsSince are the partitions of the records that r has seen, from value first on.
func (r *reader) partitionsSince(first int) map[int]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[int]bool{}
	for n, p := range r.seen {
		if n >= first {
			out[p] = true
		}
	}
	return out
}

// await returns what the readers have seen once that is n different records, or at the latest after a while.
func await(t testing.TB, n int, readers ...*reader) map[int]bool {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(waitLimit)
	for {
		all := map[int]bool{}
		for _, r := range readers {
			r.mu.Lock()
			for v := range r.seen {
				all[v] = true
			}
			r.mu.Unlock()
		}
		if len(all) >= n || time.Now().After(deadline) {
			return all
		}
		<-tick.C
	}
}
