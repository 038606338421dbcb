package mx

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Key returns the comparison key of a tag, a serial number or another number that people copy from a label. It is never shown. Texts with
// the same key name the same thing: they differ only in case, width and other compatibility forms (NFKC), blanks, dots, hyphens and
// dashes of every kind, and invisible characters. Letters (with their accents), digits and all other signs count: "A/1" is not "A1".
// The key of a text without letters, digits and other signs is "". Key(Key(s)) == Key(s).
func Key(s string) string {
	if plain, ok := plainKey(s); ok {
		return plain
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(s) {
		if !isSeparator(r) && !isInvisible(r) {
			b.WriteRune(upper(r))
		}
	}
	return norm.NFKC.String(b.String())
}

// plainKey is Key for ASCII, as nearly all texts are, in a tenth of the time.
func plainKey(s string) (string, bool) {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 0x80:
			return "", false
		case c <= ' ', c == 0x7f, c == '.', c == '-':
		case 'a' <= c && c <= 'z':
			b = append(b, c-'a'+'A')
		default:
			b = append(b, c)
		}
	}
	return string(b), true
}

// NameKey returns the comparison key of the name of a room or area: Fold, with each run of blanks, dots and hyphens as one blank, since they
// separate numbers there ("Piso 1-1" is not "Piso 11"). Accents do not count, since people leave them out. The key of a text without visible
// characters is "".
func NameKey(s string) string {
	return Fold(strings.Map(func(r rune) rune {
		switch {
		case isSeparator(r):
			return ' '
		case isInvisible(r):
			return -1
		}
		return r
	}, norm.NFKD.String(s)))
}

// isSeparator reports whether r is a blank, a dot or a hyphen, of any kind.
func isSeparator(r rune) bool {
	switch r {
	case '.', '·', '•', '‧', '∙', '⋅', '。', // dots; norm has turned the others into these
		'−', '⁃', '˗': // minus, hyphen bullet, modifier minus; the others are dashes to Unicode too
		return true
	}
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Z)
}

// isInvisible reports whether r shows nothing: control and format characters, variation selectors, fillers.
func isInvisible(r rune) bool {
	return r == '\u2800' || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// upper returns one form for all cases of a letter. ı, which has no capital of its own, does not become I.
func upper(r rune) rune {
	if r < 0x80 {
		return unicode.ToUpper(r)
	}
	least := rune(-1)
	for f := r; ; {
		if u := unicode.ToUpper(f); sameLetter(u, r) && (least < 0 || u < least) {
			least = u
		}
		if f = unicode.SimpleFold(f); f == r {
			break
		}
	}
	if least < 0 {
		return r
	}
	return least
}

func sameLetter(a, b rune) bool {
	for f := b; ; {
		if f == a {
			return true
		}
		if f = unicode.SimpleFold(f); f == b {
			return false
		}
	}
}

// noneWords are the words with which people say that there is no tag, no serial number, no note.
var noneWords = []string{"S/N", "S/S", "SIN SERIE", "SIN NÚMERO", "SIN NÚMERO DE SERIE", "SIN DATO", "SIN DATOS", "SIN ETIQUETA", "SIN MARCA", "SIN MODELO", "NO TIENE", "NINGUNO",
	"NINGUNA", "DESCONOCIDO", "DESCONOCIDA", "PENDIENTE", "POR ASIGNAR", "NO VISIBLE", "NO LEGIBLE", "ILEGIBLE", "N/A", "N/R", "N/D", "NO APLICA", "NO HAY", "NO", "NADA", "VACÍO",
	"NULL", "NONE", "NIL", "NAN", "UNDEFINED"} // the last are what programs write for an empty cell

// labelWords are what is left of a label when its number was not copied: "Nº", "No.", "Serie:".
var labelWords = []string{"NÚM", "NÚMERO", "NÚMERO DE SERIE", "NO. DE SERIE", "NO. SERIE", "SERIE", "SERIAL", "ETIQUETA", "FOLIO", "CLAVE"}

// Nones recognises the texts that people write in place of a number or name that does not exist ("S/N", "ilegible"), so that they are stored as
// "" and do not count as duplicates of each other. The zero value knows no words: make one with NewNones.
type Nones struct{ words, labels map[string]bool }

// NewNones knows the built-in words ("S/N", "sin serie", "ilegible") and more, an installation's own.
func NewNones(more ...string) Nones {
	n := Nones{make(map[string]bool, len(noneWords)+len(more)), map[string]bool{}}
	for _, w := range append(more[:len(more):len(more)], noneWords...) {
		n.words[bare(w)] = true
	}
	for _, w := range labelWords {
		n.labels[bare(w)] = true
	}
	return n
}

// bare returns the letters and digits of a text, without accents, in capitals.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '°' { // people write N° for Nº
			return 'O'
		}
		if unicode.IsLetter(r) && !isInvisible(r) || unicode.IsDigit(r) {
			return upper(r)
		}
		return -1
	}, norm.NFKD.String(s))
}

// Word reports whether s, which should be a name, is one of the words in any spelling, or has neither letter nor digit.
func (n Nones) Word(s string) bool {
	b := bare(s)
	return b == "" || n.words[b]
}

// None reports whether s, which should be a number, means that there is none: as Word, and for only X or only 0 ("XXX", "000"), for "1", and
// for a label without its number ("Serie:").
func (n Nones) None(s string) bool {
	b := bare(s)
	return b == "1" || strings.Trim(b, "X") == "" || strings.Trim(b, "0") == "" || n.words[b] || n.labels[b]
}

// Key returns Key(s), or "" if s means that there is no number.
func (n Nones) Key(s string) string {
	if n.None(s) {
		return ""
	}
	return Key(s)
}

// Clean returns Clean(s), or "" if s means that there is no number.
func (n Nones) Clean(s string) string {
	if n.None(s) {
		return ""
	}
	return Clean(s)
}

// CleanWord returns Clean(s), or "" if s means that there is no name (Word): a brand may be called "X" or "1".
func (n Nones) CleanWord(s string) string {
	if n.Word(s) {
		return ""
	}
	return Clean(s)
}
