package docstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// A service declares the documents that it owns and the events of each kind of them.
type pump struct {
	ID     string `json:"id"`
	UnitID string `json:"unit_id"`
	State  string `json:"state"`
}

type pumpStarted struct {
	Reason string `json:"reason"`
}

var (
	pumpEvents = event.NewSet(event.Assets, "pump")
	registered = event.Define[pump](pumpEvents, "pump.registered", "A pump was registered.")
	started    = event.Define[pumpStarted](pumpEvents, "pump.started", "A pump was switched on.")
)

// A document and the events that it raises are written together: the events wait in the document's outbox until pkg/event/relay has
// published them.
func Example() {
	dir := must(os.MkdirTemp("", "docstore"))
	defer func() { check(os.RemoveAll(dir)) }()
	ctx := caller.AsSystem(context.Background(), "example")
	driver := must(sqlitedoc.Open(ctx, sqlitedoc.Config{Path: filepath.Join(dir, "pumps.db")}))
	defer func() { check(driver.Close(ctx)) }()
	store := docstore.NewStore(driver, docstore.Options{Now: func() time.Time { return time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC) }})

	// Only what an index serves can be asked for. Who may see a pump: whoever sees its unit, or the whole nation.
	pumps := docstore.Open(store, docstore.Spec{Name: "pumps", Events: pumpEvents, Indexes: []docstore.Index{{Fields: []string{"unit_id"}}}},
		func(p *pump) []string { return []string{caller.Nation, "unit:" + p.UnitID} })
	check(store.Migrate(ctx))

	p := pump{ID: "p1", UnitID: "BSIST000014", State: "off"}
	check(pumps.Insert(ctx, p.ID, &p, registered.New(p)))
	check(pumps.Update(ctx, p.ID, func(p *pump) ([]event.Event, error) {
		p.State = "on"
		return []event.Event{started.New(pumpStarted{Reason: "repaired"})}, nil
	}))

	here := caller.WithAccess(ctx, caller.Access{Subject: "ana", Scopes: []string{"unit:BSIST000014"}})
	page := must(pumps.Find(here, docstore.Query{Where: []docstore.Condition{docstore.Eq("unit_id", "BSIST000014")}, Limit: 10}))
	for _, d := range page.Docs {
		fmt.Println(d.ID, "version", d.Version, d.State.State)
	}
	elsewhere := caller.WithAccess(ctx, caller.Access{Subject: "eva", Scopes: []string{"unit:SRSSA000023"}})
	_, err := pumps.Get(elsewhere, "p1")
	fmt.Println("elsewhere:", err)

	for _, d := range must(driver.PendingOf(ctx, []docstore.Ref{{Collection: "pumps", ID: "p1"}})) {
		for _, e := range d.Outbox {
			fmt.Println("outbox:", e.Type, "of version", e.Version, string(e.Change))
		}
	}
	// Output:
	// p1 version 2 on
	// elsewhere: not found
	// outbox: mx.bitacora.pump.registered.v1 of version 1 {"id":"p1","unit_id":"BSIST000014","state":"off"}
	// outbox: mx.bitacora.pump.started.v1 of version 2 {"reason":"repaired"}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
