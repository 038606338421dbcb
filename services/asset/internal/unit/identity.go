package unit

import (
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// The comparison keys of a unit, as the store declares them, and its discrepancies, as in the table "discrepancy" of pkg/mx.
const (
	IDKey        = "unit_key"
	InstituteKey = "institute_unit_key"
	KeyTaken     = "key_taken"
	AreaNames    = "area_names"
	// PlaceDisagrees marks a unit whose office or time zone is not one of its state's: an earlier release did not compare them.
	PlaceDisagrees = "place_disagrees"
)

// nones are the words with which people say that a unit has no key of the institution's, or an area no name.
var nones = mx.NewNones()

// Keys are what units are compared by, beside the CLUES, which has one spelling.
func (u *Unit) Keys() map[string]string {
	keys := map[string]string{IDKey: mx.Key(u.ID)}
	if !nones.Word(u.InstituteUnitKey) {
		keys[InstituteKey] = mx.Key(u.InstituteUnitKey)
	}
	return keys
}

// Flaws are the discrepancies of a unit by itself, as earlier releases left them: areas with one name in one place, or with none; an office
// or a time zone of another state, of which the warnings say more once the unit is changed.
func (u *Unit) Flaws() (flaws []string) {
	office, known := mx.OfficeByKey(u.Office)
	if known && office.State != u.StateCode || u.TimeZone != "" && !slices.Contains(mx.ZonesOf(u.StateCode), u.TimeZone) {
		flaws = append(flaws, PlaceDisagrees)
	}
	seen := map[[2]string]bool{}
	for _, a := range u.Areas {
		at := [2]string{a.ParentID, mx.NameKey(a.Name)}
		if at[1] == "" || seen[at] {
			return append(flaws, AreaNames)
		}
		seen[at] = true
	}
	return flaws
}

// newArea is the area that in asks for. Names are compared in their parent, however they are spelt; a slash in one is a sign like others.
func (u *Unit) newArea(id string, in AddArea) (Area, error) {
	name := mx.Clean(in.Name)
	a := Area{ID: id, ParentID: in.ParentID, Name: name}
	key := mx.NameKey(name)
	if nones.Word(name) {
		return a, fault.Invalidf("name", "name-missing", "an area needs a name: %q says that there is none", name)
	}
	u.retrace()
	a.Path = a.shown()
	if in.ParentID != "" {
		parent, ok := u.Area(in.ParentID)
		if !ok {
			return a, fault.Invalidf("parent_id", "area-unknown", "unit %s has no area %q", u.ID, in.ParentID)
		}
		a.Path = parent.Path + step + a.Path
	}
	for _, other := range u.Areas {
		if other.ParentID == a.ParentID && mx.NameKey(other.Name) == key {
			return a, fault.Conflictf("area-exists", u.OperationState, "unit %s has an area %q there already", u.ID, other.Path).On("name")
		}
	}
	return a, nil
}

// step is between the names of a path.
const step = " / "

// shown is the area's name as a part of a path. A name that could be read as a step, because there is one in it ("Piso 1 / Sala") or a quotation
// mark, stands in quotation marks, with those in it doubled: so two areas never show the same path.
func (a Area) shown() string {
	if strings.ContainsAny(a.Name, "«»") || strings.Contains(" "+a.Name+" ", step) {
		return "«" + strings.ReplaceAll(a.Name, "»", "»»") + "»"
	}
	return a.Name
}

// retrace works the paths of all areas out anew: an earlier release joined names as they are. A parent is in the list before its areas.
func (u *Unit) retrace() {
	u.Areas = slices.Clone(u.Areas)
	paths := map[string]string{}
	for i := range u.Areas {
		a := &u.Areas[i]
		if a.Path = a.shown(); a.ParentID != "" {
			a.Path = paths[a.ParentID] + step + a.Path
		}
		paths[a.ID] = a.Path
	}
}
