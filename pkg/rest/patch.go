package rest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// Patch is the body of a change (Change) to the fields of F, a struct of the domain with the fields that may be changed. A field that the body
// leaves out stays as it is; null empties it, which is refused for a field that F requires; any other value replaces it, nested objects and
// lists as a whole.
type Patch[F any] struct {
	fields map[string]json.RawMessage
	value  F
}

// Has reports whether the body has the field with this JSON name.
func (p Patch[F]) Has(field string) bool {
	_, ok := p.fields[field]
	return ok
}

// Fields lists the JSON names of the body's fields, sorted.
func (p Patch[F]) Fields() []string { return slices.Sorted(maps.Keys(p.fields)) }

// Emptied lists the JSON names of the fields that the body sets to null, sorted; Value holds the others. Together they are for a domain that
// takes values to set and names to empty.
func (p Patch[F]) Emptied() []string {
	var out []string
	for _, name := range p.Fields() {
		if string(p.fields[name]) == "null" {
			out = append(out, name)
		}
	}
	return out
}

// kept returns the first of the required fields that the body would empty, "" when there is none.
func (p Patch[F]) kept(required []string) string {
	for _, name := range p.Emptied() {
		if slices.Contains(required, name) {
			return name
		}
	}
	return ""
}

// Value returns the body as an F, in which fields that it leaves out or sets to null are zero.
func (p Patch[F]) Value() F { return p.value }

// Apply applies the body to f. Domains take it as a func(*F) error, so that they do not import this package; it may be called more than once.
func (p Patch[F]) Apply(f *F) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	for name, value := range p.fields {
		if string(value) == "null" {
			delete(all, name)
			continue
		}
		all[name] = value
	}
	if b, err = json.Marshal(all); err != nil {
		return err
	}
	var out F
	if err := json.Unmarshal(b, &out); err != nil {
		return err
	}
	*f = out
	return nil
}

// UnmarshalJSON reads the body; its fields must fit into F.
func (p *Patch[F]) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, &p.value); err != nil {
		return err
	}
	return json.Unmarshal(b, &p.fields)
}

// Schema returns the schema of F with no field required, and nullable those that may be emptied.
func (Patch[F]) Schema(r huma.Registry) *huma.Schema {
	t := reflect.TypeFor[F]()
	s := huma.SchemaFromType(r, t)
	required := s.Required
	s.Required = nil
	for name, field := range s.Properties {
		field.Nullable = field.Ref == "" && len(field.Enum) == 0 && !slices.Contains(required, name)
		field.Default = nil
	}
	vocabularies(r, t, s, map[reflect.Type]bool{})
	s.Description = "Fields left out stay as they are; null empties a field."
	return s
}
