package screens_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// programme is the programme of the nation; its id.
func (w *world) programme() string {
	w.t.Helper()
	return fmt.Sprint(w.Want(w.t, "contracts", "POST", "/v1/programs", map[string]any{"name": "Programa de Mantenimiento", "fiscal_year": time.Now().Year()})["id"])
}

// planned is work at the unit from so many days from now to so many; its line's id.
func (w *world) planned(programme, description string, from, to int) string {
	w.t.Helper()
	return fmt.Sprint(w.Want(w.t, office, "POST", "/v1/programs/"+programme+"/add-line", map[string]any{"unit_id": demo.SantaRosalia, "area_id": w.area("Baños"), "element": "floors",
		"description": description, "quantity": 38.5, "measure_unit": "m2", "planned_start": w.today(from), "planned_end": w.today(to)})["latest_line_id"])
}

// weekOf is the week in so many days, as addresses write it.
func weekOf(days int) string {
	y, n := time.Now().AddDate(0, 0, days).ISOWeek()
	return fmt.Sprintf("%04d-W%02d", y, n)
}

func TestAnOfficeSeesWhatIsPlannedByWeekAndWhatItWaitsFor(t *testing.T) {
	w := newWorld(t)
	p := w.programme()
	now, long, later := w.planned(p, "Pisos de los baños", 0, 0), w.planned(p, "Impermeabilización por etapas", -30, 3), w.planned(p, "Pintura de la sala", 60, 65)
	b := w.SignIn(t, office)
	sees(t, b.Get("/"), 200, `href="/programa"`, "Programa")
	page := sees(t, b.Get("/programa"), 200, "Pisos de los baños", "Impermeabilización por etapas", "38.5 m²", "Clínica Hospital Santa Rosalía", "Baños", "Esta semana", "Todo 2", "Sin orden 2", "debió empezar", `href="/programa/`+now+`"`)
	lacks(t, page, "Pintura de la sala")
	sees(t, b.Get("/programa?semana="+weekOf(60)), 200, "Pintura de la sala", `href="/programa/`+later+`"`)
	sees(t, b.Get("/programa?que=element:roofs"), 200, "Nada planeado con este filtro", "Quitar los filtros")
	sees(t, b.Get("/programa?que=element:floors&unit_id="+demo.SantaRosalia+"&ver=en-curso"), 200, "Nada planeado con este filtro")
	sees(t, b.Get("/programa?semana="+weekOf(400)), 200, "Nada planeado en estas semanas")
	for _, odd := range []string{"?semana=9999-W99", "?semana=2026-W00", "?semana=ayer", "?ver=nada", "?que=nada", "?que=element:clouds", "?semana=&unit_id="} {
		sees(t, b.Get("/programa"+odd), 200, "Pisos de los baños")
	}
	inOrder(t, sees(t, b.Get("/programas/"+p), 200, `href="/programa/`+now+`"`), "Trabajo planeado", "Pintura de la sala", "Pisos", "Clínica Hospital Santa Rosalía", "Trabajo planeado", "Impermeabilización por etapas", "Trabajo planeado", "Pisos de los baños")
	sees(t, w.SignIn(t, "auditor").Get("/historia/programas/"+p), 200, "Pintura de la sala", "Clínica Hospital Santa Rosalía")
	lacks(t, sees(t, w.SignIn(t, "office-sonora").Get("/programas/"+p), 200, "Trabajo planeado"), "Pintura de la sala", `href="/programa/`+now+`"`)
	sees(t, b.Get("/programa/"+long), 200, "Debió empezar y nadie ha pedido su orden", "Pisos", "Trabajo planeado", "Baños")

	order := fmt.Sprint(w.Want(t, engineer, "POST", "/v1/work-orders", map[string]any{"unit_id": demo.SantaRosalia, "type": "works", "priority": "medium", "program_line_id": now,
		"target": map[string]any{"kind": "area_element", "area_id": w.area("Baños"), "element": "floors"}})["id"])
	lacks(t, sees(t, b.Get("/programa?ver=en-curso"), 200, `href="/ordenes/`+order+`"`, "Solicitada", "En curso 1", "Sin orden 1"), "Impermeabilización")
	sees(t, b.Get("/programa/"+now), 200, "Sus órdenes", "Solicitada", `href="/ordenes/`+order+`"`)
	w.Want(t, engineer, "POST", "/v1/work-orders/"+order+"/decline", map[string]any{"note": "se hará el año que entra"})
	sees(t, b.Get("/programa"), 200, "Sin orden 2", `href="/programa/`+now+`"`)
	sees(t, b.Get("/programa/"+now), 200, "Declinada", "Espera que se pida su orden")
}

func TestAnothersProgrammeIsNotThere(t *testing.T) {
	w := newWorld(t)
	line := w.planned(w.programme(), "Pisos de los baños", 0, 0)
	for _, user := range []string{stranger, "office-sonora", "planner-sonora", "engineer-sonora"} {
		b := w.SignIn(t, user)
		sees(t, b.Get("/programa/"+line), http.StatusNotFound, "No encontramos esta página")
		for _, path := range []string{"/programa", "/programa?unit_id=" + demo.SantaRosalia, "/programa?office=baja-california-sur"} {
			lacks(t, sees(t, b.Get(path), 200, "Nada planeado"), "Pisos de los baños", "Clínica Hospital Santa Rosalía")
		}
	}
	for _, user := range []string{contractor, "technician"} {
		b := w.SignIn(t, user)
		for _, path := range []string{"/programa", "/programa/" + line} {
			sees(t, b.Get(path), http.StatusNotFound, "No encontramos esta página")
		}
	}
	for _, user := range []string{director, requester, engineer, planner, "auditor", "admin", "contracts"} {
		b := w.SignIn(t, user)
		sees(t, b.Get("/programa"), 200, "Pisos de los baños")
		sees(t, b.Get("/programa/"+line), 200, "Espera que se pida su orden")
	}
}
