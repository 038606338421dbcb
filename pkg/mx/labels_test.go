package mx

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestLabels(t *testing.T) {
	if es, en := Label("tracking", "counted"); es != "Por cantidad" || en != "Counted" {
		t.Errorf("Label = %q, %q", es, en)
	}
	for _, unknown := range [][2]string{{"tracking", "exploded"}, {"no_such_vocabulary", "x"}} {
		if es, en := Label(unknown[0], unknown[1]); es != unknown[1] || en != unknown[1] || Valid(unknown[0], unknown[1]) {
			t.Errorf("%v: a value that no vocabulary has is its own label and not valid", unknown)
		}
	}
	if Values("no_such_vocabulary") != nil {
		t.Error("a vocabulary that does not exist has no values")
	}
}

func TestAVocabularyIsDefinedOnceAndWhole(t *testing.T) {
	two := Words{{"a", "Á", "A"}, {"b", "B", "B"}}
	for why, c := range map[string]struct {
		name  string
		words Words
	}{
		"a name that is taken":  {"region", two},
		"a name in other case":  {"Colour", two},
		"no name":               {"", two},
		"one word only":         {"colour", two[:1]},
		"a value twice":         {"colour", append(two, [3]string{"a", "C", "C"})},
		"a value with blanks":   {"colour", append(two, [3]string{"dark red", "C", "C"})},
		"no value":              {"colour", append(two, [3]string{"", "C", "C"})},
		"no Spanish label":      {"colour", append(two, [3]string{"c", "", "C"})},
		"no English label":      {"colour", append(two, [3]string{"c", "C", ""})},
		"blanks around a label": {"colour", append(two, [3]string{"c", "C ", "C"})},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: defined", why)
				}
			}()
			Define(c.name, c.words)
		}()
		if Values("colour") != nil {
			t.Fatalf("%s: known all the same", why)
		}
	}
}

func TestValuesAreACopy(t *testing.T) {
	Values("care_level")[0] = "changed"
	if diff := cmp.Diff([]string{"1", "2", "3"}, Values("care_level")); diff != "" {
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
