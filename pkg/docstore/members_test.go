package docstore_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

func TestMembers(t *testing.T) {
	for _, c := range []struct {
		object string
		want   []string
	}{
		{`{}`, nil},
		{`{"a":1}`, []string{"a", `"a":1`}},
		{` { "a" : [1, {"b": "}"}] , "c":"x\",\"y" } `, []string{"a", `"a" : [1, {"b": "}"}]`, "c", `"c":"x\",\"y"`}},
		{`{"":null,"_a\"":{"b":[]}}`, []string{"", `"":null`, `_a\"`, `"_a\"":{"b":[]}`}},
		{`[1,2]`, nil},
		{`null`, nil},
		{`{"a":"`, []string{"a", `"a":"`}}, // cut short: nothing is promised but an end
	} {
		var got []string
		for name, member := range docstore.Members([]byte(c.object)) {
			got = append(got, name, string(member))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.object, d)
		}
	}
}

// What Members finds is what encoding/json finds, and no input makes it fail.
func TestMembersAreThoseOfJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z_"\\{},\[\] é]{0,8}`)
		object := rapid.MapOf(text, rapid.OneOf(text.AsAny(), rapid.SliceOf(text).AsAny(), rapid.MapOf(text, rapid.Int().AsAny()).AsAny())).Draw(t, "object")
		body, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		again := []byte("{")
		for _, member := range docstore.Members(body) {
			if len(again) > 1 {
				again = append(again, ',')
			}
			again = append(again, member...)
		}
		if again = append(again, '}'); string(again) != string(body) {
			t.Fatalf("%s became %s", body, again)
		}
		cut := rapid.IntRange(0, len(body)).Draw(t, "cut")
		for range docstore.Members(body[:cut]) { // it must only end
		}
	})
}
