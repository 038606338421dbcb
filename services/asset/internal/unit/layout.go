package unit

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
)

// column is how a heading of either layout fills a fact. The official layout is that of the DGIS catalogue. An error of set rejects the
// row; one that is leftOpen does not: the fact stays as it was, and the report says so.
type column struct {
	headings []string
	field    string
	set      func(f *Facts, value string) error
	// most is the number of characters that a value has at most: the API's, where the value is taken as it is.
	most int
	// kind is table.Figure where a workbook's number is taken with its decimals.
	kind table.Kind
}

// leftOpen says why a value was not taken over although its row was.
type leftOpen string

func (l leftOpen) Error() string { return string(l) }

// text is a column whose values are taken as they are.
func text(field string, headings ...string) column {
	return column{headings: headings, field: field, most: int(bound(field, "maxLength")), set: func(f *Facts, v string) error {
		say(f, field, v)
		return nil
	}}
}

// say sets the fact that has that JSON name.
func say[V any](f *Facts, field string, v V) {
	fact, _ := factOf(field)
	reflect.ValueOf(f).Elem().FieldByIndex(fact.Index).Set(reflect.ValueOf(&v))
}

// word is a column whose values are words or numbers that set knows.
func word(field string, set func(*Facts, string) error, headings ...string) column {
	return column{headings: headings, field: field, set: set, most: maxWord}
}

const maxWord = 200

func figure(field string, set func(*Facts, string) error, headings ...string) column {
	c := word(field, set, headings...)
	c.kind = table.Figure
	return c
}

// number and degrees are columns of numbers: they take what the API takes for the field.
func number(field string, headings ...string) column {
	low, high := int(bound(field, "minimum")), int(bound(field, "maximum"))
	return figure(field, func(f *Facts, v string) error {
		n, err := strconv.Atoi(whole(v))
		if err != nil || n < low || n > high {
			return fmt.Errorf("%q is not a whole number from %d to %d", v, low, high)
		}
		say(f, field, n)
		return nil
	}, headings...)
}

// whole is a number as a spreadsheet writes one in a column with decimals ("21.0", "21,00") without them. What could mean thousands
// ("1,000") stays.
func whole(v string) string {
	if i := strings.IndexAny(v, ".,"); i > 0 && len(v)-i <= 3 && strings.Trim(v[i+1:], "0") == "" && i+1 < len(v) {
		return v[:i]
	}
	return v
}

func degrees(field string, headings ...string) column {
	low, high := bound(field, "minimum"), bound(field, "maximum")
	return figure(field, func(f *Facts, v string) error {
		d, err := strconv.ParseFloat(strings.Replace(v, ",", ".", 1), 64)
		if err != nil || !(d >= low && d <= high) {
			return fmt.Errorf("%q is not a position in Mexico, %g to %g degrees", v, low, high)
		}
		say(f, field, d)
		return nil
	}, headings...)
}

// columns is the one table of both layouts.
var columns = []column{
	text("clues", "clues"),
	text("name", "nombre de la unidad", "nombre_unidad"),
	word("state_code", setState, "clave de la entidad", "cve_entidad"),
	text("municipality", "municipio"),
	text("locality", "localidad"),
	word("unit_type", setType, "nombre de tipologia", "tipologia"),
	word("unit_type", setType, "tipologia_clave"),
	word("care_level", setLevel, "clave nivel atencion", "nivel_atencion"),
	word("operation_state", setOperation, "estatus de operacion", "estatus"),
	word("tenure", setTenure, "propiedad del inmueble"),
	degrees("latitude", "latitud"),
	degrees("longitude", "longitud"),
	number("census_beds", "camas"),
	number("consulting_rooms", "consultorios"),
	word("institution", setInstitution, "clave de la institucion"),
	text("institute_unit_key", "clave_unidad_issste", "institute_unit_key"),
	word("office", setOffice, "oficina"),
	word("synthetic", setSynthetic, "sintetica", "synthetic"),
}

// setInstitution takes the code of the catalogue, which is the one in the CLUES.
func setInstitution(f *Facts, v string) error {
	code := strings.ToUpper(v)
	if !institutionShape.MatchString(code) {
		return fmt.Errorf("%q is not an institution's code of three letters, such as IST", v)
	}
	f.Institution = &code
	return nil
}

var institutionShape = regexp.MustCompile(`^[A-Z]{3}$`)

func setState(f *Facts, v string) error {
	if v = whole(v); len(v) == 1 {
		v = "0" + v
	}
	if _, ok := mx.StateByINEGI(v); !ok {
		return fmt.Errorf("%q is not a state's INEGI code, 01 to 32", v)
	}
	f.StateCode = &v
	return nil
}

// kinds are the types of places that are no medical units, in the words of the DGIS catalogue and their singular.
var kinds = map[string]string{
	"oficinas administrativas": "office", "oficina administrativa": "office", "ofi": "office",
	"almacenes": "warehouse", "almacen": "warehouse", "alm": "warehouse",
	"estancias infantiles": "child_care", "estancia infantil": "child_care", "estancia para el bienestar y desarrollo infantil": "child_care",
}

// setType takes what the institution calls a type, and knows what is no medical unit. Other institutions have types of their own: those are
// not taken over, and the report says so. So it does of a second column that says another type than the first.
func setType(f *Facts, v string) error {
	t, known := mx.UnitTypeOf(v)
	kind, other := kinds[mx.Fold(v)]
	switch {
	case known && f.UnitType != nil && *f.UnitType != t.Code:
		return leftOpen(fmt.Sprintf("%q is type %s, the row also says %s: not taken over", v, t.Code, *f.UnitType))
	case known:
		f.UnitType = &t.Code
	case other:
		f.Kind = &kind
	default:
		return leftOpen(fmt.Sprintf("%q is not a known unit type: not taken over", v))
	}
	return nil
}

// noLevel are the values that say that a place has no level of care: offices, warehouses, laboratories.
var noLevel = []string{"0", "6", "no aplica", "no especificado"}

func setLevel(f *Facts, v string) error {
	switch v = whole(v); {
	case mx.Valid("care_level", v):
		f.CareLevel = &v
	case !slices.Contains(noLevel, mx.Fold(v)):
		return leftOpen(fmt.Sprintf("%q is not a level of care (1, 2, 3; 6 where there is none): left as it was", v))
	}
	return nil
}

var operation = map[string]string{"en operacion": "open", "pendiente de entrar en operacion": "planned", "fuera de operacion": "closed",
	"pendiente de operar": "planned", "cerrado temporalmente": "suspended", "suspension": "suspended", "suspendida": "suspended", "baja": "closed"}

func setOperation(f *Facts, v string) error {
	state, ok := operation[mx.Fold(v)]
	if !ok {
		return fmt.Errorf("%q is not a known operation state", v)
	}
	f.OperationState = &state
	return nil
}

var tenures = map[string]string{"propio": "own", "propia": "own", "rentado": "rented", "rentada": "rented", "arrendado": "rented", "subrogado": "subrogated",
	"subrogada": "subrogated", "comodato": "lent", "de comodato": "lent", "en comodato": "lent", "prestado": "lent"}

// unknownTenure are the words of the catalogue that say nothing of who owns the building.
var unknownTenure = []string{"otro", "otra", "irregular", "no especificado", "no aplica"}

func setTenure(f *Facts, v string) error {
	folded := mx.Fold(v)
	if t, ok := tenures[folded]; ok {
		f.Tenure = &t
	} else if !slices.Contains(unknownTenure, folded) {
		return leftOpen(fmt.Sprintf("%q is not a known form of tenure: left as it was", v))
	}
	return nil
}

func setOffice(f *Facts, v string) error {
	if _, ok := mx.OfficeByKey(v); !ok {
		return fmt.Errorf("no Oficina de Representación has the key %q", v)
	}
	f.Office = &v
	return nil
}

var yeses = map[string]bool{"si": true, "true": true, "verdadero": true, "1": true, "no": false, "false": false, "falso": false, "0": false}

func setSynthetic(f *Facts, v string) error {
	yes, known := yeses[mx.Fold(whole(v))]
	if !known {
		return fmt.Errorf("%q is neither yes nor no", v)
	}
	f.Synthetic = &yes
	return nil
}
