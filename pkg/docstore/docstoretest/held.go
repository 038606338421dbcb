package docstoretest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// testInsertWhile: two processes insert with all their callers while a document has the version that they saw, and somebody changes that
// again and again. What was inserted at a version is all there once the next version is: nothing comes later. Who gives a serial number that
// another one has is refused, and nobody with him.
func testInsertWhile(t *testing.T, e *env) {
	e.insert(t, thing{ID: "gate"}, thing{ID: "taken", Serial: "taken"})
	second, _ := openThings(docstore.NewStore(e.driver, docstore.Options{Now: e.now}))
	const callers, each, changes = 16, 12, 20
	ctx := system(t)
	insert := func(things *docstore.Collection[thing], id, serial string) error {
		for {
			gate, err := things.Load(ctx, "gate")
			if err != nil {
				return err
			}
			held := []docstore.Held{{Ref: ref("gate"), Version: gate.Version}}
			err = things.InsertWhile(ctx, held, id, &thing{ID: id, Group: "held", Rank: gate.Version, Serial: serial})
			if !errors.Is(err, docstore.ErrStale) {
				return err
			}
		}
	}
	at := func(version int64) (n int) {
		q := docstore.Query{Where: []docstore.Condition{docstore.Eq("group", "held")}}
		must(t, e.things.Stream(ctx, q, func(d docstore.Doc[thing]) error {
			if d.State.Rank == version {
				n++
			}
			return nil
		}))
		return n
	}
	seen := map[int64]int{}
	must(t, together(callers+1, func(i int) error {
		if i == callers {
			for v := range int64(changes) {
				if err := e.things.Update(ctx, "gate", count); err != nil {
					return err
				}
				seen[v+1] = at(v + 1)
			}
			return nil
		}
		things := []*docstore.Collection[thing]{e.things, second}[i%2]
		for n := range each {
			if err := insert(things, fmt.Sprintf("held-%d-%d", i, n), ""); err != nil {
				return err
			}
			var exists *docstore.ErrExists
			if err := insert(things, fmt.Sprintf("refused-%d-%d", i, n), "taken"); !errors.As(err, &exists) || exists.Key != "serial_number" {
				return fmt.Errorf("with a serial number that is taken: %w", err)
			}
		}
		return nil
	}))
	all := at(changes + 1)
	for version, n := range seen {
		if now := at(version); now != n {
			t.Errorf("at version %d were %d, and %d when the next one was there", version, now, n)
		}
		all += n
	}
	if all != callers*each {
		t.Errorf("%d were inserted of %d", all, callers*each)
	}
	testHeldIsAsSeen(t, e)
}

// testHeldIsAsSeen: an insert that holds to what is not so, or not there, writes nothing; inside Atomic there is none.
func testHeldIsAsSeen(t *testing.T, e *env) {
	ctx := system(t)
	x := thing{ID: "x"}
	first := func(id string) docstore.Held { return docstore.Held{Ref: ref(id), Version: 1} }
	for _, held := range [][]docstore.Held{{first("gate")}, {first("nowhere")}, {first("taken"), first("gate")}} {
		if err := e.things.InsertWhile(ctx, held, "x", &x); !errors.Is(err, docstore.ErrStale) {
			t.Errorf("while %v: %v", held, err)
		}
	}
	must(t, e.things.InsertWhile(ctx, []docstore.Held{first("taken")}, "x", &x, changed.New(change{1})))
	if err := e.store.Atomic(ctx, func(ctx context.Context) error { return e.things.InsertWhile(ctx, nil, "y", &x) }); err == nil {
		t.Error("inside Atomic it would not be part of it")
	}
}

// testCached: what is remembered is shown to whom the document is, forgotten at once when this process writes it, and after its age when
// another one does.
func testCached(t *testing.T, e *env) {
	e.insert(t, thing{ID: "a", Places: []string{"unit:A"}})
	const age = 50 * time.Millisecond
	kept, short := e.things.Cached(0), e.things.Cached(age)
	second, _ := openThings(docstore.NewStore(e.driver, docstore.Options{Now: e.now}))
	expect := func(c *docstore.Cached[thing], fromMemory bool, version int64) {
		t.Helper()
		d, remembered, err := c.Recall(system(t), "a")
		must(t, err)
		if remembered != fromMemory || d.Version != version || d.State.Count != version-1 {
			t.Errorf("%+v, from memory: %v", d, remembered)
		}
	}
	expect(kept, false, 1)
	expect(kept, true, 1)
	stranger := caller.WithAccess(t.Context(), caller.Access{Subject: "s", Scopes: []string{"unit:B"}})
	if _, err := kept.Get(stranger, "a"); !errors.Is(err, docstore.ErrNotFound) {
		t.Errorf("out of scope: %v", err)
	}
	if _, err := kept.Get(t.Context(), "a"); err == nil {
		t.Error("without access")
	}
	must(t, e.things.Update(system(t), "a", count))
	expect(kept, false, 2)
	expect(short, false, 2)
	must(t, second.Update(system(t), "a", count))
	expect(kept, true, 2)
	deadline := time.NewTimer(age)
	<-deadline.C
	expect(short, false, 3)
	must(t, e.store.Atomic(system(t), func(ctx context.Context) error {
		x, err := kept.Get(ctx, "a")
		if err == nil && x.Count != 2 {
			t.Errorf("inside Atomic: %+v", x)
		}
		return errors.Join(err, e.things.Update(ctx, "a", func(*thing) ([]event.Event, error) { return nil, nil }))
	}))
	kept.Forget("a")
	expect(kept, false, 3)
	if _, _, err := kept.Recall(system(t), "none"); !errors.Is(err, docstore.ErrNotFound) {
		t.Errorf("what is not there: %v", err)
	}
}
