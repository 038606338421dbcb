package rest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// Patch is the body of a change to the fields of F, a struct of the domain that holds what may be changed. A field that the body
// leaves out stays as it is; null empties it, unless it is required of an F; any other value replaces it as a whole, nested objects and lists too.
type Patch[F any] struct {
	fields map[string]json.RawMessage
	value  F
}

// Has says whether the body names the field, by its JSON name.
func (p Patch[F]) Has(field string) bool {
	_, ok := p.fields[field]
	return ok
}

// Fields lists the fields the body names, sorted.
func (p Patch[F]) Fields() []string { return slices.Sorted(maps.Keys(p.fields)) }

// Emptied lists the fields the body sets to null, sorted, and Value holds the others: for a domain that takes a change as facts to set
// and names to empty.
func (p Patch[F]) Emptied() []string {
	var out []string
	for _, name := range p.Fields() {
		if string(p.fields[name]) == "null" {
			out = append(out, name)
		}
	}
	return out
}

// kept is the first of the fields named that the body would empty although they are required, "" when there is none.
func (p Patch[F]) kept(required []string) string {
	for _, name := range p.Emptied() {
		if slices.Contains(required, name) {
			return name
		}
	}
	return ""
}

// Value is the body as an F, in which fields that it leaves out or sets to null are zero.
func (p Patch[F]) Value() F { return p.value }

// Apply changes f as the body asks. Domains take it as a func(*F) error and so need not know this package; it may be called more than
// once.
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

// Schema is that of F with nothing required and every field nullable.
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
