package unit

import (
	"context"
	"errors"
	"fmt"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
)

// Importer brings a catalogue into the register.
type Importer struct {
	Commands
	// Existing returns the registered units that a batch of rows may be about or collide with: those that have one of these CLUES now, under
	// whatever key, those whose key is one of them, and those that have one of these keys of the institution.
	Existing func(ctx context.Context, clues, instituteKeys []string) ([]*Unit, error)
	// Taken is the reason why a write was refused because another unit has a key that the row gives; nil when it failed otherwise, which
	// ends the import.
	Taken func(error) *fault.Error
}

// row is a row of a file that can be read.
type row struct {
	sheet  string
	number int
	key    string
	facts  Facts
	notes  []table.Remark
}

// importBatch is how many rows are compared with the register at once.
const importBatch = 500

// Import reads a table of either layout, recognised by its headings, and registers or completes the units in it, by CLUES. A row with
// an error is rejected, the others go on. Nothing that is known is blanked by a field that is empty or missing. A file that is not such
// a table is refused as a whole. A dry run says what an import would do: it is the same but for the writing.
func (i Importer) Import(ctx context.Context, file []byte, dryRun bool) (*table.Report, error) {
	t, err := table.Open(file, Columns(), table.Options{})
	if err != nil {
		return nil, err
	}
	run := importing{Importer: i, report: &table.Report{DryRun: dryRun, Ignored: t.Unused()}, owners: map[string]string{}, waiting: map[string][]held{}}
	seen := map[string]int{}
	var rows []row
	for cells := range t.Rows() {
		run.report.Rows++
		r, bad := read(cells)
		if bad == nil && seen[r.key] > 0 {
			bad = &table.Refusal{Column: columns[0].headings[0], Rule: "row-repeated", Reason: fmt.Sprintf("the same CLUES is in row %d", seen[r.key])}
		}
		if bad != nil {
			run.report.Reject(table.Remark{Sheet: r.sheet, Row: r.number, Key: r.key, Column: bad.Column, Value: bad.Value, Rule: bad.Rule, Reason: bad.Reason})
			continue
		}
		seen[r.key] = r.number
		if rows = append(rows, r); len(rows) == importBatch {
			if err := run.take(ctx, rows); err != nil {
				return nil, err
			}
			rows = rows[:0]
		}
	}
	if err := run.take(ctx, rows); err != nil {
		return nil, err
	}
	for _, rows := range run.waiting {
		for _, h := range rows {
			run.reject(h.row, h.refused)
		}
	}
	run.report.Sort(t.Sheets())
	return run.report, nil
}

// read turns a row's cells into what they say of a unit.
func read(cells table.Row) (row, *table.Refusal) {
	r := row{sheet: cells.Sheet, number: cells.Number, key: cells.Cells[0]}
	if cells.Refused != nil {
		return r, cells.Refused
	}
	clues, err := mx.ParseCLUES(r.key)
	switch {
	case r.key == "":
		return r, &table.Refusal{Column: columns[0].headings[0], Rule: "clues-missing", Reason: "is empty"}
	case err != nil:
		return r, &table.Refusal{Column: columns[0].headings[0], Rule: "clues-shape", Reason: err.Error()}
	}
	r.key = string(clues)
	for c, col := range columns {
		v := cells.Cells[c]
		if v == "" {
			continue
		}
		if c == 0 {
			v = r.key
		}
		err := col.set(&r.facts, v)
		if err == nil {
			continue
		}
		if _, open := errors.AsType[leftOpen](err); !open {
			return r, &table.Refusal{Column: col.headings[0], Rule: "value-invalid", Reason: err.Error()}
		}
		r.notes = append(r.notes, table.Remark{Sheet: r.sheet, Row: r.number, Key: r.key, Column: col.headings[0], Reason: err.Error()})
	}
	return r, nil
}
