package unit

import (
	"context"
	"encoding/csv"
	"errors"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

const maxText = 200

func validText(s string) bool { return utf8.ValidString(s) && utf8.RuneCountInString(s) <= maxText }

func blank(record []string) bool {
	for _, v := range record {
		if strings.TrimSpace(v) != "" {
			return false
		}
	}
	return true
}

// numbering counts rows as a spreadsheet does: blank lines, which the reader passes over, are rows, and a value of several lines is
// not more than one.
type numbering struct {
	reader *csv.Reader
	row    int
	// line is the first line of the file behind the last row.
	line int
}

func newNumbering(head *csv.Reader) *numbering {
	line, _ := head.FieldPos(0)
	return &numbering{reader: head, row: 1, line: line + 1}
}

// next is the number of the row that was just read.
func (n *numbering) next(record []string, err error) int {
	start, end := n.line, n.line
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		start, end = parse.StartLine, parse.Line
	} else if len(record) > 0 {
		start, _ = n.reader.FieldPos(0)
		end, _ = n.reader.FieldPos(len(record) - 1)
		end += strings.Count(record[len(record)-1], "\n")
	}
	n.row += 1 + max(start-n.line, 0)
	n.line = end + 1
	return n.row
}

// register is what is known of the units that a batch of rows names, by their CLUES.
type register struct{ byCLUES, byKey map[string]*Unit }

func (i Importer) register(ctx context.Context, rows []row) (register, error) {
	clues := make([]string, len(rows))
	for n, r := range rows {
		clues[n] = r.key
	}
	known, err := i.Existing(ctx, clues)
	reg := register{map[string]*Unit{}, map[string]*Unit{}}
	for _, u := range known {
		reg.byKey[u.ID] = u
		if u.CLUES != "" {
			reg.byCLUES[u.CLUES] = u
		}
	}
	return reg, err
}

// unit is the registered unit that a row is about, nil where it is a new one. A unit whose CLUES has changed keeps the old one as its
// key: a row with the old one is out of date.
func (reg register) unit(clues string) (*Unit, error) {
	if u := reg.byCLUES[clues]; u != nil {
		return u, nil
	}
	u := reg.byKey[clues]
	if u != nil && u.CLUES != "" {
		return nil, fault.Conflictf("clues-changed", u.OperationState, "unit %s has the CLUES %s now", u.ID, u.CLUES)
	}
	return u, nil
}

// take compares a batch of rows with the register and writes what differs.
func (i Importer) take(ctx context.Context, rows []row, report *Report) error {
	if len(rows) == 0 {
		return nil
	}
	reg, err := i.register(ctx, rows)
	if err != nil {
		return err
	}
	for _, r := range rows {
		u, count, err := i.takeRow(ctx, r, reg, report)
		if f := i.refusal(err); f != nil {
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
		report.Warnings = append(report.Warnings, r.notes...)
	}
	return nil
}

func (i Importer) refusal(err error) *fault.Error {
	if f := fault.As(err); f != nil || err == nil || i.Refusal == nil {
		return f
	}
	return i.Refusal(err)
}

// takeRow brings the register to what a row says. It answers the unit as it is then, and where it is counted.
func (i Importer) takeRow(ctx context.Context, r row, reg register, report *Report) (*Unit, *int, error) {
	known, err := reg.unit(r.key)
	if err != nil {
		return nil, nil, err
	}
	if known == nil {
		u, err := New(r.key, r.facts, i.Now())
		if err == nil && !report.DryRun {
			err = i.Register(ctx, r.key, "import", r.facts)
		}
		return u, &report.Created, err
	}
	u := *known
	if err := u.apply(r.facts, i.Now()); err != nil {
		return nil, nil, err
	}
	if reflect.DeepEqual(u, *known) {
		return &u, &report.Unchanged, nil
	}
	if !report.DryRun {
		err = i.Change(ctx, known.ID, "import", r.facts)
	}
	return &u, &report.Changed, err
}
