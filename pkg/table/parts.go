package table

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// maxShared bounds the texts that a workbook's cells share, which are kept in memory.
const maxShared = 128 << 20

// shared are the texts that cells name by number: all of them in one string, and where each ends.
type shared struct {
	all  string
	ends []int
}

func (s shared) text(index string) (string, error) {
	n, err := strconv.Atoi(index)
	if err != nil || n < 0 || n >= len(s.ends) {
		return "", fmt.Errorf("a cell names the shared text %.20q of %d", index, len(s.ends))
	}
	from := 0
	if n > 0 {
		from = s.ends[n-1]
	}
	return s.all[from:s.ends[n]], nil
}

func (b *book) readShared(name string) (shared, error) {
	in, err := b.part(name)
	if err != nil {
		return shared{}, err
	}
	defer func() { _ = in.Close() }()
	var all strings.Builder
	var s shared
	d := xml.NewDecoder(in)
	for {
		token, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF):
			s.all = all.String()
			return s, nil
		case err != nil:
			return s, fmt.Errorf("part %s: %w", name, err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "si" {
			text, err := richText(d, "si")
			if err != nil {
				return s, fmt.Errorf("part %s: %w", name, err)
			}
			if all.WriteString(text); all.Len() > maxShared {
				return s, fault.Invalidf("", "file-bomb", "the workbook's texts are more than %d MiB", maxShared>>20)
			}
			s.ends = append(s.ends, all.Len())
		}
	}
}

// errTooLong refuses a text that no cell can have.
var errTooLong = fault.Invalidf("", "file-damaged", "a cell has more than %d bytes", maxRecord)

// richText reads the text of an element up to its end: all its fonts are one text, without the phonetic guide of Japanese.
func richText(d *xml.Decoder, element string) (string, error) {
	var b strings.Builder
	inText, phonetic := false, false
	for {
		token, err := d.RawToken()
		if err != nil {
			return "", unexpected(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			inText = t.Name.Local == "t"
			phonetic = phonetic || t.Name.Local == "rPh"
		case xml.EndElement:
			switch t.Name.Local {
			case element:
				return unescape(b.String()), nil
			case "rPh":
				phonetic = false
			}
			inText = false
		case xml.CharData:
			if inText && !phonetic {
				if b.Write(t); b.Len() > maxRecord {
					return "", errTooLong
				}
			}
		}
	}
}

// unexpected is err, where an end of the file is none.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// escaped is a character that XML cannot hold, or an underscore that is no such escape (ST_Xstring).
var escaped = regexp.MustCompile(`(_x[0-9A-Fa-f]{4}_)+`)

// unescape returns the characters that SpreadsheetML writes as _xHHHH_.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(all string) string {
		units := make([]uint16, 0, len(all)/7)
		for at := 0; at < len(all); at += 7 {
			n, _ := strconv.ParseUint(all[at+2:at+6], 16, 16)
			units = append(units, uint16(n))
		}
		return string(utf16.Decode(units))
	})
}

// style is what a cell's format says of a number in it.
type style struct{ date, exponential bool }

func (b *book) readStyles(name string) ([]style, error) {
	var found struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := b.decode(name, &found); err != nil {
		return nil, err
	}
	own := map[int]style{}
	for _, f := range found.Formats {
		own[f.ID] = styleOf(f.Code)
	}
	out := make([]style, len(found.Cells))
	for i, c := range found.Cells {
		if known, ok := own[c.Format]; ok {
			out[i] = known
		} else {
			out[i] = builtin(c.Format)
		}
	}
	return out, nil
}

// builtin is the style of a format that workbooks do not write out (ECMA-376 part 1, 18.8.30): 27 to 36 and 50 to 58 are dates of East Asia.
func builtin(format int) style {
	switch {
	case format >= 14 && format <= 17, format == 22, format >= 27 && format <= 31, format == 36, format >= 50 && format <= 54, format == 57, format == 58:
		return style{date: true}
	case format == 11, format == 48:
		return style{exponential: true}
	}
	return style{}
}

var (
	elapsed    = regexp.MustCompile(`\[(h+|m+|s+)\]`)
	literal    = regexp.MustCompile(`"[^"]*"?|\[[^\]]*\]?|\\.|_.|\*.`)
	exponent10 = regexp.MustCompile(`[eE][+-]`)
)

// styleOf reads the code of a format: a date has a year or a day, or a month without hours and seconds.
func styleOf(code string) style {
	code = literal.ReplaceAllString(elapsed.ReplaceAllString(strings.ToLower(code), "$1"), "")
	if code == "general" {
		return style{}
	}
	if exponent10.MatchString(code) {
		return style{exponential: true}
	}
	return style{date: strings.ContainsAny(code, "dy") || strings.Contains(code, "m") && !strings.ContainsAny(code, "hs")}
}
