package screens_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

func subjectOf(user string) string { return devissuer.Subject(user) }

// marks are those of a request, which are another one each time.
var marks = regexp.MustCompile(`value="[^"]*"`)

// What is another's and what does not exist are one page, word for word, on every address of a document, read or sent.
func TestAnothersPagesAreNotThere(t *testing.T) {
	w := newWorld(t)
	asset := w.asset("electrocardiograph", "I-450200-7777")
	order, d := w.given(asset, "secreto de la unidad"), w.delivery()
	const nobody = "01941f29-7c00-7000-8000-00000000dead"
	at := []struct{ base, id string }{{"/ordenes/", order}, {"/equipos/", asset}, {"/entregas/", d}}
	verbs := map[string][]string{"/ordenes/": {"", "/aprobar", "/pausar", "/conformidad", "/cancelar"}, "/equipos/": {"", "/ficha", "/baja"}, "/entregas/": {"", "/revisar", "/cancelar", "/control"}}
	for _, user := range []string{stranger, other, "engineer-sonora", "office-sonora", "planner-sonora", "technician", "director-guerrero-negro"} {
		b := w.SignIn(t, user)
		for _, doc := range at {
			for _, verb := range verbs[doc.base] {
				there, nowhere := b.Get(doc.base+doc.id+verb), b.Get(doc.base+nobody+verb)
				if there.StatusCode != http.StatusNotFound || !strings.Contains(there.Text, "No encontramos esta página") || marks.ReplaceAllString(there.Text, "") != marks.ReplaceAllString(nowhere.Text, "") {
					t.Errorf("%s at %s: %d\n%s", user, doc.base+doc.id+verb, there.StatusCode, words(there.Text))
				}
			}
		}
		for _, list := range []string{"/", "/ordenes", "/equipos", "/entregas", "/por-revisar", "/reportes", "/historial", "/ordenes?unit_id=" + demo.SantaRosalia, "/equipos?unit_id=" + demo.SantaRosalia, "/reportar?unit_id=" + demo.SantaRosalia, "/unidad/" + demo.SantaRosalia,
			"/cifra/en-servicio?lugar=unit:" + demo.SantaRosalia, "/oficina/baja-california-sur"} {
			p := b.Get(list)
			for _, secret := range []string{order, asset, d, "secreto", "I-450200-7777"} {
				if strings.Contains(p.Text, secret) {
					t.Errorf("%s sees %s at %s", user, secret, list)
				}
			}
		}
	}
}

// Buttons come from what the answer allows, and from nothing else.
func TestNobodyIsOfferedWhatIsNotHis(t *testing.T) {
	w := newWorld(t)
	asset := w.asset("electrocardiograph", "I-450200-7777")
	order, d := w.given(asset, "No imprime"), w.delivery()
	for user, lacking := range map[string][]string{
		requester: {"Ya estoy enterado", "Cancelar la orden", "Cambiar la ficha", "Revisar antes de confirmar"},
		planner:   {"Ya estoy enterado", "Cancelar la orden", "Cambiar la ficha", "Revisar antes de confirmar", "Reportar una falla"},
		"auditor": {"Ya estoy enterado", "Cancelar la orden", "Cambiar la ficha", "Revisar antes de confirmar", "Reportar una falla"},
		office:    {"Ya estoy enterado", "Revisar antes de confirmar", "Dar conformidad"},
		engineer:  {"Revisar antes de confirmar", "Dar conformidad"},
	} {
		b := w.SignIn(t, user)
		for _, path := range []string{"/ordenes/" + order, "/equipos/" + asset, "/entregas/" + d} {
			lacks(t, sees(t, b.Get(path), 200), lacking...)
		}
	}
	b := w.SignIn(t, requester)
	sees(t, b.Get("/ordenes/"+order+"/cancelar"), 404, "No encontramos esta página")
}

// Whatever somebody writes is text and nothing else on every page that shows it: no element, no turned direction.
func TestWhatPeopleWriteIsInert(t *testing.T) {
	w := newWorld(t)
	const evil = `</textarea><script>alert(1)</script><img src=x onerror=alert(2)> "'>{{1}} ` + "\u202eoipac\u2066\u200f"
	asset := w.asset("electrocardiograph", "I-450200-7777")
	order := w.given(asset, evil)
	w.Want(t, contractor, "POST", "/v1/work-orders/"+order+"/acknowledge", map[string]any{"note": evil})
	d := w.Want(t, office, "POST", "/v1/deliveries", map[string]any{"unit_id": demo.SantaRosalia, "delivery_note": "R<b>1", "lines": []any{map[string]any{"type_id": w.kind("hospital_bed"), "quantity": 1, "description": evil}}})["id"].(string)
	w.Want(t, office, "POST", "/v1/deliveries/"+d+"/dispatch", map[string]any{})
	for user, paths := range map[string][]string{
		requester:  {"/", "/reportes", "/ordenes/" + order},
		director:   {"/", "/entregas", "/entregas/" + d, "/entregas/" + d + "/revisar", "/entregas/" + d + "?1.0.reason=" + "%3Cscript%3Ealert(1)%3C/script%3E" + "&1.0.quantity=%22%3E%3Cscript%3E"},
		engineer:   {"/", "/por-revisar", "/ordenes", "/equipos/" + asset, "/ordenes/" + order, "/reportar?unit_id=" + demo.SantaRosalia + "&q=%3Cscript%3Ealert(1)%3C/script%3E"},
		contractor: {"/", "/ordenes/" + order},
	} {
		b := w.SignIn(t, user)
		for _, path := range paths {
			p := sees(t, b.Get(path), 200)
			for _, bad := range []string{"<script>alert", "<img src=x", "\u202e", "\u2066", "\u200f", "</textarea><script>"} {
				if strings.Contains(p.Text, bad) {
					t.Errorf("%s at %s: %q is in the page", user, path, bad)
				}
			}
		}
	}
	b := w.SignIn(t, requester)
	form := b.Get(whatPath + "?asset_id=" + asset)
	p := post(t, b, form, whatPath, "complaint", evil, "effect", "<script>alert(3)</script>")
	if p.StatusCode != http.StatusUnprocessableEntity || strings.Contains(p.Text, "<script>alert") {
		t.Errorf("%d\n%s", p.StatusCode, p.Text)
	}
}
