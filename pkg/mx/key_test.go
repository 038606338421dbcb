package mx_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

func TestAKeyIsEqualUnderCaseBlanksDotsHyphensWidthAndWhatIsInvisible(t *testing.T) {
	for want, spellings := range map[string][]string{
		"ARWK0017":      {"ARWK-0017", "arwk 0017", "ＡRWK-0017", "ARWK‐0017", "ARWK‑0017", "ARWK–0017", "ARWK−0017", "AR\u200bWK.0017", "ARWK\u00ad0017", "\ufeffARWK\u00a00017", "A R W K . 0 0 1 7", "ARWK\ufe0f0017", "ARWK\u31640017"},
		"I06040022477":  {"I060400224-77", "i060400224-77", "I060400224 77", "I.060400224.77"},
		"SERIEÑ1":       {"serie ñ1", "SERIE N\u03031", "Serie Ñ-1"},
		"1669,SYSID:81": {"1669, Sys ID: 81"},
		"A/1":           {"a/1", "A / 1"},
		"":              {"", " ", "-", "...", "\u200b", "\u3164", "— –"},
	} {
		for _, s := range spellings {
			if got := mx.Key(s); got != want {
				t.Errorf("Key(%q) = %q, want %q", s, got, want)
			}
		}
	}
}

func TestAKeyTellsApartWhatDiffersInALetterADigitOrASign(t *testing.T) {
	texts := []string{"A1", "A/1", "A_1", "A11", "B1", "Á1", "N1", "Ñ1", "A+1", "O1", "01", "I1", "ı1", "l1", "ß", "SS"}
	for i, a := range texts {
		for _, b := range texts[:i] {
			if mx.Key(a) == mx.Key(b) {
				t.Errorf("%q and %q have the same key %q", a, b, mx.Key(a))
			}
		}
	}
}

// Every character by itself: the same key in all its cases, and nothing left to change in a key.
func TestAKeyOfEveryCharacterIsThatOfItsOtherCaseAndOfItself(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		key := mx.Key(string(r))
		if again := mx.Key(key); again != key {
			t.Errorf("%U: Key is %q, its Key %q", r, key, again)
		}
		if other := unicode.SimpleFold(r); mx.Key(string(other)) != key {
			t.Errorf("%U and %U are one letter and have the keys %q and %q", r, other, key, mx.Key(string(other)))
		}
	}
}

// noise is what people put into and around a number without meaning anything by it.
var noise = []string{" ", "\t", "\u00a0", "\u3000", ".", "·", "-", "‐", "‑", "–", "—", "−", "\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff", "\ufe0f", "\u034f"}

func TestAKeyIsThatOfEverySpellingOfTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("aAzZñÑéÉüß019/_+#Ως中ｱｶﾞ①½ﬁ"), unicode.L, unicode.N)).Draw(t, "text")
		key := mx.Key(text)
		if again := mx.Key(key); again != key {
			t.Fatalf("Key(%q) = %q, but Key of that = %q", text, key, again)
		}
		var other strings.Builder
		for _, r := range text {
			for range rapid.IntRange(0, 2).Draw(t, "how much") {
				other.WriteString(rapid.SampledFrom(noise).Draw(t, "noise"))
			}
			for range rapid.IntRange(0, 3).Draw(t, "case") {
				r = unicode.SimpleFold(r)
			}
			if wide := r + 0xfee0; '!' <= r && r <= '~' && rapid.Bool().Draw(t, "wide") {
				r = wide
			}
			other.WriteRune(r)
		}
		spelt := rapid.SampledFrom([]func(string) string{norm.NFC.String, norm.NFD.String, norm.NFKC.String, strings.Clone}).Draw(t, "form")(other.String())
		if got := mx.Key(spelt); got != key {
			t.Fatalf("%q has the key %q, %q has %q", text, key, spelt, got)
		}
	})
}

func TestNoTwoTextsOfOtherLettersOrDigitsHaveOneKey(t *testing.T) {
	bare := func(s string) string { // what of a text in these letters counts
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToUpper(r)
			}
			return -1
		}, s)
	}
	texts := rapid.StringOf(rapid.RuneFrom([]rune("abcABCñÑáÁ0123 .-–\u200b")))
	rapid.Check(t, func(t *rapid.T) {
		a, b := texts.Draw(t, "a"), texts.Draw(t, "b")
		if (mx.Key(a) == mx.Key(b)) != (bare(a) == bare(b)) {
			t.Fatalf("%q has the key %q, %q has %q", a, mx.Key(a), b, mx.Key(b))
		}
	})
}

func TestNoneIsNoneHoweverItIsSaid(t *testing.T) {
	nones := mx.NewNones("por definir")
	for _, s := range []string{"", " ", "S/N", "s/n", "S / N", "S.N.", "sn", "SIN SERIE", "sin  serie", "Sin Serie.", "SIN NÚMERO", "SIN NUMERO", "sin nu\u0301mero", "SIN DATO", "NO TIENE", "DESCONOCIDO",
		"SIN ETIQUETA", "PENDIENTE", "POR ASIGNAR", "NO VISIBLE", "NO LEGIBLE", "ILEGIBLE", "(ilegible)", "N/A", "N.A.", "na", "NR", "N/R", "N/D", "ND", "S/S", "NO APLICA", "-", "---", ".", "*", "?",
		"X", "xx", "XXX-XXX", "0", "000", "0.00", "1", "Ｓ／Ｎ", "\u200b", "Por definir", "Nº", "N°", "No.", "NO", "Núm.", "número", "Nº de serie", "Serie:", "null", "NULL", "None", "none", "nil", "NaN", "<null>", "(null)", "#N/A", "undefined", "vacío", "no hay"} {
		if !nones.None(s) || nones.Key(s) != "" || nones.Clean(s) != "" {
			t.Errorf("%q names something: key %q, kept %q", s, nones.Key(s), nones.Clean(s))
		}
	}
	for _, s := range []string{"10", "01", "100", "X1", "0X", "11", "NA-7", "SN-00000001", "S/N 4", "A", "ñ", "Nº 7", "N7", "NULL-1", "NO-1", "Serie 3", "NON"} {
		if nones.None(s) || nones.Key(s) == "" {
			t.Errorf("%q is taken for none", s)
		}
	}
	if nones.Word("1") || nones.Word("000") || nones.Word("X") || nones.Word("Serial") || !nones.Word("null") || !nones.Word("S/N") || !nones.Word("sin modelo") {
		t.Error("a word for none is one of the words, not a row of signs")
	}
}

func TestNamesOfAreasAreComparedAsWords(t *testing.T) {
	same := [][]string{
		{"Sala 1", " sala  1 ", "SALA 1", "Sala-1", "Sála 1", "Sala\u200b 1", "Ｓala 1", "Sala. 1"},
		{"Piso 1.1", "piso 1-1"}, {"Piso 11"}, {"Rayos X / Imagen", "RAYOS X / IMAGEN"}, {"Rayos X Imagen"}, {"Baño", "Bano"}, {"", " ", "\u3164", "-", "\ufeff"},
	}
	for i, group := range same {
		for _, s := range group {
			if mx.NameKey(s) != mx.NameKey(group[0]) {
				t.Errorf("%q and %q: %q, %q", s, group[0], mx.NameKey(s), mx.NameKey(group[0]))
			}
			for _, other := range slices.Concat(same[:i]...) {
				if mx.NameKey(s) == mx.NameKey(other) {
					t.Errorf("%q and %q have one key", s, other)
				}
			}
		}
	}
}
