package screens_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// today is a day so many days from now at the unit.
func (w *world) today(days int) string { return time.Now().AddDate(0, 0, days).Format(time.DateOnly) }

const whatPath = "/reportar/que-pasa"

func TestAFaultIsReportedInThreeStepsAndFollowed(t *testing.T) {
	w := newWorld(t)
	fridge := w.asset("vaccine_refrigerator", "I-450200-0042")
	w.asset("electrocardiograph", "I-450200-0117")
	b := w.SignIn(t, requester)
	sees(t, b.Get("/"), 200, "Ningún reporte suyo sigue abierto", "Está al día")
	sees(t, b.Get("/reportar"), 200, "¿Qué está fallando?", "Consulta externa", "Refrigerador para vacunas", "Electrocardiógrafo", "Algo del edificio", "No lo encuentro en la lista")
	for q, finds := range map[string]bool{"refri": true, "REFRIGERADOR vacúnas": true, "i 450200 0042": true, "consulta": true, "tomógrafo": false, "%": false} {
		p := b.Get("/reportar?" + url.Values{"q": {q}}.Encode())
		sees(t, p, 200)
		if strings.Contains(p.Text, fridge) != finds {
			t.Errorf("%q: found %v\n%s", q, !finds, words(p.Text))
		}
	}
	form := sees(t, b.Get(whatPath+"?asset_id="+fridge), 200, "¿Qué pasa?", "Consulta externa · I-450200-0042", "¿Qué se detiene por esto?")
	lacking := sees(t, post(t, b, form, whatPath, "effect", "cold_chain"), 422, "Faltan 2 datos", "Escriba qué ve, oye o lee. Con una frase basta.", "Elija si no funciona")
	if !strings.Contains(lacking.Text, `value="cold_chain" checked`) {
		t.Error("what was chosen is lost")
	}
	review := sees(t, post(t, b, lacking, whatPath, "effect", "cold_chain", "functioning", "not_working", "complaint", "Marca 11 °C y no baja"), 200, "Revise y envíe", "Cadena de frío en riesgo", "Marca 11 °C y no baja", "No funciona")
	if n := w.count(requester, "/v1/work-orders"); n != 0 {
		t.Fatalf("%d orders before it was sent", n)
	}
	back := sees(t, post(t, b, review, whatPath, "corregir", "1"), 200, "Marca 11 °C y no baja", "¿Qué se detiene por esto?")
	review = post(t, b, back, whatPath, "effect", "cold_chain", "functioning", "not_working", "complaint", "Marca 11 °C y no baja")
	for _, p := range twice(t, b, review, whatPath, "effect", "cold_chain", "functioning", "not_working", "complaint", "Marca 11 °C y no baja", "enviar", "1") {
		sees(t, p, 200, "Reporte enviado", "prioridad Urgente", "Que se revise la solicitud", "Ingeniería biomédica")
	}
	if n := w.count(requester, "/v1/work-orders"); n != 1 {
		t.Errorf("%d orders of a double tap", n)
	}
	sees(t, b.Get("/"), 200, "1 reporte suyo sigue abierto")
	sees(t, b.Get("/reportes?ver=terminados"), 200, "0 reportes terminados", "Ningún reporte suyo ha terminado")
}

func TestSomethingOfTheBuildingIsReportedByItsArea(t *testing.T) {
	w := newWorld(t)
	area := w.area("Baños")
	b := w.SignIn(t, requester)
	form := sees(t, b.Get(whatPath+"?kind=area_element&unit_id="+demo.SantaRosalia), 200, "¿En qué área?", "¿Qué parte del edificio?", "Plafones")
	sees(t, post(t, b, form, whatPath, "complaint", "gotea", "effect", "partial", "area_id", "otra", "element", "roofs"), 422, "Elija en qué área está la falla.")
	review := sees(t, post(t, b, form, whatPath, "complaint", "gotea", "effect", "partial", "area_id", area, "element", "plumbing"), 200, "Instalación hidrosanitaria", "Baños")
	sees(t, post(t, b, review, whatPath, "complaint", "gotea", "effect", "partial", "area_id", area, "element", "plumbing", "enviar", "1"), 200, "Reporte enviado")
}

func TestAReportOfWhatHasNotHappenedYetIsRefused(t *testing.T) {
	w := newWorld(t)
	fridge := w.asset("vaccine_refrigerator", "I-1")
	b := w.SignIn(t, requester)
	form := b.Get(whatPath + "?asset_id=" + fridge)
	typed := []string{"complaint", "no enfría", "effect", "partial", "functioning", "limited", "occurred_at"}
	for _, at := range []string{time.Now().AddDate(0, 0, 2).Format("2006-01-02T15:04"), "mañana", "2026-13-45T99:99"} {
		sees(t, post(t, b, form, whatPath, append(typed, at)...), 422, "Escriba una fecha y hora que ya hayan pasado.")
	}
}
