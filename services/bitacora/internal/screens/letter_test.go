package screens_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

// An administrator sees over all services what was set aside, why, and has it delivered again; an auditor sees it without a button.
func TestWhatServicesCouldNotTakeIsSeenAndDeliveredAgain(t *testing.T) {
	w := newWorld(t)
	b := w.SignIn(t, "admin")
	sees(t, b.Get("/"), 200, `href="/detenidos"`)
	sees(t, b.Get("/detenidos"), 200, "Nada está detenido")
	if errs := w.Bus.Publish(t.Context(), []event.Record{{Topic: event.Units, Key: "Ana Secreta", Value: []byte("Ana <b>Secreta")}, {Topic: event.Units, Key: "2", Value: []byte("{}")}}); errs != nil {
		t.Fatal(errs)
	}
	for _, heading := range []string{"Entregar de nuevo todos los de workorder.units", "Entregas", "Directorio de personas"} {
		eventually(t, b, "/detenidos", heading)
	}
	p := b.Get("/detenidos")
	lacks(t, sees(t, p, 200, "No se puede leer", "bitacora dlq show", "1 intento", "workorder.units", "Entregar de nuevo todos los de workorder.units"), "Secreta")
	for _, service := range []string{"workorder", "people"} {
		lacks(t, sees(t, b.Get("/detenidos?servicio="+service), 200, "No se puede leer"), "Entregas</h2>")
	}
	sees(t, b.Get("/detenidos?servicio=nada"), 404, "No encontramos esta página")
	a := w.SignIn(t, "auditor")
	lacks(t, sees(t, a.Get("/detenidos"), 200, "No se puede leer"), "<form class=", "Entregar de nuevo")

	form := fields(t, p, "/detenidos")
	for range 2 { // back, and once more: nothing more happens
		if sent := b.Post("/detenidos", form); sent.StatusCode != http.StatusOK || !strings.Contains(sent.Text, "e entrega de nuevo") && !strings.Contains(sent.Text, "nada que entregar") {
			t.Fatalf("%d %s", sent.StatusCode, words(sent.Text))
		}
	}
	eventually(t, b, "/detenidos?servicio="+form.Get("servicio"), "2 intentos")
	servicetest.Eventually(t, "all of a consumer are tried again", func() bool {
		form.Del("id")
		form.Set("servicio", "workorder")
		form.Set("consumidor", "workorder.units")
		form.Set("idempotency_key", form.Get("idempotency_key")+"x")
		b.Post("/detenidos", form)
		return !strings.Contains(b.Get("/detenidos?servicio=workorder").Text, "1 intento<")
	})
	form.Set("servicio", "../v1/units")
	if sent := b.Post("/detenidos", form); sent.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", sent.StatusCode, words(sent.Text))
	}
	if sent := a.Post("/detenidos", form); sent.StatusCode != http.StatusForbidden { // made for somebody else
		t.Errorf("%d %s", sent.StatusCode, words(sent.Text))
	}
	mine := fields(t, a.Get("/quien-soy"), "/salir")
	mine.Set("servicio", "workorder")
	mine.Set("consumidor", "workorder.units")
	if sent := a.Post("/detenidos", mine); sent.StatusCode != http.StatusNotFound {
		t.Errorf("an auditor: %d %s", sent.StatusCode, words(sent.Text))
	}
	for _, user := range []string{requester, director, engineer, office, contractor, planner, "technician"} {
		o := w.SignIn(t, user)
		lacks(t, sees(t, o.Get("/detenidos"), 404, "No encontramos esta página"), "workorder.units")
		lacks(t, o.Get("/"), `href="/detenidos"`)
	}
}
