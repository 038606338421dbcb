package docstoretest

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// maxGrowth is by how much the heap may grow while a large collection is streamed: two fifths of what the collection has.
const maxGrowth = 24 << 20

// testStream: a large collection goes by in constant memory, and writes go on while it does.
func testStream(t *testing.T, e *env) {
	many := e.opts.Many
	e.things = docstore.Open(e.store, docstore.Spec{Name: "large", Indexes: []docstore.Index{{Sort: "rank"}}}, thingScope)
	must(t, e.store.Migrate(system(t)))
	note := strings.Repeat("x", 6000)
	e.fill(t, many, func(i int) thing {
		return thing{ID: thingID(i), Group: fmt.Sprintf("g%d", i%2), Rank: int64(i % 100), Note: note, Places: []string{fmt.Sprintf("unit:%d", i%50)}}
	})
	ctx := system(t)
	before := heap()
	var most uint64
	seen := 0
	last := ""
	must(t, e.things.Stream(ctx, docstore.Query{}, func(d docstore.Doc[thing]) error {
		if d.ID <= last {
			return fmt.Errorf("%s came after %s", d.ID, last)
		}
		last = d.ID
		if seen++; seen%(many/10) == 0 {
			most = max(most, heap())
			// A write waits for no reader: it would wait for ever here if one were held.
			return e.things.Update(ctx, d.ID, func(x *thing) ([]event.Event, error) { x.Count++; return nil, nil })
		}
		return nil
	}))
	if seen != many {
		t.Errorf("%d of %d documents came", seen, many)
	}
	if most > before+maxGrowth {
		t.Errorf("the heap grew from %d to %d MB", before>>20, most>>20)
	}
	seen = 0
	narrow := caller.WithAccess(t.Context(), caller.Access{Subject: "x", Scopes: []string{"unit:1", "unit:2"}})
	must(t, e.things.Stream(narrow, docstore.Query{Sort: "rank", Desc: true}, func(docstore.Doc[thing]) error { seen++; return nil }))
	if seen != 2*many/50 {
		t.Errorf("%d documents of two units, want %d", seen, 2*many/50)
	}
	stop := errors.New("stop")
	if err := e.things.Stream(ctx, docstore.Query{}, func(docstore.Doc[thing]) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the callback's error became %v", err)
	}
	seen = 0
	must(t, e.driver.Stream(ctx, "large", docstore.Query{Limit: 1234}, func(docstore.Document) error { seen++; return nil }))
	if seen != 1234 {
		t.Errorf("%d documents, asked for 1234", seen)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
