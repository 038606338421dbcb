package screens_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// A form that cannot be sent now says how things are and what is possible instead; to whom it never could be sent, it is one of the addresses that
// do not exist. Which of the two it is the services say (actions, not_now), of each form and everybody.
func TestAFormIsNotNowOrNever(t *testing.T) {
	w := newWorld(t)
	asset := w.asset("electrocardiograph", "I-450200-7777")
	order, d := w.given(asset, "No imprime"), w.delivery()
	forms := []struct {
		document, page string
		verbs          map[string]string
	}{
		{"/v1/work-orders/" + order, "/ordenes/" + order, map[string]string{"aprobar": "approve", "asignar": "assign", "pausar": "hold", "concluir": "complete", "conformidad": "accept", "verificar": "verify", "cancelar": "cancel",
			"declinar": "decline", "prioridad": "set_priority", "reasignar": "reassign", "comprometer": "commit", "devolver": "return", "enterado": "acknowledge"}},
		{"/v1/assets/" + asset, "/equipos/" + asset, map[string]string{"ficha": "change", "baja": "retire"}},
		{"/v1/deliveries/" + d, "/entregas/" + d, map[string]string{"revisar": "confirm", "control": "change", "cancelar": "cancel", "enviar": "dispatch", "llegada": "arrive"}},
	}
	seen := map[string]int{}
	for _, u := range devissuer.Users() {
		b := w.SignIn(t, u.Name)
		for _, f := range forms {
			a := w.Ask(t, u.Name, "GET", f.document, nil)
			if a.Status == http.StatusNotFound || a.Status == http.StatusForbidden {
				continue // that every address below it is none is TestAnothersPagesAreNotThere
			}
			var doc struct {
				Actions []string `json:"actions"`
				NotNow  []string `json:"not_now"`
			}
			if err := a.Decode(&doc); err != nil || doc.NotNow == nil {
				t.Fatalf("%s to %s: %v %s", f.document, u.Name, err, a)
			}
			aggregate := map[string]string{"/v1/work-orders/": "work_order.", "/v1/assets/": "asset.", "/v1/deliveries/": "delivery."}[f.document[:strings.LastIndexByte(f.document, '/')+1]]
			for verb, op := range f.verbs {
				p := b.Get(f.page + "/" + verb)
				switch id := aggregate + op; {
				case slices.Contains(doc.Actions, id):
					lacks(t, sees(t, p, 200), "Ver cómo está ahora")
					seen["now"]++
				case slices.Contains(doc.NotNow, id):
					sees(t, p, 200, "Ahora está:", "Ver cómo está ahora")
					seen["not now"]++
				default:
					sees(t, p, 404, "No encontramos esta página")
					seen["never"]++
				}
			}
		}
	}
	if t.Log(seen); seen["now"] < 10 || seen["not now"] < 10 || seen["never"] < 50 {
		t.Errorf("%v", seen)
	}
	sees(t, w.SignIn(t, engineer).Get("/ordenes/"+order+"/aprobar"), 200, "Ahora está: Asignada", "Ahora puede", "Reasignar la orden")
}

// Nobody is led into a form that he cannot send: who may make something the service decides, and the page of its form is there for them alone.
func TestAFormThatMakesSomethingIsThereForWhoeverMaySendIt(t *testing.T) {
	w := newWorld(t)
	for _, u := range devissuer.Users() {
		if u.Name == stranger || u.Name == "director-guerrero-negro" {
			continue // their units are not registered here
		}
		b := w.SignIn(t, u.Name)
		for page, operation := range map[string]string{"/reportar": "/v1/work-orders", "/reportes": "/v1/work-orders", "/entregas/nueva": "/v1/deliveries", "/equipos/nuevo": "/v1/assets", "/catalogo/nuevo": "/v1/equipment-types",
			"/contratos/nuevo": "/v1/contracts", "/contratistas/nueva": "/v1/contractors", "/programas/nuevo": "/v1/programs", "/unidad/nuevo": "/v1/units"} {
			status := b.Get(page).StatusCode
			may := w.Ask(t, u.Name, "POST", operation, map[string]any{}).Status != http.StatusForbidden
			elsewhere := page == "/catalogo/nuevo" && !strings.HasSuffix(u.Grants[0], "@nation") // the catalogue is the nation's: an office's engineer is refused by his place
			if want := map[bool]int{true: 200, false: 404}[may && !elsewhere]; status != want {
				t.Errorf("%s at %s: %d, and the service lets him: %v", u.Name, page, status, may)
			}
		}
	}
	for _, user := range []string{planner, "auditor", "admin", "contracts", contractor, "technician"} {
		b, asset := w.SignIn(t, user), w.asset("electrocardiograph", "I-"+user)
		for _, page := range []string{"/", "/equipos/" + asset} {
			if p := b.Get(page); strings.Contains(p.Text, `href="/reportar`) {
				t.Errorf("%s is led to report from %s", user, page)
			}
		}
		sees(t, b.Get(whatPath+"?asset_id="+asset), 404, "No encontramos esta página")
	}
	sees(t, w.SignIn(t, "office-sonora").Get("/reportar?unit_id=BSIST000014"), 404)
}

// The heading over what is wrong with a form says what is the case, and not that something is missing where nothing is.
func TestTheHeadingOfARefusedFormSaysWhatIsTheCase(t *testing.T) {
	w := newWorld(t)
	fridge := w.asset("vaccine_refrigerator", "I-1")
	reports, registers := w.SignIn(t, requester), w.SignIn(t, engineer)
	form := reports.Get(whatPath + "?asset_id=" + fridge)
	whole := []string{"complaint", "no enfría", "effect", "partial", "functioning", "limited"}
	const newAsset = "/equipos/nuevo"
	thing := registers.Get(newAsset + "?unit_id=" + demo.SantaRosalia)
	kind := []string{"type_id", w.kind("electrocardiograph"), "unit_id", demo.SantaRosalia}
	all := []string{"Falta un dato", "Faltan 2 datos", "Revise un dato", "Revise 2 datos", "Así no es posible", "Ya está registrado"}
	for _, c := range []struct {
		name, heading string
		shown         localtest.Shown
	}{
		{"nothing chosen", "Falta un dato", post(t, reports, form, whatPath, append(whole, "effect", "")...)},
		{"nothing but a control character", "Falta un dato", post(t, reports, form, whatPath, append(whole, "complaint", "\x00")...)},
		{"two are missing", "Faltan 2 datos", post(t, reports, form, whatPath, append(whole, "effect", "", "functioning", "")...)},
		{"an instant to come", "Revise un dato", post(t, reports, form, whatPath, append(whole, "occurred_at", w.today(2)+"T10:00")...)},
		{"one is missing and one is wrong", "Revise 2 datos", post(t, reports, form, whatPath, append(whole, "effect", "", "occurred_at", "mañana")...)},
		{"a tag that another has", "Ya está registrado", post(t, registers, thing, newAsset, append(kind, "inventory_tag", "i 1")...)},
		{"too long", "Revise un dato", post(t, registers, thing, newAsset, append(kind, "brand", strings.Repeat("x", 300))...)},
		{"no type", "Falta un dato", post(t, registers, thing, newAsset, "unit_id", demo.SantaRosalia, "type_id", "")},
	} {
		for _, heading := range all {
			if is := strings.Contains(c.shown.Text, "<h2>"+heading+"</h2>"); is != (heading == c.heading) {
				t.Errorf("%s: %q: %t: %s", c.name, heading, is, words(c.shown.Text))
			}
		}
	}
	path := "/equipos/" + fridge + "/ficha"
	sees(t, post(t, registers, registers.Get(path), path, "brand", strings.Repeat("ñ", 81)), 422, "Revise un dato", "admite hasta 80 caracteres, y lo escrito tiene 81")
}
