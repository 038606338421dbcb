package bustest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// waitLimit is how long a test waits for what must come; a rebalance with a dead member takes a session and some seconds.
const waitLimit = 2 * time.Minute

// Run checks that the brokers that open makes keep the promises of event.Bus.
func Run(t *testing.T, open Opener) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, b *Broker)
	}{
		{"records and headers come as they were sent", testRoundTrip},
		{"fetch ends with its context, and at max", testFetchBounds},
		{"order per key under concurrent publishers", testOrder},
		{"two members share a group", testSharedGroup},
		{"what was committed does not come again", testCommit},
		{"what was not committed comes again", testNoCommit},
		{"a member that dies is replaced", testCrash},
		{"a member that lost its partitions cannot commit", testStaleCommit},
		{"replay from the beginning", testReplay},
		{"a record too large is refused for good and alone", testTooLarge},
		{"no network", testNetworkDown},
		{"a broker that does not answer", testNetworkSilent},
		{"closing is bounded when the broker does not answer", testCloseSilent},
		{"lag", testLag},
		{"topics made by two processes at once", testCreateTopics},
		{"missing topics are named", testCheckTopics},
		{"a topic that forgets is named", testForgetful},
		{"a topic of another number of partitions is named", testPartitions},
		{"a group without offsets begins where the log does", testTrimmed},
		{"what was deleted before it was read is reported once", testOutOfLog},
		{"a topic made again is read from its beginning", testMadeAgain},
		{"a topic that is missing keeps no other from being read", testMissing},
		{"a topic that comes back while the group is made is read", testBackWhileJoining},
		{"a topic that comes back at any time is read by every member", testBackAnyTime},
		{"nothing works after closing", testClosed},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func testRoundTrip(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	at := time.Date(2025, 8, 8, 16, 0, 0, 123e6, time.UTC)
	sent := []event.Record{
		{Topic: topic, Key: "BSIST000014", Value: []byte(`{"change":{},"state":{"name":"Clínica Hospital Santa Rosalía"}}`), Time: at,
			Headers: []event.Header{{Key: "ce_id", Value: []byte("1")}, {Key: "ce_id", Value: []byte("2")}, {Key: "traceparent", Value: nil}}},
		{Topic: topic, Key: "", Value: []byte{0, 255, '\n'}, Time: at.Add(-time.Hour)},
		{Topic: topic, Key: "large", Value: []byte(strings.Repeat(`{"a":1}`, 128_000)), Time: at},
	}
	publish(t, bus, sent...)
	got := collect(t, subscribe(t, bus, "g", topic), len(sent))
	ignored := cmpopts.IgnoreFields(event.Record{}, "Partition", "Offset")
	byKey := cmpopts.SortSlices(func(a, b event.Record) bool { return a.Key < b.Key })
	if diff := cmp.Diff(sent, got, ignored, byKey, cmp.Comparer(bytes.Equal)); diff != "" {
		t.Errorf("what came differs from what was sent (-sent +came):\n%s", diff)
	}
}

func testFetchBounds(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	s := subscribe(t, bus, "g", topic)
	publish(t, bus, numbered(topic, "k", 0, 25)...)
	for _, want := range []int{10, 10, 5} { // one partition: fetched at once, handed out in parts
		if got := fetch(t, s, 10); len(got) != want {
			t.Fatalf("%d records came, want %d", len(got), want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got, err := s.Fetch(ctx, 10); got != nil || err != nil {
		t.Errorf("at the end of its context Fetch returned %v, %v; want nothing", got, err)
	}
}

func testOrder(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	const publishers, rounds, batch = 8, 10, 20
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for round := range rounds { // two keys of each publisher's own in every call
				records := append(numbered(topic, fmt.Sprintf("a%d", p), round*batch, batch), numbered(topic, fmt.Sprintf("b%d", p), round*batch, batch)...)
				if errs := bus.Publish(t.Context(), records); errs != nil {
					t.Errorf("publish: %v", errors.Join(errs...))
				}
			}
		})
	}
	wg.Wait()
	want := map[string][]string{}
	for p := range publishers {
		for i := range rounds * batch {
			for _, k := range []string{"a", "b"} {
				key := fmt.Sprintf("%s%d", k, p)
				want[key] = append(want[key], fmt.Sprint(i))
			}
		}
	}
	got := map[string][]string{}
	for _, r := range collect(t, subscribe(t, bus, "g", topic), 2*publishers*rounds*batch) {
		got[r.Key] = append(got[r.Key], string(r.Value))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order per key (-want +got):\n%s", diff)
	}
}

// testSharedGroup: while the second joins and leaves nothing is lost, and once both are in, each partition is with one of them.
func testSharedGroup(t *testing.T, b *Broker) {
	bus, other := b.Open(t), b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	one, two := newReader(t, bus, "g", topic), newReader(t, other, "g", topic)
	next := 0
	publishUntil := func(done func() bool) {
		t.Helper()
		deadline := time.Now().Add(waitLimit)
		for !done() {
			if time.Now().After(deadline) {
				t.Fatal("the group did not share the partitions in time")
			}
			publish(t, bus, spread(topic, next, 24)...)
			next += 24
		}
	}
	one.start()
	publishUntil(func() bool { return len(one.partitionsSince(0)) == event.Partitions })
	two.start()
	publishUntil(func() bool {
		from := next - 5*24 // what came lately: every partition is written in every round
		p, q := one.partitionsSince(from), two.partitionsSince(from)
		return next > 5*24 && len(p) > 0 && len(q) > 0 && len(p)+len(q) == event.Partitions
	})
	two.stop(t)
	from := next
	publishUntil(func() bool { return len(one.partitionsSince(from)) == event.Partitions })
	seen := await(t, next, one, two)
	for i := range next {
		if !seen[i] {
			t.Fatalf("record %d of %d was lost", i, next)
		}
	}
	one.stop(t)
}

func testCommit(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	publish(t, bus, spread(topic, 0, 100)...)
	s := subscribe(t, bus, "g", topic)
	commit(t, s, collect(t, s, 100))
	closeNow(t, s)
	publish(t, bus, spread(topic, 100, 50)...)
	again := subscribe(t, b.Open(t), "g", topic)
	if got, want := values(collect(t, again, 50)), numbers(100, 50); !cmp.Equal(got, want) {
		t.Errorf("after the restart came %v, want only what was published since", got)
	}
}

func testNoCommit(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	publish(t, bus, numbered(topic, "k", 0, 10)...)
	s := subscribe(t, bus, "g", topic)
	commit(t, s, collect(t, s, 10)[:4])
	closeNow(t, s)
	got := values(collect(t, subscribe(t, bus, "g", topic), 6))
	if want := numbers(4, 6); !cmp.Equal(got, want) {
		t.Errorf("came %v, want %v", got, want)
	}
}

func testCrash(t *testing.T, b *Broker) {
	bus, dying := b.Open(t), b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	publish(t, bus, spread(topic, 0, 100)...)
	s := subscribe(t, dying, "g", topic)
	collect(t, s, 100)
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Close(over); err == nil { // no time to leave the group
		t.Log("the member had left before its connections were cut")
	}
	if got, want := values(collect(t, subscribe(t, bus, "g", topic), 100)), numbers(0, 100); !cmp.Equal(got, want) {
		t.Errorf("came %v, want everything", got)
	}
}

func testStaleCommit(t *testing.T, b *Broker) {
	bus, other := b.Open(t), b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	publish(t, bus, spread(topic, 0, 240)...)
	s := subscribe(t, bus, "g", topic)
	held := collect(t, s, 240)
	two := newReader(t, other, "g", topic)
	two.start()
	deadline := time.Now().Add(waitLimit)
	for len(two.partitionsSince(0)) == 0 { // it has got some of the partitions, and commits there
		if time.Now().After(deadline) {
			t.Fatal("the second member got nothing")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, _ = s.Fetch(ctx, 1)
		cancel()
	}
	if err := s.Commit(t.Context(), held); !errors.Is(err, event.ErrRebalanced) {
		t.Errorf("commit of records whose partitions went to another: %v, want ErrRebalanced", err)
	}
	two.stop(t)
}

func testReplay(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topics := b.Topics(t, bus, 2)
	for _, topic := range topics {
		publish(t, bus, numbered(topic, "k", 0, 10)...)
	}
	s := subscribe(t, bus, "g", topics...)
	commit(t, s, collect(t, s, 20))
	if err := bus.ResetGroup(t.Context(), "g", topics); err == nil {
		t.Error("a group with a member was reset")
	}
	closeNow(t, s)
	if err := bus.ResetGroup(t.Context(), "g", topics); err != nil {
		t.Fatalf("reset: %v", err)
	}
	got := values(collect(t, subscribe(t, bus, "g", topics...), 20))
	if want := slices.Sorted(slices.Values(append(numbers(0, 10), numbers(0, 10)...))); !cmp.Equal(got, want) {
		t.Errorf("came %v, want everything again", got)
	}
}

func testTooLarge(t *testing.T, b *Broker) {
	bus := b.Open(t)
	topic := b.Topics(t, bus, 1)[0]
	records := numbered(topic, "k", 0, 3)
	records[1].Value = make([]byte, 3<<20)
	errs := bus.Publish(t.Context(), records)
	if len(errs) != 3 || errs[0] != nil || errs[2] != nil {
		t.Fatalf("errors %v, want one for the second record only", errs)
	}
	if _, ok := errors.AsType[*event.PermanentError](errs[1]); !ok {
		t.Errorf("the error %v is not permanent", errs[1])
	}
	if got := values(collect(t, subscribe(t, bus, "g", topic), 2)); !cmp.Equal(got, []string{"0", "2"}) {
		t.Errorf("came %v, want the other two", got)
	}
}
