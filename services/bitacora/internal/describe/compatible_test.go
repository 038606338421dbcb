package describe_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/describe"
)

func TestIncompatible(t *testing.T) {
	const inline = `{"properties":{"state":{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"integer"}}}}}}}}`
	const event = `{"properties":{"state":{"$ref":"types#/$defs/S"}}}`
	before := map[string][]byte{"e/event": []byte(event),
		"e/types": []byte(`{"$defs":{"S":{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"array","items":{"$ref":"#/$defs/B"}}}},"B":{"type":"object","properties":{"c":{"type":"integer"}}}}}`)}
	const b = `,"B":{"type":"object","properties":{"c":{"type":"integer"}}}`
	state := func(s string) string { return `{"$defs":{"S":` + s + b + `}}` }
	for name, c := range map[string]struct {
		event, types string
		broken       int
	}{
		"the same":                  {event, string(before["e/types"]), 0},
		"written where it is used":  {inline, `{}`, 0},
		"one more field":            {event, state(`{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"n":{"type":"string"},"b":{"type":"array","items":{"$ref":"#/$defs/B"}}}}`), 0},
		"a field gone":              {event, state(`{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}`), 1},
		"a nested field gone":       {event, strings.Replace(string(before["e/types"]), `"c":{"type":"integer"}`, "", 1), 1},
		"a nested field gone, here": {strings.Replace(inline, `"c":{"type":"integer"}`, "", 1), `{}`, 1},
		"another type":              {event, state(`{"type":"object","required":["a"],"properties":{"a":{"type":"integer"},"b":{"type":"array","items":{"$ref":"#/$defs/B"}}}}`), 1},
		"no longer always there":    {event, state(`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"array","items":{"$ref":"#/$defs/B"}}}}`), 1},
		"nested in another manner":  {event, state(`{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"object"}}}`), 1},
		"a reference to nothing":    {event, `{"$defs":{}}`, 1},
		"refers to another type":    {`{"properties":{"state":{"$ref":"types#/$defs/B"}}}`, string(before["e/types"]), 3},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := describe.Incompatible(before, map[string][]byte{"e/event": []byte(c.event), "e/types": []byte(c.types)})
			if err != nil || len(got) != c.broken {
				t.Errorf("%d things broken expected, got %q (%v)", c.broken, got, err)
			}
		})
	}
}

// TestNoFieldOfAnEventGoesUnseen takes the fields out of each event and of each type that events carry, makes something else of them, and says
// that they may be absent: each time the comparison with what was there names every one.
func TestNoFieldOfAnEventGoesUnseen(t *testing.T) {
	files, err := describe.Files()
	if err != nil {
		t.Fatal(err)
	}
	before, fields := eventFiles(files), 0
	for name, content := range before {
		var schema map[string]any
		if err := json.Unmarshal(content, &schema); err != nil {
			t.Fatal(err)
		}
		objects(schema, func(object map[string]any) {
			properties := object["properties"].(map[string]any)
			required, _ := object["required"].([]any)
			without := func(keyword string, instead any, format string, names []string) {
				was := object[keyword]
				defer func() { object[keyword] = was }()
				object[keyword] = instead
				after := maps.Clone(before)
				if after[name], err = json.Marshal(schema); err != nil {
					t.Fatal(err)
				}
				broken, err := describe.Incompatible(before, after)
				all := strings.Join(broken, "\n") + "\n"
				for _, n := range names {
					if said := fmt.Sprintf(format, n); !strings.Contains(all, said) {
						t.Errorf("%s: nobody says%q (%v): %s", name, said, err, all)
					}
				}
				fields += len(names)
			}
			names, others := slices.Collect(maps.Keys(properties)), map[string]any{}
			for _, n := range names {
				others[n] = map[string]any{"type": "null"}
			}
			without("properties", map[string]any{}, ".%s: is gone\n", names)
			without("properties", others, ".%s: was ", names)
			always := make([]string, len(required))
			for i, r := range required {
				always[i] = r.(string)
			}
			without("required", nil, ".%s: was always there, ", always)
		})
	}
	if fields < 1000 {
		t.Errorf("only %d changes were tried", fields)
	}
}

// objects visits the schemas that have properties.
func objects(schema any, visit func(map[string]any)) {
	switch s := schema.(type) {
	case map[string]any:
		if _, ok := s["properties"].(map[string]any); ok {
			visit(s)
		}
		for _, in := range s {
			objects(in, visit)
		}
	case []any:
		for _, in := range s {
			objects(in, visit)
		}
	}
}
