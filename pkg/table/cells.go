package table

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// CellKind is what a file says that a cell holds. In text every cell is Text or Empty.
type CellKind int

// The kinds of cells.
const (
	Empty CellKind = iota
	Text
	Number
	Date
	Error
)

// Cell is one cell as the file has it. A formula is its value.
type Cell struct {
	Kind CellKind
	// Text is what stands there: of a Number its digits as the file stores them ("4051807733921", "43533.5", "2.01804519877134E+17"), of a
	// Date its day (2019-03-09), of an Error its name ("#N/A").
	Text string
	// Exponential means a Number in a format like 0.00E+00, which spreadsheets give to what was typed with an E: what was typed is lost.
	Exponential bool
	// Since1904 means a Number of a workbook that counts days from 1904-01-01.
	Since1904 bool
}

// Refusal is why a row or one of its cells cannot be read.
type Refusal struct {
	// Column is a Column's name, "" if the whole row is wrong. Rule is a stable name, Reason a text for the user. Value is what stands in the
	// cell, cleaned and cut to 80 characters.
	Column, Rule, Reason, Value string
}

func refuse(rule, format string, args ...any) *Refusal {
	return &Refusal{Rule: rule, Reason: fmt.Sprintf(format, args...)}
}

// maxDigits is how many digits of a number a spreadsheet keeps.
const maxDigits = 15

// exponent is a number that a spreadsheet shortened before it wrote it into a text: 2,41E+11.
var exponent = regexp.MustCompile(`^\d+([.,]\d+)?[eE]\+\d+$`)

// words reads a cell of a column of text, at most most characters long (0: unbounded). One apostrophe before it is removed: spreadsheets mark
// text by it. A number is its digits while all of them are known (number-lost); a date is none (date-in-text: 12-5 became 12 May), nor is the
// error of a formula (cell-error).
func words(c Cell, most int) (string, *Refusal) {
	raw := c.Text
	switch c.Kind {
	case Empty:
		return "", nil
	case Error:
		return "", refuse("cell-error", "the formula's value is the error %s", c.Text)
	case Date:
		return "", refuse("date-in-text", "is the date %s to the spreadsheet: write it again in a cell formatted as text", c.Text)
	case Number:
		digits, whole := wholeNumber(raw)
		if !whole || c.Exponential {
			return "", refuse("number-lost", "is the number %s to the spreadsheet, which has forgotten what was typed: write it again in a cell formatted as text", c.Text)
		}
		raw = digits
	case Text:
		if bad := Unreadable(raw); bad != nil {
			return "", bad
		}
		if exponent.MatchString(strings.TrimSpace(raw)) {
			return "", refuse("number-lost", "a spreadsheet has shortened this number: write all its digits, in a cell formatted as text")
		}
	}
	value := unquoted(raw)
	if n := utf8.RuneCountInString(value); most > 0 && n > most {
		return "", refuse("too-long", "has %d characters; %d are the most", n, most)
	}
	return value, nil
}

// unquoted is text cleaned by mx.Clean, without the one apostrophe before it by which spreadsheets mark text.
func unquoted(s string) string {
	s = mx.Clean(s)
	if text, ok := strings.CutPrefix(s, "'"); ok {
		return mx.Clean(text)
	}
	return s
}

// Unreadable returns why s cannot be what its author wrote, or nil: it has bytes that are no characters (bad-encoding), control characters
// (control-character), or letters that were decoded with the wrong encoding before they came here (mojibake).
func Unreadable(s string) *Refusal {
	if plain(s) {
		return nil
	}
	switch {
	case !utf8.ValidString(s), strings.ContainsRune(s, utf8.RuneError):
		return refuse("bad-encoding", "has characters that were lost on the way: save the file as CSV UTF-8 from where it came")
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
		return refuse("control-character", "has control characters, which nobody can have typed")
	}
	if meant, ok := mojibake(s); ok {
		return refuse("mojibake", "was read by the wrong table of characters before it came here: is %q meant?", meant)
	}
	return nil
}

// plain reports whether s has printable ASCII characters only.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// mojibake undoes decoding of UTF-8 as Windows-1252, of the whole text or parts of it, which turns the two bytes of an accented letter into two
// characters: Ã or Â, and one that follows these in no word. ok is false if there is nothing to undo.
func mojibake(s string) (meant string, ok bool) {
	runes := []rune(s)
	var b strings.Builder
	for i := 0; i < len(runes); i++ {
		if (runes[i] == 'Ã' || runes[i] == 'Â') && i+1 < len(runes) {
			second, known := charmap.Windows1252.EncodeRune(runes[i+1])
			first, _ := charmap.Windows1252.EncodeRune(runes[i])
			if r, size := utf8.DecodeRune([]byte{first, second}); known && size == 2 {
				b.WriteRune(r)
				ok = true
				i++
				continue
			}
		}
		b.WriteRune(runes[i])
	}
	return b.String(), ok
}

// blank reports whether nothing can be seen in any of the cells.
func blank(cells []Cell) bool {
	for _, c := range cells {
		switch {
		case c.Kind == Empty:
		case c.Kind != Text, c.Text != "" && c.Text[0] > ' ' && c.Text[0] <= '~', mx.Clean(c.Text) != "":
			return false
		}
	}
	return true
}
