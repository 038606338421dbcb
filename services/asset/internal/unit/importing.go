package unit

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
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

// Importer brings a catalogue into the register.
type Importer struct {
	Commands
	// Existing returns the registered units that go by these CLUES: those that have one of them now, under whatever key, and those whose
	// key is one of them.
	Existing func(ctx context.Context, clues []string) ([]*Unit, error)
	// Refusal is the reason why a write was refused for what the row says; nil when it failed otherwise, which ends the import.
	Refusal func(error) *fault.Error
}

type row struct {
	number int
	key    string
	facts  Facts
	notes  []RowError
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
	lines := newNumbering(reader)
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		n := lines.next(record, err)
		if err == nil && blank(record) {
			continue
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
		err := col.set(&r.facts, v)
		if err == nil {
			continue
		}
		said := RowError{Row: n, Key: r.key, Column: col.headings[0], Reason: err.Error()}
		if _, open := errors.AsType[leftOpen](err); !open {
			return r, &said
		}
		r.notes = append(r.notes, said)
	}
	if r.key == "" {
		return r, &RowError{Row: n, Column: "clues", Reason: "is empty"}
	}
	return r, nil
}
