package docstoretest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

func refusedAsTooLarge(err error) bool {
	f := fault.As(err)
	return f != nil && f.Rule == docstore.RuleTooLarge
}

// maxRecord is what a broker takes of one record by default, less what a batch adds.
const maxRecord = 1000 * 1000

// publishable fails t unless every event that waits with the document can travel.
func (e *env) publishable(t interface{ Fatalf(string, ...any) }, id string) {
	ctx := caller.AsSystem(e.ctx, "docstoretest")
	pending, err := e.driver.PendingOf(ctx, []docstore.Ref{{Collection: "things", ID: id}})
	if err != nil || len(pending) != 1 {
		t.Fatalf("%d documents with events: %v", len(pending), err)
	}
	state, err := docstore.PublicState(thingSpec("things"), pending[0].Document)
	if err != nil {
		t.Fatalf("public state: %v", err)
	}
	for _, entry := range pending[0].Outbox {
		r, err := event.Envelope{Entry: entry, Subject: id, StateVersion: pending[0].Version, State: state, Topic: topic}.Record()
		if err != nil {
			t.Fatalf("what was accepted cannot be published: %v", err)
		}
		size := len(r.Value)
		for _, h := range r.Headers {
			size += len(h.Key) + len(h.Value)
		}
		if size > maxRecord {
			t.Fatalf("what was accepted makes a record of %d bytes", size)
		}
	}
}

// testBounds: no command leaves a document that its events cannot carry, and one that can hold no more can still be ended.
func testBounds(t *testing.T, e *env) {
	ctx := system(t)
	update := func(id string, change func(*thing)) error {
		return e.things.Update(ctx, id, func(x *thing) ([]event.Event, error) {
			change(x)
			return []event.Event{changed.New(change1)}, nil
		})
	}
	text := func(n int) string { return strings.Repeat("<", n) } // an encoder that escapes for HTML makes six bytes of it
	if err := e.things.Insert(ctx, "new", &thing{ID: "new", Name: text(193 << 10)}); !refusedAsTooLarge(err) {
		t.Errorf("a new document of 193 KB: %v", err)
	}
	if _, err := e.things.Get(ctx, "new"); !errors.Is(err, docstore.ErrNotFound) {
		t.Errorf("what was refused is there: %v", err)
	}
	must(t, e.things.Insert(ctx, "a", &thing{ID: "a", Name: text(120 << 10)}))
	must(t, update("a", func(x *thing) { x.Labels = append(x.Labels, text(100<<10)) }))
	grow := update("a", func(x *thing) { x.Labels = append(x.Labels, text(24<<10)) })
	if !refusedAsTooLarge(grow) || !strings.Contains(grow.Error(), "245760") {
		t.Errorf("lists that grow to 244 KB: %v", grow)
	}
	must(t, update("a", func(x *thing) { x.Labels = append(x.Labels, text(19<<10)) }))
	if err := update("a", func(x *thing) { x.Labels = append(x.Labels, text(1<<10)) }); !refusedAsTooLarge(err) {
		t.Errorf("one more entry of a full list: %v", err)
	}
	ending := caller.WithCommand(ctx, &caller.Command{Subject: "s", Target: ref("a"), Ends: true})
	must(t, e.things.Update(ending, "a", func(x *thing) ([]event.Event, error) {
		x.Labels = append(x.Labels, "why it ends")
		return []event.Event{changed.New(change1)}, nil
	}))
	must(t, update("a", func(x *thing) { x.Done, x.Serial = true, text(12<<10) }))
	e.publishable(t, "a")
	if err := update("a", func(x *thing) { x.Serial = text(20 << 10) }); !refusedAsTooLarge(err) {
		t.Errorf("a field beyond the hard bound: %v", err)
	}
	must(t, update("a", func(x *thing) { x.Labels = x.Labels[1:] }))

	must(t, e.things.Insert(ctx, "private", &thing{ID: "private", Note: text(600 << 10)}, changed.New(change1)))
	e.publishable(t, "private")
	if err := update("private", func(x *thing) { x.Note = text(1100 << 10) }); !refusedAsTooLarge(err) {
		t.Errorf("private fields without a bound: %v", err)
	}
	long := event.Event{Type: changed.Type(), Change: map[string]string{"text": text(200 << 10)}}
	if err := e.things.Update(ctx, "private", func(*thing) ([]event.Event, error) { return []event.Event{long}, nil }); !refusedAsTooLarge(err) {
		t.Errorf("an event with a change of 200 KB: %v", err)
	}
	testBeforeBounds(t, e, update)
	huge := docstore.Write{Kind: docstore.Insert, Collection: "things", ID: "huge", Version: 1,
		Body: []byte(`{"name":"` + text(docstore.MaxDocument) + `","_scope":["nation"]}`)}
	if err := e.driver.Apply(ctx, []docstore.Write{huge}); !errors.Is(err, docstore.ErrTooLarge) {
		t.Errorf("a document of more than 16 MB: %v", err)
	}
}

var change1 = change{1}

// testBeforeBounds: what was stored before there were bounds goes on, but does not grow.
func testBeforeBounds(t *testing.T, e *env, update func(string, func(*thing)) error) {
	body, err := json.Marshal(struct {
		thing
		Scope []string `json:"_scope"`
	}{thing{ID: "old", Labels: []string{strings.Repeat("x", 300<<10)}, At: e.store.Now()}, []string{caller.Nation}})
	must(t, err)
	must(t, e.driver.Apply(system(t), []docstore.Write{{Kind: docstore.Insert, Collection: "things", ID: "old", Version: 1, Body: body}}))
	must(t, update("old", func(x *thing) { x.Done, x.Name = true, "ended" }))
	if err := update("old", func(x *thing) { x.Labels = append(x.Labels, "y") }); !refusedAsTooLarge(err) {
		t.Errorf("a document that was too large before grows: %v", err)
	}
	must(t, update("old", func(x *thing) { x.Labels = []string{"short"} }))
	e.publishable(t, "old")
}

// testBoundsProperty: whatever commands are accepted, in whatever order and of whatever text, their events can be published, and the
// command that ends the document is accepted at any time.
func testBoundsProperty(t *testing.T, e *env) {
	texts := rapid.SampledFrom([]string{"x", "ñ", "<", "\u2028", "\x01", `"`, "\\", "😀", "\n"})
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		id := fmt.Sprintf("property-%d", n)
		ctx := caller.AsSystem(e.ctx, "docstoretest")
		text := func(least, most int) string {
			return strings.Repeat(texts.Draw(t, "character"), rapid.IntRange(least, most).Draw(t, "length"))
		}
		if err := e.things.Insert(ctx, id, &thing{ID: id, Name: text(0, 120)}, changed.New(change1)); err != nil {
			t.Fatalf("insert: %v", err)
		}
		for range rapid.IntRange(1, 8).Draw(t, "commands") {
			grown := text(100, 60_000)
			lists := rapid.Bool().Draw(t, "lists")
			err := e.things.Update(ctx, id, func(x *thing) ([]event.Event, error) {
				if lists {
					x.Labels = append(x.Labels, grown)
				} else {
					x.Note = grown
				}
				return []event.Event{changed.New(change1)}, nil
			})
			if err != nil && !refusedAsTooLarge(err) {
				t.Fatalf("a command: %v", err)
			}
			docs, err := e.driver.Load(ctx, "things", []string{id})
			if err != nil {
				t.Fatalf("load: %v", err)
			}
			if state, err := docstore.PublicState(thingSpec("things"), docs[0]); err != nil || len(state) > event.MaxStateBytes {
				t.Fatalf("a command left a public state of %d bytes: %v", len(state), err)
			}
		}
		ending := text(0, 200)
		if err := e.things.Update(ctx, id, func(x *thing) ([]event.Event, error) {
			x.Done, x.Serial, x.At = true, id+ending, e.store.Now()
			return []event.Event{changed.New(change1)}, nil
		}); err != nil {
			t.Fatalf("it can no longer be ended: %v", err)
		}
		e.publishable(t, id)
	})
}
