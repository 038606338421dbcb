package rest

import (
	"fmt"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

var problemType = reflect.TypeFor[Problem]()

// RegisterSchemas tells a registry how the platform's own types look in JSON.
func RegisterSchemas(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[event.Time](), reflect.TypeFor[time.Time]())
}

func newRegistry() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", SchemaName)
	RegisterSchemas(r)
	return r
}

// SchemaName names a type after its package, "DeliveryLine" for delivery.Line, unless the name says it already or the package is one
// that all share: two packages of a service may both have a Line.
func SchemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	base, argument, generic := strings.Cut(t.Name(), "[")
	switch {
	case base == "":
		return huma.DefaultSchemaNamer(t, hint)
	case !generic:
		return qualified(t.PkgPath(), base)
	}
	argument = strings.TrimSuffix(argument, "]")
	dot := strings.LastIndexByte(argument, '.')
	if dot < 0 || strings.ContainsAny(argument, "[,") {
		return huma.DefaultSchemaNamer(t, hint)
	}
	return qualified(argument[:dot], argument[dot+1:]) + upper(base)
}

func qualified(pkg, name string) string {
	pkg = path.Base(pkg)
	if slices.Contains([]string{".", "mx", "event", "rest"}, pkg) || strings.HasPrefix(strings.ToLower(name), pkg) {
		return upper(name)
	}
	return upper(pkg) + upper(name)
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func hasField[I any](name string) bool {
	_, ok := reflect.TypeFor[I]().FieldByName(name)
	return ok
}

// bodyDocs corrects huma's description of a body: it says that the body is required even where none of its fields is.
func bodyDocs(api *huma.OpenAPI, body *huma.RequestBody) {
	media := body.Content["application/json"]
	if media == nil || media.Schema == nil {
		return
	}
	s := media.Schema
	if s.Ref != "" {
		s = api.Components.Schemas.SchemaFromRef(s.Ref)
	}
	body.Required = len(s.Required) > 0
}

// vocabularies gives the operation's fields and parameters that carry the tag `vocabulary:"<name>"` the values of that enumeration of
// package mx, with their labels.
func (s *Server) vocabularies(o *huma.Operation, answer reflect.Type, types ...reflect.Type) {
	registry, seen := s.api.OpenAPI().Components.Schemas, map[reflect.Type]bool{}
	if answer != nil {
		nested(registry, answer, seen)
	}
	for _, t := range types {
		for _, f := range reflect.VisibleFields(t) {
			if name, ok := f.Tag.Lookup("vocabulary"); ok {
				parameterValues(registry, o, f, name)
			}
			if f.Name == "Body" {
				nested(registry, f.Type, seen)
			}
		}
	}
}

func parameterValues(r huma.Registry, o *huma.Operation, f reflect.StructField, name string) {
	query, _, _ := strings.Cut(f.Tag.Get("query"), ",")
	for _, p := range o.Parameters {
		if p.In == "query" && p.Name == query {
			enumerate(r, p.Schema, name)
		}
	}
}

// describedOf is a registered operation as it is described.
func (s *Server) describedOf(path, method string) *huma.Operation {
	item := s.api.OpenAPI().Paths[path]
	return map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPatch: item.Patch, http.MethodPut: item.Put,
		http.MethodDelete: item.Delete}[method]
}

// nested finds the schemas of the structs t is made of.
func nested(r huma.Registry, t reflect.Type, seen map[reflect.Type]bool) {
	for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map}, t.Kind()) {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return
	}
	seen[t] = true
	if t.Name() == "" { // huma describes it in place, or names it after what it is in
		for _, f := range reflect.VisibleFields(t) {
			nested(r, f.Type, seen)
		}
		return
	}
	ref := r.Schema(t, true, "")
	if ref.Ref == "" {
		return
	}
	vocabularies(r, t, r.SchemaFromRef(ref.Ref), seen)
}

// vocabularies does so for the fields of the struct t, whose schema is s.
func vocabularies(r huma.Registry, t reflect.Type, s *huma.Schema, seen map[reflect.Type]bool) {
	if hidden := jsonOnly(t, s); hidden != "" {
		panic(fmt.Errorf("rest: the schema of %s lacks %q, which its JSON has: a field outside the embedded struct has the same Go name", t, hidden))
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		property := s.Properties[name]
		if property == nil {
			continue
		}
		if v, ok := f.Tag.Lookup("vocabulary"); ok {
			enumerate(r, property, v)
			continue
		}
		nested(r, f.Type, seen)
	}
}

// jsonOnly is the JSON name of a field of t, or of a struct embedded in it, that s does not describe; "" where there is none. Package json
// judges by JSON names which field hides which, huma by Go names: without this check an answer could have a field that its schema forbids.
func jsonOnly(t reflect.Type, s *huma.Schema) string {
	if s.Properties == nil {
		return ""
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			if hidden := jsonOnly(f.Type, s); hidden != "" {
				return hidden
			}
		case f.IsExported() && name != "" && name != "-" && s.Properties[name] == nil:
			return name
		}
	}
	return ""
}

// enumerate makes s, or what it is a list of, refer to the values of that enumeration. They are described once, with their labels.
func enumerate(r huma.Registry, s *huma.Schema, name string) {
	values := mx.Values(name)
	if values == nil {
		panic(fmt.Errorf("rest: there is no vocabulary %q", name))
	}
	key := valuesOf(name)
	if r.Map()[key] == nil {
		vocabulary, labels := &huma.Schema{Type: huma.TypeString}, map[string]map[string]string{}
		for _, v := range values {
			es, en := mx.Label(name, v)
			vocabulary.Enum = append(vocabulary.Enum, v)
			labels[v] = map[string]string{"es": es, "en": en}
		}
		vocabulary.Extensions = map[string]any{"x-labels": labels}
		vocabulary.PrecomputeMessages()
		r.Map()[key] = vocabulary
	}
	target := s
	if s.Type == huma.TypeArray {
		target = s.Items
	}
	*target = huma.Schema{Ref: "#/components/schemas/" + key, Description: target.Description}
}

// valuesOf names the schema of a vocabulary's values, "OrderStateValue".
func valuesOf(vocabulary string) (key string) {
	for word := range strings.SplitSeq(vocabulary+"_value", "_") {
		key += upper(word)
	}
	return key
}

// schemaNode is the description of a place in a body; that of a place which may hold anything is empty.
type schemaNode struct {
	schema   *huma.Schema
	registry huma.Registry
}

// shapeOf is the description of a body as a whole.
func (s *Server) shapeOf(body *huma.RequestBody) schemaNode {
	media := body.Content["application/json"]
	if media == nil {
		return schemaNode{}
	}
	return schemaNode{media.Schema, s.api.OpenAPI().Components.Schemas}.resolved()
}

func (n schemaNode) resolved() schemaNode {
	for n.schema != nil && n.schema.Ref != "" {
		n.schema = n.registry.SchemaFromRef(n.schema.Ref)
	}
	return n
}

func (n schemaNode) items() schemaNode {
	if n.schema == nil {
		return schemaNode{}
	}
	return schemaNode{n.schema.Items, n.registry}.resolved()
}

// member is the description of a member of an object, and whether it may have one of that name.
func (n schemaNode) member(name string) (schemaNode, bool) {
	if n.schema == nil || n.schema.AdditionalProperties != false {
		return schemaNode{}, true
	}
	member, known := n.schema.Properties[name]
	return schemaNode{member, n.registry}.resolved(), known
}
