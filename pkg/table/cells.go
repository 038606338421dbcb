package table

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Unreadable returns why s cannot be what its author wrote, or nil: it has bytes that are no characters (bad-encoding), control characters
// (control-character), or letters that were decoded with the wrong encoding before they came here (mojibake).
func Unreadable(s string) *Refusal {
	switch {
	case !utf8.ValidString(s), strings.ContainsRune(s, utf8.RuneError):
		return &Refusal{Rule: "bad-encoding", Reason: "has characters that were lost on the way: save the file as CSV UTF-8 from where it came"}
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		return &Refusal{Rule: "control-character", Reason: "has control characters, which nobody can have typed"}
	}
	if meant, ok := mojibake(s); ok {
		return &Refusal{Rule: "mojibake", Reason: fmt.Sprintf("was read by the wrong table of characters before it came here: is %q meant?", meant)}
	}
	return nil
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
