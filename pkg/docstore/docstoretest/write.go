package docstoretest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// testMigrate: what is missing is named, what is there is left alone.
func testMigrate(t *testing.T, e *env) {
	ctx := system(t)
	e.insert(t, thing{ID: "1", Group: "g", Labels: []string{"x"}, Places: []string{"unit:A"}})
	must(t, e.store.Check(ctx))
	must(t, e.store.Migrate(ctx))
	wider := thingSpec("things")
	wider.Indexes = append(wider.Indexes, docstore.Index{Fields: []string{"name"}, Sort: "count"}, docstore.Index{Array: "mark"})
	specs := []docstore.Spec{wider, thingSpec("others")}
	if err := e.driver.Check(ctx, specs); err == nil || !strings.Contains(err.Error(), "things") {
		t.Errorf("two missing indexes: Check says %v", err)
	}
	must(t, e.driver.Migrate(ctx, specs))
	must(t, e.driver.Check(ctx, specs))
	narrowed := caller.WithAccess(ctx, caller.Access{Subject: "x", Scopes: []string{"unit:A"}})
	things := docstore.Open[thing](e.store, wider, thingScope)
	page, err := things.Find(narrowed, docstore.Query{Where: []docstore.Condition{docstore.Eq("name", "")}, Sort: "count", Limit: 5})
	if err != nil || len(page.Docs) != 1 {
		t.Errorf("the document from before the new index: %v, %v", page, err)
	}
}

const writers = 32

// together runs work in n goroutines and waits for them.
func together(n int, work func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = work(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// testCompareAndSet: 32 writers on one document, through two stores as two replicas would, lose nothing.
func testCompareAndSet(t *testing.T, e *env) {
	ctx := system(t)
	e.insert(t, thing{ID: "hot"})
	replica, _ := openThings(docstore.NewStore(e.driver, docstore.Options{Now: e.now}))
	const rounds = 15
	must(t, together(writers, func(i int) error {
		things := []*docstore.Collection[thing]{e.things, replica}[i%2]
		for range rounds {
			err := things.Update(ctx, "hot", func(x *thing) ([]event.Event, error) {
				x.Count++
				return []event.Event{changed.New(change{x.Count})}, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	got, err := e.things.Load(ctx, "hot")
	must(t, err)
	if got.State.Count != writers*rounds || got.Version != writers*rounds+1 {
		t.Errorf("count %d, version %d after %d updates", got.State.Count, got.Version, writers*rounds)
	}
	pending, err := e.driver.PendingOf(ctx, []docstore.Ref{{Collection: "things", ID: "hot"}})
	must(t, err)
	if len(pending) != 1 || len(pending[0].Outbox) != writers*rounds {
		t.Fatalf("outboxes: %v", len(pending))
	}
	for i, entry := range pending[0].Outbox {
		if entry.Version != int64(i+2) || string(entry.Change) != fmt.Sprintf(`{"n":%d}`, i+1) {
			t.Fatalf("entry %d has version %d and change %s", i, entry.Version, entry.Change)
		}
	}
	stale := caller.WithCommand(ctx, &caller.Command{Target: ref("hot"), Meets: only(1)})
	err = e.things.Update(stale, "hot", func(x *thing) ([]event.Event, error) { x.Count = 0; return nil, nil })
	if !errors.Is(err, docstore.ErrStale) {
		t.Errorf("an update of version 1: %v", err)
	}
	writes := []docstore.Write{{Kind: docstore.Update, Collection: "things", ID: "hot", Expect: 1, Version: 2, Body: []byte(`{"rank":1,"name":"","at":""}`)}}
	if err := e.driver.Apply(ctx, writes); !errors.Is(err, docstore.ErrStale) {
		t.Errorf("the driver's update of version 1: %v", err)
	}
	writes[0].ID = "absent"
	if err := e.driver.Apply(ctx, writes); !errors.Is(err, docstore.ErrStale) {
		t.Errorf("the driver's update of no document: %v", err)
	}
}

// testAtomic: transfers between two documents keep their sum, nothing is half applied, and what was only read counts too.
func testAtomic(t *testing.T, e *env) {
	t.Run("transfers", func(t *testing.T) { testTransfers(t, e) })
	t.Run("write skew", func(t *testing.T) { testWriteSkew(t, e) })
	t.Run("all or none", func(t *testing.T) { testAllOrNone(t, e) })
	t.Run("own writes", func(t *testing.T) { testOwnWrites(t, e) })
}

func testTransfers(t *testing.T, e *env) {
	ctx := system(t)
	const accounts, rounds = 4, 8
	for i := range accounts {
		must(t, e.things.Insert(ctx, thingID(i), &thing{ID: thingID(i), Count: 1000}))
		must(t, e.others.Insert(ctx, thingID(i), &thing{ID: thingID(i)}))
	}
	must(t, together(writers, func(i int) error {
		for n := range rounds {
			from, to := thingID((i+n)%accounts), thingID((i*3+n+1)%accounts)
			err := e.store.Atomic(ctx, func(ctx context.Context) error {
				err := e.things.Update(ctx, from, func(x *thing) ([]event.Event, error) {
					x.Count--
					return []event.Event{changed.New(change{-1})}, nil
				})
				if err != nil {
					return err
				}
				return e.others.Update(ctx, to, func(x *thing) ([]event.Event, error) {
					x.Count++
					return []event.Event{changed.New(change{1})}, nil
				})
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	var left, moved, entries int64
	for i := range accounts {
		a, err := e.things.Load(ctx, thingID(i))
		must(t, err)
		b, err := e.others.Load(ctx, thingID(i))
		must(t, err)
		left, moved = left+a.State.Count, moved+b.State.Count
		if a.Version != 1001-a.State.Count || b.Version != 1+b.State.Count {
			t.Errorf("account %d: versions %d and %d do not tell the %d and %d", i, a.Version, b.Version, a.State.Count, b.State.Count)
		}
		pending, err := e.driver.PendingOf(ctx, []docstore.Ref{{Collection: "things", ID: thingID(i)}, {Collection: "others", ID: thingID(i)}})
		must(t, err)
		for _, p := range pending {
			entries += int64(len(p.Outbox))
		}
	}
	if moved != writers*rounds || left != accounts*1000-moved || entries != 2*moved {
		t.Errorf("%d moved, %d left, %d events; want %d, %d, %d", moved, left, entries, writers*rounds, accounts*1000-writers*rounds, 2*writers*rounds)
	}
}

// testWriteSkew: two documents may not both be off; each of many transactions reads both and switches one off when the other is on.
func testWriteSkew(t *testing.T, e *env) {
	ctx := system(t)
	replica := docstore.NewStore(e.driver, docstore.Options{Now: e.now})
	second, _ := openThings(replica)
	for round := range 20 {
		a, b := fmt.Sprintf("skew-a-%d", round), fmt.Sprintf("skew-b-%d", round)
		e.insert(t, thing{ID: a, Count: 1}, thing{ID: b, Count: 1})
		must(t, together(4, func(i int) error {
			things, store, own, other := e.things, e.store, a, b
			if i%2 == 1 {
				things, store, own, other = second, replica, b, a
			}
			return store.Atomic(ctx, func(ctx context.Context) error {
				x, err := things.Get(ctx, other)
				if err != nil || x.Count == 0 {
					return err
				}
				return things.Update(ctx, own, func(x *thing) ([]event.Event, error) { x.Count = 0; return nil, nil })
			})
		}))
		x, err := e.things.Get(ctx, a)
		must(t, err)
		y, err := e.things.Get(ctx, b)
		must(t, err)
		if x.Count+y.Count != 1 {
			t.Fatalf("round %d: %d and %d are on", round, x.Count, y.Count)
		}
	}
}

func testAllOrNone(t *testing.T, e *env) {
	ctx := system(t)
	e.insert(t, thing{ID: "taken", Serial: "S-taken"}, thing{ID: "free"})
	err := e.store.Atomic(ctx, func(ctx context.Context) error {
		err := e.things.Update(ctx, "free", func(x *thing) ([]event.Event, error) {
			x.Count = 7
			return []event.Event{changed.New(change{7})}, nil
		})
		if err != nil {
			return err
		}
		return e.others.Insert(ctx, "new", &thing{ID: "new"})
	})
	must(t, err)
	err = e.store.Atomic(ctx, func(ctx context.Context) error {
		err := e.things.Update(ctx, "free", func(x *thing) ([]event.Event, error) {
			x.Count = 8
			return []event.Event{changed.New(change{8})}, nil
		})
		if err != nil {
			return err
		}
		return e.things.Insert(ctx, "second", &thing{ID: "second", Serial: "S-taken"})
	})
	var exists *docstore.ErrExists
	if !errors.As(err, &exists) || exists.Key != "serial_number" {
		t.Errorf("a taken serial number: %v", err)
	}
	got, err := e.things.Load(ctx, "free")
	must(t, err)
	if got.State.Count != 7 || got.Version != 2 {
		t.Errorf("half of a refused transaction was applied: %+v", got)
	}
	pending, err := e.driver.PendingOf(ctx, []docstore.Ref{{Collection: "things", ID: "free"}, {Collection: "things", ID: "second"}})
	must(t, err)
	if len(pending) != 1 || len(pending[0].Outbox) != 1 {
		t.Errorf("the outbox tells of what was refused: %+v", pending)
	}
	refused := errors.New("refused")
	err = e.store.Atomic(ctx, func(ctx context.Context) error {
		if err := e.things.Insert(ctx, "third", &thing{ID: "third"}); err != nil {
			return err
		}
		return refused
	})
	if _, missing := e.things.Get(ctx, "third"); !errors.Is(err, refused) || !errors.Is(missing, docstore.ErrNotFound) {
		t.Errorf("a refusal: %v, then %v", err, missing)
	}
}

// testOwnWrites: a transaction sees what it wrote; two changes of one document become one write.
func testOwnWrites(t *testing.T, e *env) {
	ctx := system(t)
	add := func(ctx context.Context, id string) error {
		return e.things.Update(ctx, id, func(x *thing) ([]event.Event, error) {
			x.Count++
			return []event.Event{changed.New(change{x.Count})}, nil
		})
	}
	must(t, e.store.Atomic(ctx, func(ctx context.Context) error {
		if err := e.things.Insert(ctx, "own", &thing{ID: "own"}, changed.New(change{0})); err != nil {
			return err
		}
		return errors.Join(add(ctx, "own"), add(ctx, "own"))
	}))
	must(t, e.store.Atomic(ctx, func(ctx context.Context) error { return errors.Join(add(ctx, "own"), add(ctx, "own")) }))
	pending, err := e.driver.PendingOf(ctx, []docstore.Ref{{Collection: "things", ID: "own"}})
	must(t, err)
	if len(pending) != 1 || pending[0].Version != 5 || len(pending[0].Outbox) != 5 {
		t.Fatalf("%+v", pending)
	}
	for i, entry := range pending[0].Outbox {
		if entry.Version != int64(i+1) {
			t.Errorf("entry %d has version %d", i, entry.Version)
		}
	}
	err = e.store.Atomic(ctx, func(ctx context.Context) error {
		_, err := e.things.Find(ctx, docstore.Query{Limit: 1})
		return err
	})
	if err == nil {
		t.Error("a query inside Atomic was answered")
	}
}

// testUnique: unique keys hold, also when many try at once; what is absent or empty takes no part.
func testUnique(t *testing.T, e *env) {
	ctx := system(t)
	e.insert(t, thing{ID: "1", Serial: "A"}, thing{ID: "2"}, thing{ID: "3"}, thing{ID: "4", Shelf: "s", Slot: 1}, thing{ID: "5", Shelf: "s", Slot: 2}, thing{ID: "6", Shelf: "s"}, thing{ID: "7", Shelf: "s"})
	for _, c := range []struct {
		x    thing
		want string
	}{
		{thing{ID: "1"}, "_id"},
		{thing{ID: "1", Serial: "A"}, "_id"},
		{thing{ID: "8", Serial: "A"}, "serial_number"},
		{thing{ID: "8", Shelf: "s", Slot: 2}, "place"},
		{thing{ID: "8", Serial: "a"}, "<nil>"},
	} {
		if got := key(e.things.Insert(ctx, c.x.ID, &c.x)); got != c.want {
			t.Errorf("%+v: %s, want %s", c.x, got, c.want)
		}
	}
	take := func(id, serial string) error { return e.take(ctx, id, serial) }
	if got := key(take("2", "A")); got != "serial_number" {
		t.Errorf("an update to a taken key: %s", got)
	}
	must(t, take("1", ""))
	must(t, take("2", "A"))
	won := make([]bool, writers)
	must(t, together(writers, func(i int) error {
		x := thing{ID: thingID(i), Serial: "contended"}
		err := e.things.Insert(ctx, x.ID, &x)
		if won[i] = err == nil; err != nil && key(err) != "serial_number" {
			return err
		}
		return nil
	}))
	winners := 0
	for _, w := range won {
		if w {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("%d of %d concurrent inserts took one key", winners, writers)
	}
	must(t, together(writers, func(int) error {
		err := e.things.Insert(ctx, "contended", &thing{ID: "contended"})
		if err != nil && key(err) != "_id" {
			return err
		}
		return nil
	}))
	t.Run("any order", func(t *testing.T) { testUniqueInAnyOrder(t, e) })
}

// key is the unique key that err says is taken, else what err says.
func key(err error) string {
	var exists *docstore.ErrExists
	if !errors.As(err, &exists) {
		return fmt.Sprint(err)
	}
	return exists.Key
}

// take gives a document a serial number.
func (e *env) take(ctx context.Context, id, serial string) error {
	return e.things.Update(ctx, id, func(x *thing) ([]event.Event, error) { x.Serial = serial; return nil, nil })
}

// testUniqueInAnyOrder compares inserts, changes and releases of keys with a map of who has what.
func testUniqueInAnyOrder(t *testing.T, e *env) {
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		owner := map[string]string{}
		for range 12 {
			id, serial := fmt.Sprintf("any-%d-%d", round, rapid.IntRange(0, 3).Draw(r, "id")), rapid.SampledFrom([]string{"", "x", "y"}).Draw(r, "serial")
			full := serial
			if serial != "" {
				full = fmt.Sprintf("any-%d-%s", round, serial)
			}
			err := e.things.Insert(system(t), id, &thing{ID: id, Serial: full})
			if key(err) == "_id" {
				err = e.take(system(t), id, full)
			}
			taken := serial != "" && owner[serial] != "" && owner[serial] != id
			if (key(err) == "serial_number") != taken || (err != nil && !taken) {
				r.Fatalf("%s takes %q of %v: %v", id, serial, owner, err)
			}
			if taken {
				continue
			}
			for s, o := range owner {
				if o == id {
					delete(owner, s)
				}
			}
			if serial != "" {
				owner[serial] = id
			}
		}
	})
}

// only is the condition that a document has just this version; 0 is any.
func only(version int64) func(int64) error {
	return func(present int64) error {
		if version != 0 && present != version {
			return docstore.ErrStale
		}
		return nil
	}
}
