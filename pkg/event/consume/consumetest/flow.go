package consumetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
)

// testFlow: what a command wrote reaches another service's handler with its state, version, actor, cause and trace, and without
// what is private.
func testFlow(t *testing.T, env Env) {
	k := newKit(t, env)
	type heard struct {
		Envelope event.Envelope
		Trace    string
		Cause    string
		Actor    string
	}
	got := make(chan heard, 10)
	k.run(k.pub.relay.Run)
	k.consume(k.lis, "flow", consume.React(func(ctx context.Context, e event.Envelope) error {
		got <- heard{e, trace.SpanContextFromContext(ctx).TraceID().String(), event.Correlation(ctx), event.Actor(ctx)}
		return nil
	}))
	_, err := k.pub.put(k.ctx, "a1", "requested")
	k.must(err)
	select {
	case h := <-got:
		e := h.Envelope
		want := heard{Trace: strings.Split(traceparent, "-")[1], Cause: "cause-of-a1", Actor: "consumer:" + group(k.place, "flow")}
		if diff := cmp.Diff(want, heard{Trace: h.Trace, Cause: h.Cause, Actor: h.Actor}); diff != "" {
			t.Errorf("the handler's context (-want +got):\n%s", diff)
		}
		if e.Source != "/services/test" || e.Subject != "a1" || e.Type != counted.Type() || e.Version != 1 || e.StateVersion != 1 || e.Actor != "tester" {
			t.Errorf("the envelope is %+v", e)
		}
		var state map[string]any
		k.must(json.Unmarshal(e.State, &state))
		if diff := cmp.Diff(map[string]any{"id": "a1", "status": "requested", "count": 1.0, "unit": "u-a1"}, state); diff != "" {
			t.Errorf("the public state (-want +got):\n%s", diff)
		}
		if string(e.Change) != `{"count":1}` {
			t.Errorf("the change is %s", e.Change)
		}
	case <-time.After(waitLimit):
		t.Fatal("nothing was heard")
	}
	k.eventually(k.drained)
}

// testHistory: an aggregate's history is whole at every moment, in order, in pages, for whom the aggregate is open to.
func testHistory(t *testing.T, env Env) {
	k := newKit(t, env)
	const versions = 7
	whole := func(when string) {
		t.Helper()
		var got []int64
		ids := map[string]bool{}
		var after *docstore.Position
		for {
			page, err := k.pub.relay.History(k.ctx, "assets", "a1", 3, after)
			k.must(err)
			for _, h := range page.Docs {
				got = append(got, h.State.Version)
				ids[h.State.ID] = true
				if h.State.Actor != "tester" || h.State.Type != counted.Type() || h.State.At.IsZero() {
					t.Errorf("%s: entry %+v", when, h.State)
				}
			}
			if after = page.Next; after == nil {
				break
			}
		}
		if !slices.Equal(got, []int64{1, 2, 3, 4, 5, 6, 7}) || len(ids) != versions {
			t.Errorf("%s: versions %v of %d events", when, got, len(ids))
		}
	}
	for i := range versions {
		if i == 4 {
			k.must(k.pub.relay.Flush(k.ctx))
		}
		_, err := k.pub.put(k.ctx, "a1", "requested")
		k.must(err)
	}
	whole("half of it filed")
	k.must(k.pub.relay.Flush(k.ctx))
	whole("all of it filed")
	own := caller.WithAccess(k.ctx, caller.Access{Subject: "director", Scopes: []string{"unit:u-a1"}})
	if page, err := k.pub.relay.History(own, "assets", "a1", 50, nil); err != nil || len(page.Docs) != versions {
		t.Errorf("the unit's director: %v", err)
	}
	other := caller.WithAccess(k.ctx, caller.Access{Subject: "director", Scopes: []string{"unit:other"}})
	for _, id := range []string{"a1", "none"} {
		if _, err := k.pub.relay.History(other, "assets", id, 50, nil); !errors.Is(err, docstore.ErrNotFound) {
			t.Errorf("another unit's director reads %s: %v", id, err)
		}
	}
}

// load writes many versions of many assets at once.
func (k *kit) load(assets, versions int) {
	k.Helper()
	var g errgroup.Group
	for i := range assets {
		g.Go(func() error {
			for v := range versions {
				if _, err := k.pub.put(k.ctx, fmt.Sprintf("a%03d", i), fmt.Sprintf("s%d", v)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	k.must(g.Wait())
}

// testTwoRelays: two relays of one store, all the time at once, publish everything in order, and nobody is confused.
func testTwoRelays(t *testing.T, env Env) {
	k := newKit(t, env)
	cfg := quick("test")
	cfg.Overdue = time.Nanosecond // it takes all from the other
	second, err := newPublisher(k.ctx, k.pub.driver.Driver, k.bus, k.topic, cfg)
	k.must(err)
	k.run(k.pub.relay.Run)
	k.run(second.relay.Run)
	k.consume(k.lis, "views", consume.Fold(k.lis.project))
	k.consume(k.lis, "tallies", consume.React(k.lis.react))
	const assets, versions = 20, 15
	k.load(assets, versions)
	k.eventually(k.drained)
	k.eventually(func() error { return k.caughtUp(k.lis, true, true) })
	k.complete(assets, versions)
	k.noLetters(k.pub.dead, second.dead, k.lis.dead)
}

// complete checks that the topic has every version of every asset, the first ones in order, and the history each once.
func (k *kit) complete(assets, versions int) {
	k.Helper()
	want := map[string]int64{}
	for i := range assets {
		want[fmt.Sprintf("a%03d", i)] = int64(versions)
	}
	k.must(inOrder(k.ctx, k.bus, k.topic, group(k.place, "reader"), want))
	for id, version := range want {
		k.must(wholeHistory(k.ctx, k.pub.relay, id, version))
	}
}

func wholeHistory(ctx context.Context, r *relay.Relay, id string, versions int64) error {
	page, err := r.History(ctx, "assets", id, int(versions)+10, nil)
	if err != nil {
		return err
	}
	for i, h := range page.Docs {
		if h.State.Version != int64(i)+1 {
			return fmt.Errorf("entry %d of the history of %s is of version %d", i, id, h.State.Version)
		}
	}
	if int64(len(page.Docs)) < versions {
		return fmt.Errorf("the history of %s has %d entries, want %d", id, len(page.Docs), versions)
	}
	return nil
}

// inOrder reads the topic from its beginning until it has seen for each key each version up to want; the first occurrences of one
// key's versions must be in order, and no state may be older than its event.
func inOrder(ctx context.Context, bus event.Bus, topic, group string, want map[string]int64) error {
	ctx, cancel := context.WithTimeout(ctx, waitLimit)
	defer cancel()
	sub, err := bus.Subscribe(group, []string{topic})
	if err != nil {
		return err
	}
	defer func() { _ = sub.Close(context.WithoutCancel(ctx)) }()
	seen := map[string]int64{}
	short := func() bool {
		for key, version := range want {
			if seen[key] < version {
				return true
			}
		}
		return false
	}
	for short() {
		records, err := sub.Fetch(ctx, 500)
		if err != nil && ctx.Err() == nil {
			continue
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the topic lacks events: saw %v of %v", seen, want)
		}
		for _, r := range records {
			e, err := event.Decode(r)
			if err != nil {
				return err
			}
			if e.StateVersion < e.Version {
				return fmt.Errorf("event %d of %s has the state of %d", e.Version, e.Subject, e.StateVersion)
			}
			if e.Version > seen[e.Subject]+1 && !strings.HasSuffix(e.Type, ".snapshot.v1") {
				return fmt.Errorf("event %d of %s comes after %d", e.Version, e.Subject, seen[e.Subject])
			}
			seen[e.Subject] = max(seen[e.Subject], e.Version)
		}
	}
	return nil
}
