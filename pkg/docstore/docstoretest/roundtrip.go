package docstoretest

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
)

// hidden keeps its content where only MarshalJSON sees it, as decimal and time types do.
type hidden struct{ value string }

func (h hidden) MarshalJSON() ([]byte, error) { return json.Marshal("hidden:" + h.value) }

func (h *hidden) UnmarshalJSON(b []byte) error {
	var s string
	err := json.Unmarshal(b, &s)
	h.value = strings.TrimPrefix(s, "hidden:")
	return err
}

func (h hidden) Equal(o hidden) bool { return h.value == o.value }

// Embedded is embedded in awkward: its fields are the outer one's.
type Embedded struct {
	Inner string `json:"inner"`
}

type awkward struct {
	ID string `json:"id"`
	Embedded
	Hidden   hidden                     `json:"hidden"`
	UUID     uuid.UUID                  `json:"uuid"`
	Pointer  *int64                     `json:"pointer"`
	Nil      *hidden                    `json:"nil"`
	NilSlice []string                   `json:"nil_slice"`
	Empty    []string                   `json:"empty"`
	NilMap   map[string]int             `json:"nil_map"`
	EmptyMap map[string]int             `json:"empty_map"`
	Map      map[string]any             `json:"map"`
	Large    uint64                     `json:"large"`
	Small    int64                      `json:"small"`
	Float    float64                    `json:"float"`
	Text     string                     `json:"text"`
	Bytes    []byte                     `json:"bytes"`
	At       event.Time                 `json:"at"`
	Never    event.Time                 `json:"never,omitzero"`
	Raw      json.RawMessage            `json:"raw"`
	Deep     []map[string][]*hidden     `json:"deep"`
	Fixed    [2]bool                    `json:"fixed"`
	Any      any                        `json:"any"`
	Objects  map[string]map[string]bool `json:"objects"`
}

// testRoundTrip: what goes in comes out, after an insert and after an update.
func testRoundTrip(t *testing.T, e *env) {
	awkwards := docstore.Open[awkward](e.store, docstore.Spec{Name: "awkwards"}, nil)
	must(t, e.store.Migrate(system(t)))
	same := func(t *testing.T, want awkward) {
		t.Helper()
		must(t, awkwards.Insert(system(t), want.ID, &want))
		got, err := awkwards.Get(system(t), want.ID)
		must(t, err)
		if d := cmp.Diff(want, *got); d != "" {
			t.Errorf("after an insert (-want +got):\n%s", d)
		}
		blank := awkward{ID: want.ID + "'", UUID: uuid.Nil, Raw: json.RawMessage("null")}
		must(t, awkwards.Insert(system(t), blank.ID, &blank))
		id := blank.ID
		want.ID = id
		must(t, awkwards.Update(system(t), id, func(x *awkward) ([]event.Event, error) { *x = want; return nil, nil }))
		got, err = awkwards.Get(system(t), id)
		must(t, err)
		if d := cmp.Diff(want, *got); d != "" {
			t.Errorf("after an update (-want +got):\n%s", d)
		}
	}
	pointer := int64(math.MinInt64)
	for name, x := range map[string]awkward{
		"full": {
			Embedded: Embedded{"inner"}, Hidden: hidden{"h"}, UUID: uuid.MustParse("0198a5c0-1111-7000-8000-00000000000a"),
			Pointer: &pointer, Empty: []string{}, EmptyMap: map[string]int{}, Large: math.MaxUint64, Small: math.MinInt64, Float: 0.1,
			Map:  map[string]any{"a.b": "dot", "$set": "dollar", "": "empty", "$": "x", "ñ\u2028": nil, "_id": "mine", "list": []any{1.5, "x", nil, true}},
			Text: "¿Qué tal? \U0001F489 \u2028 <b>&amp;</b> \"\\ \u200d \ufeff \ufffd", Bytes: []byte{0, 255, 10},
			At: event.At(epoch.Add(999_999 * time.Nanosecond)), Raw: json.RawMessage(`{"n":18446744073709551615,"e":1.25e-7}`),
			Deep: []map[string][]*hidden{{"k": {nil, {"deep"}}}, nil, {}}, Fixed: [2]bool{true, false}, Any: map[string]any{"$in": []any{}},
			Objects: map[string]map[string]bool{"a": nil, "b": {}, "c.d": {"$e": true}},
		},
		"zero":       {Raw: json.RawMessage("null")},
		"limits":     {Large: 1<<53 + 1, Small: 1<<53 + 1, Float: math.MaxFloat64, Raw: json.RawMessage("-9223372036854775808")},
		"floats":     {Float: math.SmallestNonzeroFloat64, Any: math.Copysign(0, -1), Raw: json.RawMessage("1.5")},
		"whole":      {Float: 1e15, Any: 3.0, Raw: json.RawMessage("9007199254740993")},
		"large text": {Text: strings.Repeat("año ", 50_000), Raw: json.RawMessage("[]")},
		"numbers":    {Raw: json.RawMessage(`[9223372036854775807,9223372036854775808,18446744073709551615,-1,0,0.5]`)},
	} {
		x.ID = "awkward-" + name
		t.Run(name, func(t *testing.T) { same(t, x) })
	}
	t.Run("any text", func(t *testing.T) {
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			n++
			key, text := rapid.StringN(0, 20, 60).Draw(r, "key"), rapid.String().Draw(r, "text")
			key, text = strings.ReplaceAll(strings.ToValidUTF8(key, ""), "\x00", ""), strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
			want := awkward{ID: thingID(n), Text: text, Map: map[string]any{key: text}, Large: rapid.Uint64().Draw(r, "large"),
				Small: rapid.Int64().Draw(r, "small"), Float: rapid.Float64().Draw(r, "float"), Raw: json.RawMessage("null")}
			if err := awkwards.Insert(system(t), want.ID, &want); err != nil {
				r.Fatal(err)
			}
			got, err := awkwards.Get(system(t), want.ID)
			if err != nil {
				r.Fatal(err)
			}
			if d := cmp.Diff(want, *got); d != "" {
				r.Fatalf("(-want +got):\n%s", d)
			}
		})
	})
}

// older and newer are two releases' ideas of one document.
type older struct {
	ID    string            `json:"id"`
	Name  string            `json:"name,omitempty"`
	Notes map[string]string `json:"notes,omitempty"`
	List  []string          `json:"list"`
}

type newer struct {
	older
	Added  string `json:"added,omitempty"`
	Nested struct {
		A, B string
	} `json:"nested"`
}

// testFields: an update writes the difference: what the process does not know survives, what it empties is emptied.
func testFields(t *testing.T, e *env) {
	ctx := system(t)
	spec := docstore.Spec{Name: "releases"}
	old, now := docstore.Open[older](e.store, spec, nil), docstore.Open[newer](e.store, spec, nil)
	must(t, e.store.Migrate(ctx))
	x := newer{older: older{ID: "1", Name: "n", Notes: map[string]string{"a.b": "1", "$c": "2"}, List: []string{"x"}}, Added: "kept"}
	x.Nested.B = "b"
	must(t, now.Insert(ctx, "1", &x))
	must(t, old.Update(ctx, "1", func(o *older) ([]event.Event, error) {
		o.Name, o.List, o.Notes = "", []string{}, map[string]string{"d": "3"}
		return nil, nil
	}))
	got, err := now.Load(ctx, "1")
	must(t, err)
	x.Name, x.List, x.Notes = "", []string{}, map[string]string{"d": "3"}
	if d := cmp.Diff(x, got.State, cmp.AllowUnexported(newer{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got.Version != 2 {
		t.Errorf("version %d after an insert and an update", got.Version)
	}
	must(t, old.Update(ctx, "1", func(o *older) ([]event.Event, error) { o.List = nil; return nil, nil }))
	must(t, old.Update(ctx, "1", func(*older) ([]event.Event, error) { return nil, nil }))
	if got, err = now.Load(ctx, "1"); err != nil || got.State.List != nil || got.Version != 3 {
		t.Errorf("got %+v, %v; want a null list and version 3: the last update changed nothing", got, err)
	}
	docs, err := e.driver.Load(ctx, "releases", []string{"1", "2"})
	must(t, err)
	var body map[string]any
	must(t, json.Unmarshal(docs[0].Body, &body))
	for _, name := range []string{"name", "_id", "_version", "_outbox"} {
		if _, ok := body[name]; ok {
			t.Errorf("the body has a field %s", name)
		}
	}
	if len(docs) != 1 || body["_schema"] == nil || body["_scope"] == nil {
		t.Errorf("documents %d, body %v", len(docs), body)
	}
	if _, err := now.Get(ctx, "2"); !errors.Is(err, docstore.ErrNotFound) {
		t.Errorf("a missing document is %v", err)
	}
	testUpcast(t, e)
}

// testUpcast: a document of an older shape is read in the new one, and an update stores the new one whole.
func testUpcast(t *testing.T, e *env) {
	ctx := system(t)
	type v1 struct {
		ID  string `json:"id"`
		Old string `json:"old"`
	}
	type v2 struct {
		ID    string `json:"id"`
		New   string `json:"new"`
		Count int    `json:"count"`
	}
	first := docstore.Open[v1](e.store, docstore.Spec{Name: "shapes"}, nil)
	must(t, e.store.Migrate(ctx))
	must(t, first.Insert(ctx, "1", &v1{"1", "value"}))
	second := docstore.Open[v2](e.store, docstore.Spec{Name: "shapes", Schema: 1, Upcast: func(_ int, f map[string]json.RawMessage) error {
		f["new"] = f["old"]
		delete(f, "old")
		return nil
	}}, nil)
	must(t, second.Update(ctx, "1", func(x *v2) ([]event.Event, error) { x.Count++; return nil, nil }))
	got, err := second.Get(ctx, "1")
	must(t, err)
	if d := cmp.Diff(v2{"1", "value", 1}, *got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	docs, err := e.driver.Load(ctx, "shapes", []string{"1"})
	must(t, err)
	var body map[string]any
	must(t, json.Unmarshal(docs[0].Body, &body))
	if body["old"] != nil || body["new"] != "value" || body["_schema"] != 1.0 {
		t.Errorf("stored %v", body)
	}
}
