package attack

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// operation is one operation as an OpenAPI file describes it.
type operation struct {
	service, id, method, path string
	// statuses are those described one by one.
	statuses []string
	// queries are the names of its query parameters; body is the smallest JSON body that its schema takes, nil where it takes none.
	queries []string
	body    any
	matches *regexp.Regexp
}

// collection is the path before the id: "work-orders", "status/units"; ok is false where the path names nothing.
func (o operation) collection() (name string, ok bool) {
	name, _, ok = strings.Cut(strings.TrimPrefix(o.path, "/v1/"), "/{")
	return name, ok
}

var holder = regexp.MustCompile(`\{[a-z]+\}`)

// at is the operation's path about an id.
func (o operation) at(id string) string { return holder.ReplaceAllString(o.path, id) }

// services are the names of the OpenAPI files.
var services = []string{"asset", "workorder", "delivery", "status", "people"}

// operations reads all operations that the files describe.
func operations(dir string) (all []operation, err error) {
	for _, s := range services {
		b, err := os.ReadFile(filepath.Join(dir, s+".yaml"))
		if err != nil {
			return nil, err
		}
		var d description
		if err := yaml.Unmarshal(b, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", s, err)
		}
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			for _, method := range []string{"get", "post", "put", "patch"} {
				var o described
				node, ok := d.Paths[path][method]
				if !ok {
					continue
				}
				if err := node.Decode(&o); err != nil {
					return nil, fmt.Errorf("%s: %s %s: %w", s, method, path, err)
				}
				all = append(all, d.operation(s, method, path, o))
			}
		}
	}
	return all, nil
}

type description struct {
	Paths      map[string]map[string]yaml.Node `yaml:"paths"`
	Components struct {
		Schemas    map[string]schema    `yaml:"schemas"`
		Parameters map[string]parameter `yaml:"parameters"`
	} `yaml:"components"`
}

type described struct {
	ID         string               `yaml:"operationId"`
	Parameters []parameter          `yaml:"parameters"`
	Responses  map[string]yaml.Node `yaml:"responses"`
	Body       struct {
		Content map[string]struct {
			Schema schema `yaml:"schema"`
		} `yaml:"content"`
	} `yaml:"requestBody"`
}

type parameter struct {
	Ref  string `yaml:"$ref"`
	Name string `yaml:"name"`
	In   string `yaml:"in"`
}

type schema struct {
	Ref        string            `yaml:"$ref"`
	Type       any               `yaml:"type"`
	Format     string            `yaml:"format"`
	Enum       []any             `yaml:"enum"`
	Required   []string          `yaml:"required"`
	Properties map[string]schema `yaml:"properties"`
	Items      *schema           `yaml:"items"`
	Minimum    float64           `yaml:"minimum"`
	MinItems   int               `yaml:"minItems"`
}

func (d *description) operation(service, method, path string, o described) operation {
	op := operation{service: service, id: o.ID, method: strings.ToUpper(method), path: path,
		matches: regexp.MustCompile("^" + holder.ReplaceAllString(strings.ReplaceAll(path, ".", `\.`), "[^/]+") + "$")}
	for status := range o.Responses {
		op.statuses = append(op.statuses, status)
	}
	for _, p := range o.Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[p.Ref[strings.LastIndexByte(p.Ref, '/')+1:]]
		}
		if p.In == "query" {
			op.queries = append(op.queries, p.Name)
		}
	}
	for kind, content := range o.Body.Content {
		if strings.HasSuffix(kind, "json") {
			op.body = d.smallest(content.Schema)
		}
	}
	return op
}

// named is what a reference ends in.
func named(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// smallest is a value that a schema takes, with what is required and no more.
func (d *description) smallest(s schema) any {
	if s.Ref != "" {
		return d.smallest(d.Components.Schemas[named(s.Ref)])
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	types := fmt.Sprint(s.Type) // a name, or a list with null
	switch {
	case strings.Contains(types, "object"):
		out := object{}
		for _, name := range s.Required {
			out[name] = d.smallest(s.Properties[name])
		}
		return out
	case strings.Contains(types, "array"):
		out := []any{}
		for range s.MinItems {
			out = append(out, d.smallest(*s.Items))
		}
		return out
	case strings.Contains(types, "boolean"):
		return true
	case strings.Contains(types, "integer"), strings.Contains(types, "number"):
		return max(s.Minimum, 1)
	case s.Format == "date":
		return "2026-01-01"
	case s.Format == "date-time":
		return "2026-01-01T00:00:00Z"
	}
	return "x"
}
