package unit_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/table"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// register is a register of units in memory.
type register struct {
	units  map[string]unit.Unit
	events []event.Event
}

var errTaken = errors.New("taken")

func (r *register) Get(_ context.Context, id string) (*unit.Unit, error) {
	u, ok := r.units[id]
	if !ok {
		return nil, event.ErrNotFound
	}
	return &u, nil
}

func (r *register) Insert(_ context.Context, id string, u *unit.Unit, events ...event.Event) error {
	for _, other := range r.units {
		if u.InstituteUnitKey != "" && other.InstituteUnitKey == u.InstituteUnitKey {
			return errTaken
		}
	}
	r.units[id] = *u
	r.events = append(r.events, events...)
	return nil
}

func (r *register) Update(ctx context.Context, id string, change func(*unit.Unit) ([]event.Event, error)) error {
	u, err := r.Get(ctx, id)
	if err != nil {
		return err
	}
	events, err := change(u)
	if err == nil {
		r.units[id] = *u
		r.events = append(r.events, events...)
	}
	return err
}

func (r *register) importer(t *testing.T) unit.Importer {
	t.Helper()
	now, err := event.ParseTime("2026-11-22T12:00:00Z")
	if err != nil {
		t.Fatal(err)
	}
	return unit.Importer{
		Commands: unit.Commands{Units: r, Now: func(context.Context) event.Time { return now }},
		Existing: func(_ context.Context, clues, keys []string) (out []*unit.Unit, _ error) {
			for _, u := range r.units {
				if slices.Contains(clues, u.CLUES) || slices.Contains(clues, u.ID) || slices.Contains(keys, u.Keys()[unit.InstituteKey]) {
					out = append(out, &u)
				}
			}
			return out, nil
		},
		Taken: func(err error) *fault.Error {
			if errors.Is(err, errTaken) {
				return fault.Conflictf("already-exists", "", "another unit has this key")
			}
			return nil
		},
	}
}

// load imports a file, after a dry run that must say the same.
func (r *register) load(t *testing.T, file string) *table.Report {
	t.Helper()
	dry, err := r.importer(t).Import(t.Context(), []byte(file), true)
	if err != nil {
		t.Fatal(err)
	}
	report, err := r.importer(t).Import(t.Context(), []byte(file), false)
	if err != nil {
		t.Fatal(err)
	}
	dry.DryRun = false
	want(t, "dry run", dry, report)
	if report.Rows != report.Created+report.Changed+report.Unchanged+report.Rejected || report.Rejected != len(report.Errors) {
		t.Errorf("not every row is accounted for: %+v", report)
	}
	return report
}

func empty() *register { return &register{units: map[string]unit.Unit{}} }

// shared is a file of the folder of real data that may lie beside the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if b, err := os.ReadFile(filepath.Join(dir, "shared", "data", "clues_issste", name)); err == nil {
			return string(b)
		}
		dir = filepath.Dir(dir)
	}
	t.Skipf("no folder shared/data beside the repository: %s not imported", name)
	return ""
}

// count says how many units have each value.
func (r *register) count(of func(unit.Unit) string) map[string]int {
	n := map[string]int{}
	for _, u := range r.units {
		n[of(u)]++
	}
	return n
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func totals(r *table.Report) [4]int { return [4]int{r.Created, r.Changed, r.Unchanged, r.Rejected} }

// TestShortLayout imports the institution's units that are known with their CLUES: the demonstration's file.
func TestShortLayout(t *testing.T) {
	file := shared(t, "issste_unidades_clues_parcial.csv")
	r := empty()
	report := r.load(t, file)
	want(t, "created, changed, unchanged, rejected", totals(report), [4]int{230, 0, 0, 0})
	want(t, "kinds", r.count(func(u unit.Unit) string { return u.Kind }), map[string]int{"medical_unit": 229, "office": 1})
	want(t, "types", r.count(func(u unit.Unit) string { return u.UnitType }), map[string]int{"CAF": 84, "UMF": 87, "CH": 19, "CMF": 11, "CMCT": 11,
		"CMFE": 1, "CMFEQ": 3, "HG": 7, "HR": 3, "HRAE": 2, "CMN": 1, "": 1})
	want(t, "levels", r.count(func(u unit.Unit) string { return u.CareLevel }), map[string]int{"1": 197, "2": 26, "3": 6, "": 1})
	want(t, "offices", r.count(func(u unit.Unit) string { return u.Office }), map[string]int{"veracruz": 81, "puebla": 40, "hidalgo": 36, "sonora": 36, "san-luis-potosi": 29, "": 8})
	want(t, "own", r.count(func(u unit.Unit) string { return map[bool]string{true: "own", false: "other"}[u.Own] }), map[string]int{"own": 230})
	want(t, "states of operation", r.count(func(u unit.Unit) string { return u.OperationState }), map[string]int{"open": 230})
	doubtful := 0
	for _, w := range report.Warnings {
		if strings.Contains(w.Reason, "check digit") {
			doubtful++
		} else if !strings.HasPrefix(w.Key, "DF") {
			t.Errorf("unexpected warning: %+v", w)
		}
	}
	want(t, "CLUES whose check digit does not agree", doubtful, 2)
	want(t, "all warnings", len(report.Warnings), 2+8)
	hospital := r.units["DFIST000090"]
	if *hospital.CensusBeds != 290 || *hospital.ConsultRooms != 91 || hospital.Region != "3" || hospital.TimeZone != "America/Mexico_City" {
		t.Errorf("first hospital: %+v", hospital)
	}

	raised := len(r.events)
	want(t, "second import: created, changed, unchanged, rejected", totals(r.load(t, file)), [4]int{0, 0, 230, 0})
	want(t, "events of the second import", len(r.events), raised)
}

// TestOfficialLayout imports the DGIS catalogue's own 67 columns, with the units of all public institutions of Sonora.
func TestOfficialLayout(t *testing.T) {
	file := shared(t, "clues_sonora_publicas_formato_oficial.csv")
	r := empty()
	report := r.load(t, file)
	want(t, "created, changed, unchanged, rejected", totals(report), [4]int{581, 0, 0, 0})
	want(t, "kinds", r.count(func(u unit.Unit) string { return u.Kind }), map[string]int{"medical_unit": 551, "office": 18, "warehouse": 12})
	want(t, "own", r.count(func(u unit.Unit) string { return map[bool]string{true: "own", false: "other"}[u.Own] }), map[string]int{"own": 36, "other": 545})
	want(t, "institutions", r.count(func(u unit.Unit) string { return u.Institution }), map[string]int{"IMB": 281, "SSA": 131, "IMS": 86, "SME": 39, "IST": 36, "SMA": 2,
		"CIJ": 1, "DIF": 1, "SCT": 1, "SDN": 1, "SMM": 1, "SPC": 1})
	want(t, "tenure", r.count(func(u unit.Unit) string { return u.Tenure }), map[string]int{"own": 81, "rented": 31, "lent": 4, "": 465})
	want(t, "states", r.count(func(u unit.Unit) string { return u.StateCode + " " + u.Office + " " + u.TimeZone }), map[string]int{"26 sonora America/Hermosillo": 581})
	for _, u := range r.units {
		if u.Kind != "medical_unit" && u.CareLevel != "" {
			t.Errorf("%s %s has level %s", u.Kind, u.ID, u.CareLevel)
		}
		if u.Own && u.Kind == "medical_unit" && u.UnitType == "" {
			t.Errorf("own unit %s has no type", u.ID)
		}
	}
	doubtful := slices.DeleteFunc(slices.Clone(report.Warnings), func(w table.Remark) bool { return strings.Contains(w.Reason, "is not a known unit type") })
	want(t, "CLUES whose check digit does not agree", len(doubtful), 581-558)
	want(t, "types of other institutions, which are not taken over", len(report.Warnings)-len(doubtful), 441)
	want(t, "columns that are not used", len(report.Ignored), 67-12)

	raised := len(r.events)
	want(t, "second import: created, changed, unchanged, rejected", totals(r.load(t, file)), [4]int{0, 0, 581, 0})
	want(t, "events of the second import", len(r.events), raised)
}

// TestBothLayouts: the two files have the 36 units of Sonora in common. Neither blanks what only the other one knows.
func TestBothLayouts(t *testing.T) {
	short, official := shared(t, "issste_unidades_clues_parcial.csv"), shared(t, "clues_sonora_publicas_formato_oficial.csv")
	r := empty()
	r.load(t, official)
	tenured := r.count(func(u unit.Unit) string { return u.Tenure })
	report := r.load(t, short)
	if report.Created != 230-36 || report.Rejected != 0 {
		t.Errorf("short file after the official one: %+v", totals(report))
	}
	after := r.count(func(u unit.Unit) string { return u.Tenure })
	for tenure, n := range tenured {
		if tenure != "" && after[tenure] != n {
			t.Errorf("%d units were %s, now %d", n, tenure, after[tenure])
		}
	}
}

const head = "clues,nombre_unidad,tipologia,nivel_atencion,estatus,latitud,camas,clave_unidad_issste\n"

func TestRows(t *testing.T) {
	for _, c := range []struct {
		name, file string
		// want are created, changed, unchanged and rejected; errors and warnings are "row column: part of the reason".
		want     [4]int
		errors   []string
		warnings []string
	}{
		{"mark of byte order", "\ufeff" + head + "BSIST000014,Santa Rosalía,CH,2,EN OPERACION,27.3,10,\n", [4]int{1}, nil, nil},
		{"lower case, spaces", head + " bsist000014 , Santa Rosalía ,ch,,,,,\n", [4]int{1}, nil, nil},
		{"check digit", head + "BSIST000015,X,,,,,,\n", [4]int{1}, nil, []string{"2 : did you mean BSIST000014"}},
		{"CLUES twice", head + "BSIST000014,A,,,,,,\nBSIST000014,B,,,,,,\n", [4]int{1, 0, 0, 1}, []string{"3 clues: the same CLUES is in row 2"}, nil},
		{"rejected first, right then", head + "BSIST000014,A,,,,99,,\nBSIST000014,B,,,,,,\n", [4]int{1, 0, 0, 1}, []string{"2 latitud: not a position in Mexico"}, nil},
		{"shape of CLUES", head + "BSIST00014,A,,,,,,\nXXIST000014,A,,,,,,\n,A,,,,,,\n", [4]int{0, 0, 0, 3},
			[]string{"2 clues: has 10 characters", "3 clues: no state's prefix", "4 clues: is empty"}, nil},
		{"no name", head + "BSIST000014, ,,,,,,\n", [4]int{0, 0, 0, 1}, []string{"2 nombre de la unidad: needs a name"}, nil},
		{"state of operation", head + "BSIST000014,A,,,QUIEN SABE,,,\n", [4]int{0, 0, 0, 1}, []string{"2 estatus de operacion: not a known operation state"}, nil},
		{"negative, fractional and too large numbers", head + "BSIST000014,A,,,,,-1,\nBSIST000026,A,,,,,1.5,\nBSIST000031,A,,,,,5001,\n", [4]int{0, 0, 0, 3},
			[]string{"2 camas: not a whole number from 0", "3 camas: not a whole number from 0", "4 camas: not a whole number from 0 to 5000"}, nil},
		{"whole numbers as a spreadsheet writes them", head + "BSIST000014,A,,2.0,,,21.0,\nBSIST000026,A,,,,,21.00,\n", [4]int{2}, nil, nil},
		{"what could mean thousands", head + "BSIST000014,A,,,,,1.000,\nBSIST000026,A,,,,,21.,\nBSIST000031,A,,,,,21.01,\n", [4]int{0, 0, 0, 3},
			[]string{"2 camas: not a whole number", "3 camas: not a whole number", "4 camas: not a whole number"}, nil},
		{"decimal comma", strings.ReplaceAll(head, ",", ";") + "BSIST000014;A;;;;27,3;;\n", [4]int{1}, nil, nil},
		{"level that is none", head + "BSIST000014,A,CH,9,,,,\n", [4]int{1}, nil, []string{"2 clave nivel atencion: not a level of care"}},
		{"type that is none", head + "BSIST000014,A,ZZ,,,,,\nBSIST000026,B,Almacenes,,,,,\n", [4]int{2}, nil, []string{"2 nombre de tipologia: not a known unit type"}},
		{"two columns for one type", "clues,nombre_unidad,tipologia,tipologia_clave\nBSIST000014,A,CH,HG\nBSIST000026,B,ZZ,CH\nBSIST000031,C,CH,CH\n", [4]int{3}, nil,
			[]string{"2 tipologia_clave: the row also says CH", "3 nombre de tipologia: not a known unit type"}},
		{"made up or not", "clues,nombre_unidad,sintetica\nBSIST000014,A,Sí\nBSIST000026,B,NO\nBSIST000031,C,quizá\n", [4]int{2, 0, 0, 1}, []string{"4 sintetica: neither yes nor no"}, nil},
		{"fewer fields", head + "BSIST000014,A\nBSIST000026,B,,,,,,\n", [4]int{1, 0, 0, 1}, []string{"2 : has 2 fields where the headings are 8"}, nil},
		{"stray quote", head + "BSIST000014,A\"B,,,,,,\nBSIST000026,\"B\"C,,,,,,\n", [4]int{1, 0, 0, 1}, []string{"3 : inside a value"}, nil},
		{"control character", head + "BSIST000014,A\x1bB,,,,,,\n", [4]int{0, 0, 0, 1}, []string{"2 nombre de la unidad: control characters"}, nil},
		{"name longer than the API takes", head + "BSIST000014," + strings.Repeat("ñ", 201) + ",,,,,,\n", [4]int{0, 0, 0, 1}, []string{"2 nombre de la unidad: has 201 characters; 200 are the most"}, nil},
		{"blank lines count, blank rows do not", head + "\n,,,,,,,\n\nBSIST00014,A,,,,,,\n", [4]int{0, 0, 0, 1}, []string{"5 clues: has 10 characters"}, nil},
		{"a value of two lines is one row", head + "BSIST000014,\"A\nB\",,,,,,\nBSIST00026,B,,,,,,\n", [4]int{1, 0, 0, 1}, []string{"3 clues: has 10 characters"}, nil},
		{"another unit's key", head + "BSIST000014,A,,,,,,096-201-00\nBSIST000026,B,,,,,,096-201-00\n", [4]int{1, 0, 0, 1},
			[]string{"3 clave_unidad_issste: unit BSIST000014 has the key"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := empty().load(t, c.file)
			want(t, "created, changed, unchanged, rejected", totals(report), c.want)
			remarked(t, report.Errors, c.errors)
			remarked(t, report.Warnings, c.warnings)
		})
	}
}

func remarked(t *testing.T, got []table.Remark, expected []string) {
	t.Helper()
	if len(got) != len(expected) {
		t.Fatalf("got %+v, expected %q", got, expected)
	}
	for i, e := range expected {
		place, part, _ := strings.Cut(e, ": ")
		row, column, _ := strings.Cut(place, " ")
		if string(rune('0'+got[i].Row)) != row || got[i].Column != column || !strings.Contains(got[i].Reason, part) {
			t.Errorf("got %+v, expected %q", got[i], e)
		}
	}
}

// TestKeyOfItsOwn: what has a key of the institution's own is found by its CLUES, and the CLUES that it once had says so.
func TestKeyOfItsOwn(t *testing.T) {
	r := empty()
	do := r.importer(t).Commands
	name, old, now := "Por nombrar", "BSIST000026", "BSIST000014"
	for _, err := range []error{
		do.Register(t.Context(), "096-201-00", "manual", unit.Facts{Name: &name, CLUES: &now}),
		do.Register(t.Context(), old, "manual", unit.Facts{Name: &name, CLUES: &old}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	other := "BSIST000031"
	if err := do.Change(t.Context(), old, "manual", unit.Facts{CLUES: &other}); err != nil {
		t.Fatal(err)
	}
	report := r.load(t, head+"BSIST000014,Santa Rosalía,,,,,,\nBSIST000026,Vizcaíno,,,,,,\nBSIST000031,Guerrero Negro,,,,,,\n")
	want(t, "created, changed, unchanged, rejected", totals(report), [4]int{0, 2, 0, 1})
	remarked(t, report.Errors, []string{"3 : has the CLUES BSIST000031 now"})
	want(t, "name of the unit with its own key", r.units["096-201-00"].Name, "Santa Rosalía")
	want(t, "units", len(r.units), 2)
}

// TestDryRunWritesNothing; that it says the same as the run, load compares with each file.
func TestDryRunWritesNothing(t *testing.T) {
	r := empty()
	if _, err := r.importer(t).Import(t.Context(), []byte(head+"BSIST000014,A,CH,,,,,\n"), true); err != nil {
		t.Fatal(err)
	}
	want(t, "units after a dry run", len(r.units), 0)
}

// TestKeysChangeHands: a key is free once a row before has given its unit another one, and taken once a row before has taken it.
func TestKeysChangeHands(t *testing.T) {
	r := empty()
	r.load(t, head+"BSIST000014,A,,,,,,K1\nBSIST000026,B,,,,,,K2\n")
	report := r.load(t, head+"BSIST000014,,,,,,,K3\nBSIST000026,,,,,,,K1\nBSIST000031,C,,,,,,K3\nMCIST000010,D,,,,,,K2\n")
	want(t, "created, changed, unchanged, rejected", totals(report), [4]int{1, 2, 0, 1})
	remarked(t, report.Errors, []string{"4 clave_unidad_issste: unit BSIST000014 has the key K3"})
}

// TestAKeyGivenUpByALaterRowIsFreeForTheWholeFile: so the same file again, which finds it free from its first row on, finds each row unchanged.
func TestAKeyGivenUpByALaterRowIsFreeForTheWholeFile(t *testing.T) {
	for name, c := range map[string]struct {
		rows     string
		taken    [4]int
		rejected []string
	}{
		"a new unit has it":             {"BSIST000031,C,,,,,,K1\nBSIST000014,,,,,,,K3\n", [4]int{1, 1, 0, 0}, nil},
		"each unit the next one's":      {"BSIST000031,C,,,,,,K1\nBSIST000014,,,,,,,K2\nBSIST000026,,,,,,,K3\n", [4]int{1, 2, 0, 0}, nil},
		"the first that asks for it":    {"BSIST000031,C,,,,,,K1\nMCIST000010,D,,,,,,K1\nBSIST000014,,,,,,,K3\n", [4]int{1, 1, 0, 1}, []string{"3 clave_unidad_issste: unit BSIST000031 has the key K1"}},
		"two cannot exchange theirs":    {"BSIST000014,,,,,,,K2\nBSIST000026,,,,,,,K1\n", [4]int{0, 0, 0, 2}, []string{"2 clave_unidad_issste: unit BSIST000026 has the key K2", "3 clave_unidad_issste: unit BSIST000014 has the key K1"}},
		"who is rejected gives up none": {"BSIST000031,C,,,,,,K1\nBSIST000014,,,,,99,,K3\n", [4]int{0, 0, 0, 2}, []string{"2 clave_unidad_issste: unit BSIST000014 has the key K1", "3 latitud: not a position"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := empty()
			r.load(t, head+"BSIST000014,A,,,,,,K1\nBSIST000026,B,,,,,,K2\n")
			report := r.load(t, head+c.rows)
			want(t, "created, changed, unchanged, rejected", totals(report), c.taken)
			remarked(t, report.Errors, c.rejected)
			again := r.load(t, head+c.rows)
			want(t, "the same again", totals(again), [4]int{0, 0, report.Rows - report.Rejected, report.Rejected})
		})
	}
}

// TestSwallowedRows: a quotation mark that makes one value of several rows is an error of each of them, that names the first and the last.
func TestSwallowedRows(t *testing.T) {
	const four = "clues,nombre_unidad,camas,observaciones\n"
	rows := func(from, to int) (out []string) {
		for n := from; n <= to; n++ {
			out = append(out, fmt.Sprintf("%d : opened in row %d makes one value of the rows %d to %d", n, from, from, to))
		}
		return out
	}
	for name, c := range map[string]struct {
		file   string
		want   [4]int
		errors []string
	}{
		"closed three rows below":   {four + "BSIST000014,A,21,\"pendiente\nBSIST000026,B,22,\nBSIST000031,C,23,revisar\"\nMCIST000010,D,,\n", [4]int{1, 0, 0, 3}, rows(2, 4)},
		"never closed":              {four + "MCIST000010,D,,\nBSIST000014,A,21,\"pendiente\nBSIST000026,B,22,\n", [4]int{1, 0, 0, 2}, rows(3, 4)},
		"closed by a mark inside":   {four + "BSIST000014,A,21,\"pendiente\nBSIST000026,\"B\",22,\nBSIST000031,C,23,\n", [4]int{1, 0, 0, 2}, rows(2, 3)},
		"an address of three lines": {four + "BSIST000014,A,21,\"Calle 5\nCol. Centro\nMulegé\"\n", [4]int{1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			report := empty().load(t, c.file)
			want(t, "created, changed, unchanged, rejected", totals(report), c.want)
			remarked(t, report.Errors, c.errors)
		})
	}
}

func TestNoTable(t *testing.T) {
	for name, file := range map[string]string{"nothing": "", "no CLUES": "nombre_unidad\nA\n", "no name": "clues\nBSIST000014\n", "not CSV": "a\"b\n"} {
		if _, err := empty().importer(t).Import(t.Context(), []byte(file), false); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
