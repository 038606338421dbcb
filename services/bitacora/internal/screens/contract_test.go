package screens_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// agreed are the fields of a contract of this year and the next, with a maximum of a million this year.
func agreed(number string) []string {
	year := time.Now().Year()
	return []string{"name", "Contrato de mantenimiento", "number", number, "kind", "maintenance", "contractor_id", devissuer.DemoContractorA, "legal_regime", "lopsrm", "cubre", "office:baja-california-sur",
		"valid_from", fmt.Sprintf("%d-01-01", year), "valid_to", fmt.Sprintf("%d-12-31", year+1), "abierto", "no", "fiscal_year", fmt.Sprint(year), "max_amount", "1,000,000.00"}
}

// signed is a contract that was registered in its form; its page's path.
func (w *world) signed(b *localtest.Browser, number string) string {
	w.t.Helper()
	p := sees(w.t, post(w.t, b, b.Get("/contratos/nuevo"), "/contratos/nuevo", agreed(number)...), 200, "Contrato registrado")
	return p.Request.URL.Path
}

func TestAContractAdministratorRegistersACompanyAndAContract(t *testing.T) {
	w := newWorld(t)
	b := w.SignIn(t, "contracts")
	sees(t, b.Get("/contratos"), 200, `href="/contratos/nuevo"`, `href="/contratistas"`)
	sees(t, b.Get("/contratistas"), 200, `href="/contratistas/nueva"`, "Registrar una empresa")
	form := b.Get("/contratistas/nueva")
	sees(t, post(t, b, form, "/contratistas/nueva", "name", "  ", "giro", "works"), 422, "Escriba la razón social.")
	sees(t, post(t, b, form, "/contratistas/nueva", "name", "Obras del Golfo, S.A.", "rfc", "XAXX010101000"), 422, "Revise el RFC", `value="Obras del Golfo, S.A."`)
	for _, p := range twice(t, b, form, "/contratistas/nueva", "name", "Obras del Golfo, S.A.", "rfc", "odg-010203 ab1", "giro", "works") {
		sees(t, p, 200, "Empresa registrada", "ODG010203AB1", "Obra")
	}
	if n := strings.Count(b.Get("/contratistas").Text, "Obras del Golfo"); n != 1 {
		t.Errorf("%d companies of a double tap", n)
	}
	sees(t, post(t, b, form, "/contratistas/nueva", "idempotency_key", "another", "name", "Otra", "rfc", "ODG010203AB1"), http.StatusConflict, "Revise el RFC")

	form = sees(t, b.Get("/contratos/nuevo"), 200, "¿Es contrato abierto?", "Obras del Golfo, S.A.", "Oficina de Representación Estatal Sonora")
	for says, change := range map[string][]string{"Escriba el máximo en pesos": {"max_amount", "mucho"}, "Elija el último día": {"valid_to", "2001-01-01"}, "Elija una empresa de la lista": {"contractor_id", ""}, "Elija dónde": {"cubre", ""}, "El ejercicio está fuera de la vigencia": {"fiscal_year", "2001"}} {
		sees(t, post(t, b, form, "/contratos/nuevo", append(agreed("C-1"), change...)...), 422, says, `value="C-1"`)
	}
	path := w.signed(b, "C-1")
	sees(t, b.Get(path), 200, "Quedan $1,000,000.00 de $1,000,000.00", "Registrar un convenio modificatorio", "Nadie está designado", "Contrato registrado")
	sees(t, post(t, b, b.Get("/contratos/nuevo"), "/contratos/nuevo", agreed("c 1")...), http.StatusConflict, "que ningún otro tenga")
}

func TestAMaximumIsChangedByAnAmendmentAndAYearIsAdded(t *testing.T) {
	w := newWorld(t)
	b := w.SignIn(t, "contracts")
	path := w.signed(b, "C-1")
	year := time.Now().Year()
	tab, form := b.Get(path+"/convenio"), sees(t, b.Get(path+"/convenio"), 200, "¿De qué ejercicio y lote?", fmt.Sprintf("Ejercicio %d, lote 1: $1,000,000.00", year))
	typed := []string{"lote", fmt.Sprintf("%d:1", year), "dated", w.today(-1), "reference", "CM-01", "reason", "quantities"}
	sees(t, post(t, b, form, path+"/convenio", append(typed, "max_amount", "")...), 422, "Escriba el máximo en pesos")
	sees(t, post(t, b, form, path+"/convenio", append(typed, "max_amount", "1,300,000")...), http.StatusConflict, "a lo más 20 % sobre el original", "1,300,000")
	sees(t, post(t, b, b.Get(path+"/convenio"), path+"/convenio", append(typed, "max_amount", "1,200,000.00")...), 200, "Convenio registrado", "Quedan $1,200,000.00 de $1,200,000.00", "CM-01", "Convenio modificatorio")
	sees(t, post(t, b, tab, path+"/convenio", append(typed, "max_amount", "1,100,000", "reference", "CM-02")...), http.StatusPreconditionFailed, "Mientras usted escribía, se guardó otro cambio", "CM-02")
	sees(t, post(t, b, b.Get(path+"/ejercicio"), path+"/ejercicio", "fiscal_year", fmt.Sprint(year), "max_amount", "5"), 422, "Ese ejercicio y lote ya está en el contrato")
	for _, p := range twice(t, b, b.Get(path+"/ejercicio"), path+"/ejercicio", "fiscal_year", fmt.Sprint(year+1), "max_amount", "500,000") {
		sees(t, p, 200, "Ejercicio agregado", fmt.Sprintf("Quedan $1,200,000.00 de $1,200,000.00 en %d", year), "$500,000.00")
	}
	sees(t, post(t, b, b.Get(path+"/cambiar"), path+"/cambiar", "law", "Ley de Obras", "name", "Contrato de mantenimiento", "number", "C-1", "legal_regime", "lopsrm", "valid_from", fmt.Sprintf("%d-01-01", year), "valid_to", fmt.Sprintf("%d-12-31", year+1)), 200, "Condiciones cambiadas", "Ley de Obras", "Quedan $1,200,000.00")
}

func TestAnAdministratorAppointsWhoMayCommitAndEndsIt(t *testing.T) {
	w := newWorld(t)
	path := w.signed(w.SignIn(t, "contracts"), "C-1")
	b := w.SignIn(t, "admin")
	form := eventually(t, b, path+"/designar", devissuer.Subject("contracts"))
	typed := []string{"subject", devissuer.Subject("contracts"), "lot", "1", "lugar", "office:baja-california-sur", "from", w.today(-1)}
	sees(t, post(t, b, form, path+"/designar", append(typed, "to", w.today(-9))...), 422, "Elija un día que no sea antes del primero")
	var made localtest.Shown
	for _, made = range twice(t, b, form, path+"/designar", typed...) {
		sees(t, made, 200, "Designación registrada", "Vigente", "Lote 1 · Oficina de Representación Estatal Baja California Sur")
	}
	at := made.Request.URL.Path
	sees(t, b.Get(path), 200, "Quién puede comprometer su dinero", `href="`+at+`"`)
	sees(t, post(t, b, b.Get(path+"/designar"), path+"/designar", typed...), http.StatusConflict, "ya está designada")
	end := sees(t, b.Get(at+"/terminar"), 200, "Lo ya comprometido sigue comprometido")
	for _, p := range twice(t, b, end, at+"/terminar") {
		sees(t, p, 200, "Designación terminada", "Terminada")
	}
	for _, user := range []string{"contracts", office, director, planner} {
		sees(t, w.SignIn(t, user).Get(path+"/designar"), http.StatusNotFound, "No encontramos esta página")
	}
}

func TestContractsAreChangedByWhomTheyAreOfferedAndAnothersAreNotThere(t *testing.T) {
	w := newWorld(t)
	path := w.signed(w.SignIn(t, "contracts"), "C-1")
	for _, user := range []string{office, director, engineer, planner, "auditor"} {
		b := w.SignIn(t, user)
		lacks(t, sees(t, b.Get(path), 200, "Contrato de mantenimiento"), "Registrar un convenio", "Cambiar las condiciones", "Agregar un ejercicio", "Designar a quien")
		sees(t, b.Get(path+"/convenio"), http.StatusNotFound, "No encontramos esta página")
		for _, form := range []string{"/contratos/nuevo", "/contratistas/nueva"} {
			sees(t, b.Get(form), http.StatusNotFound, "No encontramos esta página")
		}
	}
	own := w.SignIn(t, contractor)
	lacks(t, sees(t, own.Get(path), 200, "Quedan $1,000,000.00"), "Quién puede comprometer", "Registrar un convenio")
	for _, user := range []string{other, requester, "technician"} {
		b := w.SignIn(t, user)
		for _, at := range []string{path, path + "/convenio", path + "/designar"} {
			lacks(t, sees(t, b.Get(at), http.StatusNotFound, "No encontramos esta página"), "Contrato de mantenimiento")
		}
	}
}
