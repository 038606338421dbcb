// Package equipment is the catalogue of equipment types: what kinds of things there are, and how each is kept track of.
package equipment

import (
	"context"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Type is a kind of equipment, furniture, instrument or building system.
type Type struct {
	ID string `json:"id"`
	// Key is a short stable name, unique: "hospital_bed".
	Key string `json:"key"`
	Facts
	CreatedAt event.Time `json:"created_at"`
}

// Facts are what the catalogue says of a type.
type Facts struct {
	NameES string `json:"name_es" minLength:"1" maxLength:"160" example:"Cama hospitalaria"`
	NameEN string `json:"name_en,omitempty" maxLength:"160" example:"Hospital bed"`
	// Synonyms are what else people call it; by them, as by its names, a row of an imported table finds its type.
	Synonyms []string `json:"synonyms,omitempty" maxItems:"40" example:"[\"Cama de hospital\"]" doc:"What else people call it, each of at most 160 characters; accents, case, dots and hyphens make no difference"`
	Category string   `json:"category" vocabulary:"equipment_category"`
	Tracking string   `json:"tracking" vocabulary:"tracking" doc:"How items of this type are kept track of"`
	// Codes are the type's codes in nomenclatures; none is invented: a type whose code is not known has none.
	Codes         []Code `json:"codes,omitempty" maxItems:"20"`
	CompendiumKey string `json:"compendium_key,omitempty" pattern:"^\\d{3}\\.\\d{3}\\.\\d{4}$" doc:"Clave del Compendio Nacional de Insumos para la Salud"`
	RiskClass     string `json:"risk_class,omitempty" vocabulary:"risk_class" doc:"COFEPRIS risk class"`
}

// Code is a code of a nomenclature.
type Code struct {
	System string `json:"system" vocabulary:"code_system"`
	Code   string `json:"code" minLength:"1" maxLength:"40"`
}

// The events of a type. Their state is the Type.
var (
	Events   = event.NewSet(event.EquipmentTypes, "equipment_type")
	Created  = event.Define[Facts](Events, "equipment_type.created", "A type entered the catalogue")
	FactsSet = event.Define[Facts](Events, "equipment_type.changed", "Facts of a type changed")
)

// Create is the request to add a type.
type Create struct {
	ID  string `json:"id,omitempty" doc:"UUIDv7 made by the client, for capture without a network"`
	Key string `json:"key" pattern:"^[a-z][a-z0-9_]{1,59}$" example:"hospital_bed"`
	Facts
}

// Commands are what can be done with the catalogue.
type Commands struct {
	Types event.Collection[Type]
	Now   func(context.Context) event.Time
}

var keyShape = regexp.MustCompile(`^[a-z][a-z0-9_]{1,59}$`)

// Create adds a type.
func (c Commands) Create(ctx context.Context, id string, in Create) error {
	if !keyShape.MatchString(in.Key) {
		return fault.Invalidf("key", "type-key-shape", "a type's key is 2 to 60 lower-case letters, digits and underscores, such as hospital_bed")
	}
	return described.Create(ctx, c.Types, id, &Type{ID: id, Key: in.Key, Facts: in.Facts, CreatedAt: c.Now(ctx)})
}

// Change edits a type's facts. The tracking of what exists already does not follow: it was decided when each item was received.
func (c Commands) Change(ctx context.Context, id string, edit func(*Facts) error) error {
	return described.Change(ctx, c.Types, id, edit)
}

var described = event.Described[Type, Facts]{In: func(t *Type) *Facts { return &t.Facts }, Valid: (*Type).valid, Created: Created, Changed: FactsSet}

func (t *Type) valid(was Facts) error {
	t.NameES, t.NameEN = mx.Clean(t.NameES), mx.Clean(t.NameEN)
	for _, v := range [][3]string{{"category", "equipment_category", t.Category}, {"tracking", "tracking", t.Tracking}} {
		if !mx.Valid(v[1], v[2]) {
			return fault.Invalidf(v[0], "value-unknown", "%q is not one of the values", v[2]).With(mx.Values(v[1])...)
		}
	}
	if t.NameES == "" {
		return fault.Invalidf("name_es", "name-missing", "a type needs its Spanish name")
	}
	return t.distinct(was)
}

// maxName bounds a synonym, as the API bounds a name.
const maxName = 160

// distinct keeps of the synonyms each once, and none that is a name of the type already. What an earlier request said stays as it is.
func (t *Type) distinct(was Facts) error {
	if slices.Equal(t.Synonyms, was.Synonyms) {
		return nil
	}
	known := map[string]bool{"": true, mx.NameKey(t.NameES): true, mx.NameKey(t.NameEN): true}
	var kept []string
	for _, s := range t.Synonyms {
		if s = mx.Clean(s); utf8.RuneCountInString(s) > maxName {
			return fault.Invalidf("synonyms", "synonym-too-long", "a synonym has at most %d characters: %.40q", maxName, s)
		}
		if key := mx.NameKey(s); !known[key] {
			known[key] = true
			kept = append(kept, s)
		}
	}
	t.Synonyms = kept
	return nil
}

// Names are all by which the type is known, its key among them.
func (t *Type) Names() []string { return append([]string{t.Key, t.NameES, t.NameEN}, t.Synonyms...) }
