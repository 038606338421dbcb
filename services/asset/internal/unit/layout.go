package unit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// column is how a heading of either layout fills a fact. The official layout is that of the DGIS catalogue. An error of set rejects the
// row; one that is leftOpen does not: the fact stays as it was, and the report says so.
type column struct {
	headings []string
	field    string
	set      func(f *Facts, value string) error
}

// leftOpen says why a value was not taken over although its row was.
type leftOpen string

func (l leftOpen) Error() string { return string(l) }

func text(to func(*Facts) **string) func(*Facts, string) error {
	return func(f *Facts, v string) error {
		*to(f) = &v
		return nil
	}
}

func number(to func(*Facts) **int) func(*Facts, string) error {
	return func(f *Facts, v string) error {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 || n > 5000 {
			return fmt.Errorf("%q is not a number from 0 to 5000", v)
		}
		*to(f) = &n
		return nil
	}
}

func degrees(to func(*Facts) **float64, low, high float64) func(*Facts, string) error {
	return func(f *Facts, v string) error {
		d, err := strconv.ParseFloat(v, 64)
		if err != nil || !(d >= low && d <= high) {
			return fmt.Errorf("%q is not a position in Mexico, %g to %g degrees", v, low, high)
		}
		*to(f) = &d
		return nil
	}
}

// columns is the one table of both layouts. Where two headings fill one fact, the first that has a value counts.
var columns = []column{
	{[]string{"clues"}, "clues", text(func(f *Facts) **string { return &f.CLUES })},
	{[]string{"nombre de la unidad", "nombre_unidad"}, "name", text(func(f *Facts) **string { return &f.Name })},
	{[]string{"clave de la entidad", "cve_entidad"}, "state_code", setState},
	{[]string{"municipio"}, "municipality", text(func(f *Facts) **string { return &f.Municipality })},
	{[]string{"localidad"}, "locality", text(func(f *Facts) **string { return &f.Locality })},
	{[]string{"nombre de tipologia", "tipologia"}, "unit_type", setType},
	{[]string{"tipologia_clave"}, "unit_type", setType},
	{[]string{"clave nivel atencion", "nivel_atencion"}, "care_level", setLevel},
	{[]string{"estatus de operacion", "estatus"}, "operation_state", setOperation},
	{[]string{"propiedad del inmueble"}, "tenure", setTenure},
	{[]string{"latitud"}, "latitude", degrees(func(f *Facts) **float64 { return &f.Latitude }, 14, 33)},
	{[]string{"longitud"}, "longitude", degrees(func(f *Facts) **float64 { return &f.Longitude }, -119, -86)},
	{[]string{"camas"}, "census_beds", number(func(f *Facts) **int { return &f.CensusBeds })},
	{[]string{"consultorios"}, "consulting_rooms", number(func(f *Facts) **int { return &f.ConsultRooms })},
	{[]string{"clave de la institucion"}, "institution", setInstitution},
	{[]string{"clave_unidad_issste", "institute_unit_key"}, "institute_unit_key", text(func(f *Facts) **string { return &f.InstituteUnitKey })},
	{[]string{"oficina"}, "office", setOffice},
	{[]string{"sintetica", "synthetic"}, "synthetic", setSynthetic},
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
	if len(v) == 1 {
		v = "0" + v
	}
	if _, ok := mx.StateByINEGI(v); !ok {
		return fmt.Errorf("%q is not a state's INEGI code, 01 to 32", v)
	}
	f.State = &v
	return nil
}

// kinds are the types of places that are no medical units, in the words of the DGIS catalogue and their singular.
var kinds = map[string]string{
	"oficinas administrativas": "office", "oficina administrativa": "office", "ofi": "office",
	"almacenes": "warehouse", "almacen": "warehouse", "alm": "warehouse",
	"estancias infantiles": "child_care", "estancia infantil": "child_care", "estancia para el bienestar y desarrollo infantil": "child_care",
}

// setType takes what the institution calls a type, and knows what is no medical unit. Other institutions have types of their own: for
// those the fact stays open.
func setType(f *Facts, v string) error {
	if f.UnitType != nil {
		return nil
	}
	if t, ok := mx.UnitTypeOf(v); ok {
		f.UnitType = &t.Code
	} else if kind, ok := kinds[mx.Fold(v)]; ok {
		f.Kind = &kind
	}
	return nil
}

// noLevel are the values that say that a place has no level of care: offices, warehouses, laboratories.
var noLevel = []string{"0", "6", "no aplica", "no especificado"}

func setLevel(f *Facts, v string) error {
	switch {
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

func setSynthetic(f *Facts, v string) error {
	yes := mx.Fold(v) == "si" || v == "true" || v == "1"
	f.Synthetic = &yes
	return nil
}
