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

// shelves are a register in memory that many write to at once; it breaks after so many registrations, if any are left.
type shelves struct {
	sync.Mutex
	*eventtest.Memory[Asset]
	left int
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
	return s.Memory.Insert(ctx, id, a, events...)
}

func (s *shelves) Update(ctx context.Context, id string, change func(*Asset) ([]event.Event, error)) error {
	s.Lock()
	defer s.Unlock()
	return s.Memory.Update(ctx, id, change)
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
	assets := &shelves{Memory: memory}
	do.Assets = assets
	do.Gates = openGates{assets, do.Units}
	n := 0
	return assets, Importer{Commands: do, Known: known{assets, do.Units.(*eventtest.Memory[unit.Unit]), do.Types.(*eventtest.Memory[equipment.Type]), Keys(do.Nones)},
		NewID: func() string { n++; return fmt.Sprint("id-", n) }, Taken: func(error) *fault.Error { return nil }}
}

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
			file := []byte(inventoryHead + strings.Join(rapid.SliceOfN(row, 1, 30).Draw(t, "rows"), ""))
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
