package asset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/table"
	"github.com/bitacora-salud/bitacora/services/asset/internal/equipment"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// shelves are a register in memory that many write to at once, which refuses what another asset has as the store does; it breaks after so many
// registrations, if any are left.
type shelves struct {
	sync.Mutex
	*eventtest.Memory[Asset]
	keys func(*Asset) map[string]string
	left int
	// refused is how many writes were.
	refused int
}

// free refuses an asset the tag, or serial number, brand and model, of another.
func (s *shelves) free(a *Asset) error {
	keys := s.keys(a)
	for id, other := range s.Docs {
		for _, key := range []string{TagKey, ModelKey} {
			if id != a.ID && keys[key] != "" && s.keys(other)[key] == keys[key] {
				s.refused++
				return fault.Conflictf("already-exists", "", "%s has this %s", id, key)
			}
		}
	}
	return nil
}

var errBroken = errors.New("broken")

func (s *shelves) Get(ctx context.Context, id string) (*Asset, error) {
	s.Lock()
	defer s.Unlock()
	return s.Memory.Get(ctx, id)
}

func (s *shelves) Insert(ctx context.Context, id string, a *Asset, events ...event.Event) error {
	s.Lock()
	defer s.Unlock()
	if s.left--; s.left == 0 {
		return errBroken
	}
	if err := s.free(a); err != nil {
		return err
	}
	return s.Memory.Insert(ctx, id, a, events...)
}

func (s *shelves) Update(ctx context.Context, id string, change func(*Asset) ([]event.Event, error)) error {
	s.Lock()
	defer s.Unlock()
	return s.Memory.Update(ctx, id, func(a *Asset) ([]event.Event, error) {
		events, err := change(a)
		if err == nil {
			err = s.free(a)
		}
		return events, err
	})
}

// known looks into the same register.
type known struct {
	assets *shelves
	units  *eventtest.Memory[unit.Unit]
	types  *eventtest.Memory[equipment.Type]
	keys   func(*Asset) map[string]string
}

func (k known) Units(context.Context, []string) (all []*unit.Unit, err error) {
	for _, u := range k.units.Docs {
		all = append(all, u)
	}
	return all, nil
}

func (k known) Kinds(context.Context) (all []*equipment.Type, err error) {
	for _, t := range k.types.Docs {
		all = append(all, t)
	}
	return all, nil
}

func (k known) Alike(_ context.Context, ids, tags, serials []string) (all []*Asset, err error) {
	k.assets.Lock()
	defer k.assets.Unlock()
	for id, a := range k.assets.Docs {
		if keys := k.keys(a); slices.Contains(ids, id) || slices.Contains(tags, keys[TagKey]) || slices.Contains(serials, keys[SerialKey]) {
			all = append(all, eventtest.Copy(a))
		}
	}
	return all, nil
}

func (k known) Sees(context.Context, *Asset) bool { return true }

// intakes are an importer into a register without assets.
func intakes() (*shelves, Importer) {
	memory, do := register()
	assets := &shelves{Memory: memory, keys: Keys(do.Nones)}
	do.Assets = assets
	do.Gates = openGates{assets, do.Units}
	n := 0
	return assets, Importer{Commands: do, Known: known{assets, do.Units.(*eventtest.Memory[unit.Unit]), do.Types.(*eventtest.Memory[equipment.Type]), Keys(do.Nones)},
		NewID: func() string { n++; return fmt.Sprint("id-", n) }, Taken: func(error) *fault.Error { return nil }}
}

// batchesOn are rows without a unit, so many that what comes after them is read in another batch than what comes before.
var batchesOn = strings.Repeat(",tagged,,,,,,,\n", batch)

const inventoryHead = "CLUES,Tipo,Inventario,Serie,Marca,Modelo,Fecha,Costo,Condición\n"

// told is a report without the ids of what was created, and without saying whether it is a dry run.
func told(r *table.Report) table.Report {
	out := *r
	out.DryRun, out.Outcomes = false, slices.Clone(r.Outcomes)
	for i := range out.Outcomes {
		if out.Outcomes[i].Outcome == table.Created {
			out.Outcomes[i].ID = ""
		}
	}
	return out
}

// TestADryRunOfAnImportSaysWhatTheImportDoes: of 1,000 random dirty files, one after the other in registers that fill up; each row has one
// outcome, and the same file again creates and changes nothing.
func TestADryRunOfAnImportSaysWhatTheImportDoes(t *testing.T) {
	field := func(of ...string) *rapid.Generator[string] { return rapid.SampledFrom(of) }
	row := rapid.Custom(func(t *rapid.T) string {
		return strings.Join([]string{field("U-1", "u-1 ", "U-1", "U-2", "U-9", "").Draw(t, "unit"), field("tagged", "serialised", "serialised", "plant", "counted", "tagd", "").Draw(t, "type"),
			field("", "", "S/N", "T-1", "t 1", "T-2", "T-3", "T-4").Draw(t, "tag"), field("", "", "1", "A-1", "a1", "A-2", "A-3", "2.4E+11").Draw(t, "serial"),
			field("", "B", "b", "C").Draw(t, "brand"), field("", "M", "N").Draw(t, "model"), field("", "2019", "2019-03", "13/04/2019", "x").Draw(t, "date"),
			field("", "100", "-1", "12.50").Draw(t, "cost"), field("", "", "Funciona", "No funciona", "Regular").Draw(t, "condition")}, ",") + "\n"
	})
	rapid.Check(t, func(t *rapid.T) {
		assets, in := intakes()
		for range 10 {
			rows := rapid.SliceOfN(row, 1, 30).Draw(t, "rows")
			if rapid.IntRange(0, 9).Draw(t, "batches") == 9 {
				rows = slices.Insert(rows, rapid.IntRange(0, len(rows)).Draw(t, "at"), batchesOn)
			}
			file := []byte(inventoryHead + strings.Join(rows, ""))
			before := eventtest.Text(assets.Docs)
			foreseen, err := in.Import(by("engineer"), file, Reading{DryRun: true})
			if err != nil {
				t.Fatal(err)
			}
			if eventtest.Text(assets.Docs) != before {
				t.Fatal("a dry run has written")
			}
			report, err := in.Import(by("engineer"), file, Reading{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(told(foreseen), told(report)); diff != "" {
				t.Fatalf("%s", diff)
			}
			if n := report.Created + report.Changed + report.Unchanged + report.Rejected; n != report.Rows || len(report.Outcomes)+len(report.Errors) != n {
				t.Fatalf("%+v", report)
			}
			again, err := in.Import(by("engineer"), file, Reading{})
			if err != nil || again.Created+again.Changed != 0 || again.Rejected != report.Rejected {
				t.Fatalf("again: %+v, %v; first %+v", again, err, report)
			}
		}
	})
}

// TestARowIsTakenThoughOnlyALaterOneGivesUpItsSerialNumber: an asset's serial number, brand and model are free for the whole file once one of
// its rows makes the asset another. So the same file again, which finds them free from its first row on, finds every row unchanged.
func TestARowIsTakenThoughOnlyALaterOneGivesUpItsSerialNumber(t *testing.T) {
	cases := map[string]struct {
		before, file []string // tag, serial number, brand, model, date, cost
		want         string   // what becomes of each row, or the rule that it breaks and with what
	}{
		"by its brand":                       {[]string{"T-1,A-2,B,M,,"}, []string{",A-2,B,M,,", "T-1,,C,,,"}, "created, changed"},
		"by its model":                       {[]string{"T-1,A-2,B,M,,"}, []string{",A-2,B,M,,", "T-1,,,N,,"}, "created, changed"},
		"by its serial number":               {[]string{"T-1,A-2,B,M,,"}, []string{"T-2,A-2,B,M,,", "T-1,A-3,,,,"}, "created, changed"},
		"to an asset that is there":          {[]string{"T-1,A-2,B,M,,", "T-2,A-3,B,M,,"}, []string{"T-2,A-2,,,,", "T-1,,C,,,"}, "changed, changed"},
		"to each from the next":              {[]string{"T-1,A-1,B,M,,", "T-2,A-2,B,M,,", "T-3,A-3,B,M,,"}, []string{",A-1,B,M,,", "T-1,A-2,,,,", "T-2,A-3,,,,", "T-3,A-4,,,,"}, "created, changed, changed, changed"},
		"to the first of two equal rows":     {[]string{"T-1,A-2,B,M,,"}, []string{",A-2,B,M,,", ",A-2,B,M,2020,", "T-1,,C,,,"}, "created, serial-taken 2, changed"},
		"to an earlier row, not a later one": {[]string{"T-1,A-2,B,M,,"}, []string{",A-2,B,M,,", "T-1,,C,,,", "T-4,A-2,B,M,,"}, "created, changed, serial-taken 2"},
		"to no row where two would exchange": {[]string{"T-1,A-1,B,M,,", "T-2,A-2,B,M,,"}, []string{"T-1,A-2,,,,", "T-2,A-1,,,,"}, "serial-taken id-2, serial-taken id-1"},
		"to no row by one that is rejected":  {[]string{"T-1,A-2,B,M,,"}, []string{",A-2,B,M,,", "T-1,,C,,,-1"}, "serial-taken id-1, amount-invalid "},
	}
	for name, c := range cases {
		for far, between := range map[string]string{"": "", ", a batch later": batchesOn} {
			t.Run(name+far, func(t *testing.T) {
				assets, in := intakes()
				file := func(rows []string, between string) []byte {
					line := func(row string) string { return "U-1,tagged," + row + ",\n" }
					text := inventoryHead + line(rows[0]) + between
					for _, row := range rows[1:] {
						text += line(row)
					}
					return []byte(text)
				}
				do := func(file []byte, dry bool) *table.Report {
					t.Helper()
					report, err := in.Import(by("engineer"), file, Reading{DryRun: dry})
					if err != nil {
						t.Fatal(err)
					}
					return report
				}
				do(file(c.before, ""), false)
				foreseen := do(file(c.file, between), true)
				report := do(file(c.file, between), false)
				if diff := cmp.Diff(told(foreseen), told(report)); diff != "" {
					t.Errorf("the dry run says otherwise: %s", diff)
				}
				became := map[int]string{}
				for _, o := range report.Outcomes {
					became[o.Row] = string(o.Outcome)
				}
				for _, e := range report.Errors {
					became[e.Row] = e.Rule + " " + e.Other
				}
				got := []string{became[2]}
				for n := range c.file[1:] {
					got = append(got, became[3+strings.Count(between, "\n")+n])
				}
				if got := strings.Join(got, ", "); got != c.want {
					t.Errorf("got %s; want %s", got, c.want)
				}
				if assets.refused > 0 {
					t.Errorf("%d writes came before those that they need", assets.refused)
				}
				if !slices.IsSortedFunc(report.Outcomes, func(a, b table.Outcome) int { return a.Row - b.Row }) {
					t.Error("the rows are not told in their order")
				}
				stored, raised := eventtest.Text(assets.Docs), len(assets.Raised)
				again := do(file(c.file, between), false)
				if again.Rejected != report.Rejected || again.Unchanged != report.Rows-report.Rejected || eventtest.Text(assets.Docs) != stored || len(assets.Raised) != raised {
					t.Errorf("the same file again: %d unchanged, %+v", again.Unchanged, again.Errors)
				}
			})
		}
	}
}

// TestAnImportThatIsCutShortIsFinishedByTheSameFile: whatever it had written by then, each row is there once in the end.
func TestAnImportThatIsCutShortIsFinishedByTheSameFile(t *testing.T) {
	var file strings.Builder
	file.WriteString(inventoryHead)
	const all = 1200
	for n := range all / 3 {
		fmt.Fprintf(&file, "U-1,tagged,T-%d,,,,,,\nU-1,serialised,,S-%d,,,2019,,\nU-1,tagged,,,,,,,\n", n, n)
	}
	for _, left := range []int{1, 100, 501, 1150} {
		assets, in := intakes()
		assets.left = left
		if _, err := in.Import(by("engineer"), []byte(file.String()), Reading{}); !errors.Is(err, errBroken) {
			t.Fatalf("broken after %d: %v", left, err)
		}
		there := len(assets.Docs)
		report, err := in.Import(by("engineer"), []byte(file.String()), Reading{})
		if err != nil || report.Unchanged != there || report.Created != all-there || len(assets.Docs) != all || len(assets.Raised) != all {
			t.Errorf("broken after %d: %d there, then %+v, %v", left, there, report, err)
		}
	}
}

// TestTheNearestTypeIsProposedNotTaken: within a fifth of the letters.
func TestTheNearestTypeIsProposedNotTaken(t *testing.T) {
	kinds := map[string][]*equipment.Type{"desfibrilador": {{Facts: equipment.Facts{NameES: "Desfibrilador"}}}, "cama": {{Facts: equipment.Facts{NameES: "Cama"}}}}
	for name, want := range map[string]string{"desfribilador": "Desfibrilador", "desfibilador": "Desfibrilador", "camas": "Cama", "sofa": "", "ventilador": ""} {
		if got := nearest(name, kinds); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
