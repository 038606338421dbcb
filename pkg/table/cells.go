package table

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Unreadable says why a text cannot be what its author wrote, nil where it can: bytes that are no characters (bad-encoding), control
// characters (control-character), or text that was decoded by the wrong table before it came here (mojibake).
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

// mojibake is what a text was before its UTF-8 was taken for Windows-1252: the two bytes of an accented letter show as two characters then,
// the first of them Ã or Â, the second none that follows these in any word.
func mojibake(s string) (meant string, ok bool) {
	if !strings.ContainsAny(s, "ÃÂ") {
		return "", false
	}
	bytes, err := charmap.Windows1252.NewEncoder().String(s)
	return bytes, err == nil && utf8.ValidString(bytes)
}
