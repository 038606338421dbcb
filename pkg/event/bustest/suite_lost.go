package bustest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// testForgetful: a topic that does not keep its whole log is refused by name, with what to do, by whoever makes topics and by whoever asks.
func testForgetful(t *testing.T, b *Broker) {
	bus, operator := b.Open(t), b.admin(t)
	topics := b.Topics(t, bus, 2)
	checked := func() error {
		return retried(t, func() error { return bus.CheckTopics(t.Context(), topics) })
	}
	for _, setting := range []struct{ name, wrong, right string }{
		{"retention.ms", "604800000", "-1"},
		{"retention.bytes", "1073741824", "-1"},
		{"cleanup.policy", "compact", "delete"},
		{"cleanup.policy", "compact,delete", "delete"},
	} {
		operator.set(topics[0], setting.name, setting.wrong)
		await := time.Now().Add(waitLimit)
		err := checked()
		for err == nil && time.Now().Before(await) { // brokers learn of it a moment later
			err = checked()
		}
		for _, part := range []string{topics[0], setting.name + "=" + setting.wrong, "kafka-configs.sh", "bitacora republish"} {
			if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), topics[1]) {
				t.Fatalf("%s=%s: %v does not name %s, or names the other topic", setting.name, setting.wrong, err, part)
			}
		}
		if err := bus.CreateTopics(t.Context(), topics); err == nil || !strings.Contains(err.Error(), topics[0]) {
			t.Errorf("migrate takes the topic that is there: %v", err)
		}
		operator.set(topics[0], setting.name, setting.right)
		for err = checked(); err != nil && time.Now().Before(await); {
			err = checked()
		}
		if err != nil {
			t.Fatalf("%s=%s: %v", setting.name, setting.right, err)
		}
	}
}

// retried repeats what a broker that is just becoming ready answers with an error that may be over at another try.
func retried(t *testing.T, ask func() error) error {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); ; {
		if err := ask(); !errors.Is(err, event.ErrUnavailable) || time.Now().After(deadline) {
			return err
		}
	}
}

// testPartitions: a topic of fewer or more partitions than all others is refused by name.
func testPartitions(t *testing.T, b *Broker) {
	bus, operator := b.Open(t), b.admin(t)
	for _, n := range []int32{event.Partitions / 2, 2 * event.Partitions} {
		topic := "test." + unique()
		operator.create(topic, n)
		checked := func() error { return retried(t, func() error { return bus.CheckTopics(t.Context(), []string{topic}) }) }
		err := checked()
		for deadline := time.Now().Add(waitLimit); err != nil && strings.Contains(err.Error(), "do not exist") && time.Now().Before(deadline); {
			err = checked()
		}
		if want := fmt.Sprintf("%s (%d)", topic, n); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d partitions: %v, want %q in it", n, err, want)
		}
	}
}

// gather fetches and commits until n different records have come, and returns them with the losses that were reported meanwhile.
func gather(t *testing.T, s event.Subscription, n int) (records []event.Record, losses []event.LostError) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	for len(distinct(records)) < n {
		got, err := s.Fetch(ctx, 500)
		if loss, ok := errors.AsType[*event.LostError](err); ok {
			losses = append(losses, *loss)
		} else if err != nil {
			t.Logf("fetch: %v", err)
		}
		if ctx.Err() != nil {
			t.Fatalf("%d records of %d came, losses %v", len(distinct(records)), n, losses)
		}
		records = append(records, got...)
		if err := s.Commit(ctx, got); err != nil && !errors.Is(err, event.ErrRebalanced) {
			t.Logf("commit: %v", err)
		}
	}
	return records, losses
}

// nothing checks that nothing comes, neither records nor losses.
func nothing(t *testing.T, s event.Subscription) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		got, err := s.Fetch(ctx, 10)
		if errors.Is(err, event.ErrOffsetLost) || len(got) > 0 {
			t.Fatalf("%d records and %v came, want nothing", len(got), err)
		}
	}
}

// testTrimmed: a group without offsets begins where the log does, and gets one LostError, since records were deleted before.
func testTrimmed(t *testing.T, b *Broker) {
	bus, operator := b.Open(t), b.admin(t)
	topic := b.Topics(t, bus, 1)[0]
	publish(t, bus, spread(topic, 0, 10*event.Partitions)...)
	operator.trim(topic, 7)
	const left = 3 * event.Partitions
	s := subscribe(t, bus, "g", topic)
	records, losses := gather(t, s, left)
	if diff := cmp.Diff(numbers(7*event.Partitions, left), distinct(records)); diff != "" {
		t.Errorf("what came (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]event.LostError{{Topic: topic, How: event.Trimmed}}, losses); diff != "" {
		t.Errorf("losses reported (-want +got):\n%s", diff)
	}
	lag, err := bus.Lag(t.Context(), "another", []string{topic})
	if err != nil || lag[topic] != left {
		t.Errorf("a new group is %d behind (%v), there are %d records", lag[topic], err, left)
	}
	closeNow(t, s)
	nothing(t, subscribe(t, bus, "g", topic))
}

// testOutOfLog: a group whose next records were deleted says so once and goes on with those that are there.
func testOutOfLog(t *testing.T, b *Broker) {
	bus, operator := b.Open(t), b.admin(t)
	topic := b.Topics(t, bus, 1)[0]
	publish(t, bus, spread(topic, 0, 2*event.Partitions)...)
	s := subscribe(t, bus, "g", topic)
	gather(t, s, 2*event.Partitions)
	closeNow(t, s)
	publish(t, bus, spread(topic, 2*event.Partitions, 8*event.Partitions)...)
	operator.trim(topic, 9)
	s = subscribe(t, bus, "g", topic)
	records, losses := gather(t, s, event.Partitions)
	if diff := cmp.Diff(numbers(9*event.Partitions, event.Partitions), distinct(records)); diff != "" {
		t.Errorf("what came (-want +got):\n%s", diff)
	}
	if len(losses) == 0 || losses[0] != (event.LostError{Topic: topic, How: event.OutOfLog}) {
		t.Errorf("losses reported: %v", losses)
	}
	closeNow(t, s)
	nothing(t, subscribe(t, bus, "g", topic))
}

// testMadeAgain: a topic that is deleted and made again is noticed by whoever reads it, although by then it has grown longer than it was; all
// that is in it is read, and the loss is reported once to each member.
func testMadeAgain(t *testing.T, b *Broker) {
	bus, operator := b.Open(t), b.admin(t)
	topic, other := b.Topics(t, bus, 2)[0], b.Topics(t, bus, 1)[0]
	s := subscribe(t, bus, "g", topic, other)
	publish(t, bus, spread(topic, 0, 3*event.Partitions)...)
	gather(t, s, 3*event.Partitions)
	again := func(first, n int) {
		t.Helper()
		operator.delete(topic)
		if err := retried(t, func() error { return bus.CreateTopics(t.Context(), []string{topic}) }); err != nil {
			t.Fatalf("make it again: %v", err)
		}
		operator.until(topic, true)
		publishAtLast(t, bus, spread(topic, first, n))
	}
	const many = 10 * event.Partitions
	for round := 1; round <= 2; round++ {
		again(1000*round, many)
		records, losses := gather(t, s, many)
		if diff := cmp.Diff(numbers(1000*round, many), distinct(records)); diff != "" {
			t.Errorf("round %d: what came (-want +got):\n%s", round, diff)
		}
		// Which Loss it is depends on what is noticed first: another id, or a position that the new log does not have.
		if len(losses) != 1 || losses[0].Topic != topic {
			t.Errorf("round %d: losses reported: %v, want one, of %s", round, losses, topic)
		}
		publish(t, bus, spread(other, round, 1)...)
		gather(t, s, 1)
	}
	closeNow(t, s)
	s = subscribe(t, bus, "g", topic, other)
	nothing(t, s)
	closeNow(t, s)
	// The same while nobody reads. Whether that is noticed depends on the broker: most forget a deleted topic's offsets.
	again(5000, many)
	records, _ := gather(t, subscribe(t, bus, "g", topic, other), many)
	if diff := cmp.Diff(numbers(5000, many), distinct(records)); diff != "" {
		t.Errorf("made again while nobody read: what came (-want +got):\n%s", diff)
	}
}

// deleted deletes a topic and waits until the broker says that it is missing, and what to do.
func deleted(t *testing.T, bus event.Bus, operator admin, topic string) {
	t.Helper()
	operator.delete(topic)
	for deadline := time.Now().Add(waitLimit); ; {
		err := retried(t, func() error { return bus.CheckTopics(t.Context(), []string{topic}) })
		if err != nil && strings.Contains(err.Error(), topic) && strings.Contains(err.Error(), "run bitacora republish") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the deleted topic is not said to be missing, with what to do: %v", err)
		}
	}
}

// testMissing: a topic that does not exist is waited for, and those that do are read meanwhile.
func testMissing(t *testing.T, b *Broker) {
	bus, operator := b.Open(t), b.admin(t)
	topics := b.Topics(t, bus, 2)
	topic, other := topics[0], topics[1]
	deleted(t, bus, operator, topic)
	s := subscribe(t, bus, "g", topic, other)
	const many = 3 * event.Partitions
	publish(t, bus, spread(other, 0, many)...)
	gather(t, s, many)
	operator.create(topic, event.Partitions)
	publishAtLast(t, bus, spread(topic, many, many))
	if records, _ := gather(t, s, many); !cmp.Equal(distinct(records), numbers(many, many)) {
		t.Errorf("of the topic that was missing came %v", distinct(records))
	}
}

// testBackWhileJoining: a topic that is missing when the partitions are assigned, and exists when the members get their assignments, is read: no
// later look sees a change.
func testBackWhileJoining(t *testing.T, b *Broker) {
	if b.config.TLS != nil {
		t.Skip("what is encrypted cannot be held")
	}
	bus, operator := b.Open(t), b.admin(t)
	topics := b.Topics(t, bus, 2)
	topic, other := topics[0], topics[1]
	deleted(t, bus, operator, topic)
	given, goOn := make(chan struct{}), make(chan struct{})
	b.Hold(uint16(kmsg.SyncGroup), func() { close(given); <-goOn })
	s := subscribe(t, bus, "g", topic, other)
	<-given
	operator.create(topic, event.Partitions)
	close(goOn)
	const many = 3 * event.Partitions
	publishAtLast(t, bus, append(spread(topic, 0, many), spread(other, many, many)...))
	gather(t, s, 2*many)
}

// testBackAnyTime: however long the topic was missing, both members go on with what is theirs of it, and of the other topic.
func testBackAnyTime(t *testing.T, b *Broker) {
	bus, operator := b.Open(t), b.admin(t)
	topics := b.Topics(t, bus, 2)
	topic, other := topics[0], topics[1]
	one, two := newReader(t, bus, "g", topics...), newReader(t, b.Open(t), "g", topics...)
	one.start()
	two.start()
	defer two.stop(t)
	defer one.stop(t)
	const many = 3 * event.Partitions
	all := 0
	round := func() {
		t.Helper()
		publishAtLast(t, bus, append(spread(topic, all, many), spread(other, all+many, many)...))
		all += 2 * many
		if got := len(await(t, all, one, two)); got != all {
			t.Fatalf("%d different records came, of %d", got, all)
		}
	}
	round()
	for _, gap := range []time.Duration{0, 700 * time.Millisecond, 2 * time.Second, 6 * time.Second} {
		operator.delete(topic)
		back := time.NewTimer(gap)
		<-back.C
		operator.create(topic, event.Partitions)
		round()
	}
}
