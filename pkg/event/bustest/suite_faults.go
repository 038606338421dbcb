package bustest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// fails publishes within limit and checks that every record failed, and for now only.
func fails(t *testing.T, bus event.Bus, limit time.Duration, records []event.Record) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	began := time.Now()
	errs := bus.Publish(ctx, records)
	if took := time.Since(began); took > limit+time.Second {
		t.Errorf("publish took %v, more than its deadline of %v", took, limit)
	}
	if len(errs) != len(records) {
		t.Fatalf("%d errors for %d records", len(errs), len(records))
	}
	for _, err := range errs {
		if _, permanent := errors.AsType[*event.PermanentError](err); err == nil || permanent {
			t.Fatalf("publish without a broker: %v, want an error that is not permanent", err)
		}
	}
}

// publishAtLast publishes until it succeeds.
func publishAtLast(t *testing.T, bus event.Bus, records []event.Record) {
	t.Helper()
	deadline := time.Now().Add(waitLimit)
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		errs := bus.Publish(ctx, records)
		cancel()
		if errs == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("publish still fails: %v", errors.Join(errs...))
		}
	}
}

func testNetworkDown(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	s := subscribe(t, bus, "g", topic)
	publish(t, bus, numbered(topic, "k", 0, 5)...)
	commit(t, s, collect(t, s, 5))

	b.Down()
	fails(t, bus, time.Second, numbered(topic, "k", 5, 5))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if got, err := s.Fetch(ctx, 10); err == nil {
		t.Errorf("fetch without a broker: %d records, want an error", len(got))
	}
	b.Up()

	publishAtLast(t, bus, numbered(topic, "k", 5, 5))
	if got := collect(t, s, 5); !cmp.Equal(distinct(got), numbers(5, 5)) {
		t.Errorf("after the network came back: %v", values(got))
	}
}

// testNetworkSilent: a broker that takes everything and answers nothing is noticed by Alive, and left behind once it answers again.
func testNetworkSilent(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	s := subscribe(t, bus, "g", topic)
	publish(t, bus, numbered(topic, "k", 0, 5)...)
	commit(t, s, collect(t, s, 5))

	b.Silent()
	fails(t, bus, time.Second, numbered(topic, "k", 5, 5))
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if got, err := s.Fetch(ctx, 10); err == nil {
		t.Errorf("fetch from a silent broker: %d records, want an error before its context ends", len(got))
	}
	if age := time.Since(s.Alive()); age < 3*time.Second {
		t.Errorf("alive %v ago, though the broker has been silent for longer", age)
	}
	b.Up()

	publishAtLast(t, bus, numbered(topic, "k", 5, 5))
	if got := collect(t, s, 5); !cmp.Equal(distinct(got), numbers(5, 5)) {
		t.Errorf("after the broker answered again: %v", values(got))
	}
	if age := time.Since(s.Alive()); age > 3*time.Second {
		t.Errorf("alive %v ago, though records come", age)
	}
}

func testCloseSilent(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	s := subscribe(t, bus, "g", topic)
	publish(t, bus, numbered(topic, "k", 0, 1)...)
	collect(t, s, 1)
	b.Silent()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	_ = bus.Close(ctx) // it may say that connections were cut
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("closing took %v, its deadline was 1 s", took)
	}
	b.Up()
}

func testLag(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topics := b.Topics(t, bus, 2)
	check := func(want ...int64) {
		t.Helper()
		got, err := bus.Lag(t.Context(), "g", topics)
		if err != nil {
			t.Fatalf("lag: %v", err)
		}
		if diff := cmp.Diff(map[string]int64{topics[0]: want[0], topics[1]: want[1]}, got); diff != "" {
			t.Errorf("lag (-want +got):\n%s", diff)
		}
	}
	s := subscribe(t, bus, "g", topics...) // the coordinator of a new group may take a moment to be there
	publish(t, bus, spread(topics[0], 0, 30)...)
	first := collect(t, s, 30)
	check(30, 0)
	commit(t, s, first)
	check(0, 0)
	publish(t, bus, append(spread(topics[0], 30, 7), spread(topics[1], 0, 3)...)...)
	check(7, 3)
	// A topic that is not there hides neither the others nor that the broker answers.
	got, err := bus.Lag(t.Context(), "g", append([]string{"missing." + unique()}, topics...))
	if diff := cmp.Diff(map[string]int64{topics[0]: 7, topics[1]: 3}, got); err == nil || diff != "" {
		t.Errorf("beside a topic that does not exist: %v (-want +got):\n%s", err, diff)
	}
	if got, err := bus.Lag(t.Context(), "g", nil); err != nil || len(got) != 0 {
		t.Errorf("of no topic: %v, %v", got, err)
	}
}

func testCreateTopics(t *testing.T, b *Broker) {
	one, two := b.Open(t), b.Open(t)
	names := []string{"made." + unique(), "made." + unique(), "made." + unique()}
	var wg sync.WaitGroup
	for _, bus := range []event.Bus{one, two, one, two} {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
			defer cancel()
			if err := bus.CreateTopics(ctx, names); err != nil {
				t.Errorf("create topics: %v", err)
				return
			}
			for _, name := range names { // at once, everywhere
				if errs := bus.Publish(ctx, spread(name, 0, 24)); errs != nil {
					t.Errorf("publish on a topic just made: %v", errors.Join(errs...))
				}
			}
		})
	}
	wg.Wait()
	collect(t, subscribe(t, one, "g", names...), 4*3*24)
}

func testCheckTopics(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	if err := bus.CheckTopics(t.Context(), []string{topic}); err != nil {
		t.Errorf("check of a topic that exists: %v", err)
	}
	err := bus.CheckTopics(t.Context(), []string{topic, "absent.one", "absent.two"})
	if err == nil || !strings.Contains(err.Error(), "absent.one") || !strings.Contains(err.Error(), "absent.two") || strings.Contains(err.Error(), topic) {
		t.Errorf("check of two topics that do not exist and one that does: %v", err)
	}
}

func testClosed(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	s := subscribe(t, bus, "g", topic)
	if err := bus.Close(t.Context()); err != nil {
		t.Fatalf("close: %v", err)
	}
	if errs := bus.Publish(t.Context(), numbered(topic, "k", 0, 1)); len(errs) != 1 || !errors.Is(errs[0], event.ErrClosed) {
		t.Errorf("publish: %v, want ErrClosed", errs)
	}
	if _, err := bus.Subscribe("g", []string{topic}); !errors.Is(err, event.ErrClosed) {
		t.Errorf("subscribe: %v, want ErrClosed", err)
	}
	if _, err := s.Fetch(t.Context(), 1); !errors.Is(err, event.ErrClosed) {
		t.Errorf("fetch: %v, want ErrClosed", err)
	}
}
