package screens_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

func TestAnOfficePlansWorkAndAsksForItsOrder(t *testing.T) {
	w := newWorld(t)
	area := w.area("Baños")
	programme := w.programme()
	b := w.SignIn(t, office)
	const plan = "/programa/planear"
	sees(t, b.Get("/programa"), 200, `href="`+plan+`"`, "Planear un trabajo")
	sees(t, b.Get(plan), 200, "¿En qué unidad?", `href="`+plan+`?unit_id=`+demo.SantaRosalia+`"`)
	form := sees(t, b.Get(plan+"?unit_id="+demo.SantaRosalia), 200, "Programa de Mantenimiento", "Baños", "Pisos")
	typed := []string{"program_id", programme, "description", "Sustitución de pisos", "que", "element:floors", "area_id", area, "quantity", "38.5", "measure_unit", "m2", "planned_start", w.today(1), "planned_end", w.today(5)}
	for says, change := range map[string][]string{"Escriba qué se va a hacer": {"description", " "}, "Escriba cuánto": {"quantity", "0.333"}, "Elija el día en que termina": {"planned_end", w.today(-5)}, "Elija en qué se mide": {"measure_unit", ""}, "Elija un área": {"area_id", "otra"}, "Elija en qué programa": {"program_id", ""}} {
		sees(t, post(t, b, form, plan, append(typed, change...)...), 422, says)
	}
	counted := b.Get(plan + "?unit_id=" + demo.SantaRosalia)
	sees(t, post(t, b, counted, plan, append(typed, "quantity", "4", "measure_unit", "service", "planned_start", w.today(90), "planned_end", w.today(95))...), 200, "4 servicios")
	var line string
	for _, p := range twice(t, b, form, plan, typed...) {
		sees(t, p, 200, "Trabajo agregado al programa", "38.5 m²", "Espera que se pida su orden", "Pedir la orden")
		line = p.Request.URL.Path
	}
	sees(t, b.Get("/programa"), 200, "Todo 1", `href="`+line+`"`)
	ask := sees(t, b.Get(line+"/orden"), 200, "Tipo de trabajo", "Sustitución de pisos", `value="`+w.today(1)+`T08:00"`)
	sees(t, post(t, b, ask, line+"/orden", "type", "works", "priority", "medium", "scheduled_start", w.today(5)+"T08:00", "scheduled_end", w.today(1)+"T08:00"), 422, "Elija cuándo termina")
	for _, p := range twice(t, b, ask, line+"/orden", "type", "works", "priority", "medium", "scheduled_start", w.today(1)+"T08:00", "scheduled_end", w.today(5)+"T18:00", "estimate", "45,000") {
		sees(t, p, 200, "Solicitada", "Pisos", "$45,000.00", "38.5 m²")
	}
	if n := w.count(office, "/v1/work-orders"); n != 1 {
		t.Errorf("%d orders of a double tap", n)
	}
	lacks(t, sees(t, b.Get(line), 200, "Sus órdenes", "Solicitada"), "Pedir la orden")
}

func TestNobodyPlansForAnothersUnit(t *testing.T) {
	w := newWorld(t)
	line := w.planned(w.programme(), "Pisos de los baños", 0, 0)
	for _, user := range []string{requester, director, planner, "auditor", contractor, "technician"} {
		b := w.SignIn(t, user)
		sees(t, b.Get("/programa/planear"), http.StatusNotFound, "No encontramos esta página")
		if user != director {
			sees(t, b.Get("/programa/"+line+"/orden"), http.StatusNotFound, "No encontramos esta página")
		}
	}
	b := w.SignIn(t, "office-sonora")
	for _, path := range []string{"/programa/planear?unit_id=" + demo.SantaRosalia, "/programa/" + line + "/orden"} {
		lacks(t, sees(t, b.Get(path), http.StatusNotFound, "No encontramos esta página"), "Santa Rosalía", "Pisos")
	}
	sent := url.Values{"hecho_para": fields(t, b.Get("/quien-soy"), "/salir")["hecho_para"], "idempotency_key": {"k"}, "type": {"works"}, "priority": {"low"}, "unit_id": {demo.SantaRosalia}}
	for _, path := range []string{"/programa/planear", "/programa/" + line + "/orden"} {
		if p := b.Post(path, sent); p.StatusCode != http.StatusNotFound || strings.Contains(p.Text, "Pisos") {
			t.Errorf("%s: %d\n%s", path, p.StatusCode, words(p.Text))
		}
	}
}

func TestAContractAdministratorRegistersAProgrammeAndChangesIt(t *testing.T) {
	w := newWorld(t)
	b := w.SignIn(t, "contracts")
	sees(t, b.Get("/contratos"), 200, `href="/programa"`, `href="/entregas"`)
	sees(t, b.Get("/programas"), 200, "No hay programas registrados", `href="/programas/nuevo"`)
	form := b.Get("/programas/nuevo")
	sees(t, post(t, b, form, "/programas/nuevo", "name", " ", "fiscal_year", "2026"), 422, "Escriba el nombre del programa.")
	sees(t, post(t, b, form, "/programas/nuevo", "name", "Conservación", "fiscal_year", "1812"), 422, "Escriba un año, como 2026.", `value="Conservación"`)
	var path string
	for _, p := range twice(t, b, form, "/programas/nuevo", "name", "Conservación", "fiscal_year", "2026") {
		sees(t, p, 200, "Programa registrado", "Conservación", "Ejercicio fiscal")
		path = p.Request.URL.Path
	}
	if n := w.count("contracts", "/v1/programs"); n != 1 {
		t.Errorf("%d programmes of a double tap", n)
	}
	tab := b.Get(path + "/cambiar")
	sees(t, post(t, b, b.Get(path+"/cambiar"), path+"/cambiar", "name", "Conservación y obra", "fiscal_year", "2026"), 200, "Programa cambiado", "Conservación y obra")
	sees(t, post(t, b, tab, path+"/cambiar", "name", "Otra", "fiscal_year", "2026"), http.StatusPreconditionFailed, "Mientras usted escribía, se guardó otro cambio", "Conservación y obra", "Otra")
	for _, user := range []string{office, director, planner} {
		b := w.SignIn(t, user)
		lacks(t, sees(t, b.Get(path), 200, "Conservación y obra"), "Cambiar el programa")
		sees(t, b.Get("/programas/nuevo"), http.StatusNotFound, "No encontramos esta página")
	}
}
