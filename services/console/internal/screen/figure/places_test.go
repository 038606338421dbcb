package figure

import (
	"slices"
	"testing"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
)

// A table beside something else has no column for a unit's operation: what is not open is said below the unit's name, what is open is not said.
func TestANarrowTableSaysOfAUnitsOperationOnlyThatItIsNotOpen(t *testing.T) {
	rows := func() []row {
		return []row{{place: "unit:a", key: "a", name: "A", known: true, operation: "open"}, {place: "unit:b", key: "b", name: "B", known: true, operation: "suspended"}}
	}
	wide := placeTable{share: shares[0], sort: sorting{by: "entidad"}}.of(rows(), "unit", "operation")
	narrow := placeTable{share: shares[0], sort: sorting{by: "entidad"}, narrow: true}.of(rows(), "unit", "operation")
	if len(narrow.Columns) != len(wide.Columns)-1 || !slices.Equal(narrow.Columns, wide.Columns[:len(narrow.Columns)]) {
		t.Errorf("columns: %v", narrow.Columns)
	}
	for i, want := range []string{"", record.Label("unit_state", "suspended")} {
		cells := narrow.Rows[i]
		if i == 1 && want == "" || len(cells) != len(narrow.Columns) || cells[0].Small != want {
			t.Errorf("row %d: %v", i, cells)
		}
		if wide.Rows[i][0].Small != "" {
			t.Errorf("row %d of the wide table: %v", i, wide.Rows[i])
		}
	}
}
