package screens_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// What was accepted with a reservation waits for the director when it is about to be due, and for nobody else.
func TestAReservationAboutToBeDueWaitsForTheDirector(t *testing.T) {
	w := newWorld(t)
	d := w.delivery()
	b := w.SignIn(t, director)
	w.Want(t, director, "POST", "/v1/deliveries/"+d+"/confirm", map[string]any{"lines": []any{
		map[string]any{"line": 1, "accepted": 3, "reservations": []any{map[string]any{"reason": "no_manual", "quantity": 2, "due_on": w.today(3)}, map[string]any{"reason": "no_training", "quantity": 1, "due_on": w.today(60)}}},
		map[string]any{"line": 2, "accepted": 4}}})
	home := eventually(t, b, "/", "Reservas 1") // beside the things that were born of it
	sees(t, home, 200, "Reserva por vencer: 2 × cama", "sin manual", "Entrega confirmada hoy", "vence", `href="/entregas/`+d+`"`)
	lacks(t, home, "capacitación")
	sees(t, b.Get("/?ver=reservas"), 200, "Reserva por vencer")
	for _, user := range []string{requester, stranger, contractor, planner} {
		lacks(t, w.SignIn(t, user).Get("/"), "Reserva")
	}
}

// inOrder fails unless a page shows these texts, each behind the one before.
func inOrder(t *testing.T, p localtest.Shown, texts ...string) {
	t.Helper()
	said, at := words(p.Text), 0
	for _, text := range texts {
		i := strings.Index(said[at:], text)
		if i < 0 {
			t.Fatalf("%s does not show %q in its place (%q):\n%s", p.Request.URL, text, texts, said)
		}
		at += i + len(text)
	}
}

// A list stands by the instant that its rows show, and says in words in which order it is: a report that went on since does not stand before a later one.
func TestAListStandsByTheInstantThatItsRowsShow(t *testing.T) {
	w := newWorld(t)
	first := w.given(w.asset("electrocardiograph", "I-7"), "Se pidió antes")
	w.order(w.asset("electrocardiograph", "I-8"), "Se pidió después")
	w.Want(t, contractor, "POST", "/v1/work-orders/"+first+"/acknowledge", map[string]any{})
	b := w.SignIn(t, requester)
	for _, path := range []string{"/", "/reportes"} {
		inOrder(t, sees(t, b.Get(path), 200), "Primero", "Se pidió después", "hoy", "Se pidió antes", "hoy")
	}
	inOrder(t, w.SignIn(t, engineer).Get("/ordenes"), "Primero la que se pidió después.", "Se pidió después", "Se pidió antes")
	inOrder(t, w.SignIn(t, "auditor").Get("/historias"), "Primero lo más reciente.", "Se pidió después", "Solicitada hoy", "Se pidió antes", "Solicitada hoy")
	w.delivery()
	inOrder(t, w.SignIn(t, office).Get("/entregas"), "Preparada hoy")
}

// Orders that wait for money stand by their priority, then by their age, and say so; their number leads to all of them.
func TestAContractsOrdersToAssignStandByUrgency(t *testing.T) {
	w := newWorld(t)
	for _, o := range []struct{ complaint, effect string }{{"Puede esperar", "none"}, {"Corre riesgo", "patient_risk"}, {"Ésta también", "none"}} {
		id := fmt.Sprint(w.Want(t, requester, "POST", "/v1/work-orders", map[string]any{"unit_id": demo.SantaRosalia, "effect": o.effect, "complaint": o.complaint, "target": map[string]any{"kind": "unit"}})["id"])
		w.Want(t, engineer, "POST", "/v1/work-orders/"+id+"/approve", map[string]any{})
	}
	b := w.SignIn(t, "contracts")
	p := sees(t, b.Get("/contratos/"+w.contract(50_000_00)), 200, "3 órdenes por asignar", `href="/por-revisar?state=approved"`)
	inOrder(t, p, "Primero las urgentes", "Corre riesgo", "Solicitada hoy", "Puede esperar", "Ésta también")
	inOrder(t, b.Get("/por-revisar?state=approved"), "3 órdenes por asignar", "Primero las urgentes", "Corre riesgo", "Puede esperar", "Ésta también")
}

// Nobody has surveyed theatres yet: that is said in words, and is not 0.
func TestTheatresThatNobodySurveyedAreNotZero(t *testing.T) {
	w := newWorld(t)
	sees(t, eventually(t, w.SignIn(t, director), "/", "Quirófanos utilizables"), 200, "Sin levantar", "1 quirófano en el registro")
	lacks(t, w.SignIn(t, requester).Get("/"), "Quirófanos")
}

// contract is one of contractor A's of so much a year, in which the contracts' administrator may commit.
func (w *world) contract(cents int) string {
	w.t.Helper()
	var lots []any
	for y := -1; y <= 1; y++ { // whatever year the test runs in, or ends in
		lots = append(lots, map[string]any{"fiscal_year": time.Now().Year() + y, "lot": 1, "max_amount": map[string]any{"amount_cents": cents, "currency": "MXN"}})
	}
	return fmt.Sprint(w.Want(w.t, "contracts", "POST", "/v1/contracts", map[string]any{"number": fmt.Sprint("CNM-", cents), "name": "Contrato Nacional de Mantenimiento", "kind": "maintenance", "contractor_id": devissuer.DemoContractorA,
		"legal_regime": "lopsrm", "law": "Ley de Obras Públicas", "valid_from": "2020-01-01", "valid_to": "2099-12-31", "coverage": map[string]any{"nation": true}, "lots": lots})["id"])
}

// Whoever gives orders to contractors sees in the list which of them the money that is left pays for: the API says so.
func TestAnOrderToAssignSaysWhetherItFitsWhatIsLeft(t *testing.T) {
	w := newWorld(t)
	asset := w.asset("electrocardiograph", "I-7")
	for complaint, cents := range map[string]int{"Cabe esta": 40_000_00, "Ya no cabe": 90_000_00, "Sin número": 0} {
		o := w.order(asset, complaint)
		w.Want(t, engineer, "POST", "/v1/work-orders/"+o+"/approve", map[string]any{})
		if cents > 0 {
			w.Want(t, engineer, "POST", "/v1/work-orders/"+o+"/estimate", map[string]any{"estimate": map[string]any{"amount_cents": cents, "currency": "MXN"}})
		}
	}
	for _, user := range []string{"contracts", office} {
		sees(t, w.SignIn(t, user).Get("/"), 200, "Asignar: electrocardiógrafo", "Ningún contrato la cubre", "Sin estimar")
	}
	w.contract(50_000_00)
	for _, user := range []string{"contracts", office} {
		p := sees(t, w.SignIn(t, user).Get("/"), 200, "Cabe en 20", "No cabe en 20", "Faltan $40,000.00: quedan $50,000.00", "Estimada en $40,000.00", "Sin estimar")
		lacks(t, p, "Ningún contrato")
	}
	for _, user := range []string{engineer, contractor, requester, stranger, planner} {
		lacks(t, w.SignIn(t, user).Get("/"), "Cabe en", "No cabe", "$50,000.00")
	}
}

// What a decision sets off is said before it is sent.
func TestTriageSaysWhatFollowsBeforeItIsSent(t *testing.T) {
	w := newWorld(t)
	o := w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	b, path := w.SignIn(t, engineer), "/ordenes/"+o
	p := sees(t, b.Get(path), 200, "Aprobar la solicitud", "La unidad verá que se aprobó", "No compromete dinero")
	sees(t, b.Get(path+"/declinar"), 200, "La solicitud termina aquí y no se retoma", "verá el motivo")
	sees(t, post(t, b, p, path+"/aprobar"), 200, "Solicitud aprobada")
	sees(t, b.Get(path+"/asignar"), 200, "la recibe en su lista de hoy", "la unidad ve quién la tiene")
	if doc := w.read(engineer, "/v1/work-orders/"+o); doc["state"] != "approved" {
		t.Errorf("looking at the form changed it: %v", doc["state"])
	}
}

// An engineer's units begin with the one that has the smallest share in service; another office's are not there.
func TestAnEngineersUnitsBeginWithWhatHurtsMost(t *testing.T) {
	w := newWorld(t)
	if _, err := w.setup.Unit(t.Context(), "BSIST000026"); err != nil {
		t.Fatal(err)
	}
	w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	b := w.SignIn(t, engineer)
	p := eventually(t, b, "/", "0 de 1")
	sees(t, p, 200, "Mis unidades, por lo que más duele", `href="/unidad/`+demo.SantaRosalia+`"`, "Ver todas mis unidades")
	text := words(p.Text)
	if hurts, other := strings.LastIndex(text, "Santa Rosalía"), strings.LastIndex(text, "Vizcaíno"); hurts < 0 || other < hurts {
		t.Errorf("the order is another one: %s", text)
	}
	lacks(t, w.SignIn(t, "engineer-sonora").Get("/"), "Santa Rosalía", "Vizcaíno")
	if a := w.Ask(t, "engineer-sonora", http.MethodGet, "/v1/status/units?ids="+demo.SantaRosalia+",BSIST000026", nil); strings.Contains(string(a.Body), "Rosal") {
		t.Errorf("%s", a.Body)
	}
}
