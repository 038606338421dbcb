package table

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Writer writes a table row by row, in constant memory. Open reads it back with the same columns and the same values.
type Writer interface {
	// Row writes a row: a value for each column, as Row.Cells has them.
	Row(cells []string) error
	// Close completes the table. It leaves the writer below open.
	Close() error
}

// CSV is how a table is written as text.
type CSV struct {
	// Separator is ',' if it is 0.
	Separator byte
	// Mark puts a byte order mark first, by which spreadsheets know UTF-8.
	Mark bool
}

// Writer writes the columns' first headings, and rows below them, as RFC 4180 has it: UTF-8, lines that end in CRLF. A value is one line: a line
// break in it becomes a blank. Text that a spreadsheet would take for a formula (=, +, -, @) or shorten as a number has an apostrophe before
// it, and so has text that begins with one; the reader removes just that one.
func (c CSV) Writer(w io.Writer, columns []Column) (Writer, error) {
	if c.Separator == 0 {
		c.Separator = ','
	}
	out := &csvWriter{out: bufio.NewWriterSize(w, 64<<10), columns: columns, separator: c.Separator}
	if c.Mark {
		_, _ = out.out.WriteString("\ufeff") // an error stays with the writer
	}
	return out, out.write(headings(columns), true)
}

func headings(columns []Column) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = c.Headings[0]
	}
	return out
}

type csvWriter struct {
	out       *bufio.Writer
	columns   []Column
	separator byte
}

// Row implements Writer.
func (c *csvWriter) Row(cells []string) error {
	if err := fits(cells, c.columns); err != nil {
		return err
	}
	return c.write(cells, false)
}

func (c *csvWriter) write(cells []string, heading bool) error {
	for i, value := range cells {
		if i > 0 {
			_ = c.out.WriteByte(c.separator)
		}
		if c.columns[i].Kind == Words {
			if strings.ContainsAny(value, "\r\n\u0085") {
				value = mx.Clean(value)
			}
			if !heading && value != "" && strings.IndexByte("=+-@", value[0]) >= 0 {
				value = "'" + value
			} else if !heading {
				value = guard(value)
			}
		}
		if strings.IndexByte(value, '"') >= 0 || strings.IndexByte(value, c.separator) >= 0 {
			value = `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
		}
		_, _ = c.out.WriteString(value)
	}
	_, err := c.out.WriteString("\r\n")
	return err
}

// Close implements Writer.
func (c *csvWriter) Close() error { return c.out.Flush() }

// guard puts an apostrophe before text from which the reader would remove one, or which it would refuse as a shortened number.
func guard(s string) string {
	if strings.HasPrefix(s, "'") || exponent.MatchString(s) {
		return "'" + s
	}
	return s
}

func fits(cells []string, columns []Column) error {
	if len(cells) != len(columns) {
		return fmt.Errorf("a row of %d values for %d columns", len(cells), len(columns))
	}
	return nil
}
