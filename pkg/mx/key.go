package mx

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Key is what a tag, a serial number or another number that people copy from a label is compared by. It is never shown. Two texts with
// the same key name the same thing: they differ only in case, width and other compatibility forms (NFKC), blanks, dots, hyphens and
// dashes of every kind, and characters that nobody sees. Letters (with their accents), digits and all other signs count: "A/1" is not
// "A1". The key of a text without any of those is "". Key(Key(s)) == Key(s).
func Key(s string) string {
	if plain, ok := plainKey(s); ok {
		return plain
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(s) {
		if !separates(r) && !unseen(r) {
			b.WriteRune(upper(r))
		}
	}
	return norm.NFKC.String(b.String())
}

// plainKey is Key of a text in ASCII, as nearly all are: a tenth of the time.
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

// NameKey is what names of rooms and areas are compared by within their place: Fold, and runs of blanks, dots and hyphens count as one
// blank, since they tell numbers apart there ("Piso 1-1" is not "Piso 11"). Accents do not count: people leave them out. The key of a
// text in which nothing is to be seen is "".
func NameKey(s string) string {
	return Fold(strings.Map(func(r rune) rune {
		switch {
		case separates(r):
			return ' '
		case unseen(r):
			return -1
		}
		return r
	}, norm.NFKD.String(s)))
}

// separates says whether r is a blank, a dot or a hyphen, of any kind.
func separates(r rune) bool {
	switch r {
	case '.', '·', '•', '‧', '∙', '⋅', '。', // dots; norm has turned the others into these
		'−', '⁃', '˗': // minus, hyphen bullet, modifier minus; the others are dashes to Unicode too
		return true
	}
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Z)
}

// unseen says whether r leaves no mark on paper: control and format characters, variation selectors, fillers.
func unseen(r rune) bool {
	return r == '\u2800' || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// upper is the one form of a letter's cases. It keeps within them: ı, which has no capital of its own, does not become I.
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

// Nones tells numbers from what is written where there is none. The zero value knows no words, only signs.
type Nones struct{ words, labels map[string]bool }

// NewNones knows the words of the house ("S/N", "sin serie", "ilegible") and more of an installation's own.
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

// bare is a text's letters and digits, without accents, in capitals.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '°' { // people write N° for Nº
			return 'O'
		}
		if unicode.IsLetter(r) && !unseen(r) || unicode.IsDigit(r) {
			return upper(r)
		}
		return -1
	}, norm.NFKD.String(s))
}

// Word says whether s is a word for none, however it is spelt, or has neither letter nor digit.
func (n Nones) Word(s string) bool {
	b := bare(s)
	return b == "" || n.words[b]
}

// None says whether s, where a number of some kind is asked for, says that there is none: a Word, a row of X or of 0, 1 alone, or a label
// without its number.
func (n Nones) None(s string) bool {
	b := bare(s)
	return b == "1" || strings.Trim(b, "X") == "" || strings.Trim(b, "0") == "" || n.words[b] || n.labels[b]
}

// Key is Key, "" where s says that there is none.
func (n Nones) Key(s string) string {
	if n.None(s) {
		return ""
	}
	return Key(s)
}

// Kept is s as it is kept and shown (Clean), "" where it says that there is none.
func (n Nones) Kept(s string) string {
	if n.None(s) {
		return ""
	}
	return Clean(s)
}

// KeptWord is the same of a name, such as a brand: what is "1" or "X" is called so.
func (n Nones) KeptWord(s string) string {
	if n.Word(s) {
		return ""
	}
	return Clean(s)
}
