// Command schemas makes the JSON schemas that rendered objects are checked with: of the kinds that the charts use, strict (a misspelt
// field is an error), each complete in one file, named as kubeconform looks for them.
//
//	go run ./schemas OUT SOURCE…
//
// A source is an OpenAPI 3 document of a cluster (`kubectl get --raw /openapi/v3/apis/apps/v1`, or api/openapi-spec/v3 of Kubernetes'
// sources), or a CustomResourceDefinition in YAML.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// kinds are those that the charts use.
var kinds = []string{
	"v1/ConfigMap", "v1/Pod", "v1/Service", "v1/ServiceAccount", "apps/v1/Deployment", "apps/v1/StatefulSet",
	"batch/v1/Job", "networking.k8s.io/v1/Ingress", "networking.k8s.io/v1/NetworkPolicy", "autoscaling/v2/HorizontalPodAutoscaler",
	"policy/v1/PodDisruptionBudget", "gateway.networking.k8s.io/v1/HTTPRoute", "monitoring.coreos.com/v1/PrometheusRule",
	"monitoring.coreos.com/v1/ServiceMonitor",
}

type object = map[string]any

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func run(out string, sources []string) error {
	missing := slices.Clone(kinds)
	for _, source := range sources {
		found, err := read(source)
		if err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
		for kind, schema := range found {
			if !slices.Contains(kinds, kind) {
				continue
			}
			if err := write(out, kind, schema); err != nil {
				return err
			}
			missing = slices.DeleteFunc(missing, func(k string) bool { return k == kind })
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no source knows %s", strings.Join(missing, ", "))
	}
	return nil
}

// read finds the kinds that a source describes.
func read(source string) (map[string]object, error) {
	b, err := os.ReadFile(source)
	if err != nil {
		return nil, err
	}
	if filepath.Ext(source) == ".json" {
		var doc struct {
			Components struct{ Schemas map[string]object }
		}
		if err := json.Unmarshal(b, &doc); err != nil {
			return nil, err
		}
		return ofAPI(doc.Components.Schemas), nil
	}
	var crd struct {
		Spec struct {
			Group    string
			Names    struct{ Kind string }
			Versions []struct {
				Name   string
				Schema struct {
					OpenAPIV3Schema object `yaml:"openAPIV3Schema"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(b, &crd); err != nil {
		return nil, err
	}
	found := map[string]object{}
	for _, v := range crd.Spec.Versions {
		schema := strict(v.Schema.OpenAPIV3Schema).(object)
		// What every object has; a definition leaves it to the server.
		schema["properties"].(object)["metadata"] = object{"type": "object"}
		found[crd.Spec.Group+"/"+v.Name+"/"+crd.Spec.Names.Kind] = schema
	}
	return found, nil
}

func ofAPI(all map[string]object) map[string]object {
	found := map[string]object{}
	for name, schema := range all {
		meanings, _ := schema["x-kubernetes-group-version-kind"].([]any)
		if len(meanings) != 1 {
			continue
		}
		m := meanings[0].(object)
		kind := strings.TrimPrefix(fmt.Sprintf("%s/%s/%s", m["group"], m["version"], m["kind"]), "/")
		definitions := object{}
		gather(all, name, definitions)
		root := definitions[name].(object)
		delete(definitions, name)
		root["definitions"] = definitions
		found[kind] = root
	}
	return found
}

// gather adds name and all that it refers to.
func gather(all map[string]object, name string, into object) {
	if _, done := into[name]; done {
		return
	}
	into[name] = nil
	schema := strict(all[name])
	into[name] = schema
	references(schema, func(to string) { gather(all, to, into) })
}

func references(node any, found func(string)) {
	switch n := node.(type) {
	case object:
		if ref, ok := n["$ref"].(string); ok {
			found(strings.TrimPrefix(ref, "#/definitions/"))
		}
		for _, v := range n {
			references(v, found)
		}
	case []any:
		for _, v := range n {
			references(v, found)
		}
	}
}

// strict is a schema without what does not check, and with which no field beside the named ones may be.
func strict(node any) any {
	switch n := node.(type) {
	case []any:
		out := make([]any, len(n))
		for i, v := range n {
			out[i] = strict(v)
		}
		return out
	case object:
		return strictObject(n)
	}
	return node
}

func strictObject(n object) object {
	out := object{}
	for key, value := range n {
		switch {
		case key == "properties":
			// Names of fields are not words of the schema.
			properties := object{}
			for name, schema := range value.(object) {
				properties[name] = strict(schema)
			}
			out[key] = properties
		case key == "$ref":
			out[key] = strings.Replace(value.(string), "#/components/schemas/", "#/definitions/", 1)
		case key == "description" || key == "default" || key == "nullable" || key == "example" || key == "format" || strings.HasPrefix(key, "x-kubernetes"):
		default:
			out[key] = strict(value)
		}
	}
	if whole, _ := n["x-kubernetes-int-or-string"].(bool); whole {
		delete(out, "type")
		delete(out, "anyOf")
		out["type"] = []any{"integer", "string"}
	}
	open, _ := n["x-kubernetes-preserve-unknown-fields"].(bool)
	if out["properties"] != nil && out["additionalProperties"] == nil && !open {
		out["additionalProperties"] = false
	}
	return out
}

func write(out, kind string, schema object) error {
	parts := strings.Split(kind, "/")
	name := strings.ToLower(parts[len(parts)-1])
	if len(parts) == 3 {
		group, _, _ := strings.Cut(parts[0], ".")
		name += "-" + group
	}
	b, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, name+"-"+parts[len(parts)-2]+".json"), append(b, '\n'), 0o644)
}
