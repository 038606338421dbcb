package docstoretest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// testOutbox: events wait in the order they were raised; taking them away touches no version.
func testOutbox(t *testing.T, e *env) {
	ctx := event.WithCorrelation(caller.WithAccess(t.Context(), caller.Access{Subject: "actor", Scopes: []string{caller.Nation}}), "corr")
	collections := []string{"things", "others"}
	if n, oldest, err := e.driver.Backlog(ctx, collections); n != 0 || !oldest.IsZero() || err != nil {
		t.Errorf("backlog of an empty store: %d, %v, %v", n, oldest, err)
	}
	for i, c := range []*docstore.Collection[thing]{e.things, e.others, e.things} {
		id := thingID(9 - i)
		must(t, c.Insert(ctx, id, &thing{ID: id, Note: "private"}, changed.New(change{1}), changed.New(change{2})))
	}
	must(t, e.things.Update(ctx, thingID(9), count))
	testForeignEvent(ctx, t, e)
	must(t, e.things.Insert(ctx, "quiet", &thing{ID: "quiet"}))
	ref := docstore.Ref{Collection: "things", ID: thingID(9)}
	pending, err := e.driver.PendingOf(ctx, []docstore.Ref{ref, {Collection: "things", ID: "quiet"}, {Collection: "things", ID: "absent"}})
	must(t, err)
	if len(pending) != 1 || pending[0].Version != 2 || len(pending[0].Outbox) != 3 || pending[0].Collection != "things" || pending[0].ID != ref.ID {
		t.Fatalf("%+v", pending)
	}
	first := pending[0].Outbox[0]
	want := event.Entry{ID: first.ID, Type: "mx.bitacora.asset.suite_changed.v1", Version: 1, At: first.At, Actor: "actor", Correlation: "corr", Change: []byte(`{"n":1}`)}
	if d := cmp.Diff(want, first); d != "" || first.ID == "" || first.At.IsZero() {
		t.Errorf("entry (-want +got):\n%s", d)
	}
	all, err := e.driver.PendingBefore(ctx, collections, e.now(), 10)
	must(t, err)
	if d := cmp.Diff([]string{thingID(9), thingID(8), thingID(7)}, pendingIDs(all)); d != "" {
		t.Errorf("oldest first (-want +got):\n%s", d)
	}
	for _, c := range []struct {
		collections []string
		before      time.Time
		limit       int
		want        []string
	}{
		{collections, e.now(), 2, []string{thingID(9), thingID(8)}},
		{collections[:1], e.now(), 2, []string{thingID(9), thingID(7)}},
		{collections, all[1].Outbox[0].At.Time, 5, []string{thingID(9)}},
		{collections, epoch, 5, nil},
		{nil, e.now(), 5, nil},
	} {
		got, err := e.driver.PendingBefore(ctx, c.collections, c.before, c.limit)
		must(t, err)
		if d := cmp.Diff(c.want, pendingIDs(got)); d != "" {
			t.Errorf("%v (-want +got):\n%s", c, d)
		}
	}
	n, oldest, err := e.driver.Backlog(ctx, collections)
	must(t, err)
	if n != 3 || !oldest.Equal(first.At.Time) {
		t.Errorf("backlog %d since %v", n, oldest)
	}
	testPublished(ctx, t, e, ref, pending[0])
}

// testForeignEvent: an event outside the collection's set is written neither with a new document nor with a change.
func testForeignEvent(ctx context.Context, t *testing.T, e *env) {
	elsewhere := event.Define[change](event.NewSet(topic, "asset"), "asset.other", "In a set that no collection names.").New(change{1})
	err := e.things.Update(ctx, thingID(9), func(x *thing) ([]event.Event, error) { x.Count = 99; return []event.Event{elsewhere}, nil })
	if is := e.counted(t, thingID(9)); err == nil || is == 99 || e.things.Insert(ctx, "strange", &thing{ID: "strange"}, elsewhere) == nil {
		t.Errorf("an event out of the collection's set was taken: %v, count %d", err, is)
	}
}

func pendingIDs(pending []docstore.Pending) (out []string) {
	for _, p := range pending {
		out = append(out, p.ID)
	}
	return out
}

func testPublished(ctx context.Context, t *testing.T, e *env, ref docstore.Ref, before docstore.Pending) {
	published := map[docstore.Ref][]string{ref: {before.Outbox[0].ID, before.Outbox[1].ID, "unknown"}, {Collection: "things", ID: "absent"}: {"x"}}
	must(t, e.others.Published(ctx, []docstore.New[thing]{{ID: "filed", State: &thing{ID: "filed", Rank: 1}}}, nil))
	// What is filed twice stays as it was filed first.
	must(t, e.others.Published(ctx, []docstore.New[thing]{{ID: "filed", State: &thing{ID: "filed", Rank: 2}}, {ID: "filed-2", State: &thing{ID: "filed-2", Rank: 1}}}, published))
	for _, id := range []string{"filed", "filed-2"} {
		if x, err := e.others.Get(ctx, id); err != nil || x.Rank != 1 {
			t.Errorf("%s: %+v, %v", id, x, err)
		}
	}
	pending, err := e.driver.PendingOf(ctx, []docstore.Ref{ref})
	must(t, err)
	if len(pending) != 1 || len(pending[0].Outbox) != 1 || pending[0].Outbox[0].ID != before.Outbox[2].ID || pending[0].Version != before.Version {
		t.Errorf("after two of three were published: %+v", pending)
	}
	if d := cmp.Diff(string(before.Body), string(pending[0].Body)); d != "" {
		t.Errorf("publishing changed the document:\n%s", d)
	}
	// A command that has read before the relay's bookkeeping is not disturbed by it, nor disturbs it.
	tries := 0
	must(t, e.things.Update(ctx, ref.ID, func(x *thing) ([]event.Event, error) {
		tries++
		if err := e.driver.Published(ctx, nil, map[docstore.Ref][]string{ref: {before.Outbox[2].ID}}); err != nil {
			return nil, err
		}
		x.Count++
		return []event.Event{changed.New(change{9})}, nil
	}))
	pending, err = e.driver.PendingOf(ctx, []docstore.Ref{ref})
	must(t, err)
	if tries != 1 || len(pending) != 1 || len(pending[0].Outbox) != 1 || pending[0].Outbox[0].Version != 3 {
		t.Errorf("%d tries, %+v", tries, pending)
	}
	must(t, e.driver.Published(ctx, nil, map[docstore.Ref][]string{ref: {pending[0].Outbox[0].ID}}))
	must(t, e.driver.Published(ctx, nil, nil))
	if pending, err = e.driver.PendingOf(ctx, []docstore.Ref{ref}); err != nil || len(pending) != 0 {
		t.Errorf("after all were published: %+v, %v", pending, err)
	}
}

// testMany: each row of a batch stands for itself.
func testMany(t *testing.T, e *env) {
	ctx := system(t)
	e.insert(t, thing{ID: "there", Serial: "S"})
	docs := []docstore.New[thing]{
		{ID: "1", State: &thing{ID: "1", Places: []string{"unit:A"}}, Events: []event.Event{changed.New(change{1})}},
		{ID: "there", State: &thing{ID: "there"}},
		{ID: "2", State: &thing{ID: "2", Serial: "S"}},
		{ID: "3", State: &thing{ID: "3", Serial: "T"}},
		{ID: "4", State: &thing{ID: "4", Serial: "T"}},
		{ID: "1", State: &thing{ID: "1"}},
		{ID: "5", State: &thing{ID: "5"}, Events: []event.Event{changed.New(change{5})}},
	}
	var got []string
	for _, err := range e.things.InsertMany(ctx, docs) {
		var exists *docstore.ErrExists
		switch {
		case err == nil:
			got = append(got, "")
		case errors.As(err, &exists):
			got = append(got, exists.Key)
		default:
			got = append(got, err.Error())
		}
	}
	if d := cmp.Diff([]string{"", "_id", "serial_number", "", "serial_number", "_id", ""}, got); d != "" {
		t.Errorf("errors (-want +got):\n%s", d)
	}
	found, err := e.things.LoadMany(ctx, []string{"1", "2", "3", "4", "5", "there"})
	must(t, err)
	if d := cmp.Diff([]string{"1", "3", "5", "there"}, keys(found)); d != "" {
		t.Errorf("found (-want +got):\n%s", d)
	}
	pending, err := e.driver.PendingBefore(ctx, []string{"things"}, e.now(), 9)
	must(t, err)
	if d := cmp.Diff([]string{"1", "5"}, pendingIDs(pending)); d != "" {
		t.Errorf("pending (-want +got):\n%s", d)
	}
	if errs := e.things.InsertMany(ctx, nil); errs != nil {
		t.Errorf("no documents: %v", errs)
	}
	body := func(n int) []byte { return fmt.Appendf(nil, `{"rank":%d,"name":"","at":""}`, n) }
	errs := e.driver.ApplyMany(ctx, []docstore.Write{
		{Kind: docstore.Put, Collection: "things", ID: "5", Version: 1, Body: body(1)},
		{Kind: docstore.Put, Collection: "things", ID: "5", Version: 2, Body: body(2)},
		{Kind: docstore.Update, Collection: "things", ID: "3", Expect: 1, Version: 2, Body: body(3), Unset: []string{"serial"}},
		{Kind: docstore.Update, Collection: "things", ID: "3", Expect: 1, Version: 2, Body: body(3)},
		{Kind: docstore.Insert, Collection: "things", ID: "new", Version: 1, Body: body(4)},
	})
	for i, want := range []error{docstore.ErrStale, nil, nil, docstore.ErrStale, nil} {
		if len(errs) != 5 || !errors.Is(errs[i], want) {
			t.Fatalf("apply many: %v, want %v at %d", errs, want, i)
		}
	}
}

// testDeadlines: a caller whose time is up is told that the outcome is unknown, and nothing hangs.
func testDeadlines(t *testing.T, e *env) {
	e.insert(t, thing{ID: "1"})
	over, cancel := context.WithCancel(system(t))
	cancel()
	_, get := e.things.Get(over, "1")
	_, find := e.things.Find(over, docstore.Query{Limit: 1})
	_, _, backlog := e.driver.Backlog(over, []string{"things"})
	_, pending := e.driver.PendingOf(over, []docstore.Ref{{Collection: "things", ID: "1"}})
	for name, err := range map[string]error{
		"get": get, "find": find, "backlog": backlog, "pending": pending,
		"insert": e.things.Insert(over, "2", &thing{ID: "2"}), "update": e.things.Update(over, "1", count),
	} {
		if !errors.Is(err, docstore.ErrUnavailable) {
			t.Errorf("%s after the deadline: %v", name, err)
		}
	}
	for range 200 {
		ctx, cancel := context.WithTimeout(system(t), 300*time.Microsecond)
		if err := e.things.Update(ctx, "1", count); err != nil && !errors.Is(err, docstore.ErrUnavailable) {
			t.Errorf("near the deadline: %v", err)
		}
		cancel()
	}
	got, err := e.things.Load(system(t), "1")
	must(t, err)
	if got.Version != got.State.Count+1 {
		t.Errorf("version %d with count %d", got.Version, got.State.Count)
	}
}
