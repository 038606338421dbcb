package unit

import (
	"context"
	"reflect"
	"unicode/utf8"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

const maxText = 200

func validText(s string) bool { return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxText }

// take compares a batch of rows with the register and writes what differs.
func (i Importer) take(ctx context.Context, rows []row, report *Report) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]string, len(rows))
	for n, r := range rows {
		ids[n] = r.key
	}
	existing, err := i.Existing(ctx, ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		u, count, err := i.outcome(r, existing[r.key], report)
		if err == nil && !report.DryRun && count != &report.Unchanged {
			err = i.write(ctx, r, existing[r.key] != nil)
		}
		if f := fault.As(err); f != nil {
			report.reject(RowError{Row: r.number, Key: r.key, Column: f.Field, Reason: f.Detail})
			continue
		}
		if err != nil {
			return err
		}
		*count++
		for _, w := range u.Warnings {
			report.Warnings = append(report.Warnings, RowError{Row: r.number, Key: r.key, Reason: w})
		}
	}
	return nil
}

// outcome is the unit that a row leads to, and where it is counted.
func (i Importer) outcome(r row, known *Unit, report *Report) (*Unit, *int, error) {
	if known == nil {
		u, err := New(r.key, r.facts, i.Now())
		return u, &report.Created, err
	}
	u := *known
	if err := u.apply(r.facts, i.Now()); err != nil {
		return nil, nil, err
	}
	if reflect.DeepEqual(u, *known) {
		return &u, &report.Unchanged, nil
	}
	return &u, &report.Changed, nil
}

func (i Importer) write(ctx context.Context, r row, known bool) error {
	if known {
		return i.Change(ctx, r.key, "import", r.facts)
	}
	return i.Register(ctx, r.key, "import", r.facts)
}
