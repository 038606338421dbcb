package screens_test

import (
	"net/http"
	"net/url"
	"testing"
)

// With nothing wrong it is home, the delivery, its review and done: three taps.
func TestADirectorConfirmsADeliveryInThreeTaps(t *testing.T) {
	w := newWorld(t)
	d := w.delivery()
	b := w.SignIn(t, director)
	home := sees(t, b.Get("/"), 200, "1 asunto espera por usted", "Confirmar entrega: 10 piezas", `href="/entregas/`+d+`"`)
	lacks(t, home, "<script>alert")
	sees(t, b.Get("/entregas/"+d), 200, "Confirmar entrega", "6 anunciadas", "10 piezas: 10 bien", "Revisar antes de confirmar")
	review := sees(t, b.Get("/entregas/"+d+"/revisar"), 200, "De 10 piezas anunciadas", "6 equipos se dan de alta en su unidad", "4 piezas se suman a las existencias", "Se confirma una sola vez")
	done := sees(t, post(t, b, review, "/entregas/"+d+"/revisar"), 200, "Recepción confirmada", "Confirmada")
	if done.Request.Method != http.MethodGet {
		t.Error("a reload would send it again")
	}
	if doc := w.read(director, "/v1/deliveries/"+d); doc["state"] != "confirmed" || doc["accepted_in_full"] != true {
		t.Errorf("%v", doc)
	}
	eventually(t, b, "/", "Completar 6 equipos")
}

func TestExceptionsAreLineByLineAndTheirSumIsShownBeforeItIsSent(t *testing.T) {
	w := newWorld(t)
	d := w.delivery()
	b := w.SignIn(t, director)
	sees(t, b.Get("/entregas/"+d+"?mas=1"), 200, "Elija qué pasó", "Sin manual", "Dañado", "Robado", "Sobrante")
	exceptions := url.Values{"1.0.reason": {"rejected:damaged"}, "1.0.quantity": {"1"}, "1.1.reason": {"reserved:no_manual"}, "1.1.quantity": {"2"}, "1.1.due_on": {"2099-01-01"}, "2.0.reason": {"missing:stolen"}, "2.0.quantity": {"1"}, "2.1.reason": {"surplus"}, "2.1.quantity": {"3"}}
	sees(t, b.Get("/entregas/"+d+"?"+exceptions.Encode()), 200, "3 se aceptan + 2 se aceptan con reserva + 1 se rechaza = 6", "13 piezas: 9 bien, 2 con reserva, 1 rechazada, 1 faltante, 3 sobrantes")
	exceptions.Set("1.1.due_on", w.today(14))
	review := sees(t, b.Get("/entregas/"+d+"/revisar?"+exceptions.Encode()), 200, "se aceptan con reserva", "Dañado. Regresa al proveedor.", "Sin manual. A más tardar el", "La oficina que preparó la entrega verá sus excepciones")
	sees(t, post(t, b, review, "/entregas/"+d+"/revisar"), 200, "Recepción confirmada", "1: Dañado", "2: Sin manual")
	lines := w.read(director, "/v1/deliveries/"+d)["lines"].([]any)
	one, two := lines[0].(map[string]any), lines[1].(map[string]any)
	if one["accepted"] != 3.0 || one["accepted_with_reservation"] != 2.0 || one["rejected"] != 1.0 || two["accepted"] != 6.0 || two["missing"] != 1.0 || two["surplus"] != 3.0 {
		t.Errorf("%v\n%v", one, two)
	}
}

func TestExceptionsThatCannotBeAreRefusedInTheirFieldsAndStay(t *testing.T) {
	w := newWorld(t)
	d := w.delivery()
	b := w.SignIn(t, director)
	for _, c := range []struct{ query, says string }{
		{"1.0.reason=rejected:damaged&1.0.quantity=7", "se anunciaron 6 y las excepciones suman 7"},
		{"1.0.reason=rejected:damaged&1.0.quantity=cinco", "un número desde 1"},
		{"1.0.reason=rejected:damaged&1.0.quantity=-1", "un número desde 1"},
		{"1.0.reason=rejected:lost&1.0.quantity=1", "Elija qué pasó"},
		{"1.0.reason=nothing:at_all&1.0.quantity=1", "Elija qué pasó"},
		{"1.0.reason=reserved:no_manual&1.0.quantity=1&1.0.due_on=2001-01-01", "una fecha desde hoy"},
		{"1.0.reason=reserved:no_manual&1.0.quantity=1&1.0.due_on=mañana", "una fecha desde hoy"},
	} {
		p := sees(t, b.Get("/entregas/"+d+"/revisar?"+c.query), 200, c.says, `role="alert"`, "Revisar antes de confirmar")
		lacks(t, p, "Confirmar la recepción")
	}
	sees(t, b.Get("/entregas/"+d+"/revisar?99.0.reason=rejected:damaged&99.0.quantity=1"), 200, "Revise y confirme")
	review := b.Get("/entregas/" + d + "/revisar")
	p := sees(t, post(t, b, review, "/entregas/"+d+"/revisar", "1.0.reason", "rejected:damaged", "1.0.quantity", "7"), 422, "se anunciaron 6")
	lacks(t, p, "Recepción confirmada")
	if doc := w.read(director, "/v1/deliveries/"+d); doc["state"] != "arrived" {
		t.Errorf("%v", doc["state"])
	}
}

func TestADoubleTapConfirmsOnceAndASecondTabIsToldWhatHappened(t *testing.T) {
	w := newWorld(t)
	d := w.delivery()
	b := w.SignIn(t, director)
	review, tab := b.Get("/entregas/"+d+"/revisar"), b.Get("/entregas/"+d+"/revisar?1.0.reason=rejected:damaged&1.0.quantity=2")
	for _, p := range twice(t, b, review, "/entregas/"+d+"/revisar") {
		sees(t, p, 200, "Recepción confirmada")
	}
	p := sees(t, post(t, b, tab, "/entregas/"+d+"/revisar"), http.StatusPreconditionFailed, "Usted ya cambió esto en otra ventana", "Lo que usted escribió", "Lo que hay ahora", "4 se aceptan + 2 se rechazan = 6", "6 se aceptan = 6")
	lacks(t, p, "Lo mío")
	sees(t, post(t, b, p, "/entregas/"+d+"/revisar", "keep", "theirs"), 200, "Confirmada")
	sees(t, b.Get("/entregas/"+d+"/revisar"), 200, "Confirmada")
	events := 0
	for _, e := range w.read(director, "/v1/deliveries/"+d+"/history")["items"].([]any) {
		if e.(map[string]any)["type"] == "mx.bitacora.delivery.confirmed.v1" {
			events++
		}
	}
	if events != 1 {
		t.Errorf("confirmed %d times", events)
	}
}
