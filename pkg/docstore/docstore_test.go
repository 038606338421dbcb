package docstore

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/caller"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPick(t *testing.T) {
	spec := Spec{Name: "c", Indexes: []Index{{Fields: []string{"a"}}, {Fields: []string{"a", "b"}}, {Fields: []string{"a"}, Sort: "s"}, {Array: "l"}}}
	where := func(fields ...string) (out []Condition) {
		for _, f := range fields {
			out = append(out, Eq(f, 1))
		}
		return out
	}
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{}, "||"},
		{Query{Where: where("a")}, "a||"},
		{Query{Where: where("b", "a")}, "a,b||"},
		{Query{Where: where("b")}, "||"},
		{Query{Where: where("a", "b"), Sort: "s"}, "a||s"},
		{Query{Where: where("l", "b")}, "|l|"},
		{Query{Where: where("_id")}, "||"},
		{Query{Where: where("x")}, "no index on x"},
		{Query{Where: where("s")}, "no index on s"},
		{Query{Sort: "s"}, "no index in the order of s"},
		{Query{Sort: "x", Where: where("a")}, "no index in the order of x"},
	} {
		ix, err := spec.Pick(c.q)
		got := strings.Join(ix.Fields, ",") + "|" + ix.Array + "|" + ix.Sort
		if err != nil {
			got = err.Error()
		}
		if !strings.HasSuffix(got, c.want) {
			t.Errorf("%+v: %s, want %s", c.q, got, c.want)
		}
	}
}

func TestAdmits(t *testing.T) {
	for _, c := range []struct {
		held, carried []string
		want          bool
	}{
		{nil, []string{caller.Nation}, false},
		{[]string{caller.Nation}, nil, true},
		{[]string{"unit:A"}, []string{caller.Nation, "unit:A"}, true},
		{[]string{"unit:A"}, []string{caller.Nation, "unit:B"}, false},
		{[]string{"unit:B", "office:x"}, []string{"office:x"}, true},
		{[]string{""}, []string{""}, true},
	} {
		a := caller.Access{Scopes: c.held}
		if got := a.Admits(c.carried); got != c.want {
			t.Errorf("%v on %v: %v", c.held, c.carried, got)
		}
		if q := narrow(Query{Scopes: []string{"forged"}}, a); (q.Scopes == nil) != (c.held != nil && c.held[0] == caller.Nation) {
			t.Errorf("%v narrows a query to %v", c.held, q.Scopes)
		}
	}
}

// TestCursor: every position survives the round trip, for its own listing only.
func TestCursor(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		value := rapid.OneOf(rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Bool().AsAny(), rapid.Float64Range(0.1, 0.9).AsAny()).Draw(r, "value")
		p := Position{Value: value, ID: rapid.String().Draw(r, "id")}
		if s, ok := value.(string); ok {
			p.Value = strings.ToValidUTF8(s, "")
		}
		got, err := ParseCursor(p.Cursor("l"), "l")
		if err != nil || *got != p {
			r.Fatalf("%#v became %#v, %v", p, got, err)
		}
		if _, err := ParseCursor(p.Cursor("l"), "m"); !errors.Is(err, ErrCursor) {
			r.Fatalf("another listing took it: %v", err)
		}
	})
}

// TestCheckState: a reserved name is refused at the top and nowhere else.
func TestCheckState(t *testing.T) {
	for _, c := range []struct {
		state any
		ok    bool
	}{
		{map[string]any{}, true},
		{map[string]any{"a": `,"_x":1`, "b": map[string]any{"_x": []any{map[string]any{"_y": 1}}}, "c": `\"`}, true},
		{map[string]any{"": "_", "a_": "_"}, true},
		{map[string]any{"_x": 1}, false},
		{map[string]any{"a": []any{1, "]"}, "z": 1, "_x": 1}, false},
		{map[string]any{"a": `\`, "_x": 1}, false},
		{struct {
			A string `json:"a"`
			X int    `json:"_x"`
		}{`"`, 1}, false},
		{[]int{1}, false}, {"x", false}, {nil, false},
	} {
		b, err := marshal(c.state)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkState(b); (err == nil) != c.ok {
			t.Errorf("%s: %v", b, err)
		}
	}
	c := &Collection[map[string]json.RawMessage]{}
	rapid.Check(t, func(r *rapid.T) {
		state := map[string]json.RawMessage{}
		for k, v := range rapid.MapOf(rapid.StringMatching(`[a-z"\\,{]{0,3}`), rapid.String()).Draw(r, "state") {
			b, err := json.Marshal(v)
			if err != nil {
				r.Fatal(err)
			}
			state[k] = b
		}
		body, err := c.body(&state, meta{Schema: 3, Scope: []string{"s"}})
		if err != nil {
			r.Fatal(err)
		}
		var got map[string]json.RawMessage
		if err := json.Unmarshal(body, &got); err != nil || len(got) != len(state)+2 || string(got["_schema"]) != "3" {
			r.Fatalf("%s: %v", body, err)
		}
	})
}

// TestKeyedLock: callers of one document go one after the other, and none waits for ever for one that holds it.
func TestKeyedLock(t *testing.T) {
	var k keyed
	ref := Ref{Collection: "c", ID: "1"}
	first := k.lock(t.Context(), ref)
	k.lock(t.Context(), Ref{Collection: "c", ID: "2"})()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	k.lock(over, ref)()
	k.lock(t.Context(), ref)() // goes on after lockWait
	first()
	k.lock(t.Context(), ref)()
	if len(k.held) != 0 {
		t.Errorf("%d locks are left", len(k.held))
	}
}
