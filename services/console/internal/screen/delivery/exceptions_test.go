package delivery

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Whatever is typed, what is sent adds up line by line, or the form says what is wrong; and what was typed comes back as it was.
func TestWhatIsSentAddsUp(t *testing.T) {
	clock := ui.Clock{Now: time.Date(2026, 11, 27, 17, 0, 0, 0, time.UTC), Zone: time.UTC}
	rapid.Check(t, func(rt *rapid.T) {
		var d record.Delivery
		for i := range rapid.IntRange(1, 4).Draw(rt, "lines") {
			d.Lines = append(d.Lines, record.Line{Line: i + 1, Description: "x", Dispatched: rapid.IntRange(1, 9).Draw(rt, "dispatched")})
		}
		q := url.Values{}
		for range rapid.IntRange(0, 6).Draw(rt, "exceptions") {
			at := fmt.Sprintf("%d.%d.", rapid.IntRange(0, 5).Draw(rt, "line"), rapid.IntRange(0, 2).Draw(rt, "n"))
			q.Set(at+"reason", rapid.SampledFrom([]string{"surplus", "", "surplus:x", "rejected:damaged", "nonsense", "missing:"}).Draw(rt, "reason"))
			q.Set(at+"quantity", rapid.SampledFrom([]string{"1", "2", "9", "0", "-3", "dos", "", "99999999999999999999"}).Draw(rt, "quantity"))
		}
		all := read(q, d, clock)
		again := read(carry(all), d, clock)
		if len(again) != len(all) {
			rt.Fatalf("%v became %v", all, again)
		}
		if wrong := check(d, all, clock); len(wrong) > 0 {
			return
		}
		lines := confirmation(d, all)["lines"].([]map[string]any)
		for i, l := range lines {
			accounted, extra := l["accepted"].(int), 0
			if n, ok := l["surplus"].(int); ok {
				extra = n
			}
			for _, kind := range []string{"reservations", "rejections", "shortages"} {
				parts, _ := l[kind].([]map[string]any)
				for _, p := range parts {
					accounted += p["quantity"].(int)
				}
			}
			if l["accepted"].(int) < 0 || accounted != d.Lines[i].Dispatched+extra {
				rt.Fatalf("line %v of %d", l, d.Lines[i].Dispatched)
			}
		}
	})
}
