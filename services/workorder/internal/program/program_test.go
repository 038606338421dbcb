package program

import (
	"context"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/event/eventtest"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/workorder/internal/place"
)

// planned is a programme of 2025 without lines, and the commands on it.
func planned() (*eventtest.Memory[Program], *eventtest.Memory[Line], Commands) {
	programs, lines := eventtest.Of("p", Program{ID: "p", Facts: Facts{Name: "Mantenimiento", FiscalYear: 2025}}), &eventtest.Memory[Line]{}
	units := eventtest.Of("U-1", place.UnitRef{ID: "U-1", ZonedPlace: mx.ZonedPlace{Place: mx.Place{UnitID: "U-1", Office: "sonora"}}, OperationState: "open", Areas: []place.Area{{ID: "ward"}}})
	units.Docs["U-2"] = &place.UnitRef{ID: "U-2", OperationState: "closed"}
	return programs, lines, Commands{Programs: programs, Counted: programs, Lines: lines, Units: units, Now: func(context.Context) event.Time { return event.Time{} },
		Atomic: func(ctx context.Context, work func(context.Context) error) error { return work(ctx) }}
}

func TestAProgrammeIsRegisteredAndChangedByTheSameRules(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		to         Facts
	}{
		{"another year", "", Facts{"Mantenimiento", 2026}}, {"the same", "", Facts{"Mantenimiento", 2025}}, {"no name", "name-missing name", Facts{" ", 2025}},
		{"a year of the last century", "fiscal-year-out-of-range fiscal_year", Facts{"Mantenimiento", 1999}}, {"one of the next", "fiscal-year-out-of-range fiscal_year", Facts{"Mantenimiento", 2101}},
	} {
		programs, _, do := planned()
		if got := eventtest.Rule(do.Create(context.Background(), "q", Create{Facts: c.to})); got != c.rule {
			t.Errorf("registered with %s: %q", c.name, got)
		}
		programs.Raised = nil
		got := eventtest.Rule(do.Change(context.Background(), "p", func(f *Facts) error { *f = c.to; return nil }))
		if changed := c.to.FiscalYear == 2026; got != c.rule || (len(programs.Raised) == 1) != changed || (programs.Docs["p"].FiscalYear == 2026) != changed {
			t.Errorf("changed to %s: %q, %+v", c.name, got, programs.Docs["p"])
		}
	}
}

func TestWhatCanBePlannedInAUnit(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		edit       func(*AddLine)
	}{
		{"floors of an area", "", func(in *AddLine) { in.AreaID, in.Element = "ward", "floors" }},
		{"a type of equipment", "", func(in *AddLine) { in.TypeKey = "bed" }},
		{"both", "target-ambiguous equipment_type_key", func(in *AddLine) { in.Element, in.TypeKey = "floors", "bed" }},
		{"an element of none", "value-unknown element", func(in *AddLine) { in.Element = "clouds" }},
		{"an area of no unit", "reference-unknown area_id", func(in *AddLine) { in.AreaID = "attic" }},
		{"an unknown unit", "reference-unknown unit_id", func(in *AddLine) { in.UnitID = "U-9" }},
		{"a closed unit", "unit-closed", func(in *AddLine) { in.UnitID = "U-2" }},
		{"nothing of it", "quantity-out-of-range quantity", func(in *AddLine) { in.Quantity = 0 }},
		{"a third of it", "quantity-out-of-range quantity", func(in *AddLine) { in.Quantity = 0.333 }},
		{"by no measure", "value-unknown measure_unit", func(in *AddLine) { in.MeasureUnit = "cubit" }},
		{"an end before its start", "period-reversed planned_end", func(in *AddLine) { in.PlannedEnd = "2025-02-28" }},
		{"a day that is none", "date-out-of-range planned_start", func(in *AddLine) { in.PlannedStart = "2025-02-30" }},
	} {
		_, lines, do := planned()
		in := AddLine{UnitID: "U-1", Plan: Plan{Description: "x", Quantity: 2.25, MeasureUnit: "m2", PlannedStart: "2025-03-01", PlannedEnd: "2025-03-01"}}
		c.edit(&in)
		if got := eventtest.Rule(do.AddLine(context.Background(), "p", in)); got != c.rule || (len(lines.Docs) == 1) != (c.rule == "") {
			t.Errorf("%s: %q, %d lines", c.name, got, len(lines.Docs))
		}
	}
}

func TestLinesAreCountedAndTheLatestIsNamed(t *testing.T) {
	programs, lines, do := planned()
	for n, id := range []string{"l-1", "l-2"} {
		in := AddLine{LineID: id, UnitID: "U-1", Plan: Plan{Description: "x", Quantity: 1, MeasureUnit: "m2", PlannedStart: "2025-03-01", PlannedEnd: "2025-03-01"}}
		if err := do.AddLine(context.Background(), "p", in); err != nil {
			t.Fatal(err)
		}
		p := programs.Docs["p"]
		if l := lines.Docs[p.LatestLineID]; p.Lines != n+1 || len(lines.Docs) != n+1 || l == nil || l.ID != id || l.ProgramID != "p" || l.Office != "sonora" {
			t.Errorf("after %d: %+v, %+v", n+1, p, lines.Docs)
		}
	}
}
