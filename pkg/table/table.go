// Package table reads the tables that people send: text with a row of headings, as spreadsheets and other systems write it. Line ends, the
// separator, the encoding and the row of the headings are detected from the content; a row that cannot be read for certain is refused, never
// guessed. Every row below the headings that is not blank is returned, read or refused, so that none is lost without notice.
package table

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Column is a column that a table may have.
type Column struct {
	// Headings are its names in files, each folded by mx.Fold; reports use the first.
	Headings []string
	// Needed means that a file without it is refused.
	Needed bool
	// MaxLength bounds the characters of a value; 0 is no bound.
	MaxLength int
}

// Name is the column's name in reports.
func (c Column) Name() string { return c.Headings[0] }

// Table is a file whose headings were found.
type Table struct {
	columns   []Column
	text      []byte
	separator rune
	// head is the raw row of the headings, at the index of each column in it, -1 if the file lacks it.
	head   []string
	at     []int
	row    int
	unused []string
}

// Row is one row below the headings.
type Row struct {
	// Number is the row's number in a spreadsheet (see Remark).
	Number int
	// Cells has a text, cleaned by mx.Clean, for each column, "" where it is empty or the file lacks the column.
	Cells []string
	// Refused is why the row cannot be read, nil when it can.
	Refused *Refusal
}

// Refusal is why a row cannot be read.
type Refusal struct {
	// Column is a Column's name, "" if the whole row is wrong. Rule is a stable name, Reason a text for the user.
	Column, Rule, Reason string
}

// headRows is how many rows are searched for the headings.
const headRows = 20

// separators, the likelier first.
var separators = []rune{',', ';', '\t', '|'}

// Open finds the row of the headings and the separator: of the first 20 rows and four separators those that give most columns, needed ones
// first. It refuses (fault.Invalid) a file in which a needed column is missing (column-missing) or a column is there twice (column-ambiguous).
func Open(file []byte, columns []Column) (*Table, error) {
	var best *Table
	for _, separator := range separators {
		t, err := find(file, columns, separator)
		if err != nil {
			return nil, err
		}
		if best == nil || t.found() > best.found() {
			best = t
		}
	}
	return best, best.usable()
}

// find returns, of the first rows read with a separator, the one with most headings.
func find(file []byte, columns []Column, separator rune) (*Table, error) {
	best := &Table{columns: columns, text: file, separator: separator, at: absent(len(columns))}
	in := newRecords(text(file), separator)
	for in.row < headRows {
		rec, ok, err := in.next()
		if err != nil {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		if !ok {
			break
		}
		if rec.broken != nil {
			in.skip(rec)
			continue
		}
		t := &Table{columns: columns, text: file, separator: separator, head: rec.fields, row: rec.first}
		t.match()
		if best.head == nil || t.found() > best.found() {
			best = t
		}
	}
	return best, nil
}

func absent(n int) []int { return slices.Repeat([]int{-1}, n) }

// match finds where each column is.
func (t *Table) match() {
	t.at, t.unused = absent(len(t.columns)), nil
	for i, heading := range t.head {
		c := slices.IndexFunc(t.columns, func(c Column) bool { return slices.Contains(c.Headings, mx.Fold(heading)) })
		switch {
		case c < 0:
			t.unused = append(t.unused, mx.Clean(heading))
		case t.at[c] < 0:
			t.at[c] = i
		}
	}
}

func (t *Table) found() int {
	n := 0
	for c, at := range t.at {
		if at >= 0 {
			n++
			if t.columns[c].Needed {
				n += len(t.columns)
			}
		}
	}
	return n
}

func (t *Table) usable() error {
	for c, column := range t.columns {
		if column.Needed && t.at[c] < 0 {
			return fault.Invalidf("", "column-missing", "none of the first %d rows has a heading %q beside the others: is this a table in text (CSV)?", headRows, column.Name()).
				With(column.Headings...)
		}
		for i, heading := range t.head {
			if t.at[c] >= 0 && i != t.at[c] && slices.Contains(column.Headings, mx.Fold(heading)) {
				return fault.Invalidf("", "column-ambiguous", "columns %d (%q) and %d (%q) are both for %s: leave one of them out, or rename it",
					t.at[c]+1, mx.Clean(t.head[t.at[c]]), i+1, mx.Clean(heading), column.Name())
			}
		}
	}
	return nil
}

// Unused lists the headings that name no column, cleaned by mx.Clean.
func (t *Table) Unused() []string { return t.unused }

// Rows yields every row below the headings that is not blank, in order, one in memory at a time.
func (t *Table) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		in := newRecords(text(t.text), t.separator)
		for {
			rec, ok, err := in.next()
			if err != nil || !ok { // reading from memory does not fail
				return
			}
			switch {
			case rec.first <= t.row:
				if rec.broken != nil {
					in.skip(rec)
				}
				continue
			case rec.broken != nil, rec.swallowed(t.separator, len(t.head)):
				for n := rec.first; n <= rec.last; n++ {
					if !yield(Row{Number: n, Cells: make([]string, len(t.columns)), Refused: rec.quotes()}) {
						return
					}
				}
				in.skip(rec)
			case !rec.blank():
				if !yield(t.read(rec)) {
					return
				}
			}
		}
	}
}

// quotes is the refusal of a record whose quotation marks are wrong.
func (rec record) quotes() *Refusal {
	if rec.first == rec.last {
		return &Refusal{Rule: "quote-malformed", Reason: `a quotation mark stands inside a value: put the whole value in quotation marks and double the one inside ("5"" tubo")`}
	}
	return &Refusal{Rule: "unclosed-quote", Reason: fmt.Sprintf("a quotation mark opened in row %d makes one value of the rows %d to %d: close it or take it away", rec.first, rec.first, rec.last)}
}

func (t *Table) read(rec record) Row {
	row := Row{Number: rec.first, Cells: make([]string, len(t.columns))}
	if len(rec.fields) != len(t.head) {
		row.Refused = &Refusal{Rule: "field-count", Reason: fmt.Sprintf("has %d fields where the headings are %d", len(rec.fields), len(t.head))}
		return row
	}
	if t.headingAgain(rec) {
		row.Refused = &Refusal{Rule: "heading-repeated", Reason: fmt.Sprintf("repeats the headings of row %d", t.row)}
		return row
	}
	for c, at := range t.at {
		if at < 0 {
			continue
		}
		value, bad := cell(rec.fields[at], t.columns[c])
		row.Cells[c] = value
		if bad != nil && row.Refused == nil {
			row.Refused = bad
		}
	}
	return row
}

func (t *Table) headingAgain(rec record) bool {
	for _, at := range t.at {
		if at >= 0 && mx.Fold(rec.fields[at]) != mx.Fold(t.head[at]) {
			return false
		}
	}
	return true
}

// cell returns a value cleaned. An apostrophe before it is removed: spreadsheets mark text by it.
func cell(raw string, column Column) (string, *Refusal) {
	value := mx.Clean(strings.TrimPrefix(raw, "'"))
	if reason := Unreadable(raw); reason != nil {
		reason.Column = column.Name()
		return value, reason
	}
	if n := len([]rune(value)); column.MaxLength > 0 && n > column.MaxLength {
		return value, &Refusal{Column: column.Name(), Rule: "too-long", Reason: fmt.Sprintf("has %d characters; %d are the most", n, column.MaxLength)}
	}
	return value, nil
}
