package screens_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
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
					lacks(t, sees(t, p, 200), "Esto no es posible ahora")
					seen["now"]++
				case slices.Contains(doc.NotNow, id):
					sees(t, p, 200, "Esto no es posible ahora", "Ahora está:", "Ver cómo está ahora")
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
