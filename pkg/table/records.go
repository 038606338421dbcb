package table

import (
	"bufio"
	"errors"
	"io"
)

// record is the text between two line ends outside of quotation marks. first and last number its lines as a spreadsheet does when
// it opens the file: from 1, blank lines count, and a value of several lines is one row.
type record struct {
	cells       []Cell
	first, last int
	// fields is how many values it has; cells has at most maxColumns+1.
	fields int
	// unclosed means that the file ends within quotation marks, loose that something stands behind a closing one, huge that it is longer than maxRecord.
	unclosed, loose, huge bool
	// breaks are the line ends in its values.
	breaks int
	// least and most are the separators in each of its lines, marks ignored; inner the most in a line within a value that is not the value's first.
	least, most, inner int
}

// maxRecord bounds the bytes of one record, so that a quotation mark that never closes does not make a value of the whole file.
const maxRecord = 1 << 20

// records reads a text whose lines end in LF as CSV (RFC 4180). A quotation mark within a value that does not begin with one is a character as
// any other (Monitor 19"), as it is to spreadsheets.
type records struct {
	in        *bufio.Reader
	separator byte
	row       int
	text      []byte
	ends      []int
}

func newRecords(text io.Reader, separator byte) *records {
	return &records{in: bufio.NewReaderSize(text, 64<<10), separator: separator}
}

// next returns the next record that is not a blank line; ok is false at the end.
func (r *records) next() (rec record, ok bool, err error) {
	r.text, r.ends = r.text[:0], r.ends[:0]
	p := parse{records: r, record: record{least: -1}}
	for {
		c, err := r.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return p.end(), p.any, nil
		case err != nil:
			return rec, false, err
		case c != '\n' || p.state == quoted:
			p.take(c)
		case p.any:
			return p.end(), true, nil
		default: // a blank line
			r.row++
		}
	}
}

// skip counts the lines of the last record as rows of their own.
func (r *records) skip(rec record) { r.row = rec.last }

// parse is one record being read.
type parse struct {
	*records
	record
	state state
	// any means that a byte was read, the last being previous.
	any      bool
	previous byte
	// fresh is where the value begins in text; split means that it has a line break.
	fresh int
	split bool
	// line and value count the separators of the present line of the record and, within quotation marks, of the value.
	line, value int
}

type state int

const (
	bare    state = iota // outside of quotation marks
	quoted               // within
	closing              // behind a mark that closes, unless another follows: two are one within
)

func (p *parse) take(c byte) {
	p.any, p.previous = true, c
	if c == p.separator {
		p.line++
		if p.state == quoted {
			p.value++
		}
	}
	switch {
	case p.state == quoted && c == '"':
		p.state = closing
	case p.state == quoted:
		p.put(c)
		if c == '\n' {
			p.breaks++
			p.endLine()
			p.split = true
		}
	case p.state == closing && c == '"':
		p.state = quoted
		p.put(c)
	case c == p.separator:
		p.endValue()
	case c == '"' && len(p.text) == p.fresh:
		p.state = quoted
	default:
		p.loose = p.loose || p.state == closing
		p.state = bare
		p.put(c)
	}
}

func (p *parse) put(c byte) {
	if len(p.text) >= maxRecord {
		p.huge = true
		return
	}
	p.text = append(p.text, c)
}

// endLine counts a line of the record.
func (p *parse) endLine() {
	if p.least < 0 || p.line < p.least {
		p.least = p.line
	}
	p.most, p.line = max(p.most, p.line), 0
	p.endPart()
}

// endPart counts a line of a value.
func (p *parse) endPart() {
	if p.split {
		p.inner = max(p.inner, p.value)
	}
	p.value = 0
}

func (p *parse) endValue() {
	p.endPart()
	if p.fields++; p.fields <= maxColumns+1 {
		p.ends = append(p.ends, len(p.text))
	}
	p.fresh, p.split, p.state = len(p.text), false, bare
}

// end completes the record. The file's last line end begins no line.
func (p *parse) end() record {
	p.unclosed = p.state == quoted
	if p.unclosed && p.previous == '\n' {
		p.breaks--
	} else {
		p.endLine()
	}
	p.endValue()
	if p.any {
		p.row++
	}
	p.first, p.last = p.row, p.row+p.breaks
	all, from := string(p.text), 0
	p.cells = make([]Cell, len(p.ends))
	for i, to := range p.ends {
		if to > from {
			p.cells[i] = Cell{Kind: Text, Text: all[from:to]}
		}
		from = to
	}
	return p.record
}

// swallowed reports whether a quotation mark that was opened by mistake has made one record of several rows: a line within a value has, alone, as
// many fields as the table, or every line of the record has, quotation marks ignored.
func (rec record) swallowed(width int) bool {
	if rec.first == rec.last || width < 2 {
		return false
	}
	return rec.inner >= width-1 || rec.least == width-1 && rec.most == width-1
}

// broken is why the record cannot be read whatever the headings are, nil when it can.
func (rec record) broken() *Refusal {
	switch {
	case rec.first != rec.last && (rec.unclosed || rec.loose || rec.huge):
		return rec.quotes()
	case rec.unclosed, rec.loose:
		return refuse("quote-malformed", `a quotation mark stands inside a value: put the whole value in quotation marks and double the one inside ("5"" tubo")`)
	case rec.huge:
		return refuse("row-too-long", "has more than %d bytes", maxRecord)
	}
	return nil
}

// quotes is the refusal of a record whose quotation marks cover several lines by mistake.
func (rec record) quotes() *Refusal {
	return refuse("unclosed-quote", "a quotation mark opened in row %d makes one value of the rows %d to %d: close it or take it away", rec.first, rec.first, rec.last)
}
