//go:build browser

package browser_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// One word of 300 letters in whatever somebody may write, or in an address, makes no page wider than the window.
func TestOneLongWordMakesNoPageWide(t *testing.T) {
	h := newHouse(t)
	long := func(n int) string { return strings.Repeat("ñandú", n/5) }
	word := strings.Repeat("a", 300)
	asset := fmt.Sprint(h.Want(t, engineer, "POST", "/v1/assets", map[string]any{"unit_id": demo.SantaRosalia, "type_id": bed(t, h), "inventory_tag": strings.Repeat("I", 60), "serial_number": strings.Repeat("S", 80),
		"brand": long(80), "model": long(80), "functioning": "working", "use": "in_use"})["id"])
	order := fmt.Sprint(h.Want(t, requester, "POST", "/v1/work-orders", map[string]any{"unit_id": demo.SantaRosalia, "effect": "service_stopped", "complaint": long(300), "reported_functioning": "not_working",
		"target": map[string]any{"kind": "asset", "asset_id": asset}})["id"])
	h.Want(t, engineer, "POST", "/v1/work-orders/"+order+"/decline", map[string]any{"note": long(300)})
	d := fmt.Sprint(h.Want(t, office, "POST", "/v1/deliveries", map[string]any{"unit_id": demo.SantaRosalia, "delivery_note": strings.Repeat("N", 60),
		"lines": []any{map[string]any{"type_id": bed(t, h), "quantity": 1, "description": long(100)}}})["id"])
	b := chromium(t)
	for user, paths := range map[string][]string{
		requester: {"/", "/reportes?ver=terminados", "/ordenes/" + order, "/reportar?q=" + word, "/buscar?q=" + word},
		engineer:  {"/equipos?unit_id=" + word, "/equipos/" + asset, "/equipos", "/ordenes/" + order, "/historial", "/ordenes?unit_id=" + word, "/equipos/" + asset + "/ficha"},
		office:    {"/entregas/" + d, "/entregas", "/entregas?unit_id=" + word, "/programa?unit_id=" + word},
		"auditor": {"/historias?unit_id=" + word, "/historias", "/historia/ordenes/" + order, "/historia/equipos/" + asset},
		"admin":   {"/personas?" + url.Values{"q": {word}}.Encode()},
		planner:   {"/cifra/en-servicio?lugar=unit:" + word, "/unidad/" + word},
	} {
		for _, size := range []size{phone, desk} {
			p := b.arrive(t, h.URL, user, way{size: size})
			for i, path := range paths {
				p.open(path)
				if dir := os.Getenv("LOOK"); dir != "" {
					png := run(p, chromedp.CaptureScreenshot())
					_ = os.WriteFile(fmt.Sprintf("%s/%s-%d-%s.png", dir, user, i, size.name), png, 0o600)
				}
			}
		}
	}
}

func bed(t *testing.T, h *house) string {
	t.Helper()
	id, err := (demo.Setup{Client: h.Client, User: "admin"}).Type(t.Context(), "hospital_bed")
	if err != nil {
		t.Fatal(err)
	}
	return id
}
