package act_test

import (
	"testing"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
)

func TestAnAmountIsReadAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]int64{"12500": 1250000, "12,500.50": 1250050, "$ 12,500.5": 1250050, "0.01": 1, "9999999999999": 999999999999900} {
		if got, ok := act.Cents(text); !ok || got != want {
			t.Errorf("%q: %d %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "-5", "doce", "1.005", "1.2.3", "12e3", "99999999999999", ".", "1.-5", "١٢"} {
		if got, ok := act.Cents(text); ok {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
}
