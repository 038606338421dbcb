package describe

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/rest"
)

// SchemaFile is where an event type's schema is, under api/.
func SchemaFile(d event.Definition) string { return "events/" + d.Type() + ".schema.json" }

// typesFile is beside the events' schemas and holds what they refer to: the state of each aggregate, and what states are made of, each once.
// The references are relative to the file that holds them, so that a reader needs the folder and nothing else.
const (
	typesFile = "types.schema.json"
	inTypes   = "#/$defs/"
)

// schemas are the JSON Schemas of all events, and of the types that they are made of, by their path under api/.
func schemas(publishing []docstore.Spec) map[string]*jsonschema.Schema {
	out, types := map[string]*jsonschema.Schema{}, typesOf{goTypes: map[string]reflect.Type{}, all: jsonschema.Definitions{}, used: jsonschema.Definitions{}}
	for _, c := range publishing {
		state := types.of(c.State, false)
		types.withhold(state, c.Events.Private())
		for _, d := range c.Events.Definitions() {
			properties := jsonschema.NewProperties()
			properties.Set("change", types.of(d.Change, true))
			properties.Set("state", &jsonschema.Schema{Ref: state.Ref})
			s := &jsonschema.Schema{Version: jsonschema.Version, Title: d.Type(), Description: d.Summary,
				Type: "object", Properties: properties, Required: []string{"change", "state"}}
			types.use(s)
			out[SchemaFile(d)] = s
			each(s, func(s *jsonschema.Schema) {
				if strings.HasPrefix(s.Ref, inTypes) {
					s.Ref = typesFile + s.Ref
				}
			})
		}
	}
	out["events/"+typesFile] = &jsonschema.Schema{Version: jsonschema.Version, Title: "What the events' schemas are made of", Definitions: types.used}
	return out
}

// typesOf are the schemas of Go types, by name.
type typesOf struct {
	goTypes map[string]reflect.Type
	// all are those seen, used those that an event refers to: what is withheld of a state is in none.
	all, used jsonschema.Definitions
}

// of is the schema of a type: a reference, or, when it is to be expanded, itself.
func (t typesOf) of(of reflect.Type, expanded bool) *jsonschema.Schema {
	r := &jsonschema.Reflector{AllowAdditionalProperties: true, Anonymous: true, ExpandedStruct: expanded, Mapper: mapper, Namer: t.name}
	s := r.ReflectFromType(of)
	for name, d := range s.Definitions {
		if t.all[name] == nil {
			t.all[name] = d
			vocabularies(d, t.goTypes[name])
		}
	}
	if expanded {
		vocabularies(s, of)
	}
	s.Version, s.Definitions = "", nil
	return s
}

// name is a type's name in OpenAPI, too. Two types of one name would be taken for one.
func (t typesOf) name(of reflect.Type) string {
	if of.Name() == "" {
		return ""
	}
	name := rest.SchemaName(of, "")
	if known := t.goTypes[name]; known != nil && known != of {
		panic(fmt.Errorf("describe: both %s and %s are called %s", known, of, name))
	}
	t.goTypes[name] = of
	return name
}

// withhold takes the private fields out of the state that s refers to.
func (t typesOf) withhold(s *jsonschema.Schema, private []string) {
	state := t.all[strings.TrimPrefix(s.Ref, inTypes)]
	for _, name := range private {
		state.Properties.Delete(name)
		state.Required = slices.DeleteFunc(state.Required, func(r string) bool { return r == name })
	}
}

// use keeps the types that s refers to, and those that they refer to.
func (t typesOf) use(s *jsonschema.Schema) {
	each(s, func(s *jsonschema.Schema) {
		name, ok := strings.CutPrefix(s.Ref, inTypes)
		if ok && t.used[name] == nil {
			t.used[name] = t.all[name]
			t.use(t.all[name])
		}
	})
}

// each visits s and the schemas in it.
func each(s *jsonschema.Schema, visit func(*jsonschema.Schema)) {
	if s == nil {
		return
	}
	visit(s)
	each(s.Items, visit)
	each(s.AdditionalProperties, visit)
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		each(p.Value, visit)
	}
}

// mapper describes the types that encode themselves.
func mapper(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[event.Time]():
		return &jsonschema.Schema{Type: "string", Format: "date-time", Description: "UTC with milliseconds"}
	case reflect.TypeFor[json.RawMessage]():
		return &jsonschema.Schema{}
	}
	return nil
}

// vocabularies names, in each string field of the struct t that has one, the enumeration's values of today. Readers take unknown ones: new
// values ship one release after their readers.
func vocabularies(s *jsonschema.Schema, t reflect.Type) {
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		property, ok := s.Properties.Get(name)
		if !ok {
			continue
		}
		if vocabulary, ok := f.Tag.Lookup("vocabulary"); ok {
			words := mx.Values(vocabulary)
			if words == nil {
				panic(fmt.Errorf("describe: %s.%s: there is no vocabulary %q", t, f.Name, vocabulary))
			}
			property.Description = strings.TrimSpace(property.Description + " One of " + strings.Join(words, ", ") + "; more may come.")
		}
	}
}
