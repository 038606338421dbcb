package table

import (
	"maps"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// found is a sheet whose headings were found.
type found struct {
	sheet
	// row is that of the headings (the lower one if they are over two), head are these, at the index of each column in them, -1 if it is missing.
	row    int
	head   []string
	at     []int
	beyond bool
}

// Sheet says where the headings of a sheet stand.
type Sheet struct {
	// Name is "" in a text. Row is the row of the headings.
	Name string `json:"name,omitempty"`
	Row  int    `json:"row"`
	// Columns are the columns that were found, each with its heading and its position from 1; Unused the headings that lead to none.
	Columns []Place  `json:"columns"`
	Unused  []string `json:"unused,omitempty"`
}

// Place is a column in a sheet.
type Place struct {
	Column   string `json:"column"`
	Heading  string `json:"heading"`
	Position int    `json:"position"`
}

// headRows is how many rows of a sheet are searched for the headings.
const headRows = 20

func (t *Table) needed() (names []string) {
	for _, c := range t.columns {
		if c.Needed {
			names = append(names, c.Headings[0])
		}
	}
	return names
}

// best returns, of the first rows of a sheet read in each way, the one with most headings.
func (t *Table) best(ways []sheet) (best found, err error) {
	for i, way := range ways {
		f, err := t.find(way)
		if err != nil {
			return best, err
		}
		if i == 0 || t.score(f) > t.score(best) || t.score(f) == t.score(best) && len(f.head) > len(best.head) {
			best = f
		}
	}
	return best, nil
}

func (t *Table) find(s sheet) (found, error) {
	best := found{sheet: s, at: absent(len(t.columns))}
	first := map[int]line{}
	for l, err := range s.lines(0) {
		if err != nil {
			return best, err
		}
		if l.number > headRows {
			break
		}
		if l.refused == nil {
			first[l.number] = l
		}
	}
	row := t.options.Layouts[s.name()].Row
	for _, number := range slices.Sorted(maps.Keys(first)) {
		f := t.match(s, first[number])
		if row == number || row == 0 && (best.head == nil || t.score(f) > t.score(best)) {
			best = f
		}
	}
	if l, ok := first[s.bottom(best.row)]; ok && row == 0 {
		best = t.match(s, l)
	}
	return best, nil
}

func absent(n int) []int { return slices.Repeat([]int{-1}, n) }

// match finds where each column is if a line has the headings.
func (t *Table) match(s sheet, l line) found {
	f := found{sheet: s, row: l.number, at: absent(len(t.columns)), beyond: l.beyond}
	for _, c := range l.cells {
		f.head = append(f.head, mx.Clean(c.Text))
	}
	for len(f.head) > 0 && s.name() != "" && f.head[len(f.head)-1] == "" { // a worksheet has no width of its own
		f.head = f.head[:len(f.head)-1]
	}
	for i, heading := range f.head {
		if c := t.column(heading); c >= 0 && f.at[c] < 0 {
			f.at[c] = i
		}
	}
	layout := t.options.Layouts[s.name()]
	if len(layout.Columns) > 0 && (layout.Row == l.number || t.score(f) > 0) {
		f.at = absent(len(t.columns))
		for c, column := range t.columns {
			if p, ok := layout.Columns[column.Name()]; ok {
				f.at[c] = p - 1
			}
		}
	}
	return f
}

// keys are the columns' indexes by the keys of their headings.
func keys(columns []Column) map[string]int {
	out := map[string]int{}
	for c, column := range columns {
		for _, h := range column.Headings {
			if key := headingKey(h); key != "" {
				out[key] = c
			}
		}
	}
	return out
}

// column is the index of the column that a heading names, -1 if it names none.
func (t *Table) column(heading string) int {
	if c, ok := t.keys[headingKey(heading)]; ok {
		return c
	}
	return -1
}

func headingKey(s string) string { return mx.NameKey(s) }

// score is higher the more columns are found, needed ones first.
func (t *Table) score(f found) int {
	n := 0
	for c, at := range f.at {
		if at >= 0 {
			n++
			if t.columns[c].Needed {
				n += len(t.columns)
			}
		}
	}
	return n
}

func (t *Table) missing(f found) error {
	for c, column := range t.columns {
		if column.Needed && f.at[c] < 0 {
			return fault.Invalidf("", "column-missing", "none of the first %d rows has a heading %q beside the others: is this a table, in text (CSV) or a workbook (.xlsx)?", headRows, column.Headings[0]).
				With(column.Headings...)
		}
	}
	return nil
}

// usable refuses headings of which a column cannot be read for certain.
func (t *Table) usable(f found) error {
	in := ""
	if f.name() != "" {
		in = "sheet " + f.name() + ": "
	}
	if f.beyond {
		return fault.Invalidf("", "too-many-columns", "%sthe headings in row %d are more than %d: leave out columns that are not needed", in, f.row, maxColumns)
	}
	given := len(t.options.Layouts[f.name()].Columns) > 0
	for c, column := range t.columns {
		if given && f.at[c] >= len(f.head) || f.at[c] < -1 {
			return fault.Invalidf("layouts", "position-unknown", "%s%s cannot be in column %d: the headings in row %d are %d", in, column.Name(), f.at[c]+1, f.row, len(f.head))
		}
		for i, heading := range f.head {
			if !given && f.at[c] >= 0 && i > f.at[c] && t.column(heading) == c {
				return fault.Invalidf("", "column-ambiguous", "%scolumns %d (%q) and %d (%q) are both for %s: leave one of them out, or rename it", in,
					f.at[c]+1, f.head[f.at[c]], i+1, heading, column.Name())
			}
		}
	}
	return nil
}

// Sheets lists the sheets that are read.
func (t *Table) Sheets() []Sheet {
	out := make([]Sheet, len(t.sheets))
	for i, f := range t.sheets {
		out[i] = Sheet{Name: f.name(), Row: f.row}
		for c, at := range f.at {
			if at >= 0 {
				out[i].Columns = append(out[i].Columns, Place{t.columns[c].Name(), f.head[at], at + 1})
			}
		}
		for at, heading := range f.head {
			if !slices.Contains(f.at, at) {
				out[i].Unused = append(out[i].Unused, heading)
			}
		}
	}
	return out
}

// Unused lists the headings that name no column, of all sheets that are read.
func (t *Table) Unused() (all []string) {
	for _, s := range t.Sheets() {
		all = append(all, s.Unused...)
	}
	return all
}
