package mx

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestLabels(t *testing.T) {
	snake := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	codes := map[string]bool{"unit_type": true, "institution": true, "risk_class": true, "care_level": true, "region": true}
	for _, enum := range Enums() {
		seen := map[string]bool{}
		if !snake.MatchString(enum) || len(Values(enum)) < 2 {
			t.Errorf("enumeration %q: %v", enum, Values(enum))
		}
		for _, v := range Values(enum) {
			es, en := Label(enum, v)
			if es == "" || en == "" || es != strings.TrimSpace(es) || en != strings.TrimSpace(en) {
				t.Errorf("%s.%s: labels %q, %q", enum, v, es, en)
			}
			if seen[v] || !Valid(enum, v) || (!codes[enum] && !snake.MatchString(v)) {
				t.Errorf("%s.%s: twice, not valid, or not snake_case", enum, v)
			}
			seen[v] = true
		}
	}
	if es, en := Label("functioning", "not_working"); es != "No funciona" || en != "Not working" {
		t.Errorf("Label = %q, %q", es, en)
	}
	for _, unknown := range [][2]string{{"functioning", "exploded"}, {"no_such_enum", "x"}} {
		if es, en := Label(unknown[0], unknown[1]); es != unknown[1] || en != unknown[1] || Valid(unknown[0], unknown[1]) {
			t.Errorf("%v: a value out of the table is its own label and not valid", unknown)
		}
	}
	if Values("no_such_enum") != nil {
		t.Error("an enumeration that does not exist has no values")
	}
}

// Struct tags must be literals; this keeps the one in FundingSource from drifting away from the table.
func TestFundingTagIsTheTable(t *testing.T) {
	field, _ := reflect.TypeFor[FundingSource]().FieldByName("Kind")
	if diff := cmp.Diff(Values("funding_kind"), strings.Split(field.Tag.Get("enum"), ",")); diff != "" {
		t.Error(diff)
	}
}

func TestValuesAreACopy(t *testing.T) {
	Values("order_state")[0] = "changed"
	want := []string{"requested", "approved", "declined", "assigned", "in_progress", "on_hold", "completed", "accepted", "returned", "cancelled"}
	if diff := cmp.Diff(want, Values("order_state")); diff != "" {
		t.Error(diff)
	}
}

func TestUnitTypeOf(t *testing.T) {
	for in, want := range map[string]string{
		"caf": "CAF", "CAF_": "CAF", "CONSULTORIO DE ATENCION FAMILIAR": "CAF", "Centro de Atención Familiar": "CAF",
		"CLÍNICA HOSPITAL": "CH", "hospital  general": "HG", "HRHAE": "HRAE", "CENTRO MÉDICO": "CMN", "": "", "OFI": "",
	} {
		got, ok := UnitTypeOf(in)
		if got.Code != want || ok != (want != "") {
			t.Errorf("UnitTypeOf(%q) = %v, %v; want %q", in, got.Code, ok, want)
		}
	}
	known := map[string]bool{}
	for _, u := range UnitTypes() {
		for _, name := range append([]string{u.Code, u.Name}, u.Aliases...) {
			if known[Fold(name)] {
				t.Errorf("%q names two types", name)
			}
			known[Fold(name)] = true
		}
		if !Valid("care_level", u.CareLevel) || !Valid("unit_type", u.Code) {
			t.Errorf("%+v", u)
		}
	}
}

// Every type that the catalogue's rows name is recognised, but for offices, and its level is the catalogue's.
func TestUnitTypesOfTheCatalogue(t *testing.T) {
	for _, row := range sharedCSV(t, "clues_issste/issste_unidades_clues_parcial.csv") {
		u, ok := UnitTypeOf(row["tipologia"])
		if office := row["tipologia"] == "OFICINAS ADMINISTRATIVAS"; ok == office || (ok && u.CareLevel != row["nivel_atencion"]) {
			t.Errorf("%s: %q is %v, level %s", row["clues"], row["tipologia"], u, row["nivel_atencion"])
		}
		if byCode, ok := UnitTypeOf(row["tipologia_clave"]); ok && byCode.Code != u.Code {
			t.Errorf("%s: key %q is %s, name %q is %s", row["clues"], row["tipologia_clave"], byCode.Code, row["tipologia"], u.Code)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "  \t\n": "", "CLAVE DE LA INSTITUCIÓN": "clave de la institucion", "\ufeffCLUES": "clues", " Peña\u00a0 Ñandú ": "pena nandu",
		"N.º de\u00adserie": "n.o deserie", "Pin\u0303a": "pina", "İzmir": "izmir",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "s")
		once := Fold(s)
		if again := Fold(once); again != once {
			t.Fatalf("Fold(%q) = %q, folded again %q", s, once, again)
		}
		if strings.Contains(once, "  ") || strings.TrimSpace(once) != once {
			t.Fatalf("Fold(%q) = %q", s, once)
		}
	})
}
