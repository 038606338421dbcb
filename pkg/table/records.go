package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// record is the text between two line ends outside of quotation marks. first and last number its lines as a spreadsheet does when
// it opens the file: from 1, blank lines count, and a value of several lines is one row.
type record struct {
	fields      []string
	first, last int
	// broken is why it cannot be read, nil when it can.
	broken error
	// lines are its raw lines, if there are several.
	lines []string
}

// records reads a text as CSV.
type records struct {
	csv  *csv.Reader
	text window
	row  int
	read int64
}

func newRecords(text io.Reader, separator rune) *records {
	r := &records{text: window{from: text}}
	r.csv = csv.NewReader(&r.text)
	r.csv.Comma, r.csv.FieldsPerRecord = separator, -1
	return r
}

// next returns the next record that is not a blank line; ok is false at the end.
func (r *records) next() (rec record, ok bool, err error) {
	fields, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		return rec, false, nil
	}
	raw := r.text.take(r.csv.InputOffset() - r.read)
	r.read = r.csv.InputOffset()
	trimmed := bytes.TrimLeft(raw, "\n")
	r.row += len(raw) - len(trimmed) + 1
	rec = record{fields: fields, first: r.row, last: r.row + bytes.Count(bytes.TrimSuffix(trimmed, []byte("\n")), []byte("\n"))}
	if rec.first != rec.last {
		rec.lines = strings.Split(strings.TrimSuffix(string(trimmed), "\n"), "\n")
	}
	if err != nil {
		if parse, is := errors.AsType[*csv.ParseError](err); is {
			rec.broken, err = parse.Err, nil
		}
	}
	return rec, err == nil, err
}

// skip counts the lines of the last record as rows of their own.
func (r *records) skip(rec record) { r.row = rec.last }

// swallowed reports whether a quotation mark that was opened by mistake has made one record of several rows: a line within a value has, alone, as
// many fields as the table, or every line of the record has, quotation marks ignored.
func (rec record) swallowed(separator rune, width int) bool {
	if rec.first == rec.last || width < 2 {
		return false
	}
	if !slices.ContainsFunc(rec.lines, func(line string) bool { return strings.Count(line, string(separator)) != width-1 }) {
		return true
	}
	for _, value := range rec.fields {
		inner := strings.Split(value, "\n")
		for _, line := range inner[1:] {
			alone := csv.NewReader(strings.NewReader(line))
			alone.Comma, alone.LazyQuotes = separator, true
			if fields, err := alone.Read(); err == nil && len(fields) == width {
				return true
			}
		}
	}
	return false
}

func (rec record) blank() bool {
	for _, f := range rec.fields {
		if mx.Clean(f) != "" {
			return false
		}
	}
	return true
}

// window is a reader that keeps what was read until take.
type window struct {
	from  io.Reader
	kept  []byte
	taken int
}

// Read implements io.Reader.
func (w *window) Read(p []byte) (int, error) {
	w.kept, w.taken = w.kept[:copy(w.kept, w.kept[w.taken:])], 0
	n, err := w.from.Read(p)
	w.kept = append(w.kept, p[:n]...)
	return n, err
}

// take returns the next n bytes, which are valid until the next Read.
func (w *window) take(n int64) []byte {
	w.taken += int(n)
	return w.kept[w.taken-int(n) : w.taken]
}
