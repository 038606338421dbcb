package rest

import (
	"reflect"
	"strings"
	"testing"
)

// TestASchemaDescribesWhatItsJSONHas: where a field hides one of an embedded struct by its Go name alone, JSON has both.
func TestASchemaDescribesWhatItsJSONHas(t *testing.T) {
	type Inner struct {
		State string `json:"state_code"`
		Unit  string `json:"unit_id"`
	}
	type hides struct {
		Inner
		State string `json:"state"`
	}
	type overrides struct {
		Inner
		Code string `json:"state_code"`
		Not  string `json:"-"`
	}
	for name, tt := range map[string]struct {
		of   reflect.Type
		want string
	}{
		"a field hidden by its Go name":      {reflect.TypeFor[hides](), "state_code"},
		"a field with the same name in JSON": {reflect.TypeFor[overrides](), ""},
		"nothing hidden":                     {reflect.TypeFor[Inner](), ""},
	} {
		r := newRegistry()
		s := r.SchemaFromRef(r.Schema(tt.of, true, "Hint").Ref)
		if got := jsonOnly(tt.of, s); got != tt.want {
			t.Errorf("%s: %q", name, got)
		}
		func() {
			defer func() {
				said, _ := recover().(error)
				if (said != nil) != (tt.want != "") || said != nil && !strings.Contains(said.Error(), tt.want) {
					t.Errorf("%s: %v", name, said)
				}
			}()
			vocabularies(r, tt.of, s, map[reflect.Type]bool{})
		}()
	}
}
