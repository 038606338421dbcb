package screens_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
)

// One filled button, the next step; each leads to the one behind it.
func TestAContractorGoesThroughAnOrderStepByStep(t *testing.T) {
	w := newWorld(t)
	o := w.given(w.asset("electrocardiograph", "I-7"), "No imprime")
	b, path := w.SignIn(t, contractor), "/ordenes/"+o
	sees(t, b.Get("/"), 200, "1 orden por atender", "Clínica Hospital Santa Rosalía", "No imprime", `href="`+path+`"`)
	p := b.Get(path)
	for _, step := range []struct{ verb, button, done string }{
		{"enterado", "Ya estoy enterado", "Quedó registrado que está enterado"},
		{"llegada", "Ya llegué a la unidad", "Llegada registrada"},
		{"iniciar", "Iniciar el trabajo", "Trabajo iniciado"},
	} {
		sees(t, p, 200, step.button)
		if n := strings.Count(p.Text, "step-now"); n != 1 {
			t.Errorf("%d next steps before %s", n, step.verb)
		}
		p = sees(t, post(t, b, p, path+"/"+step.verb), 200, step.done)
	}
	sees(t, b.Get(path+"/pausar"), 200, "Motivo", "En espera de refacciones")
	p = sees(t, post(t, b, p, path+"/pausar", "reason", "awaiting_parts", "note", "falta el rodillo"), 200, "Orden en pausa", "falta el rodillo", "Reanudar el trabajo")
	p = sees(t, post(t, b, p, path+"/reanudar"), 200, "Ya funciona", `href="`+path+`/concluir"`) // what cannot be repaired is concluded all the same
	p = sees(t, post(t, b, p, path+"/restablecer"), 200, "Concluir el trabajo")
	form := sees(t, b.Get(path+"/concluir"), 200, "¿Qué se hizo?")
	for _, p := range twice(t, b, form, path+"/concluir", "note", "Se cambió el rodillo", "outcome", "full") {
		sees(t, p, 200, "Trabajo concluido", "Se cambió el rodillo")
	}
	lacks(t, b.Get(path), "step-now")
	_ = p

	d := w.SignIn(t, director)
	sees(t, d.Get("/"), 200, "Dar conformidad: electrocardiógrafo")
	form = sees(t, d.Get(path+"/devolver"), 200, "¿Por qué?")
	sees(t, post(t, d, form, path+"/devolver", "note", "  "), 422, "Escriba por qué. Con una frase basta.")
	sees(t, post(t, d, form, path+"/devolver", "note", "Sigue sin imprimir"), 200, "Trabajo devuelto", "Devuelta", "Sigue sin imprimir")
	sees(t, b.Get(path), 200, "Iniciar el trabajo", "Sigue sin imprimir")
}

func TestAnEngineerReviewsARequest(t *testing.T) {
	w := newWorld(t)
	o := w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	b, path := w.SignIn(t, engineer), "/ordenes/"+o
	sees(t, b.Get("/por-revisar"), 200, "1 solicitud por revisar o asignar", "No imprime", "Clínica Hospital Santa Rosalía", "Servicio detenido")
	p := sees(t, b.Get(path), 200, "Aprobar la solicitud", "Declinar la solicitud", "Cambiar la prioridad")
	lacks(t, p, "Dar conformidad", "Ya llegué")
	sees(t, post(t, b, b.Get(path+"/prioridad"), path+"/prioridad", "priority", "urgent", "note", ""), 422, "Escriba por qué")
	sees(t, post(t, b, p, path+"/aprobar"), 200, "Solicitud aprobada", "Asignar la orden")
	form := sees(t, b.Get(path+"/asignar"), 200, "Contratista A (demostración)", "Yo, trabajo propio")
	sees(t, post(t, b, form, path+"/asignar"), 422, "Elija en la lista quién la atiende.")
	sees(t, post(t, b, form, path+"/asignar", "contractor_id", "yo:"+subjectOf(engineer)), 200, "Orden asignada", "Ya estoy enterado")
	sees(t, b.Get(path+"/aprobar"), 200, "Esto no es posible ahora", "Asignada")
}

// Two people at one order: who comes second is shown both sides, and nothing is done twice.
func TestAFormIsNotShownToWhoSendsWhatIsNotOffered(t *testing.T) {
	w := newWorld(t)
	path := "/ordenes/" + w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	b := w.SignIn(t, requester)
	form := sees(t, b.Get("/quien-soy/datos"), 200)
	lacks(t, b.Post(path+"/asignar", fields(t, form, "/quien-soy/datos")), "Contratista A", "¿Quién la atiende?")
}

func TestAStaleStepShowsBothSides(t *testing.T) {
	w := newWorld(t)
	o := w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	path := "/ordenes/" + o
	b := w.SignIn(t, engineer)
	form := b.Get(path + "/prioridad")
	w.Want(t, engineer, "POST", "/v1/work-orders/"+o+"/set-priority", map[string]any{"priority": "low", "note": "hay otro"})
	p := sees(t, post(t, b, form, path+"/prioridad", "priority", "urgent", "note", "no hay otro"), http.StatusPreconditionFailed, "Usted ya cambió esto en otra ventana", "Lo que usted escribió", "Lo que hay ahora", "no hay otro", "Urgente", "Baja", "Lo mío")
	edit := sees(t, post(t, b, p, path+"/prioridad", "keep", "edit"), 200, "no hay otro", "Cambiar la prioridad")
	if !strings.Contains(edit.Text, `value="urgent" checked`) {
		t.Error("what was chosen is lost")
	}
	sees(t, post(t, b, p, path+"/prioridad", "keep", "mine"), 200, "Prioridad cambiada", "Urgente")
	gone := b.Get(path + "/prioridad")
	w.Want(t, engineer, "POST", "/v1/work-orders/"+o+"/decline", map[string]any{"note": "duplicada"})
	p = post(t, b, gone, path+"/prioridad", "priority", "low", "note", "ya no")
	if p.StatusCode != http.StatusPreconditionFailed && p.StatusCode != http.StatusConflict {
		t.Fatalf("%d %s", p.StatusCode, words(p.Text))
	}
	sees(t, p, p.StatusCode, "Declinada", "Lo que hay ahora")
	lacks(t, p, "Lo mío", "Volver al formulario")
}

func TestAnAssetsSheetChangesAndAStaleOneShowsBothSides(t *testing.T) {
	w := newWorld(t)
	a, rival := w.asset("electrocardiograph", "I-7"), w.asset("electrocardiograph", "I-8")
	b, path := w.SignIn(t, engineer), "/equipos/"+a
	sees(t, b.Get(path), 200, "Electrocardiógrafo", "En servicio", "Funcionamiento", "Alta en la unidad", "Cambiar la ficha")
	form, tab := b.Get(path+"/ficha"), b.Get(path+"/ficha")
	sees(t, post(t, b, form, path+"/ficha", "inventory_tag", "I-7", "brand", "Cardio <b>MX</b>", "serial_number", "EC-1", "model", "", "area_id", w.area("Consulta externa")), 200, "Ficha guardada", "Cardio <b>MX</b>")
	sees(t, post(t, b, form, path+"/ficha", "inventory_tag", "I-7", "brand", "Otra más", "serial_number", "", "model", ""), 422, "Este formulario ya se había enviado")
	stale := sees(t, post(t, b, tab, path+"/ficha", "inventory_tag", "I-7", "brand", "Otra", "serial_number", "EC-2", "model", "", "area_id", w.area("Consulta externa")), http.StatusPreconditionFailed,
		"Usted ya cambió esto en otra ventana", "Otra", "EC-2", "EC-1")
	sees(t, post(t, b, stale, path+"/ficha", "keep", "mine"), 200, "Ficha guardada", "Otra", "EC-2")
	taken := post(t, b, b.Get("/equipos/"+rival+"/ficha"), "/equipos/"+rival+"/ficha", "inventory_tag", "i 7", "brand", "", "serial_number", "", "model", "", "area_id", w.area("Consulta externa"))
	sees(t, taken, http.StatusConflict, "Otro equipo ya tiene ese número de inventario")
}

func TestAnEngineerRegistersEquipment(t *testing.T) {
	w := newWorld(t)
	w.asset("electrocardiograph", "I-7")
	b := w.SignIn(t, engineer)
	sees(t, b.Get("/equipos"), 200, "Registrar un equipo")
	sees(t, b.Get("/equipos/nuevo"), 200, "¿En qué unidad está?", "Clínica Hospital Santa Rosalía")
	form := sees(t, b.Get("/equipos/nuevo?unit_id=BSIST000014"), 200, "Electrocardiógrafo", "Consulta externa")
	sees(t, post(t, b, form, "/equipos/nuevo", "inventory_tag", "I-9"), 422, "Elija qué tipo de equipo es.", `value="I-9"`)
	for _, p := range twice(t, b, form, "/equipos/nuevo", "type_id", w.kind("electrocardiograph"), "inventory_tag", "I-9", "functioning", "working") {
		sees(t, p, 200, "Equipo registrado", "I-9", "Alta en la unidad")
	}
	if n := w.count(engineer, "/v1/assets?inventory_tag=I-9"); n != 1 {
		t.Errorf("registered %d times", n)
	}
	sees(t, post(t, b, b.Get("/equipos/nuevo?unit_id=BSIST000014"), "/equipos/nuevo", "type_id", w.kind("electrocardiograph"), "inventory_tag", "i 7"), http.StatusConflict, "Revise el número de inventario")
	for _, user := range []string{requester, director, planner} {
		sees(t, w.SignIn(t, user).Get("/equipos/nuevo"), 404, "No encontramos esta página")
	}
}

func TestAUnitsAreasAndFactsChangeForWhomTheServiceAllows(t *testing.T) {
	w := newWorld(t)
	e, o, path := w.SignIn(t, engineer), w.SignIn(t, office), "/unidad/BSIST000014"
	lacks(t, sees(t, e.Get(path), 200, "Registrar un área", "Consulta externa"), "Cambiar los datos")
	form := sees(t, e.Get(path+"/area"), 200, "¿Cómo se llama?", "De ninguna otra")
	sees(t, post(t, e, form, path+"/area", "name", " "), 422, "Escriba cómo se llama el área.")
	sees(t, post(t, e, form, path+"/area", "name", "Urgencias"), 200, "Área registrada", "Urgencias")
	form = sees(t, o.Get(path+"/datos"), 200, "Camas censables")
	sees(t, post(t, o, form, path+"/datos", "census_beds", "muchas"), 422, "Escriba un número entero desde 0.")
	sees(t, post(t, o, form, path+"/datos", "census_beds", "12", "address", "Av. <b>Constitución</b> s/n"), 200, "Datos guardados", "12", "Av. <b>Constitución</b> s/n")
	lacks(t, w.SignIn(t, requester).Get(path), "Registrar un área", "Cambiar los datos")
}

// People are called as the directory calls them, to whom it tells; and by nothing where it does not.
func TestWhoDidSomethingIsNamedByTheDirectory(t *testing.T) {
	w := newWorld(t)
	o := w.order(w.asset("electrocardiograph", "I-450200-0001"), "No imprime")
	w.read(requester, "/v1/people/me")
	var seen int64
	servicetest.Eventually(t, "the directory has seen whoever reported", func() bool {
		seen = w.Ask(t, "admin", "GET", "/v1/people/"+subjectOf(requester), nil).Version()
		return seen > 0
	})
	if _, err := w.Client.Done(t.Context(), client.Request{User: "admin", Method: "PATCH", Path: "/v1/people/" + subjectOf(requester), Version: seen, Body: map[string]any{"name": "Ana Ruiz", "post": "Enfermera"}}, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, w.SignIn(t, engineer), "/ordenes/"+o, "Ana Ruiz, Enfermera")
	lacks(t, w.SignIn(t, "engineer-sonora").Get("/ordenes/"+o), "Ana Ruiz")
}

// Who gives orders out sees those that are to be given out: the list has as many as the home counts, and nothing that somebody else has to review first.
func TestTheListToAssignHasWhatHomeCounts(t *testing.T) {
	w := newWorld(t)
	asset := w.asset("electrocardiograph", "I-7")
	w.order(asset, "Nadie la ha revisado")
	approved := w.order(asset, "Ya se aprobó")
	w.Want(t, engineer, "POST", "/v1/work-orders/"+approved+"/approve", map[string]any{})
	for _, user := range []string{"contracts", office} {
		b := w.SignIn(t, user)
		sees(t, b.Get("/"), 200, "1 asunto espera por usted")
		lacks(t, sees(t, b.Get("/por-revisar"), 200, "1 orden por asignar", "Ya se aprobó"), "Nadie la ha revisado")
	}
	sees(t, w.SignIn(t, engineer).Get("/por-revisar"), 200, "2 solicitudes por revisar o asignar", "Nadie la ha revisado")
	_, main, _ := strings.Cut(sees(t, w.SignIn(t, director).Get("/ordenes"), 200, "2 órdenes abiertas").Text, "<main")
	if head, _, _ := strings.Cut(main, "<h1"); !strings.Contains(head, "Clínica Hospital Santa Rosalía") {
		t.Errorf("the list does not name the unit: %s", head)
	}
}

// What work went on without is told with its time, and is not what comes next; each form of a page is one of its own.
func TestAStepThatWasLeftOutIsToldWithItsTime(t *testing.T) {
	w := newWorld(t)
	id := w.given(w.asset("electrocardiograph", "I-7"), "No imprime")
	b, at := w.SignIn(t, contractor), "/ordenes/"+id
	before := b.Get(at)
	begun := sees(t, post(t, b, before, at+"/iniciar"), 200, "Trabajo iniciado", `<a role="button"`, "Darse por enterado", "Registrar la llegada")
	if now := regexp.MustCompile(`(?s)class="step-now".*?</`).FindString(begun.Text); !strings.Contains(now, "Ya funciona") {
		t.Errorf("what comes next after the start is %q", now)
	}
	lacks(t, post(t, b, before, at+"/enterado"), "ya se había enviado")
	form := sees(t, b.Get(at+"/llegada"), 200, "¿Cuándo fue?", "Antes de lo que ya está registrado")
	sees(t, post(t, b, form, at+"/llegada"), 422, "Escriba cuándo fue")
	long := time.Now().AddDate(-1, 0, 0).Format("2006-01-02T15:04")
	sees(t, post(t, b, form, at+"/llegada", "occurred_at", long), 422, `value="`+long+`"`, "después de que se pidió") // of before it was asked for
}

// Who may not read the unit is told the hours of its place all the same.
func TestAThingIsToldByTheClockOfItsPlaceToWhoWorksOnIt(t *testing.T) {
	w := newWorld(t)
	asset := w.asset("electrocardiograph", "I-7")
	w.given(asset, "No imprime")
	p := eventually(t, w.SignIn(t, contractor), "/equipos/"+asset, "Avance de la orden")
	if n := strings.Count(p.Text, "hora del Centro"); n != 1 { // its head says when it was printed, by the reader's clock
		t.Errorf("%d hours by another clock", n)
	}
}
