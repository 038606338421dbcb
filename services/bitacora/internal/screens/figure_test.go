package screens_test

import (
	"net/http"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

func TestAFigureOpensToItsDefinitionAndItsRows(t *testing.T) {
	w := newWorld(t)
	broken := w.asset("electrocardiograph", "I-7")
	w.asset("electrocardiograph", "I-8")
	w.order(broken, "No imprime")
	b := w.SignIn(t, planner)
	eventually(t, b, "/nacion", "1 de 2")
	sees(t, b.Get("/nacion?cifra=no-funciona&orden=entidad"), 200, "Equipo que no funciona", "Baja California Sur", "Sin levantar", "nation-map")
	sees(t, b.Get("/nacion?cifra=nada&orden=nada"), 200, "Equipo en servicio")
	sees(t, b.Get("/cifra/en-servicio"), 200, "50.0", "Activo, funciona o funciona con limitaciones", "numerador", "denominador", "Baja California Sur")
	sees(t, b.Get("/entidad/03"), 200, "Baja California Sur", "Clínica Hospital Santa Rosalía")
	sees(t, b.Get("/cifra/en-servicio?lugar=unit:"+demo.SantaRosalia), 200, "Fuera 1", "Se cuentan 1", "Todos 2", `href="/equipos/`+broken+`"`)
	for _, nothing := range []string{"/cifra/inventada", "/cifra/en-servicio?lugar=planet:9", "/cifra/en-servicio?lugar=unit:NADA99", "/entidad/99", "/oficina/atlantis", "/unidad/NADA99"} {
		sees(t, b.Get(nothing), http.StatusNotFound, "No encontramos esta página")
	}
	own := w.SignIn(t, "planner-sonora")
	sees(t, own.Get("/nacion"), 200, "Sonora")
	lacks(t, own.Get("/nacion"), "Baja California Sur")
}

// What a figure counts of what happens comes with the latest first, whichever unit it is of; things come by unit. The page says so.
func TestTheRowsOfAFigureSayInWhichOrderTheyAre(t *testing.T) {
	w := newWorld(t)
	if _, err := w.setup.Unit(t.Context(), "BSIST000026"); err != nil {
		t.Fatal(err)
	}
	w.asset("electrocardiograph", "I-7")
	w.asset("electrocardiograph", "I-8")
	for _, o := range [][2]string{{demo.SantaRosalia, "La primera"}, {"BSIST000026", "La segunda"}, {demo.SantaRosalia, "La tercera"}} {
		w.Want(t, engineer, "POST", "/v1/work-orders", map[string]any{"unit_id": o[0], "effect": "none", "complaint": o[1], "target": map[string]any{"kind": "unit"}})
	}
	b := w.SignIn(t, planner)
	for _, place := range []string{"nation", "office:baja-california-sur", "state:03"} {
		inOrder(t, eventually(t, b, "/cifra/ordenes?ver=dentro&lugar="+place, "Se cuentan 3"), "Primero lo más reciente.", "La tercera", "La segunda", "La primera")
		sees(t, eventually(t, b, "/cifra/en-servicio?ver=todos&lugar="+place, "Todos 2"), 200, "Por unidad; en cada una, primero lo que cambió después.")
	}
	inOrder(t, b.Get("/cifra/ordenes?lugar=unit:"+demo.SantaRosalia), "Primero lo más reciente.", "La tercera", "La primera")
}

func TestEveryRolesPagesAnswer(t *testing.T) {
	w := newWorld(t)
	w.order(w.asset("electrocardiograph", "I-7"), "No imprime")
	for user, paths := range map[string][]string{
		requester: {"/", "/reportar", "/reportes", "/quien-soy"}, director: {"/", "/unidad", "/reportar", "/entregas", "/equipos", "/ordenes"}, engineer: {"/", "/por-revisar", "/equipos", "/ordenes", "/reportar"},
		contractor: {"/", "/ordenes", "/historial"}, "technician": {"/", "/ordenes", "/historial"}, "contracts": {"/", "/contratos", "/por-revisar", "/ordenes"}, office: {"/", "/programa", "/por-revisar", "/entregas", "/equipos"},
		planner: {"/", "/nacion", "/equipos", "/ordenes"}, "auditor": {"/", "/nacion", "/equipos", "/ordenes"}, "admin": {"/", "/nacion", "/equipos"},
	} {
		b := w.SignIn(t, user)
		for _, path := range paths {
			sees(t, b.Get(path), 200)
		}
	}
}

// A unit has been surveyed or has not: the figure says so of itself as of the units of its state, and shows what was registered.
func TestWhetherAUnitIsSurveyedIsSaidOfItselfAsOfItsState(t *testing.T) {
	w := newWorld(t)
	b := w.SignIn(t, planner)
	lacks(t, sees(t, b.Get("/cifra/levantadas?lugar=unit:"+demo.SantaRosalia), 200, "0.0\u00a0%"), "Sin levantar")
	w.asset("electrocardiograph", "I-8")
	eventually(t, b, "/cifra/levantadas?lugar=unit:"+demo.SantaRosalia, "100.0\u00a0%")
	sees(t, b.Get("/cifra/levantadas?lugar=unit:"+demo.SantaRosalia), 200, "Electrocardiógrafo")
}
