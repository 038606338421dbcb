package consumetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/consume"
	"github.com/bitacora-salud/bitacora/pkg/event/relay"
)

// asset is the aggregate of the service that publishes.
type asset struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Count  int64  `json:"count"`
	Unit   string `json:"unit,omitempty"`
	Bulk   string `json:"bulk,omitempty"`
	Secret string `json:"secret,omitempty"`
}

type change struct {
	Count int64 `json:"count"`
}

var counted = defineCounted(assetEvents(""))

// assetEvents are those of an asset on a topic of a test's own; all of them are counted's.
func assetEvents(topic string) *event.Set { return event.NewSet(topic, "asset", "secret") }

func defineCounted(set *event.Set) event.Of[change] {
	return event.Define[change](set, "asset.counted", "An asset was counted.")
}

// view is what the projection of the other service keeps.
type view struct {
	ID    string          `json:"id"`
	State json.RawMessage `json:"state"`
}

// tally is what the reaction changes: how often, and by what last.
type tally struct {
	ID     string `json:"id"`
	Times  int64  `json:"times"`
	Status string `json:"status"`
}

func topicOf(place string) string { return "p" + filepath.Base(place) + ".assets" }

// publisher is the service whose assets they are.
type publisher struct {
	driver *faultyDriver
	store  *docstore.Store
	assets *docstore.Collection[asset]
	dead   *consume.DeadLetters
	relay  *relay.Relay
}

func quick(service string) relay.Config {
	return relay.Config{Service: service, Sweep: 50 * time.Millisecond, Overdue: 100 * time.Millisecond, Longest: 100 * time.Millisecond}
}

func newPublisher(ctx context.Context, driver docstore.Driver, bus event.Bus, topic string, cfg relay.Config) (*publisher, error) {
	p := &publisher{driver: &faultyDriver{Driver: driver}}
	p.store = docstore.NewStore(p.driver, docstore.Options{
		Committed: func(refs []docstore.Ref) { p.relay.Wake(refs) },
		Trace:     func(context.Context) string { return traceparent },
	})
	events := assetEvents(topic)
	defineCounted(events)
	p.assets = docstore.Open(p.store, docstore.Spec{Name: "assets", Events: events},
		func(a *asset) []string { return []string{caller.Nation, "unit:" + a.Unit} })
	p.dead = consume.OpenDeadLetters(p.store)
	var err error
	if p.relay, err = relay.New(p.store, bus, p.dead, cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err != nil {
		return nil, err
	}
	return p, p.store.Migrate(ctx)
}

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// put registers the asset, or counts it once more with a new status. It returns the version.
func (p *publisher) put(ctx context.Context, id, status string) (version int64, err error) {
	ctx = caller.AsSystem(event.WithCorrelation(ctx, "cause-of-"+id), "tester")
	err = p.assets.Update(ctx, id, func(a *asset) ([]event.Event, error) {
		a.Count++
		a.Status, version = status, a.Count
		return []event.Event{counted.New(change{a.Count})}, nil
	})
	if errors.Is(err, docstore.ErrNotFound) {
		return 1, p.assets.Insert(ctx, id, &asset{ID: id, Status: status, Count: 1, Unit: "u-" + id, Secret: "for nobody"}, counted.New(change{1}))
	}
	return version, err
}

// listener is a service that hears of assets: it keeps views of them and reacts with tallies.
type listener struct {
	driver *faultyDriver
	store  *docstore.Store
	views  *docstore.Collection[view]
	refs   *docstore.Collection[asset]
	units  *docstore.Collection[asset]
	tally  *docstore.Collection[tally]
	dead   *consume.DeadLetters
}

func newListener(ctx context.Context, driver docstore.Driver) (*listener, error) {
	l := &listener{driver: &faultyDriver{Driver: driver}}
	l.store = docstore.NewStore(l.driver, docstore.Options{})
	l.views = docstore.Open[view](l.store, docstore.Spec{Name: "views"}, nil)
	l.refs = docstore.Open[asset](l.store, docstore.Spec{Name: "asset_refs"}, nil)
	l.units = docstore.Open[asset](l.store, docstore.Spec{Name: "unit_refs"}, nil)
	l.tally = docstore.Open[tally](l.store, docstore.Spec{Name: "tallies"}, nil)
	l.dead = consume.OpenDeadLetters(l.store)
	return l, l.store.Migrate(ctx)
}

// project is the projection.
func (l *listener) project(ctx context.Context, batch []event.Envelope) error {
	docs := make([]docstore.Versioned[view], len(batch))
	for i, e := range batch {
		docs[i] = docstore.Versioned[view]{ID: e.Subject, Version: e.StateVersion, State: &view{e.Subject, e.State}}
	}
	_, err := l.views.PutManyIfNewer(ctx, docs)
	return err
}

// react is the reaction: each newer state is tallied, once.
func (l *listener) react(ctx context.Context, e event.Envelope) error {
	var a asset
	if err := json.Unmarshal(e.State, &a); err != nil {
		return err
	}
	ref := docstore.Versioned[asset]{ID: e.Subject, Version: e.StateVersion, State: &a}
	return consume.IfNewer(ctx, l.store, l.refs, ref, func(ctx context.Context) error {
		err := l.tally.Update(ctx, e.Subject, func(t *tally) ([]event.Event, error) {
			t.Times, t.Status = t.Times+1, a.Status
			return nil, nil
		})
		if errors.Is(err, docstore.ErrNotFound) {
			return l.tally.Insert(ctx, e.Subject, &tally{ID: e.Subject, Times: 1, Status: a.Status})
		}
		return err
	})
}

func (l *listener) consumer(bus event.Bus, name, topic string, h consume.Handler) (*consume.Consumer, error) {
	cfg := consume.Config{Name: name, Topics: []string{topic}, Look: 50 * time.Millisecond, Await: 50 * time.Millisecond, Longest: 100 * time.Millisecond}
	return consume.New(l.store, bus, l.dead, cfg, h, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
}

// kit is one place with a publisher and a listener, and what runs there.
type kit struct {
	testing.TB
	ctx   context.Context
	place string
	topic string
	bus   *faultyBus
	pub   *publisher
	lis   *listener
	env   Env
}

func newKit(t testing.TB, env Env) *kit {
	t.Helper()
	place := env.Place(t)
	k := &kit{TB: t, ctx: caller.AsSystem(t.Context(), "tester"), place: place, topic: topicOf(place), env: env}
	bus, stop, err := env.Bus(k.ctx, place)
	k.must(err)
	t.Cleanup(stop)
	k.bus = &faultyBus{Bus: bus}
	k.must(bus.CreateTopics(k.ctx, []string{k.topic}))
	k.pub, err = newPublisher(k.ctx, k.driver("publisher"), k.bus, k.topic, quick("test"))
	k.must(err)
	k.lis = k.listener("listener")
	return k
}

func (k *kit) listener(name string) *listener {
	k.Helper()
	l, err := newListener(k.ctx, k.driver(name))
	k.must(err)
	return l
}

func (k *kit) driver(name string) docstore.Driver {
	k.Helper()
	d, err := k.env.Driver(k.ctx, k.place, name)
	k.must(err)
	k.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			k.Errorf("close the store %s: %v", name, err)
		}
	})
	return d
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// run runs something until the test ends or stop is called; both wait for its end.
func (k *kit) run(what func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(k.ctx)
	done := make(chan error, 1)
	go func() { done <- what(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			k.Errorf("a relay or consumer ended: %v", err)
		}
	})
	k.Cleanup(stop)
	return stop
}

// consume runs a consumer of l.
func (k *kit) consume(l *listener, name string, h consume.Handler) (stop func()) {
	k.Helper()
	c, err := l.consumer(k.bus, group(k.place, name), k.topic, h)
	k.must(err)
	return k.run(c.Run)
}

// group keeps the groups of places on one broker apart.
func group(place, name string) string { return "p" + filepath.Base(place) + "." + name }

// waitLimit bounds every wait of the suite for something that must come.
const waitLimit = 60 * time.Second

// eventually waits until check has no objection any more.
func (k *kit) eventually(check func() error) {
	k.Helper()
	deadline := time.NewTimer(waitLimit)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			k.Fatalf("after %v still: %v", waitLimit, err)
		}
	}
}

// caughtUp says whether views and tallies of l are those of the publisher's assets; either may be left out.
func (k *kit) caughtUp(l *listener, views, tallies bool) error {
	return sameAsPublished(k.ctx, k.pub, l, views, tallies)
}

func sameAsPublished(ctx context.Context, p *publisher, l *listener, views, tallies bool) error {
	return p.assets.Stream(ctx, docstore.Query{}, func(a docstore.Doc[asset]) error {
		if views {
			v, err := l.views.Load(ctx, a.ID)
			if err != nil {
				return fmt.Errorf("view of %s: %w", a.ID, err)
			}
			var seen asset
			if err := json.Unmarshal(v.State.State, &seen); err != nil {
				return err
			}
			want := a.State
			want.Secret = ""
			if v.Version != a.Version || seen != want {
				return fmt.Errorf("view %+v of version %d, want %+v of %d", seen, v.Version, want, a.Version)
			}
		}
		if tallies {
			t, err := l.tally.Get(ctx, a.ID)
			if err != nil {
				return fmt.Errorf("tally of %s: %w", a.ID, err)
			}
			if t.Status != a.State.Status || t.Times > a.State.Count {
				return fmt.Errorf("tally %+v of %+v", *t, a.State)
			}
		}
		return nil
	})
}

// drained says whether the publisher's outboxes are empty.
func (k *kit) drained() error {
	n, _, err := k.pub.driver.Backlog(k.ctx, []string{"assets"})
	if err == nil && n > 0 {
		err = fmt.Errorf("%d documents pending", n)
	}
	return err
}

// noLetters fails when something was parked.
func (k *kit) noLetters(of ...*consume.DeadLetters) {
	k.Helper()
	for _, d := range of {
		page, err := d.List(k.ctx, "", nil, 10)
		k.must(err)
		for _, l := range page.Docs {
			k.Errorf("parked: %s because of %s", l.ID, l.State.Reason)
		}
	}
}
