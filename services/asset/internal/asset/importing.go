package asset

import (
	"context"
	"fmt"
	"sync"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
	"github.com/bitacora-salud/bitacora/services/asset/internal/equipment"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// Importer brings tables of assets into the register.
type Importer struct {
	Commands
	// Known is how the register is looked into.
	Known Known
	NewID func() string
	// Taken is the reason why a write was refused because another document has what the row gives (its id among it); nil when it failed
	// otherwise, which ends the import.
	Taken func(error) *fault.Error
}

// Known is how an import looks into the register, for many rows at once.
type Known interface {
	// Units are those that the caller may see and that go by one of these keys, now or once, compared by mx.Key.
	Units(ctx context.Context, keys []string) ([]*unit.Unit, error)
	// Kinds is the catalogue of equipment types.
	Kinds(ctx context.Context) ([]*equipment.Type, error)
	// Alike are the assets of the whole institution that have one of these ids, tags or serial numbers (as Keys compares them).
	Alike(ctx context.Context, ids, tags, serials []string) ([]*Asset, error)
	// Sees says whether the caller may see the asset.
	Sees(ctx context.Context, a *Asset) bool
}

// Reading is what a person says about a file to be imported.
type Reading struct {
	table.Options
	// Kinds are the keys of types by the names that they have in the file, where the catalogue does not know these.
	Kinds  map[string]string
	DryRun bool
}

// batch is how many rows are compared with the register at once, together how many of them are written at once: stores commit what comes
// together in one.
const (
	batch    = 500
	together = 32
)

// Import reads a table of assets and registers or completes what it says, row by row: each is created, changed, unchanged or rejected. A row
// is about an asset that is there if it has its tag and its unit, or, without a tag, if the same row came before (see entry.id). Nothing that
// is known is blanked by a cell that is empty. A dry run says what an import would do: it is the same but for the writing.
//
// Each row is written by itself, as a registration or a change by hand is. So an import that was cut short has taken rows whole or not at all,
// and the same file again goes on where it stopped; of two imports of one file at the same moment each row is taken by one, and found
// unchanged by the other.
func (i Importer) Import(ctx context.Context, file []byte, r Reading) (*table.Report, error) {
	r.Today = i.Now(ctx).Time
	kinds, err := i.catalogue(ctx, r.Kinds)
	if err != nil {
		return nil, err
	}
	t, err := table.Open(file, Columns(), r.Options)
	if err != nil {
		return nil, err
	}
	run := &importing{Importer: i, kinds: kinds, dryRun: r.DryRun, units: map[string]*unit.Unit{}, tags: map[string]string{}, equal: map[string]int{}, rowOf: map[string]string{},
		waiting: map[string][]*taken{}, left: map[string]bool{}, view: view{nones: i.Nones},
		report: &table.Report{DryRun: r.DryRun, Ignored: t.Unused(), Sheets: t.Sheets(), Skipped: t.Skipped, Order: t.Order}}
	var rows []table.Row
	for row := range t.Rows() {
		if rows = append(rows, row); len(rows) == batch {
			if err := run.take(ctx, rows); err != nil {
				return nil, err
			}
			rows = rows[:0]
		}
	}
	if err := run.take(ctx, rows); err != nil {
		return nil, err
	}
	run.end()
	return run.report, nil
}

// importing is one import under way.
type importing struct {
	Importer
	dryRun bool
	kinds  map[string][]*equipment.Type
	// units are those that rows have named, by mx.Key of what they say; nil for what is none.
	units map[string]*unit.Unit
	// tags are the tags that rows have, by the row that had each first; equal counts the rows without a tag that say the same; rowOf is the
	// row that an asset was made by or met by.
	tags, rowOf map[string]string
	equal       map[string]int
	// due are the rows that are decided and neither written nor counted yet, in the order in which they were decided.
	due []*taken
	// waiting are the rows that are rejected as long as an asset has their serial number, brand and model, by these (ModelKey); left are
	// those that rows have taken from the asset that had them.
	waiting map[string][]*taken
	left    map[string]bool
	view    view
	report  *table.Report
}

// taken is what becomes of a row.
type taken struct {
	entry
	outcome table.Outcome
	// refused is why it is rejected; write what is still to be done, nil where nothing is.
	refused  *table.Refusal
	other    string
	warnings []table.Remark
	write    func(ctx context.Context) (fields []string, err error)
	// awaits is the ModelKey for which the row is rejected, as another asset has it; leaves is the one that the row's asset had before it.
	// after is whether write can only succeed once what was decided before is written.
	awaits, leaves string
	after          bool
}

// take brings the register to what a batch of rows says.
func (i *importing) take(ctx context.Context, rows []table.Row) error {
	if len(rows) == 0 {
		return nil
	}
	if err := i.findUnits(ctx, rows); err != nil {
		return err
	}
	all := make([]*taken, len(rows))
	for n, row := range rows {
		all[n] = &taken{}
		all[n].entry, all[n].refused = i.read(row)
	}
	if err := i.look(ctx, all, true); err != nil {
		return err
	}
	for _, t := range all {
		if err := i.plan(ctx, t); err != nil {
			return err
		}
	}
	if err := i.write(ctx, i.due); err != nil {
		return err
	}
	for _, t := range i.due {
		i.count(t)
	}
	i.due = nil
	return nil
}

// end counts the rows that are still rejected for another asset's sake.
func (i *importing) end() {
	for _, rows := range i.waiting {
		for _, t := range rows {
			i.count(t)
		}
	}
	i.report.Sort(i.report.Sheets)
}

// findUnits looks for the units that rows name for the first time.
func (i *importing) findUnits(ctx context.Context, rows []table.Row) error {
	var keys []string
	for _, row := range rows {
		key := mx.Key(row.Cells[unitColumn])
		if _, looked := i.units[key]; !looked && key != "" {
			i.units[key] = nil
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	found, err := i.Known.Units(ctx, keys)
	for _, u := range found {
		if key := mx.Key(u.ID); i.units[key] == nil {
			i.units[key] = u
		}
	}
	for _, u := range found { // what a unit is called now goes before what another was called once
		if u.CLUES != "" {
			i.units[mx.Key(u.CLUES)] = u
		}
	}
	return err
}

// look reads from the register what the rows may be about or collide with, in the place of what was read before or beside it.
func (i *importing) look(ctx context.Context, all []*taken, anew bool) error {
	var ids, tags, serials []string
	for _, t := range all {
		e := &t.entry
		if t.refused != nil {
			continue
		}
		if tag := i.Nones.Key(e.InventoryTag); tag != "" {
			tags = append(tags, tag)
		} else {
			if e.id == "" {
				e.number(i)
			}
			ids = append(ids, e.id)
		}
		if serial := i.Nones.Key(e.SerialNumber); serial != "" {
			serials = append(serials, serial)
		}
	}
	found, err := i.Known.Alike(ctx, ids, tags, serials)
	i.view.show(found, anew)
	return err
}

// write carries out what was planned, many rows at once. A row that was overtaken, by another import of the same file perhaps, is then looked
// at once more, and a second time.
func (i *importing) write(ctx context.Context, all []*taken) error {
	var group sync.WaitGroup
	errs, slots := make([]error, len(all)), make(chan struct{}, together)
	for n, t := range all {
		if t.write == nil || t.after || i.dryRun {
			continue
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			errs[n] = t.done(ctx)
		})
	}
	group.Wait()
	for n, t := range all {
		if t.write != nil && t.after && !i.dryRun {
			errs[n] = t.done(ctx)
		}
		for try := 1; errs[n] != nil; try++ {
			refused := i.refusal(errs[n])
			if refused == nil {
				return errs[n]
			}
			e := t.entry
			i.view.forget(t.outcome.ID)
			delete(i.rowOf, t.outcome.ID)
			if *t = (taken{entry: e}); try > 2 {
				t.refused = refused
				break
			}
			if err := i.look(ctx, all[n:n+1], true); err != nil {
				return err
			}
			if err := i.decide(ctx, t); err != nil {
				return err
			}
			if t.write == nil {
				break
			}
			errs[n] = t.done(ctx)
		}
	}
	return nil
}

// done carries out what was planned of a row. What somebody else has done meanwhile is no change any more.
func (t *taken) done(ctx context.Context) error {
	fields, err := t.write(ctx)
	if err == nil && t.outcome.Outcome == table.Changed {
		if t.outcome.Fields = fields; len(fields) == 0 {
			t.outcome.Outcome = table.Unchanged
		}
	}
	return err
}

// refusal is why a row is rejected, nil for an error that ends the import.
func (i *importing) refusal(err error) *table.Refusal {
	f := i.Taken(err)
	if f == nil {
		f = fault.As(err)
	}
	if f == nil {
		return nil
	}
	return &table.Refusal{Column: columnOf(f.Field), Rule: f.Rule, Reason: f.Detail}
}

// columnOf is the column that fills a field.
func columnOf(field string) string {
	switch field {
	case "area_id", "unit_id", "type_id":
		return field[:len(field)-len("_id")]
	}
	return field
}

// count puts a row into the report.
func (i *importing) count(t *taken) {
	r := i.report
	r.Rows++
	if t.refused != nil {
		r.Reject(table.Remark{Sheet: t.sheet, Row: t.row, Key: t.InventoryTag, Column: t.refused.Column, Value: t.refused.Value, Rule: t.refused.Rule, Reason: t.refused.Reason, Other: t.other})
		return
	}
	switch t.outcome.Outcome {
	case table.Created:
		r.Created++
		if t.outcome.Lifecycle == Draft {
			r.Drafts++
		}
	case table.Changed:
		r.Changed++
	case table.Unchanged:
		r.Unchanged++
	}
	if r.DryRun && t.outcome.Outcome == table.Created {
		t.outcome.ID = "" // there is no such asset
	}
	r.Outcomes = append(r.Outcomes, t.outcome)
	for _, w := range t.warnings {
		w.Sheet, w.Row, w.Key = t.sheet, t.row, t.InventoryTag
		r.Warnings = append(r.Warnings, w)
	}
}

// where names a row: sheet and number.
func where(sheet string, row int) string {
	if sheet == "" {
		return fmt.Sprint(row)
	}
	return fmt.Sprint(sheet, "!", row)
}

// fieldsOf are the fields that events of a change say are other now.
func fieldsOf(events []event.Event) (fields []string) {
	for _, e := range events {
		switch change := e.Change.(type) {
		case DetailsChange:
			fields = append(fields, change.Fields...)
		case RetypedChange:
			fields = append(fields, "type")
		case FactChange:
			fields = append(fields, "functioning")
		}
	}
	return fields
}
