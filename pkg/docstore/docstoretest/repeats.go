package docstoretest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// without is a JSON object less one field.
func without(body []byte, field string) ([]byte, error) {
	var f map[string]json.RawMessage
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, err
	}
	delete(f, field)
	return json.Marshal(f)
}

func ref(id string) docstore.Ref { return docstore.Ref{Collection: "things", ID: id} }

func count(x *thing) ([]event.Event, error) {
	x.Count++
	return []event.Event{changed.New(change{x.Count})}, nil
}

// testRepeats: a command repeated with its key is carried out once; a key used for something else is refused.
func testRepeats(t *testing.T, e *env) {
	command := func(c caller.Command) (context.Context, *caller.Command) {
		return caller.WithCommand(system(t), &c), &c
	}
	create := caller.Command{Subject: "s", Operation: "thing.create", Key: "k", Hash: "h"}
	first, _ := command(create)
	again, _ := command(create)
	id := e.things.NewID(first, "")
	if other := e.things.NewID(again, ""); other != id {
		t.Errorf("the same command makes %s and %s", id, other)
	}
	insert := func(c caller.Command) error {
		ctx, _ := command(c)
		id := e.things.NewID(ctx, id)
		return e.store.Judged(ctx, e.things.Insert(ctx, id, &thing{ID: id, Serial: "S"}, changed.New(change{1})))
	}
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"first", insert(create), nil},
		{"again", insert(create), docstore.ErrReplayed},
		{"another body", insert(caller.Command{Subject: "s", Key: "k", Hash: "other"}), docstore.ErrKeyReused},
		{"without key", insert(caller.Command{Subject: "s", Hash: "h"}), docstore.ErrReplayed},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.err, c.want)
		}
	}
	var exists *docstore.ErrExists
	if err := insert(caller.Command{Subject: "other", Key: "k", Hash: "h"}); !errors.As(err, &exists) || exists.Key != "_id" {
		t.Errorf("somebody else's id: %v", err)
	}
	ctx, c := command(caller.Command{Subject: "s", Key: "k2", Hash: "h2", Target: ref(id), Meets: only(1)})
	must(t, e.things.Update(ctx, id, count))
	if d := cmp.Diff([]caller.Written{{Ref: ref(id), Version: 2}}, c.Written, cmpopts.IgnoreFields(caller.Written{}, "Body")); d != "" {
		t.Errorf("written (-want +got):\n%s", d)
	}
	update := func(c caller.Command) error {
		c.Target = ref(id)
		ctx, _ := command(c)
		return e.things.Update(ctx, id, count)
	}
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"again, though its version is stale", update(caller.Command{Subject: "s", Key: "k2", Hash: "h2", Meets: only(1)}), docstore.ErrReplayed},
		{"another body", update(caller.Command{Subject: "s", Key: "k2", Hash: "h3"}), docstore.ErrKeyReused},
		{"another subject", update(caller.Command{Subject: "s2", Key: "k2", Hash: "h2"}), nil},
		{"stale", update(caller.Command{Subject: "s", Key: "k9", Meets: only(1)}), docstore.ErrStale},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.err, c.want)
		}
	}
	testRecent(t, e, id, update)
}

func testRecent(t *testing.T, e *env, id string, update func(caller.Command) error) {
	for i := range 25 {
		must(t, update(caller.Command{Subject: "s", Key: fmt.Sprintf("many-%d", i), Hash: "h"}))
	}
	docs, err := e.driver.Load(system(t), "things", []string{id})
	must(t, err)
	var meta struct {
		Recent []docstore.Repeat `json:"_recent"`
	}
	must(t, json.Unmarshal(docs[0].Body, &meta))
	if n := len(meta.Recent); n != 20 || meta.Recent[n-1].Key != "many-24" || meta.Recent[n-1].Version != docs[0].Version {
		t.Errorf("the document remembers %d commands: %+v", n, meta.Recent)
	}
	if err := update(caller.Command{Subject: "s", Key: "many-5", Hash: "h"}); !errors.Is(err, docstore.ErrReplayed) {
		t.Errorf("the twentieth last command: %v", err)
	}
	won := make([]bool, writers)
	must(t, together(writers, func(i int) error {
		err := update(caller.Command{Subject: "s", Key: "together", Hash: "h"})
		if won[i] = err == nil; errors.Is(err, docstore.ErrReplayed) {
			return nil
		}
		return err
	}))
	winners := 0
	for _, w := range won {
		if w {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("a command sent %d times at once was carried out %d times", writers, winners)
	}
}

// testParts: a command on one document that creates another is remembered by that one for good, however many others come between; and the
// version and key of a command are held against the document it names, not against one of another collection with the same id.
func testParts(t *testing.T, e *env) {
	e.insert(t, thing{ID: "whole"}, thing{ID: "whole-2"})
	_, err := e.others.PutIfNewer(system(t), docstore.Versioned[thing]{ID: "whole", Version: 7, State: &thing{ID: "whole"}})
	must(t, err)
	add := func(whole, key, hash, client string, version int64) (string, error) {
		ctx := caller.WithCommand(system(t), &caller.Command{Subject: "s", Operation: "thing.add", Key: key, Hash: hash, Target: ref(whole), Meets: only(version)})
		id := e.others.NewID(ctx, client)
		return id, e.store.Judged(ctx, e.store.Atomic(ctx, func(ctx context.Context) error {
			if err := e.others.Update(ctx, "whole", count); err != nil {
				return err
			}
			if err := e.things.Update(ctx, whole, count); err != nil {
				return err
			}
			return e.others.Insert(ctx, id, &thing{ID: id})
		}))
	}
	id, err := add("whole", "k", "h", "", 1)
	must(t, err)
	if other, err := add("whole-2", "k", "h", "", 1); err != nil || other == id {
		t.Errorf("the same key at another document: %s, %v", other, err)
	}
	_, err = add("whole", "", "own", "client", 2)
	must(t, err)
	for i := range 25 {
		must(t, e.send(e.things, "whole", "s", fmt.Sprint("between-", i), "h"))
	}
	e.later(2 * day)
	_, err = e.store.ForgetRepeats(system(t))
	must(t, err)
	for _, c := range []struct {
		name, key, hash, client string
		version                 int64
		want                    error
	}{
		{"again, days later", "k", "h", "", 0, docstore.ErrReplayed},
		{"again, though its version is stale", "k", "h", "", 1, docstore.ErrReplayed},
		{"another body", "k", "h2", "", 0, docstore.ErrKeyReused},
		{"again, by the client's id", "", "own", "client", 0, docstore.ErrReplayed},
		{"stale", "k2", "h", "", 7, docstore.ErrStale},
	} {
		if _, err := add("whole", c.key, c.hash, c.client, c.version); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if a, b := e.counted(t, "whole"), e.counted(t, "whole-2"); a != 27 || b != 1 {
		t.Errorf("counted %d and %d", a, b)
	}
}

// testAccess: without rights everything is refused; what is out of scope is not there.
func testAccess(t *testing.T, e *env) {
	e.insert(t, thing{ID: "a", Places: []string{"unit:A"}}, thing{ID: "b", Places: []string{"unit:B"}}, thing{ID: "both", Places: []string{"unit:A", "unit:B"}})
	none := t.Context()
	x := thing{ID: "x"}
	_, get := e.things.Get(none, "a")
	_, find := e.things.Find(none, docstore.Query{Limit: 1})
	_, many := e.things.LoadMany(none, []string{"a"})
	_, put := e.things.PutIfNewer(none, versioned("v", 1))
	for name, err := range map[string]error{
		"get": get, "find": find, "load many": many, "put": put,
		"insert": e.things.Insert(none, "x", &x), "update": e.things.Update(none, "a", count),
		"stream": e.things.Stream(none, docstore.Query{}, func(docstore.Doc[thing]) error { return nil }),
	} {
		if err == nil {
			t.Errorf("%s without access was carried out", name)
		}
	}
	ctx := caller.WithAccess(t.Context(), caller.Access{Subject: "unit", Scopes: []string{"unit:A"}})
	for id, want := range map[string]error{"a": nil, "both": nil, "b": docstore.ErrNotFound, "none": docstore.ErrNotFound} {
		_, err := e.things.Get(ctx, id)
		updated := e.things.Update(ctx, id, count)
		if !errors.Is(err, want) || !errors.Is(updated, want) {
			t.Errorf("%s: get %v, update %v, want %v", id, err, updated, want)
		}
	}
	if err := e.things.Insert(ctx, "new", &thing{ID: "new", Places: []string{"unit:B"}}); !errors.Is(err, docstore.ErrNotFound) {
		t.Errorf("an insert out of scope: %v", err)
	}
	found, err := e.things.LoadMany(ctx, []string{"a", "b", "both"})
	must(t, err)
	if found["a"] == nil || found["both"] == nil || len(found) != 2 {
		t.Errorf("load many: %v", keys(found))
	}
	listed := func() []string {
		got, err := e.walk(ctx, docstore.Query{}, 10)
		must(t, err)
		return ids(got)
	}
	if d := cmp.Diff([]string{"a", "both"}, listed()); d != "" {
		t.Error(d)
	}
	move := func(id string, places ...string) {
		must(t, e.things.Update(system(t), id, func(x *thing) ([]event.Event, error) { x.Places = places; return nil, nil }))
	}
	move("a", "unit:B")
	move("b", "unit:A", "office:x")
	if d := cmp.Diff([]string{"b", "both"}, listed()); d != "" {
		t.Errorf("after two moved:\n%s", d)
	}
}
