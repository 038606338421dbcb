package describe

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Incompatible lists what a reader of the events' schemas before could not rely on any more in those after: a field that is gone, has another
// type, or is no longer always there. Fields may be added, and events. Both are files by name; what they refer to is followed, into other
// files too, so that it makes no difference where something is written down.
func Incompatible(before, after map[string][]byte) ([]string, error) {
	b, err := parse(before)
	if err != nil {
		return nil, fmt.Errorf("before: %w", err)
	}
	a, err := parse(after)
	if err != nil {
		return nil, fmt.Errorf("after: %w", err)
	}
	c := comparison{before: b, after: a, seen: map[[2]string]bool{}}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if b[name]["properties"] != nil && a[name] != nil {
			c.compare(strings.TrimSuffix(path.Base(name), ".schema.json"), place{name, b[name]}, place{name, a[name]})
		}
	}
	return c.broken, nil
}

type folder map[string]map[string]any

func parse(files map[string][]byte) (folder, error) {
	out := folder{}
	for name, content := range files {
		var schema map[string]any
		if err := json.Unmarshal(content, &schema); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = schema
	}
	return out, nil
}

// place is a schema, and the file in which it stands.
type place struct {
	file   string
	schema map[string]any
}

func (p place) in(keys ...string) (place, bool) {
	s := at(p.schema, keys...)
	return place{p.file, s}, s != nil
}

// at is what lies under the keys, nil where nothing does.
func at(doc map[string]any, keys ...string) map[string]any {
	for _, k := range keys {
		doc, _ = doc[k].(map[string]any)
	}
	return doc
}

// follow is what p refers to, and its name; p itself, without one, where it is no reference. A reference to nothing leads to nothing.
func (f folder) follow(p place) (place, string) {
	ref, ok := p.schema["$ref"].(string)
	if !ok {
		return p, ""
	}
	file, pointer, _ := strings.Cut(ref, "#/")
	if file == "" {
		file = p.file
	} else {
		file = path.Join(path.Dir(p.file), file)
	}
	to, _ := place{file, f[file]}.in(strings.Split(pointer, "/")...)
	return to, file + "#/" + pointer
}

type comparison struct {
	before, after folder
	// seen are the pairs of references that have been compared: a type that many events carry is reported once.
	seen   map[[2]string]bool
	broken []string
}

func (c *comparison) fail(format string, args ...any) {
	c.broken = append(c.broken, fmt.Sprintf(format, args...))
}

func (c *comparison) compare(name string, before, after place) {
	before, from := c.before.follow(before)
	after, to := c.after.follow(after)
	if from != "" && to != "" {
		if c.seen[[2]string{from, to}] {
			return
		}
		c.seen[[2]string{from, to}] = true
	}
	if b, a := before.schema["type"], after.schema["type"]; fmt.Sprint(b) != fmt.Sprint(a) {
		c.fail("%s: was %v, is %v", name, b, a)
		return
	}
	if b, a := before.schema["format"], after.schema["format"]; b != nil && b != a {
		c.fail("%s: had format %v, has %v", name, b, a)
	}
	required, _ := after.schema["required"].([]any)
	was, _ := before.schema["required"].([]any)
	for _, field := range was {
		if !slices.Contains(required, field) {
			c.fail("%s.%v: was always there, now may be absent", name, field)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(at(before.schema, "properties"))) {
		old, _ := before.in("properties", field)
		if present, ok := after.in("properties", field); ok {
			c.compare(name+"."+field, old, present)
		} else {
			c.fail("%s.%s: is gone", name, field)
		}
	}
	for _, of := range []string{"items", "additionalProperties"} { // of a list, and of a map
		if old, ok := before.in(of); ok {
			present, _ := after.in(of)
			c.compare(name+"."+of, old, present)
		}
	}
}
