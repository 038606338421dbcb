// Package docstoretest is the suite that every docstore.Driver passes: what the port promises, proved through docstore.Collection
// wherever a caller would see it, and on the driver itself where only the driver does.
package docstoretest

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// Options are what a driver's test says about its store.
type Options struct {
	// Durable makes a fresh, empty store that outlives the process and returns where it is: a path, a connection string. It is
	// gone when t ends. Nil skips the kill test.
	Durable func(t testing.TB) (location string)
	// Reopen opens the store at location, in this process or in a child of it, and closes it when t ends.
	Reopen func(t testing.TB, location string) docstore.Driver
	// Many is the number of documents, 6 KB each, of the tests on large collections; 0 means 10,000.
	Many int
}

// Run proves that a driver keeps the port's promises. open returns a driver over a fresh, empty store and closes it when t ends.
// It must be called by a top-level test: the kill test runs that very test again in a child process.
func Run(t *testing.T, open func(t testing.TB) docstore.Driver, opts Options) {
	if opts.Many == 0 {
		opts.Many = 10_000
	}
	if location := os.Getenv(childEnv); location != "" {
		runChild(t, opts, location)
		return
	}
	for _, c := range []struct {
		name string
		test func(*testing.T, *env)
	}{
		{"migrate", testMigrate},
		{"round trip", testRoundTrip},
		{"fields", testFields},
		{"compare and set", testCompareAndSet},
		{"atomic", testAtomic},
		{"absent in atomic", testAbsentInAtomic},
		{"unique", testUnique},
		{"keys", testKeys},
		{"keys of the release before", testKeysOfTheReleaseBefore},
		{"keys in any order", testKeysInAnyOrder},
		{"a released key passes on at once", testSuccessors},
		{"pages", testPages},
		{"pages while others write", testPagesWhileOthersWrite},
		{"queries", testQueries},
		{"stream", testStream},
		{"projections", testProjections},
		{"repeats", testRepeats},
		{"erase", testErase},
		{"parts", testParts},
		{"insert while", testInsertWhile},
		{"cached", testCached},
		{"memory of a day", testMemory},
		{"each command once within a day", testMemoryProperty},
		{"bounds", testBounds},
		{"whatever is accepted can be published and ended", testBoundsProperty},
		{"access", testAccess},
		{"outbox", testOutbox},
		{"many", testMany},
		{"deadlines", testDeadlines},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, newEnv(t, open(t), opts)) })
	}
	t.Run("kill", func(t *testing.T) { testKill(t, opts) })
}

// env is a fresh store with the suite's collections.
type env struct {
	driver docstore.Driver
	store  *docstore.Store
	things *docstore.Collection[thing]
	others *docstore.Collection[thing]
	opts   Options
	clock  atomic.Int64
	// ctx ends with the test, for what is done on behalf of a property's many small ones.
	ctx context.Context
}

var epoch = time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC)

// now is a clock that moves on by a millisecond whenever somebody looks at it.
func (e *env) now() time.Time { return epoch.Add(time.Duration(e.clock.Add(1)) * time.Millisecond) }

func newEnv(t testing.TB, driver docstore.Driver, opts Options) *env {
	t.Helper()
	e := &env{driver: driver, opts: opts, ctx: t.Context()}
	e.store = docstore.NewStore(driver, docstore.Options{Now: e.now})
	e.things, e.others = openThings(e.store)
	if err := e.store.Migrate(system(t)); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return e
}

func openThings(s *docstore.Store) (things, others *docstore.Collection[thing]) {
	return docstore.Open(s, thingSpec("things"), thingScope), docstore.Open(s, thingSpec("others"), thingScope)
}

// thing is the suite's document: one field for each way of asking.
type thing struct {
	ID     string     `json:"id"`
	Group  string     `json:"group"`
	Kind   kind       `json:"kind"`
	Rank   int64      `json:"rank"`
	Name   string     `json:"name"`
	At     event.Time `json:"at"`
	Done   bool       `json:"done"`
	Target *target    `json:"target,omitempty"`
	Labels []string   `json:"labels,omitempty"`
	Places []string   `json:"places,omitempty"`
	Serial string     `json:"serial,omitempty"`
	Shelf  string     `json:"shelf,omitempty"`
	Slot   int64      `json:"slot,omitempty"`
	Note   string     `json:"note,omitempty"`
	Count  int64      `json:"count"`
	Mark   []string   `json:"mark,omitempty"`
}

type kind string

type target struct {
	AssetID string `json:"asset_id"`
}

func thingScope(x *thing) []string { return append([]string{caller.Nation}, x.Places...) }

const topic = "bitacora.assets"

func thingSpec(name string) docstore.Spec {
	return docstore.Spec{
		Name: name, Events: thingEvents,
		Indexes: []docstore.Index{
			{Fields: []string{"group"}},
			{Fields: []string{"group"}, Sort: "rank"},
			{Fields: []string{"group", "kind"}, Sort: "rank"},
			{Fields: []string{"done"}, Sort: "at", Desc: true},
			{Fields: []string{"target.asset_id"}, Sort: "at"},
			{Array: "labels", Sort: "rank"},
			{Array: "labels", Fields: []string{"group"}},
			{Sort: "rank"}, {Sort: "name"}, {Sort: "at", Desc: true},
		},
		Unique: []docstore.Unique{{Name: "serial_number", Fields: []string{"serial"}}, {Name: "place", Fields: []string{"shelf", "slot"}}},
	}
}

// The things of the suite raise one event, and withhold their note from it.
var (
	thingEvents = event.NewSet(topic, "asset", "note")
	changed     = event.Define[change](thingEvents, "asset.suite_changed", "The suite changed a document.")
)

type change struct {
	N int64 `json:"n"`
}

// system is a context with the rights of the service, which ends with t.
func system(t testing.TB) context.Context {
	return caller.AsSystem(t.Context(), "docstoretest")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (e *env) insert(t testing.TB, things ...thing) {
	t.Helper()
	for i := range things {
		must(t, e.things.Insert(system(t), things[i].ID, &things[i]))
	}
}

// fill writes n things made by build, in batches.
func (e *env) fill(t testing.TB, n int, build func(i int) thing) {
	t.Helper()
	const batch = 1000
	for from := 0; from < n; from += batch {
		var docs []docstore.New[thing]
		for i := from; i < min(n, from+batch); i++ {
			x := build(i)
			docs = append(docs, docstore.New[thing]{ID: x.ID, State: &x})
		}
		for _, err := range e.things.InsertMany(system(t), docs) {
			must(t, err)
		}
	}
}

func thingID(i int) string { return fmt.Sprintf("thing-%07d", i) }
