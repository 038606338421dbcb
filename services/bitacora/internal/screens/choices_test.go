package screens_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// The console gives work to whom its form offers: a form that names somebody else was forged or is old. The API takes any subject, as only the
// identity provider knows who there is.
func TestAnOrderIsNotGivenToSomebodyWhomTheFormDoesNotOffer(t *testing.T) {
	w := newWorld(t)
	o := w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	path, api := "/ordenes/"+o, "/v1/work-orders/"+o
	w.Want(t, engineer, "POST", api+"/approve", map[string]any{})
	w.SignIn(t, "technician") // and is in the directory from then on; of which office an administrator says
	admin, person := w.SignIn(t, "admin"), "/personas/"+subjectOf("technician")+"/cambiar"
	sees(t, post(t, admin, admin.Get(person), person, "office", "baja-california-sur"), 200)
	b := w.SignIn(t, engineer)
	form := sees(t, b.Get(path+"/asignar"), 200, `value="yo:`+subjectOf("technician")+`"`)
	for _, forged := range []string{"yo:nobody", "yo:", "yo:" + subjectOf(director), "nobody", devissuer.DemoContractorA + "x"} {
		p := sees(t, post(t, b, form, path+"/asignar", "contractor_id", forged), 422, "Elija en la lista quién la atiende.", `<option value="">Elija una opción</option>`)
		lacks(t, p, "selected")
	}
	if doc := w.read(engineer, api); doc["state"] != "approved" || doc["technician_id"] != nil {
		t.Fatalf("%v", doc)
	}
	for _, p := range twice(t, b, form, path+"/asignar", "contractor_id", "yo:"+subjectOf("technician")) {
		sees(t, p, 200, "Orden asignada")
	}
	again := b.Get(path + "/reasignar")
	sees(t, post(t, b, again, path+"/reasignar", "contractor_id", "yo:"+subjectOf(planner), "note", "no puede"), 422, "Elija en la lista quién la atiende.", "no puede")
	w.Want(t, engineer, "POST", api+"/reassign", map[string]any{"technician_id": "whoever-the-provider-knows", "note": "no puede"})
}

// So it is with whatever the services take as it comes, or the form means by words of its own.
func TestWhatAFormDoesNotOfferIsNotSent(t *testing.T) {
	w := newWorld(t)
	b, admin := w.SignIn(t, "contracts"), w.SignIn(t, "admin")
	sees(t, post(t, b, b.Get("/contratos/nuevo"), "/contratos/nuevo", append(agreed("C-1"), "abierto", "quizá")...), 422, "Elija si es contrato abierto")
	sees(t, post(t, b, b.Get("/contratos/nuevo"), "/contratos/nuevo", append(agreed("C-1"), "cubre", "unit:BSIST000014")...), 422, "Elija dónde")
	path := w.signed(b, "C-1")
	appoint := path + "/designar"
	typed := []string{"lot", "1", "lugar", "nation", "from", w.today(0)}
	sees(t, post(t, admin, admin.Get(appoint), appoint, append(typed, "subject", "nobody")...), 422, "Elija a una persona de la lista")
	company := "/contratistas/" + devissuer.DemoContractorA + "/datos"
	sees(t, post(t, b, b.Get(company), company, "activa", "x", "name", "Otra", "rfc", ""), 422, "Elija si recibe órdenes nuevas")
	if doc := w.read("contracts", "/v1/contractors/"+devissuer.DemoContractorA); doc["active"] == false {
		t.Errorf("%v", doc)
	}
}

// A commitment that nobody estimated says that this is what is missing, and who can give it; whoever is not appointed is told that instead.
func TestACommitmentWithoutAnEstimateSaysWhatIsMissing(t *testing.T) {
	w := newWorld(t)
	o := w.given(w.asset("electrocardiograph", "I-7"), "No imprime")
	b, path := w.SignIn(t, "contracts"), "/ordenes/"+o+"/comprometer"
	lacks(t, sees(t, b.Get(path), 200, "No está designado para este gasto", "Sólo quien está designado"), "No corresponde al estado", "Falta estimar")
	contract := w.signed(b, "C-1")
	id := contract[strings.LastIndexByte(contract, '/')+1:]
	w.Want(t, "admin", "POST", "/v1/appointments", map[string]any{"subject": subjectOf("contracts"), "contract_id": id, "lot": 1, "places": []string{"nation"}, "from": w.today(-1)})
	sees(t, b.Get(path), 200, "Falta estimar el costo", "Nadie ha estimado cuánto cuesta el trabajo", "Lo estima ingeniería biomédica", "Ahora está: Asignada", "Estimar el costo")
	estimate := "/ordenes/" + o + "/estimar"
	stale := fields(t, b.Get(estimate), estimate)
	stale.Set("contract_id", id)
	sees(t, b.Post(path, stale), http.StatusConflict, "Falta estimar el costo", "Nadie ha estimado cuánto cuesta el trabajo")
	w.Want(t, engineer, "POST", "/v1/work-orders/"+o+"/estimate", map[string]any{"estimate": map[string]any{"amount_cents": 100_00, "currency": "MXN"}})
	form := sees(t, b.Get(path), 200, "Contrato que paga")
	p := sees(t, post(t, b, form, path, "contract_id", id, "lot", "1", "committed", "500"), http.StatusConflict, "Así no es posible", "Es más de lo estimado", `value="500"`)
	lacks(t, p, "Lo que hay ahora")
	sees(t, post(t, b, form, path, "contract_id", id, "lot", "1", "committed", "100"), 200, "Dinero comprometido")
}

// A name that is taken is no change of somebody else's: the form comes back, and says so beside the field.
func TestANameThatIsTakenIsSaidBesideItsField(t *testing.T) {
	w := newWorld(t)
	b, path := w.SignIn(t, director), "/unidad/"+demo.SantaRosalia+"/area"
	form := b.Get(path)
	p := sees(t, post(t, b, form, path, "name", "consulta  EXTERNA"), http.StatusConflict, "Ya está registrado", "Ahí ya hay un área con ese nombre", `id="name-error"`, `value="consulta  EXTERNA"`)
	lacks(t, p, "Alguien más", "Lo que hay ahora", "Escriba cómo se llama")
	sees(t, post(t, b, p, path, "name", "Quirófano 2"), 200, "Área registrada")
	admin := w.SignIn(t, "admin")
	sees(t, post(t, admin, admin.Get("/unidad/nuevo"), "/unidad/nuevo", "clues", demo.SantaRosalia, "name", "Otra"), http.StatusConflict, "Ya está registrado", "Ya hay otro con esa clave", `id="clues-error"`)
}

// Who came too late is told whether it was his own other window or somebody else; whom the directory does not name to him is not named.
func TestWhoChangedSomethingIsToldAsFarAsItIsKnown(t *testing.T) {
	w := newWorld(t)
	o := w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	path := "/ordenes/" + o + "/prioridad"
	b := w.SignIn(t, engineer)
	set := func(user, priority string) {
		w.Want(t, user, "POST", "/v1/work-orders/"+o+"/set-priority", map[string]any{"priority": priority, "note": "x"})
	}
	late := func(change ...string) localtest.Shown {
		form := b.Get(path)
		for i := 0; i < len(change); i += 2 {
			set(change[i], change[i+1])
		}
		return sees(t, post(t, b, form, path, "priority", "urgent", "note", "no hay otro"), http.StatusPreconditionFailed, "Lo que usted escribió")
	}
	lacks(t, sees(t, late(engineer, "low"), http.StatusPreconditionFailed, "Usted ya cambió esto en otra ventana"), "Alguien más", "Lo cambió")
	lacks(t, sees(t, late(office, "medium"), http.StatusPreconditionFailed, "Alguien más cambió esto"), "Usted ya", subjectOf(office))
	sees(t, late(office, "low", engineer, "medium"), http.StatusPreconditionFailed, "Usted y alguien más cambiaron esto")
	w.SignIn(t, office)
	admin, person := w.SignIn(t, "admin"), "/personas/"+subjectOf(office)+"/cambiar"
	sees(t, post(t, admin, admin.Get(person), person, "name", "Ana Ruiz <b>"), 200)
	sees(t, late(office, "low"), http.StatusPreconditionFailed, "Alguien más cambió esto", "Lo cambió: Ana Ruiz <b>")
	form := b.Get(path)
	w.Want(t, engineer, "POST", "/v1/work-orders/"+o+"/decline", map[string]any{"note": "duplicada"})
	p := post(t, b, form, path, "priority", "urgent", "note", "x")
	lacks(t, sees(t, p, p.StatusCode, "Declinada"), "Alguien más", "alguien más")
}

// wayOn is the one button of a page that leads on.
var wayOn = regexp.MustCompile(`<a role="button" href="([^"]*)"`)

// A form that met no session is shown as it was written, and where it cannot be sent any more, beside what is there now.
func TestAFormThatMetNoSessionIsShownWithItsFields(t *testing.T) {
	w := newWorld(t)
	o := w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	path, b := "/ordenes/"+o+"/prioridad", w.SignIn(t, engineer)
	kept := func() localtest.Shown {
		form := b.Get(path)
		sees(t, b.Post("/salir", fields(t, b.Get("/quien-soy"), "/salir")), 200)
		p := sees(t, post(t, b, form, path, "priority", "urgent", "note", evil), http.StatusUnauthorized, "lo que escribió está guardado")
		return b.Send(b.Get(html.UnescapeString(wayOn.FindStringSubmatch(p.Text)[1])), "user", engineer)
	}
	p := sees(t, kept(), 200, "Lo que escribió sigue aquí", "Cambiar la prioridad", "¿Por qué?", `value="urgent" checked`, "عربي")
	lacks(t, p, "Enviar lo que escribí")
	if strings.Contains(p.Text, "<script>alert") {
		t.Error("what was typed is markup")
	}
	sees(t, post(t, b, p, path, "priority", "urgent", "note", "no hay otro"), 200, "Prioridad cambiada")
	sees(t, b.Get(p.Request.URL.RequestURI()), 200, "Lo que escribió ya se envió")
	p = kept()
	w.Want(t, engineer, "POST", "/v1/work-orders/"+o+"/decline", map[string]any{"note": "duplicada"})
	sees(t, b.Get(p.Request.URL.RequestURI()), 200, "Lo que escribió sigue aquí", "Esto no es posible ahora", "Lo que usted escribió", "Urgente", "Lo que hay ahora", "Declinada")
}

// What is written years after it happened is told with the day on which it was written, not in hours.
func TestWhatWasWrittenYearsLaterIsToldWithItsDay(t *testing.T) {
	w := newWorld(t)
	a := w.asset("electrocardiograph", "I-7")
	w.Want(t, engineer, "POST", "/v1/assets/"+a+"/report-functioning", map[string]any{"value": "not_working", "occurred_at": "2020-01-01T10:00:00Z"})
	p := sees(t, w.SignIn(t, engineer).Get("/equipos/"+a), 200, "se escribió el ", fmt.Sprint(time.Now().Year()))
	lacks(t, p, " d 1", "después")
}
