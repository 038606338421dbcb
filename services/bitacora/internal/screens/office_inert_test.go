package screens_test

import (
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// What is typed into an office's forms comes back as text and nothing else, and so does what was saved of it, to whoever reads it.
func TestWhatIsTypedIntoTheOfficesFormsIsInert(t *testing.T) {
	w := newWorld(t)
	w.kind("hospital_bed")
	const evil = `</textarea><script>alert(1)</script><img src=x onerror=alert(2)> "'>{{1}} ` + "\u202eoipac\u2066\u200f"
	line := w.planned(w.programme(), evil, 0, 1)
	admin := w.SignIn(t, "contracts")
	company := sees(t, post(t, admin, admin.Get("/contratistas/nueva"), "/contratistas/nueva", "name", evil, "giro", "works"), 200, "Empresa registrada").Request.URL.Path
	contract := sees(t, post(t, admin, admin.Get("/contratos/nuevo"), "/contratos/nuevo", append(agreed("C-1"), "name", evil, "law", evil)...), 200, "Contrato registrado").Request.URL.Path
	programme := sees(t, post(t, admin, admin.Get("/programas/nuevo"), "/programas/nuevo", "name", evil, "fiscal_year", "2026"), 200, "Programa registrado").Request.URL.Path
	inert := func(path, text string) {
		t.Helper()
		for _, bad := range []string{"<script>alert", "<img src=x", "\u202e", "\u2066", "\u200f", "</textarea><script>"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: %q is in the page", path, bad)
			}
		}
	}
	b := w.SignIn(t, office)
	for _, path := range []string{"/programa", "/programa/" + line, "/programa/" + line + "/orden", "/programa?unit_id=%3Cscript%3Ealert(1)%3C/script%3E&que=%3Cscript%3Ealert(1)%3C/script%3E", "/programa/planear?q=%3Cscript%3Ealert(1)%3C/script%3E",
		"/programas", programme, company, "/contratistas", contract, "/contratos"} {
		inert(path, sees(t, b.Get(path), 200).Text)
	}
	for _, path := range []string{contract + "/cambiar", contract + "/convenio", company + "/datos", programme + "/cambiar"} {
		inert(path, sees(t, admin.Get(path), 200).Text)
	}
	form := b.Get(newDelivery + "?unit_id=" + demo.SantaRosalia)
	inert(newDelivery, sees(t, post(t, b, form, newDelivery, "delivery_note", evil, "lines.0.type", evil, "lines.0.description", evil, "lines.0.unit_price", evil, "lines.0.tracking", evil, "lines.0.funding", evil), 422, "Partida 1").Text)
}
