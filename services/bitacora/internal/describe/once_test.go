package describe

import (
	"encoding/json"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// What a description says of several operations it says once: parameters, headers, answers, and the values of an enumeration with their
// labels. What refers to it finds it.
func TestWhatOperationsHaveInCommonIsDescribedOnce(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if !strings.HasPrefix(name, "openapi/") {
			continue
		}
		var doc map[string]any
		if err := yaml.Unmarshal(content, &doc); err != nil {
			t.Fatal(err)
		}
		said, references := map[string]string{}, 0
		once := func(where string, what any) {
			text, err := json.Marshal(what)
			if err != nil {
				t.Fatal(err)
			}
			if before := said[string(text)]; before != "" && !strings.HasPrefix(string(text), `{"$ref":`) {
				t.Errorf("%s: %s says what %s says: %s", name, where, before, text)
			}
			said[string(text)] = where
		}
		nodes("", doc, func(where string, node map[string]any) {
			if ref, ok := node["$ref"].(string); ok {
				references++
				if keys, ok := strings.CutPrefix(ref, "#/"); !ok || at(doc, strings.Split(keys, "/")...) == nil {
					t.Errorf("%s: %s refers to %s, which is not there", name, where, ref)
				}
			}
			if labels, ok := node["x-labels"]; ok {
				once(where, labels)
			}
			parameters, _ := node["parameters"].([]any)
			for _, p := range parameters {
				once(where, p)
			}
			for _, kind := range []string{"headers", "responses"} {
				for key, what := range at(node, kind) {
					once(where+"/"+kind+"/"+key, what)
				}
			}
		})
		if references < 50 {
			t.Errorf("%s: only %d references", name, references)
		}
	}
}

// nodes visits the objects of a document.
func nodes(where string, v any, visit func(where string, node map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(where, v)
		for key, in := range v {
			nodes(where+"/"+key, in, visit)
		}
	case []any:
		for _, in := range v {
			nodes(where, in, visit)
		}
	}
}
