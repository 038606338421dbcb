package unit

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Report is what became of a file, row by row: every row is created, changed, unchanged or rejected.
type Report struct {
	Rows      int        `json:"rows"`
	Created   int        `json:"created"`
	Changed   int        `json:"changed"`
	Unchanged int        `json:"unchanged"`
	Rejected  int        `json:"rejected"`
	DryRun    bool       `json:"dry_run"`
	Ignored   []string   `json:"ignored_columns,omitempty" doc:"Columns that the import does not use"`
	Errors    []RowError `json:"errors,omitempty" doc:"One for each rejected row"`
	Warnings  []RowError `json:"warnings,omitempty" doc:"What a person should look at in rows that were taken"`
}

// RowError says what is wrong with a row. Rows are numbered as in a spreadsheet: the headings are row 1.
type RowError struct {
	Row    int    `json:"row"`
	Key    string `json:"key,omitempty"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

// column is how a heading of either layout fills a fact. The official layout is that of the DGIS catalogue.
type column struct {
	headings []string
	field    string
	set      func(f *Facts, value string) error
}

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
	{[]string{"clave de la institucion"}, "institution", text(func(f *Facts) **string { return &f.Institution })},
	{[]string{"clave_unidad_issste", "institute_unit_key"}, "institute_unit_key", text(func(f *Facts) **string { return &f.InstituteUnitKey })},
	{[]string{"oficina"}, "office", setOffice},
	{[]string{"sintetica", "synthetic"}, "synthetic", setSynthetic},
}

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

// setType takes what the institution calls a type; other institutions' types are theirs, and the fact stays open.
func setType(f *Facts, v string) error {
	if t, ok := mx.UnitTypeOf(v); ok && f.UnitType == nil {
		f.UnitType = &t.Code
	}
	return nil
}

func setLevel(f *Facts, v string) error {
	if mx.Valid("care_level", v) {
		f.CareLevel = &v
	}
	return nil // 6 "no aplica" and the like: offices and warehouses have no level
}

var operation = map[string]string{"en operacion": "open", "pendiente de entrar en operacion": "planned", "fuera de operacion": "closed",
	"pendiente de operar": "planned", "cerrado temporalmente": "suspended", "suspension": "suspended", "baja": "closed"}

func setOperation(f *Facts, v string) error {
	state, ok := operation[mx.Fold(v)]
	if !ok {
		return fmt.Errorf("%q is not a known operation state", v)
	}
	f.OperationState = &state
	return nil
}

var tenures = map[string]string{"propio": "own", "rentado": "rented", "arrendado": "rented", "subrogado": "subrogated", "comodato": "lent", "prestado": "lent"}

func setTenure(f *Facts, v string) error {
	if t, ok := tenures[mx.Fold(v)]; ok {
		f.Tenure = &t
	}
	return nil // "otro", "no especificado": not known
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

// Importer brings a catalogue into the register.
type Importer struct {
	Commands
	// Existing returns those of the units that are registered.
	Existing func(ctx context.Context, ids []string) (map[string]*Unit, error)
}

type row struct {
	number int
	key    string
	facts  Facts
}

// importBatch is how many rows are compared with the register at once.
const importBatch = 500

// Import reads a CSV file of either layout, recognised by its headings, and registers or completes the units in it, by CLUES. A row with
// an error is rejected, the others go on. Nothing that is known is blanked by a field that is empty or missing. A file that is not such
// a table is refused as a whole.
func (i Importer) Import(ctx context.Context, file io.Reader, dryRun bool) (*Report, error) {
	report := &Report{DryRun: dryRun}
	reader := csv.NewReader(skipBOM(file))
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	head, err := reader.Read()
	if err != nil {
		return nil, fault.Invalidf("", "file-unreadable", "the file is not CSV in UTF-8 with a row of headings: %s", csvReason(err))
	}
	at, err := match(head, report)
	if err != nil {
		return nil, err
	}
	seen := map[string]int{}
	var rows []row
	for n := 2; ; n++ {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		report.Rows++
		if err != nil {
			report.reject(RowError{Row: n, Reason: "not CSV: " + csvReason(err)})
			continue
		}
		r, bad := read(record, at, n, len(head))
		if bad == nil && seen[r.key] > 0 {
			bad = &RowError{Row: n, Key: r.key, Column: "clues", Reason: fmt.Sprintf("the same CLUES is in row %d", seen[r.key])}
		}
		if bad != nil {
			report.reject(*bad)
			continue
		}
		seen[r.key] = n
		if rows = append(rows, r); len(rows) == importBatch {
			if err := i.take(ctx, rows, report); err != nil {
				return nil, err
			}
			rows = rows[:0]
		}
	}
	return report, i.take(ctx, rows, report)
}

func (r *Report) reject(e RowError) {
	r.Rejected++
	r.Errors = append(r.Errors, e)
}

func csvReason(err error) string {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return parse.Err.Error()
	}
	return "it ends too early"
}

func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if c, _, err := b.ReadRune(); err == nil && c != '\ufeff' {
		_ = b.UnreadRune() // a rune was just read
	}
	return b
}

// match finds the columns by their headings.
func match(head []string, report *Report) ([]int, error) {
	at := make([]int, len(columns))
	used := map[int]bool{}
	for c, col := range columns {
		at[c] = -1
		for _, h := range col.headings {
			for i, name := range head {
				if mx.Fold(name) == h && at[c] < 0 {
					at[c], used[i] = i, true
				}
			}
		}
	}
	for c, must := range columns[:2] {
		if at[c] < 0 {
			return nil, fault.Invalidf("", "column-missing", "the file has no column %q", must.headings[0]).With(must.headings...)
		}
	}
	for i, name := range head {
		if !used[i] {
			report.Ignored = append(report.Ignored, strings.Clone(name))
		}
	}
	return at, nil
}

func read(record []string, at []int, n, width int) (row, *RowError) {
	r := row{number: n}
	if len(record) != width {
		return r, &RowError{Row: n, Reason: fmt.Sprintf("has %d fields where the headings are %d", len(record), width)}
	}
	for c, col := range columns {
		if at[c] < 0 {
			continue
		}
		v := strings.TrimSpace(strings.Clone(record[at[c]]))
		if v == "" {
			continue
		}
		if !validText(v) {
			return r, &RowError{Row: n, Key: r.key, Column: col.headings[0], Reason: "is not UTF-8 text of at most 200 characters"}
		}
		if col.field == "clues" {
			clues, err := mx.ParseCLUES(v)
			if err != nil {
				return r, &RowError{Row: n, Key: v, Column: "clues", Reason: err.Error()}
			}
			v, r.key = string(clues), string(clues)
		}
		if err := col.set(&r.facts, v); err != nil {
			return r, &RowError{Row: n, Key: r.key, Column: col.headings[0], Reason: err.Error()}
		}
	}
	if r.key == "" {
		return r, &RowError{Row: n, Column: "clues", Reason: "is empty"}
	}
	return r, nil
}
