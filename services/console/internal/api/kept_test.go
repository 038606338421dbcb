package api_test

import (
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
)

// A kept name is used for a while, and never one that is older, of another clock, or of a type that was not there.
func TestKeptNamesAreUsedForAWhile(t *testing.T) {
	read := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	k := &api.Kept{}
	names := map[string]string{"hospital_bed": "Cama de hospital"}
	k.KeepTypeNames(names, read)
	names["hospital_bed"] = "Otra"
	for _, c := range []struct {
		key   string
		after time.Duration
		known bool
	}{{"hospital_bed", 0, true}, {"hospital_bed", 30 * time.Second, true}, {"hospital_bed", 31 * time.Second, false}, {"hospital_bed", -time.Second, false}, {"ventilator", 0, false}} {
		name, known := k.TypeName(c.key, read.Add(c.after))
		if known != c.known || known && name != "Cama de hospital" {
			t.Errorf("%s after %s: %q, %v", c.key, c.after, name, known)
		}
	}
	var none *api.Kept
	none.KeepTypeNames(names, read)
	if _, known := none.TypeName("hospital_bed", read); known {
		t.Error("a nil Kept keeps names")
	}
}
