// Package unit is the register of places: medical units, offices, warehouses and child-care centres, each with its stable key.
package unit

import (
	"reflect"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Unit is a place. Its id is a stable key given at registration: its CLUES, or the institution's own key where it has none; the
// CLUES itself is an attribute that may come later or change.
type Unit struct {
	ID string `json:"id"`
	mx.Place
	CLUES            string     `json:"clues,omitempty"`
	CLUESSince       event.Time `json:"clues_since,omitzero"`
	InstituteUnitKey string     `json:"institute_unit_key,omitempty"`
	Institution      string     `json:"institution"`
	// Own says whether the unit belongs to the institution that runs this installation: national figures count own medical units.
	Own            bool   `json:"own"`
	Name           string `json:"name"`
	Kind           string `json:"kind"`
	UnitType       string `json:"unit_type,omitempty"`
	CareLevel      string `json:"care_level,omitempty"`
	OperationState string `json:"operation_state"`
	Tenure         string `json:"tenure,omitempty"`
	Municipality   string `json:"municipality,omitempty"`
	Locality       string `json:"locality,omitempty"`
	// Address is where people go: street and number, neighbourhood, postcode.
	Address        string   `json:"address,omitempty"`
	TimeZone       string   `json:"time_zone"`
	Latitude       *float64 `json:"latitude,omitempty"`
	Longitude      *float64 `json:"longitude,omitempty"`
	CensusBeds     *int     `json:"census_beds,omitempty"`
	ConsultRooms   *int     `json:"consulting_rooms,omitempty"`
	OperatingRooms *int     `json:"operating_rooms,omitempty"`
	// Synthetic marks data that is not real: units of demonstrations whose CLUES was made up.
	Synthetic bool   `json:"synthetic,omitempty"`
	Areas     []Area `json:"areas,omitempty"`
	// Warnings are what a person should look at: a check digit that does not agree, a place without an office.
	Warnings     []string   `json:"warnings,omitempty"`
	RegisteredAt event.Time `json:"registered_at"`
	mx.Review
}

// Area is a part of a unit: a ward, a room. Areas form a tree; Path is the names from the root, so that nobody has to climb it;
// no two areas of a unit have the same.
type Area struct {
	ID       string `json:"id"`
	ParentID string `json:"parent_id,omitempty"`
	Name     string `json:"name"`
	Path     string `json:"path" doc:"Names from the root with \" / \" between them; a name that has that in it stands in «»"`
}

// Area returns the area with that id.
func (u *Unit) Area(id string) (Area, bool) {
	i := slices.IndexFunc(u.Areas, func(a Area) bool { return a.ID == id })
	if i < 0 {
		return Area{}, false
	}
	return u.Areas[i], true
}

// Facts are what can be said of a unit, by hand or by a file. A nil field says nothing: it leaves what is known as it is. Each has the
// name of the field of Unit that it sets.
type Facts struct {
	CLUES            *string  `json:"clues,omitempty" maxLength:"11" doc:"Clave Única de Establecimientos de Salud; its shape is a rule, its check digit a warning" example:"BSIST000014"`
	InstituteUnitKey *string  `json:"institute_unit_key,omitempty" maxLength:"40" doc:"The institution's own key, such as 096-201-00"`
	Institution      *string  `json:"institution,omitempty" maxLength:"10" doc:"Institution code as in the CLUES; IST when absent"`
	Name             *string  `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Kind             *string  `json:"kind,omitempty" vocabulary:"unit_kind"`
	UnitType         *string  `json:"unit_type,omitempty" maxLength:"10" doc:"Code of the unit's type, such as UMF, CH, HG"`
	CareLevel        *string  `json:"care_level,omitempty" vocabulary:"care_level" doc:"Level of care; the type's when absent"`
	OperationState   *string  `json:"operation_state,omitempty" vocabulary:"unit_state"`
	Tenure           *string  `json:"tenure,omitempty" vocabulary:"tenure"`
	StateCode        *string  `json:"state_code,omitempty" pattern:"^(0[1-9]|[12][0-9]|3[0-2])$" doc:"INEGI code of the state; that of the CLUES when absent. When it changes, office, region and time zone become those of the new state, unless the same request says which"`
	Office           *string  `json:"office,omitempty" maxLength:"40" doc:"Key of an Oficina de Representación of the unit's state; the state's when it has only one"`
	Municipality     *string  `json:"municipality,omitempty" maxLength:"120"`
	Locality         *string  `json:"locality,omitempty" maxLength:"120"`
	Address          *string  `json:"address,omitempty" maxLength:"200" doc:"Street and number, neighbourhood, postcode: where people go" example:"Av. Constitución s/n, Centro, 23920"`
	TimeZone         *string  `json:"time_zone,omitempty" maxLength:"60" doc:"IANA zone, one of those that the unit's state keeps; that of state and municipality when absent, which it follows until another one is given"`
	Latitude         *float64 `json:"latitude,omitempty" minimum:"14" maximum:"33"`
	Longitude        *float64 `json:"longitude,omitempty" minimum:"-119" maximum:"-86"`
	CensusBeds       *int     `json:"census_beds,omitempty" minimum:"0" maximum:"5000"`
	ConsultRooms     *int     `json:"consulting_rooms,omitempty" minimum:"0" maximum:"2000"`
	OperatingRooms   *int     `json:"operating_rooms,omitempty" minimum:"0" maximum:"200"`
	Synthetic        *bool    `json:"synthetic,omitempty" doc:"True for made-up units of demonstrations"`
}

// ValidKey refuses an id that cannot be a unit's key.
func ValidKey(id string) error {
	if !mx.UnitKey(id) {
		return fault.Invalidf("id", "unit-key-shape", "a unit's key has 3 to 40 capital letters, digits and hyphens, such as BSIST000014 or 096-201-00; got %q", id)
	}
	return nil
}

// Closed is the state of operation of a unit that has none any more.
const Closed = "closed"

// ownInstitution is the code of the institution that runs this installation.
const ownInstitution = "IST"

// apply takes over the facts and works out what follows from them. It is the one place where a unit's fields get their values.
func (u *Unit) apply(f Facts, now event.Time) error {
	was := *u
	if err := f.known(u); err != nil {
		return err
	}
	said, unit := reflect.ValueOf(f), reflect.ValueOf(u).Elem()
	for i := range said.NumField() {
		value, field := said.Field(i), unit.FieldByName(said.Type().Field(i).Name)
		switch {
		case value.IsNil():
		case field.Kind() == reflect.Pointer:
			field.Set(value)
		default:
			field.Set(value.Elem())
		}
	}
	if u.CLUES != was.CLUES {
		u.CLUESSince = now
	}
	if t, ok := mx.UnitTypeOf(u.UnitType); ok && f.UnitType != nil && u.CareLevel == "" {
		u.CareLevel = t.CareLevel
	}
	return u.derive(&was, f)
}

// known reads those facts of u that are written in several ways as they are kept. An empty CLUES or type says nothing.
func (f *Facts) known(u *Unit) error {
	if f.InstituteUnitKey != nil && *f.InstituteUnitKey != u.InstituteUnitKey {
		f.InstituteUnitKey = new(nones.CleanWord(*f.InstituteUnitKey))
	}
	if !said(f.CLUES) {
		f.CLUES = nil
	} else if c, err := mx.ParseCLUES(*f.CLUES); err != nil {
		return fault.Invalidf("clues", "clues-shape", "%s", err.Error())
	} else {
		f.CLUES = new(string(c))
	}
	if !said(f.UnitType) {
		f.UnitType = nil
	} else if t, ok := mx.UnitTypeOf(*f.UnitType); !ok {
		return fault.Invalidf("unit_type", "unit-type-unknown", "no unit type is called %q", *f.UnitType).With(mx.Values("unit_type")...)
	} else {
		f.UnitType = &t.Code
	}
	return nil
}

// derive fills what follows from other fields, checks what must agree, and renews the warnings. was is the unit before the change, f the change.
func (u *Unit) derive(was *Unit, f Facts) error {
	u.Warnings = nil
	clues := mx.CLUES(u.CLUES)
	if u.CLUES != "" {
		if st, ok := clues.State(); ok && u.StateCode == "" {
			u.StateCode = st.INEGI
		} else if ok && u.StateCode != st.INEGI {
			u.Warnings = append(u.Warnings, "the CLUES is one of "+st.Name+", the unit is said to be in state "+u.StateCode)
		}
		if u.Institution == "" {
			u.Institution = clues.Institution()
		}
		if !clues.CheckDigitOK() {
			u.Warnings = append(u.Warnings, checkDigitWarning(clues))
		}
	}
	if u.Institution == "" {
		u.Institution = ownInstitution
	}
	u.Own = u.Institution == ownInstitution
	if u.Kind == "" {
		u.Kind = "medical_unit"
	}
	if u.OperationState == "" {
		u.OperationState = "open"
	}
	for _, s := range []*string{&u.Name, &u.Municipality, &u.Locality, &u.Address} {
		*s = mx.Clean(*s)
	}
	if mx.NameKey(u.Name) == "" {
		return fault.Invalidf("name", "name-missing", "a unit needs a name")
	}
	if err := u.locate(was, said(f.Office)); err != nil {
		return err
	}
	return u.keepTime(was, said(f.TimeZone))
}

func checkDigitWarning(c mx.CLUES) string {
	w := "the check digit of CLUES " + string(c) + " does not agree with the rest"
	if s := c.Suggest(); len(s) > 0 {
		w += "; did you mean " + string(s[0]) + "?"
	}
	return w
}

// needed are the facts that a unit cannot be without.
var needed = []string{"institution", "name", "kind", "operation_state", "state_code", "time_zone", "synthetic"}

// empty forgets an optional fact; what a unit cannot be without is refused.
func (u *Unit) empty(field string) error {
	fact, ok := factOf(field)
	if !ok || slices.Contains(needed, field) {
		return fault.Invalidf(field, "field-required", "a unit cannot be without its %s", field)
	}
	reflect.ValueOf(u).Elem().FieldByName(fact.Name).SetZero()
	if u.CLUES == "" {
		u.CLUESSince = event.Time{}
	}
	return nil
}

// factOf is the field of Facts that has that JSON name.
func factOf(field string) (reflect.StructField, bool) {
	return reflect.TypeFor[Facts]().FieldByNameFunc(func(name string) bool {
		f, _ := reflect.TypeFor[Facts]().FieldByName(name)
		json, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return json == field
	})
}
