package mx

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold makes two spellings of the same words equal, for search and for the headings of imported files: lower case, no accents
// (ñ becomes n), compatibility forms opened (º becomes o), invisible characters dropped (a byte order mark, a soft
// hyphen), runs of white space squeezed to one blank, none at the ends. Fold(Fold(s)) == Fold(s).
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.IsSpace(r):
			blank = b.Len() > 0
			continue
		case unicode.Is(unicode.M, r), unicode.Is(unicode.Cf, r):
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Clean is text as it is kept: one composition of its letters (NFC), so that equal words are equal bytes; without control and invisible
// characters; white space squeezed to single blanks, none at the ends. Clean(Clean(s)) == Clean(s).
func Clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	blank := false
	for _, r := range norm.NFC.String(s) {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			blank = b.Len() > 0
			continue
		case unicode.Is(unicode.Cf, r):
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}
