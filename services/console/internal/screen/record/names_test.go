package record

import (
	"strings"
	"testing"
)

// TestAnOrderOnAUnitIsCalledByItsWork, as whoever asked for it wrote it, inert and short: not by the word for where it is.
func TestAnOrderOnAUnitIsCalledByItsWork(t *testing.T) {
	for complaint, want := range map[string]string{
		"Mantenimiento preventivo: Aire acondicionado": "Mantenimiento preventivo: Aire acondicionado",
		"  Pintura\n de   fachada ":                    "Pintura de fachada",
		strings.Repeat("palabra ", 40):                 strings.TrimSpace(strings.Repeat("palabra ", 10)) + "…",
	} {
		if got := work(Order{Complaint: complaint, Type: "preventive"}); got != want {
			t.Errorf("%q: %q, want %q", complaint, got, want)
		}
	}
	if got := work(Order{Type: "preventive"}); got != Label("order_type", "preventive") {
		t.Errorf("without words: %q", got)
	}
}
