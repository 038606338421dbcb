package rest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyJSON draws a JSON value.
func anyJSON(depth int) *rapid.Generator[any] {
	scalar := rapid.OneOf(rapid.String().AsAny(), rapid.StringMatching(`[{}\[\]",:\\_ ]*`).AsAny(), rapid.Float64Range(-1e9, 1e9).AsAny(),
		rapid.Bool().AsAny(), rapid.Just[any](nil))
	if depth == 0 {
		return scalar
	}
	return rapid.OneOf(scalar, rapid.SliceOfN(anyJSON(depth-1), 0, 3).AsAny(), rapid.MapOfN(anyName(), anyJSON(depth-1), 0, 4).AsAny())
}

func anyName() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.StringMatching(`_?[a-z",{}\\]*`))
}

func TestStateIsTheDocumentWithoutReservedFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := rapid.MapOfN(anyName(), anyJSON(3), 0, 6).Draw(t, "document")
		raw, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "indented") {
			if raw, err = json.MarshalIndent(doc, " ", "\t"); err != nil {
				t.Fatal(err)
			}
		}
		var s state
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(s, &got); err != nil {
			t.Fatalf("%s became %s: %v", raw, s, err)
		}
		want := map[string]any{}
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		for name := range want {
			if strings.HasPrefix(name, "_") {
				delete(want, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
	for _, raw := range []string{`[]`, `"x"`, `7`} {
		var s state
		if err := json.Unmarshal([]byte(raw), &s); err == nil {
			t.Errorf("%s is taken for a document", raw)
		}
	}
}
