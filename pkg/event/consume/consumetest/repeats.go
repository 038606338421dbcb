package consumetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
)

// record is an event as a relay would publish it.
func (k *kit) record(id, status string, version int64) event.Record {
	k.Helper()
	state, err := json.Marshal(asset{ID: id, Status: status, Count: version})
	k.must(err)
	e := event.Envelope{Source: "/services/test", Subject: id, StateVersion: version, State: state, Topic: k.topic, Entry: event.Entry{
		ID: fmt.Sprintf("%s-%s-%d", id, status, version), Type: counted.Type(), Version: version, At: event.At(time.UnixMilli(1754668800000)),
		Actor: "tester", Change: json.RawMessage(`{}`)}}
	r, err := e.Record()
	k.must(err)
	return r
}

func (k *kit) publish(records ...event.Record) {
	k.Helper()
	for _, err := range k.bus.Bus.Publish(k.ctx, records) {
		k.must(err)
	}
}

// is waits until the listener has the status and the number of effects.
func (k *kit) is(l *listener, id, status string, times int64) {
	k.Helper()
	k.eventually(func() error {
		got, err := l.tally.Get(k.ctx, id)
		if err == nil && (got.Status != status || got.Times != times) {
			err = fmt.Errorf("tally %+v, want %s after %d", *got, status, times)
		}
		return err
	})
}

// testLate: a late old record after a newer one, the same record again, and a transition delivered again after the outcome has moved
// on change nothing: neither the views nor the number of effects.
func testLate(t *testing.T, env Env) {
	k := newKit(t, env)
	k.consume(k.lis, "views", consume.Fold(k.lis.project))
	stop := k.consume(k.lis, "tallies", consume.React(k.lis.react))
	requested, started, accepted := k.record("a1", "requested", 1), k.record("a1", "started", 2), k.record("a1", "accepted", 3)
	k.publish(requested, started, accepted)
	k.is(k.lis, "a1", "accepted", 3)
	fence := 0
	handled := func() { // all that was published before it has been handled
		fence++
		id := fmt.Sprintf("fence-%d", fence)
		// One key has one partition; a fence in each partition is behind everything.
		var fences []event.Record
		for i := range 4 * event.Partitions {
			fences = append(fences, k.record(fmt.Sprintf("%s-%d", id, i), "fence", 1))
		}
		k.publish(fences...)
		for i := range fences {
			k.is(k.lis, fmt.Sprintf("%s-%d", id, i), "fence", 1)
		}
	}
	k.publish(started, requested, started)
	handled()
	k.is(k.lis, "a1", "accepted", 3)

	// A consumer that crashed before it committed anything gets all of it again.
	stop()
	k.must(k.bus.ResetGroup(k.ctx, group(k.place, "tallies"), []string{k.topic}))
	k.consume(k.lis, "tallies", consume.React(k.lis.react))
	handled()
	k.is(k.lis, "a1", "accepted", 3)
	k.eventually(func() error {
		v, err := k.lis.views.Load(k.ctx, "a1")
		if err == nil && v.Version != 3 {
			err = fmt.Errorf("view of version %d", v.Version)
		}
		return err
	})
	k.noLetters(k.lis.dead)
}

// testReplay: a service that begins with nothing and reads everything gets what the others have.
func testReplay(t *testing.T, env Env) {
	k := newKit(t, env)
	k.run(k.pub.relay.Run)
	stop := k.consume(k.lis, "views", consume.Fold(k.lis.project))
	const assets, versions = 10, 10
	k.load(assets, versions)
	k.eventually(func() error { return k.caughtUp(k.lis, true, false) })
	stop()
	k.must(k.bus.ResetGroup(k.ctx, group(k.place, "views"), []string{k.topic}))
	fresh := k.listener("fresh")
	k.consume(fresh, "views", consume.Fold(fresh.project))
	k.consume(fresh, "new-tallies", consume.React(fresh.react))
	k.eventually(func() error { return k.caughtUp(fresh, true, true) })
	k.noLetters(k.pub.dead, k.lis.dead, fresh.dead)
}

// testRepublish: where the topic is lost or new, the documents' present states give consumers all they need, and those that know
// it already nothing.
func testRepublish(t *testing.T, env Env) {
	k := newKit(t, env)
	const assets, versions = 30, 3
	k.load(assets, versions)
	k.must(k.pub.relay.Flush(k.ctx))

	lost := k.topic + ".again"
	k.must(k.bus.CreateTopics(k.ctx, []string{lost}))
	again, err := newPublisher(k.ctx, k.pub.driver.Driver, k.bus, lost, quick("test"))
	k.must(err)
	l := k.listener("fresh")
	c, err := l.consumer(k.bus, group(k.place, "fresh"), lost, consume.React(l.react))
	k.must(err)
	k.run(c.Run)
	c, err = l.consumer(k.bus, group(k.place, "fresh-views"), lost, consume.Fold(l.project))
	k.must(err)
	k.run(c.Run)
	for range 2 {
		n, err := relay.Republish(k.ctx, again.store, k.bus, "test", lost)
		if err != nil || n != assets {
			t.Fatalf("republished %d: %v", n, err)
		}
		k.eventually(func() error { return k.caughtUp(l, true, true) })
	}
	k.must(l.tally.Stream(k.ctx, docstore.Query{}, func(d docstore.Doc[tally]) error {
		if d.State.Times != 1 {
			return fmt.Errorf("%s had %d effects", d.ID, d.State.Times)
		}
		return nil
	}))
	k.noLetters(l.dead)
}

// testSharedGroup: two members of a group share the work, and do it once between them, while one comes and goes.
func testSharedGroup(t *testing.T, env Env) {
	k := newKit(t, env)
	k.run(k.pub.relay.Run)
	var work [2]atomic.Int64
	member := func(i int) (stop func()) {
		return k.consume(k.lis, "shared", consume.React(func(ctx context.Context, e event.Envelope) error {
			work[i].Add(1)
			return k.lis.react(ctx, e)
		}))
	}
	member(0)
	stop := member(1)
	k.eventually(func() error {
		k.load(10, 1)
		if work[0].Load() == 0 || work[1].Load() == 0 {
			return errors.New("one of the members does everything")
		}
		return nil
	})
	k.load(20, 5)
	k.eventually(func() error { return k.caughtUp(k.lis, false, true) })
	stop()
	before := work[1].Load()
	k.load(20, 5)
	k.eventually(func() error { return k.caughtUp(k.lis, false, true) })
	if n := work[1].Load(); n != before {
		t.Errorf("the member that has left did %d more", n-before)
	}
	k.noLetters(k.lis.dead)
}
