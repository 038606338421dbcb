package unit

import (
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
)

func registered(t *testing.T) *Unit {
	t.Helper()
	u, err := New("BSIST000014", Facts{CLUES: new("bsist000014"), InstituteUnitKey: new("096-201"), Name: new("Clínica"), UnitType: new("HG"), Office: new("baja-california-sur"),
		Tenure: new("own"), Municipality: new("Mulegé"), Locality: new("Santa Rosalía"), Address: new("s/n"), Latitude: new(27.3), Longitude: new(-112.2), CensusBeds: new(10),
		ConsultRooms: new(3), OperatingRooms: new(1), Synthetic: new(true), OperationState: new("open")}, event.At(time.Date(2025, 8, 8, 16, 0, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestWhatIsSaidOfAUnitIsKeptUntilItIsSaidAgainOrEmptied(t *testing.T) {
	facts := reflect.TypeFor[Facts]()
	for i := range facts.NumField() {
		fact := facts.Field(i)
		in := func(u *Unit) reflect.Value { return reflect.ValueOf(u).Elem().FieldByName(fact.Name) }
		kept, ok := reflect.TypeFor[Unit]().FieldByName(fact.Name)
		if !ok || kept.Type != fact.Type && kept.Type != fact.Type.Elem() {
			t.Errorf("a unit has no %s of type %s", fact.Name, fact.Type.Elem())
			continue
		}
		u := registered(t)
		if in(u).IsZero() {
			t.Errorf("%s was said and is not kept", fact.Name)
		}
		was := in(u).Interface()
		if err := u.apply(Facts{}, event.Time{}); err != nil || !reflect.DeepEqual(in(u).Interface(), was) {
			t.Errorf("%s went without being emptied: %v, %v", fact.Name, in(u), err)
		}
		name := fact.Tag.Get("json")[:len(fact.Tag.Get("json"))-len(",omitempty")]
		err := u.empty(name)
		if required := slices.Contains(needed, name); required && (fault.As(err) == nil || fault.As(err).Rule != "field-required" || in(u).IsZero()) || !required && (err != nil || !in(u).IsZero()) {
			t.Errorf("%s emptied: %v, %v", name, in(u), err)
		}
	}
	if err := registered(t).empty("areas"); fault.As(err) == nil {
		t.Error("areas are emptied as if they were a fact")
	}
}

func TestAreaNamesAreComparedInTheirParentTrimmedAndNotBlankAndASlashIsNoPath(t *testing.T) {
	u := registered(t)
	for _, x := range []struct{ name, parent, rule string }{
		{"  Piso  1 ", "", ""}, {"PISO 1", "", "area-exists"}, {"piso-1", "", "area-exists"}, {"Pis\u200bo 1", "", "area-exists"}, {"Piso 1.1", "", ""}, {"Piso 11", "", ""},
		{" ", "", "name-missing"}, {"\u200b", "", "name-missing"}, {"\u3164", "", "name-missing"}, {"-", "", "name-missing"}, {"S/N", "", "name-missing"}, {"Sin número", "", "name-missing"},
		{"1", "", ""}, {"0", "", ""}, {"X", "", ""}, {"Sala", "nowhere", "area-unknown"},
		{"Piso 1", "Piso 1", ""}, {"Sala", "Piso 1", ""}, {"SALA", "Piso 1", "area-exists"}, {"Piso 1 / Sala", "", ""}, {"piso 1 / sala", "", "area-exists"},
	} {
		a, err := u.newArea(x.name+" in "+x.parent, AddArea{Name: x.name, ParentID: x.parent})
		if f := fault.As(err); (f == nil) != (x.rule == "") || f != nil && f.Rule != x.rule {
			t.Errorf("%q in %q: %v, want %s", x.name, x.parent, err, x.rule)
		} else if f == nil {
			if a.ParentID == "" {
				a.ID = a.Name
			}
			u.Areas = append(u.Areas, a)
		}
	}
	if u.Areas[0].Path != "Piso 1" || u.Flaws() != nil {
		t.Errorf("%+v, %v", u.Areas[0], u.Flaws())
	}
}

// However names are written, and whoever wrote the paths that are there: two areas of a unit never show the same path, and an ordinary name
// stands in it as it is.
func TestTwoAreasNeverShowTheSamePath(t *testing.T) {
	u := registered(t)
	add := func(id, name, parent string) Area {
		a, err := u.newArea(id, AddArea{Name: name, ParentID: parent})
		if err != nil {
			t.Fatal(err)
		}
		u.Areas = append(u.Areas, a)
		return a
	}
	add("a", "Piso 1", "")
	if got := add("b", "Sala 1/2", "a").Path; got != "Piso 1 / Sala 1/2" {
		t.Errorf("an ordinary path: %s", got)
	}
	u.Areas = append(u.Areas, Area{ID: "c", Name: "Piso 1 / Sala", Path: "Piso 1 / Sala"}) // as an earlier release wrote it
	add("d", "Sala", "a")
	if c, _ := u.Area("c"); c.Path != "«Piso 1 / Sala»" || u.Areas[3].Path != "Piso 1 / Sala" {
		t.Errorf("%+v", u.Areas)
	}
	rapid.Check(t, func(rt *rapid.T) {
		u, ids := &Unit{}, []string{""}
		name := rapid.StringOfN(rapid.SampledFrom([]rune("ab/ «»")), 1, 7, -1)
		for i := range rapid.IntRange(1, 12).Draw(rt, "areas") {
			id := strconv.Itoa(i)
			a, err := u.newArea(id, AddArea{Name: name.Draw(rt, "name"), ParentID: rapid.SampledFrom(ids).Draw(rt, "parent")})
			if err != nil {
				continue
			}
			for _, other := range u.Areas {
				if other.Path == a.Path {
					rt.Fatalf("%+v and %+v", other, a)
				}
			}
			u.Areas, ids = append(u.Areas, a), append(ids, id)
		}
	})
}

func TestFactsAreReadHoweverTheyAreWritten(t *testing.T) {
	u := registered(t)
	if u.CLUES != "BSIST000014" || u.CareLevel != "2" || u.CLUESSince.IsZero() || u.Institution != "IST" || u.StateCode != "03" {
		t.Errorf("registered as %+v", u)
	}
	was := *u
	if err := u.apply(Facts{CLUES: new(""), UnitType: new(""), InstituteUnitKey: new("S/N"), CensusBeds: new(0), Name: new(" Otra "), Locality: new("  Santa  Rosalía ")}, event.Time{}); err != nil {
		t.Fatal(err)
	}
	if u.CLUES != was.CLUES || u.UnitType != was.UnitType || u.InstituteUnitKey != "" || *u.CensusBeds != 0 || *was.CensusBeds != 10 || u.Name != "Otra" || u.Locality != "Santa Rosalía" || u.CLUESSince != was.CLUESSince {
		t.Errorf("changed to %+v", u)
	}
	for rule, f := range map[string]Facts{"clues-shape": {CLUES: new("X")}, "unit-type-unknown": {UnitType: new("XYZ")}, "name-missing": {Name: new(" ")}} {
		if got := fault.As(u.apply(f, event.Time{})); got == nil || got.Rule != rule {
			t.Errorf("%s: %v", rule, got)
		}
	}
}
