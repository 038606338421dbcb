package screens_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

const newDelivery = "/entregas/nueva"

// An office prepares a delivery and sends it; the unit finds it among what is on its way.
func TestAnOfficePreparesADeliveryAndSendsIt(t *testing.T) {
	w := newWorld(t)
	w.kind("hospital_bed")
	w.kind("diagnostic_set")
	b := w.SignIn(t, office)
	sees(t, b.Get("/entregas"), 200, `href="`+newDelivery+`"`, "Preparar una entrega")
	sees(t, b.Get(newDelivery+"?q=rosalia"), 200, "¿En qué unidad?", `href="`+newDelivery+`?unit_id=`+demo.SantaRosalia+`"`)
	sees(t, b.Get(newDelivery+"?q=nada+de+nada"), 200, "Ninguna unidad con esas palabras")
	form := sees(t, b.Get(newDelivery+"?unit_id="+demo.SantaRosalia), 200, "Partida 1", "Proveedor", `list="tipos"`, "Cama hospitalaria")
	lacks(t, form, "¿Cuándo llegó?", "Partida 2")

	// A line more is the same form with what was typed; so is a line less.
	typed := []string{"supplier_id", devissuer.DemoContractorA, "delivery_note", "REM 77/2", "lines.0.type", "cama hosp", "lines.0.quantity", "6", "lines.0.unit_price", "12,500.50", "lines.0.description", "Con colchón"}
	more := sees(t, post(t, b, form, newDelivery, append(typed, "mas", "1")...), 200, "Partida 2", `value="cama hosp"`, `value="REM 77/2"`, `value="12,500.50"`, `value="Con colchón"`, `value="`+devissuer.DemoContractorA+`" selected`)
	less := sees(t, post(t, b, more, newDelivery, append(typed, "lines.1.type", "otra", "lines.1.quantity", "1", "quitar", "0")...), 200, `value="otra"`)
	lacks(t, less, `value="cama hosp"`, "Partida 2")
	if n := w.count(office, "/v1/deliveries"); n != 0 {
		t.Fatalf("%d deliveries of a form that was not sent", n)
	}

	typed = append(typed, "lines.1.type", "", "lines.1.quantity", "", "lines.2.type", "Estuche de diagnóstico", "lines.2.quantity", "4", "lines.2.funding", "donation", "lines.2.funding_year", "2026")
	for _, p := range twice(t, b, more, newDelivery, typed...) {
		sees(t, p, 200, "Entrega en preparación", "En preparación", "Registrar el envío", "Clínica Hospital Santa Rosalía", "Con colchón", "REM 77/2")
	}
	items := w.read(office, "/v1/deliveries")["items"].([]any)
	if len(items) != 1 {
		t.Fatalf("%d deliveries of a double tap", len(items))
	}
	d := items[0].(map[string]any)
	one, two := d["lines"].([]any)[0].(map[string]any), d["lines"].([]any)[1].(map[string]any)
	if d["supplier_id"] != devissuer.DemoContractorA || one["dispatched"] != 6.0 || one["type_key"] != "hospital_bed" || one["unit_price"].(map[string]any)["amount_cents"] != 1250050.0 ||
		two["type_key"] != "diagnostic_set" || two["funding_source"].(map[string]any)["kind"] != "donation" {
		t.Errorf("%v", d)
	}
	path := "/entregas/" + d["id"].(string)
	tab, control := b.Get(path+"/control"), sees(t, b.Get(path+"/control"), 200, "Cambiar el control de las partidas", "6 × Con colchón")
	page := sees(t, post(t, b, control, path+"/control", "tracking.2", "not_stocked"), 200, "Control de las partidas cambiado")
	sees(t, post(t, b, tab, path+"/control", "tracking.1", "not_stocked"), http.StatusPreconditionFailed, "Mientras usted escribía, se guardó otro cambio")
	sees(t, post(t, b, page, path+"/enviar"), 200, "Envío registrado", "Enviada")
	sees(t, w.SignIn(t, director).Get("/"), 200, `href="`+path+`"`)
}

func TestWhatIsWrongWithANewDeliveryIsSaidAtItsField(t *testing.T) {
	w := newWorld(t)
	w.kind("hospital_bed")
	w.kind("diagnostic_set")
	b := w.SignIn(t, office)
	form := b.Get(newDelivery + "?unit_id=" + demo.SantaRosalia)
	for _, c := range []struct {
		says  string
		typed []string
	}{
		{"Partida 1: escriba parte del nombre", nil},
		{"Partida 1: escriba parte del nombre", []string{"lines.0.type", "nave espacial", "lines.0.quantity", "1"}},
		{"Puede ser más de uno: ", []string{"lines.0.type", "a", "lines.0.quantity", "1"}},
		{"Partida 1: escriba cuántas", []string{"lines.0.type", "cama hospitalaria", "lines.0.quantity", "seis"}},
		{"Partida 1: escriba cuántas", []string{"lines.0.type", "cama hospitalaria", "lines.0.quantity", "0"}},
		{"Partida 2: escriba cuántas", []string{"lines.0.type", "cama hospitalaria", "lines.0.quantity", "1", "lines.1.type", "cama hospitalaria", "lines.1.quantity", "-3"}},
		{"Partida 1: escriba un precio", []string{"lines.0.type", "cama hospitalaria", "lines.0.quantity", "1", "lines.0.unit_price", "mucho"}},
		{"Partida 1: elija quién lo paga", []string{"lines.0.type", "cama hospitalaria", "lines.0.quantity", "1", "lines.0.funding_year", "2026"}},
		{"Partida 1: escriba la clave", []string{"lines.0.type", "cama hospitalaria", "lines.0.quantity", "1", "lines.0.funding", "donation", "lines.0.funding_ref", "donado por Juana"}},
		{"Partida 3: elija un control", []string{"lines.0.type", "", "lines.0.quantity", "", "lines.1.type", "cama hospitalaria", "lines.1.quantity", "1", "lines.2.type", "cama hospitalaria", "lines.2.quantity", "1", "lines.2.tracking", "magic"}},
		{"Escriba el número en 60 letras", []string{"delivery_note", strings.Repeat("9", 61), "lines.0.type", "cama hospitalaria", "lines.0.quantity", "1"}},
		{"Elija un proveedor de la lista", []string{"supplier_id", "no-es", "lines.0.type", "cama hospitalaria", "lines.0.quantity", "1"}},
	} {
		p := sees(t, post(t, b, form, newDelivery, c.typed...), 422, c.says, `role="alert"`)
		for i := 0; i+1 < len(c.typed); i += 2 {
			if !strings.Contains(c.typed[i], "tracking") && c.typed[i+1] != "" && c.typed[i] != "supplier_id" && !strings.Contains(p.Text, `value="`+c.typed[i+1]+`"`) {
				t.Errorf("%q is lost:\n%s", c.typed[i+1], words(p.Text))
			}
		}
	}
	if n := w.count(office, "/v1/deliveries"); n != 0 {
		t.Errorf("%d deliveries", n)
	}
}

func TestADirectorRegistersWhatCameUnannounced(t *testing.T) {
	w := newWorld(t)
	w.kind("hospital_bed")
	b := w.SignIn(t, director)
	sees(t, b.Get("/entregas"), 200, "Registrar lo que llegó sin aviso")
	form := sees(t, b.Get(newDelivery), 200, "¿Cuándo llegó?", "Clínica Hospital Santa Rosalía")
	typed := []string{"lines.0.type", "Cama hospitalaria", "lines.0.quantity", "2"}
	for _, at := range []string{"mañana", w.today(2) + "T10:00", "2001-01-01T10:00", ""} {
		sees(t, post(t, b, form, newDelivery, append(typed, "arrived_at", at)...), 422, "Escriba una fecha y hora que ya hayan pasado")
	}
	p := sees(t, post(t, b, form, newDelivery, append(typed, "arrived_at", w.today(-2)+"T10:00")...), 200, "Confirmar entrega", "2 anunciadas")
	d := w.read(director, "/v1/deliveries")["items"].([]any)[0].(map[string]any)
	if d["state"] != "arrived" || d["announced"] != false || !strings.HasSuffix(p.Request.URL.Path, d["id"].(string)) {
		t.Errorf("%s: %v", p.Request.URL, d)
	}
}

func TestNobodyPreparesADeliveryForAnothersUnit(t *testing.T) {
	w := newWorld(t)
	w.kind("hospital_bed")
	form := w.SignIn(t, office).Get(newDelivery + "?unit_id=" + demo.SantaRosalia)
	for _, user := range []string{requester, engineer, contractor, "technician", planner, "auditor"} {
		b := w.SignIn(t, user)
		sees(t, b.Get(newDelivery), http.StatusNotFound, "No encontramos esta página")
		sees(t, b.Get(newDelivery+"?unit_id="+demo.SantaRosalia), http.StatusNotFound, "No encontramos esta página")
	}
	for _, user := range []string{"office-sonora", stranger} {
		b := w.SignIn(t, user)
		p := sees(t, b.Get(newDelivery+"?unit_id="+demo.SantaRosalia), http.StatusNotFound, "No encontramos esta página")
		lacks(t, p, "Santa Rosalía")
		own := fields(t, b.Get("/quien-soy"), "/salir")
		sent := url.Values{"hecho_para": own["hecho_para"], "idempotency_key": {"k-" + user}, "unit_id": {demo.SantaRosalia}, "lines.0.type": {"Cama hospitalaria"}, "lines.0.quantity": {"1"}}
		sees(t, b.Post(newDelivery, sent), http.StatusNotFound, "No encontramos esta página")
		sent["hecho_para"] = fields(t, form, newDelivery)["hecho_para"]
		sees(t, b.Post(newDelivery, sent), http.StatusForbidden)
	}
	if n := w.count(office, "/v1/deliveries"); n != 0 {
		t.Errorf("%d deliveries", n)
	}
}

// The register of units is closed to a supplier; of the units of its deliveries it learns name and town.
func TestASupplierSeesWhereItsDeliveriesGo(t *testing.T) {
	w := newWorld(t)
	d := w.Want(t, office, "POST", "/v1/deliveries", map[string]any{"unit_id": demo.SantaRosalia, "supplier_id": devissuer.DemoContractorA, "delivery_note": "REM-9", "lines": []any{map[string]any{"type_id": w.kind("hospital_bed"), "quantity": 6}}})["id"].(string)
	b := w.SignIn(t, contractor)
	for _, path := range []string{"/", "/entregas", "/entregas/" + d, "/buscar?q=REM9"} {
		p := eventually(t, b, path, "Clínica Hospital Santa Rosalía, ")
		lacks(t, p, demo.SantaRosalia)
	}
	sees(t, b.Get("/entregas/"+d), 200, "Adónde se lleva", "Registrar el envío")
	rival := w.SignIn(t, other)
	sees(t, rival.Get("/entregas/"+d), http.StatusNotFound, "No encontramos esta página")
}
