package describe

import (
	"path"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// Every number that a request carries has an upper bound that its schema states, and a lower one: what is refused by name (an amount below
// zero) is the only exception.
func TestEveryFigureThatIsSentHasABound(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for name, content := range files {
		if !strings.Contains(name, "openapi") {
			continue
		}
		var doc map[string]any
		if err := yaml.Unmarshal(content, &doc); err != nil {
			t.Fatal(err)
		}
		f := figures{T: t, schemas: at(doc, "components", "schemas"), seen: map[string]bool{}}
		for route, operations := range at(doc, "paths") {
			for verb := range operations.(map[string]any) {
				for media := range at(doc, "paths", route, verb, "requestBody", "content") {
					f.walk(at(doc, "paths", route, verb, "requestBody", "content", media, "schema"), name+" "+verb+" "+route)
				}
			}
		}
		found += f.found
	}
	if found < 30 {
		t.Errorf("only %d figures were found", found)
	}
}

// figures looks for the numbers in the schemas of requests.
type figures struct {
	*testing.T
	schemas map[string]any
	seen    map[string]bool
	found   int
}

func (f *figures) walk(schema map[string]any, where string) {
	if ref, ok := schema["$ref"].(string); ok {
		if f.seen[ref] {
			return
		}
		f.seen[ref] = true
		f.walk(at(f.schemas, path.Base(ref)), path.Base(ref))
		return
	}
	kinds, _ := schema["type"].([]any)
	kinds = append(kinds, schema["type"])
	if slices.Contains(kinds, any("integer")) || slices.Contains(kinds, any("number")) {
		f.found++
		_, most := schema["maximum"]
		_, least := schema["minimum"]
		_, above := schema["exclusiveMinimum"]
		if !most || !least && !above && !strings.HasSuffix(where, "Money.amount_cents") {
			f.Errorf("%s: %v", where, schema)
		}
	}
	for name := range at(schema, "properties") {
		f.walk(at(schema, "properties", name), where+"."+name)
	}
	if items := at(schema, "items"); items != nil {
		f.walk(items, where+"[]")
	}
}
