//go:build integration

package mongodoc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
)

var (
	killEvents = event.NewSet(event.Assets, "asset")
	counted    = event.Define[countedChange](killEvents, "asset.counted", "A test counted on.")
)

type countedChange struct {
	N int64 `json:"n"`
}

type counter struct {
	ID string `json:"id"`
	N  int64  `json:"n"`
}

// load is workers that count on, each on a document of its own, every fourth time together with a document of all.
type load struct {
	store    *docstore.Store
	counters *docstore.Collection[counter]
	// acknowledged counts commands, unavailable refusals after which the same command was repeated, shared those on the shared document.
	acknowledged, unavailable, shared atomic.Int64
	mu                                sync.Mutex
	expected                          map[string]int64
}

const (
	killWorkers = 8
	killRounds  = 3
	perDocument = 40
	sharedOneIn = 4
	sharedID    = "shared"
	waitLimit   = 60 * time.Second
)

// TestPrimaryKilled: whatever happens to the primary, what was acknowledged is there, once, with its events; a call that was not
// acknowledged said so, and the same command again is safe.
func TestPrimaryKilled(t *testing.T) {
	cluster := testenv.MongoMembers(t)
	d := connected(t, Config{URI: cluster.URI, Database: testenv.Name(t), Timeout: 3 * time.Second})
	t.Cleanup(func() { must(t, d.db.Drop(context.Background())) })
	l := &load{store: docstore.NewStore(d, docstore.Options{}), expected: map[string]int64{}}
	l.counters = docstore.Open[counter](l.store, docstore.Spec{Name: "counters", Events: killEvents}, nil)
	ctx, stop := context.WithCancel(caller.AsSystem(t.Context(), "test"))
	defer stop()
	must(t, l.store.Migrate(ctx))
	must(t, l.counters.Insert(ctx, sharedID, &counter{ID: sharedID}))
	done := make(chan error, killWorkers)
	for w := range killWorkers {
		go func() { done <- l.work(ctx, w) }()
	}
	l.await(t, 200)
	for range killRounds {
		raw, err := d.db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Raw()
		must(t, err)
		cluster.Kill(t, cluster.Index(t, raw.Lookup("primary").StringValue()))
		l.await(t, 200)
		cluster.Restart(t)
		l.await(t, 200)
	}
	stop()
	for range killWorkers {
		must(t, <-done)
	}
	t.Logf("%d commands acknowledged, %d tries were told that the store is unavailable", l.acknowledged.Load(), l.unavailable.Load())
	if l.unavailable.Load() == 0 {
		t.Error("nobody noticed that the primary was killed")
	}
	l.check(t, d)
}

// await waits until so many more commands were acknowledged.
func (l *load) await(t *testing.T, more int64) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for from, deadline := l.acknowledged.Load(), time.Now().Add(waitLimit); l.acknowledged.Load() < from+more; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("no progress for %s", waitLimit)
		}
	}
}

// work counts until ctx ends; what it was doing then is finished.
func (l *load) work(ctx context.Context, worker int) error {
	finish := context.WithoutCancel(ctx)
	for n := 0; ctx.Err() == nil; n++ {
		id := fmt.Sprintf("w%d-%d", worker, n/perDocument)
		if n%perDocument == 0 {
			err := l.command(finish, "", func(ctx context.Context) error {
				return l.store.Judged(ctx, l.counters.Insert(ctx, l.counters.NewID(ctx, id), &counter{ID: id}))
			}, fmt.Sprint("create ", id))
			if err != nil {
				return err
			}
		}
		update := func(ctx context.Context) error { return l.count(ctx, id) }
		if n%sharedOneIn == 0 {
			update = func(ctx context.Context) error {
				return l.store.Atomic(ctx, func(ctx context.Context) error { return errors.Join(l.count(ctx, id), l.count(ctx, sharedID)) })
			}
			l.shared.Add(1)
		}
		if err := l.command(finish, id, update, fmt.Sprint(id, " ", n)); err != nil {
			return err
		}
		l.mu.Lock()
		l.expected[id]++
		l.mu.Unlock()
	}
	return nil
}

func (l *load) count(ctx context.Context, id string) error {
	return l.counters.Update(ctx, id, func(c *counter) ([]event.Event, error) {
		c.N++
		if id == sharedID {
			return nil, nil
		}
		return []event.Event{counted.New(countedChange{N: c.N})}, nil
	})
}

// command carries out one command, the same again as long as nobody knows what became of it.
func (l *load) command(ctx context.Context, target string, do func(context.Context) error, key string) error {
	for deadline := time.Now().Add(waitLimit); ; {
		cmd := &caller.Command{Subject: "test", Operation: "count", Key: key, Hash: key}
		if target != "" {
			cmd.Target = docstore.Ref{Collection: l.counters.Spec().Name, ID: target}
		}
		err := do(caller.WithCommand(ctx, cmd))
		switch {
		case err == nil || errors.Is(err, docstore.ErrReplayed):
			l.acknowledged.Add(1)
			return nil
		case !errors.Is(err, docstore.ErrUnavailable) || time.Now().After(deadline):
			return fmt.Errorf("command %s: %w", key, err)
		}
		l.unavailable.Add(1)
	}
}

// check compares what is stored with what was acknowledged.
func (l *load) check(t *testing.T, d *Driver) {
	t.Helper()
	ctx := caller.AsSystem(t.Context(), "test")
	for id, want := range l.expected {
		c, err := l.counters.Load(ctx, id)
		must(t, err)
		if c.State.N != want || c.Version != want+1 {
			t.Errorf("%s counted to %d in version %d, acknowledged %d", id, c.State.N, c.Version, want)
		}
		pending, err := d.PendingOf(ctx, []docstore.Ref{{Collection: "counters", ID: id}})
		must(t, err)
		if len(pending) != 1 || int64(len(pending[0].Outbox)) != want {
			t.Fatalf("%s has %d documents with an outbox; %d events were acknowledged", id, len(pending), want)
		}
		for i, e := range pending[0].Outbox {
			if e.Version != int64(i)+2 || string(e.Change) != fmt.Sprintf(`{"n":%d}`, i+1) {
				t.Errorf("%s entry %d is of version %d: %s", id, i, e.Version, e.Change)
			}
		}
	}
	c, err := l.counters.Load(ctx, sharedID)
	must(t, err)
	if want := l.shared.Load(); c.State.N != want {
		t.Errorf("the shared document counted to %d, acknowledged %d", c.State.N, want)
	}
}
