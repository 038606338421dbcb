package unit

import (
	"reflect"
	"testing"
)

// Each fact that can be said of a unit is a field of the unit, of the same name and JSON name: what is said goes there by name.
func TestEveryFactHasItsFieldInTheUnit(t *testing.T) {
	facts, unit := reflect.TypeFor[Facts](), reflect.TypeFor[Unit]()
	for i := range facts.NumField() {
		f := facts.Field(i)
		of, ok := unit.FieldByName(f.Name)
		if !ok {
			t.Errorf("a unit has no field %s", f.Name)
			continue
		}
		of.Type, f.Type = bare(of.Type), bare(f.Type)
		if jsonName(of) != jsonName(f) || of.Type != f.Type {
			t.Errorf("%s: a unit's is %s %q, the fact's %s %q", f.Name, of.Type, jsonName(of), f.Type, jsonName(f))
		}
	}
}

func bare(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func jsonName(f reflect.StructField) string {
	name := f.Tag.Get("json")
	for i := range name {
		if name[i] == ',' {
			return name[:i]
		}
	}
	return name
}
