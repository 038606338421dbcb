package table

import (
	"bufio"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// The headings of what stands before a row that is returned.
const (
	sheetHeading  = "Hoja"
	rowHeading    = "Fila"
	reasonHeading = "Motivo del rechazo"
)

// Return writes the rows that were rejected as a CSV (UTF-8 with a byte order mark), to be corrected and sent again: each with its row and the
// reason before it. Of a text they are as they stood, also what a quotation mark has swallowed. Of a workbook they are the values of all its
// columns, those of one heading in one column, with the sheet's name before them; what a spreadsheet has spoilt in a column of text (a number
// that it shortened, a date, the error of a formula) has a mark before it that is refused until somebody has corrected it.
func (t *Table) Return(w io.Writer, rejected []Remark) error {
	why := map[string]map[int]string{}
	for _, m := range rejected {
		if why[m.Sheet] == nil {
			why[m.Sheet] = map[int]string{}
		}
		why[m.Sheet][m.Row] = strings.TrimSpace(strings.Join([]string{m.Column, m.Value, m.Reason}, " "))
	}
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.WriteString("\ufeff") // an error stays with the writer
	if text, ok := t.sheets[0].sheet.(textSheet); ok {
		if err := t.returnText(out, text, why[""]); err != nil {
			return err
		}
	} else if err := t.returnSheets(out, why); err != nil {
		return err
	}
	return out.Flush()
}

// returnText writes lines of a text as they stand in it.
func (t *Table) returnText(out *bufio.Writer, s textSheet, why map[int]string) error {
	whole, err := io.ReadAll(text(s.file))
	if err != nil {
		return err
	}
	lines := strings.Split(string(whole), "\n")
	f, at, row := t.sheets[0], 0, 0 // at is the first line that was not looked at, row the number of the row before it
	in := newRecords(strings.NewReader(string(whole)), s.separator)
	for {
		rec, ok, err := in.next()
		if err != nil || !ok {
			return err
		}
		from := min(at+rec.first-row-1, len(lines))
		end := min(from+rec.breaks+1, len(lines))
		at, row = end, rec.first
		swallowed := rec.broken() != nil || rec.swallowed(len(f.head))
		if swallowed && rec.first > f.row {
			in.skip(rec)
			for n, l := range lines[from:end] {
				row = rec.first + n
				returnLine(out, s.separator, strconv.Itoa(row), why[row], l)
			}
			row = rec.last
			continue
		}
		raw := strings.Join(lines[from:end], "\r\n")
		if rec.first == f.row {
			returnLine(out, s.separator, rowHeading, reasonHeading, raw)
		} else if reason, is := why[rec.first]; is {
			returnLine(out, s.separator, strconv.Itoa(rec.first), reason, raw)
		}
	}
}

func returnLine(out *bufio.Writer, separator byte, row, why, raw string) {
	_, _ = out.WriteString(row)
	_ = out.WriteByte(separator)
	_, _ = out.WriteString(quote(mx.Clean(why), separator))
	_ = out.WriteByte(separator)
	_, _ = out.WriteString(raw + "\r\n")
}

func quote(value string, separator byte) string {
	if strings.ContainsAny(value, "\"\r\n") || strings.IndexByte(value, separator) >= 0 {
		return `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
	}
	return value
}

// returnSheets writes rows of a workbook's sheets under the headings of all of them.
func (t *Table) returnSheets(out *bufio.Writer, why map[string]map[int]string) error {
	heads, place := []string{}, make([][]int, len(t.sheets))
	for n, f := range t.sheets {
		for _, heading := range f.head {
			key := func(h string) bool { return headingKey(h) == headingKey(heading) }
			i := slices.IndexFunc(heads, key)
			if i < 0 || slices.Contains(place[n], i) { // a heading that a sheet has twice stays two columns
				i = len(heads)
				heads = append(heads, heading)
			}
			place[n] = append(place[n], i)
		}
	}
	write := func(cells []string) {
		for i, c := range cells {
			if i > 0 {
				_ = out.WriteByte(',')
			}
			_, _ = out.WriteString(quote(c, ','))
		}
		_, _ = out.WriteString("\r\n")
	}
	write(append([]string{sheetHeading, rowHeading, reasonHeading}, heads...))
	for n, f := range t.sheets {
		for l, err := range t.rows(f) {
			if err != nil {
				return err
			}
			reason, is := why[f.name()][l.number]
			if !is {
				continue
			}
			cells := make([]string, 3+len(heads))
			cells[0], cells[1], cells[2] = f.name(), strconv.Itoa(l.number), mx.Clean(reason)
			for at, i := range place[n] {
				cells[3+i] = t.returned(l.at(at), slices.Index(f.at, at))
			}
			write(cells)
		}
	}
	return nil
}

// returned is a cell of a workbook as text, of a column of the table (-1 for one that is not read).
func (t *Table) returned(c Cell, column int) string {
	if c.Kind == Text {
		if s := c.Text; s != "" && strings.IndexByte("=+-@", s[0]) >= 0 {
			return "'" + s
		}
		return c.Text
	}
	if column >= 0 && t.columns[column].Kind == Words {
		value, bad := words(c, 0)
		if bad != nil {
			return string(utf8.RuneError) + c.Text
		}
		return value
	}
	if column >= 0 {
		if value, bad := t.value(c, t.columns[column]); bad == nil {
			return value
		}
	}
	return c.Text
}
