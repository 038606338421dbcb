package mx_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"  SN-1\u200b ":      "SN-1",
		"e\u0301lite":        "élite",
		"a\a\x1bb":           "a b",
		"re\u202emisión  7 ": "remisión 7",
		"\u00a0 ":            "",
	} {
		if got := mx.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		once := mx.Clean(rapid.String().Draw(t, "text"))
		if twice := mx.Clean(once); twice != once {
			t.Errorf("%q becomes %q when cleaned again", once, twice)
		}
	})
}
