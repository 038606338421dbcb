//go:build browser

package browser_test

import (
	"fmt"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// The people of the day.
const (
	director   = "director-santa-rosalia"
	requester  = "requester-santa-rosalia"
	engineer   = "engineer-bcs"
	office     = "office-bcs"
	contractor = "contractor-a"
	planner    = "planner"
)

// house is an installation with the small demonstration, a piece of equipment and a delivery that has arrived.
type house struct {
	*localtest.World
	asset, delivery string
}

// The piece of equipment: its inventory tag, and what it is.
const (
	tag   = "ECG-0007"
	thing = "Electrocardiógrafo"
)

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{World: localtest.Start(t, t.TempDir())}
	if err := demo.Load(t.Context(), h.URL, h.Tokens); err != nil {
		t.Fatal(err)
	}
	setup := demo.Setup{Client: h.Client, User: "admin"}
	kind := func(key string) string {
		id, err := setup.Type(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	area, err := setup.Area(t.Context(), demo.SantaRosalia, "Consulta externa")
	if err != nil {
		t.Fatal(err)
	}
	h.asset = fmt.Sprint(h.Want(t, engineer, "POST", "/v1/assets", map[string]any{"unit_id": demo.SantaRosalia, "type_id": kind("electrocardiograph"), "area_id": area,
		"inventory_tag": tag, "functioning": "working", "use": "in_use"})["id"])
	h.delivery = fmt.Sprint(h.Want(t, office, "POST", "/v1/deliveries", map[string]any{"unit_id": demo.SantaRosalia, "lines": []any{
		map[string]any{"type_id": kind("hospital_bed"), "quantity": 6}, map[string]any{"type_id": kind("diagnostic_set"), "quantity": 4}}})["id"])
	h.Want(t, office, "POST", "/v1/deliveries/"+h.delivery+"/dispatch", map[string]any{})
	h.Want(t, director, "POST", "/v1/deliveries/"+h.delivery+"/arrive", map[string]any{})
	return h
}

// complaint is what the requester says.
const complaint = "No imprime la tira"

func TestEachRoleDoesItsDay(t *testing.T) {
	for name, how := range map[string]way{
		"on a phone":                    {size: phone},
		"at a desk":                     {size: desk},
		"without JavaScript":            {size: phone, noScript: true},
		"with nothing but the keyboard": {size: phone, keyboard: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			day(t, how)
		})
	}
}

// day is that of a fault, from the report to the figure, and of a delivery: everybody signs in and does their part.
func day(t *testing.T, how way) {
	h, b := newHouse(t), chromium(t)
	enter := func(user string) *person { return b.arrive(t, h.URL, user, how) }
	reports(enter(requester))
	triages(enter(engineer))
	repairs(enter(contractor))
	d := enter(director)
	accepts(d)
	confirms(d)
	looks(enter(planner))
}

// reports is a requester's: which thing, what happens, sent.
func reports(p *person) {
	p.t.Helper()
	p.press("Reportar")
	p.sees("Paso 1 de 3")
	p.write("Busque por nombre", tag)
	if p.noScript || p.slow() {
		p.press("Buscar")
	} else {
		p.until("the list is narrowed", `document.querySelectorAll('#cosas section:first-child a.row').length === 1`)
	}
	p.press(thing)
	p.sees("Paso 2 de 3", tag)
	p.choose("No funciona")
	p.write("¿Qué ve, oye o lee", complaint)
	p.choose("Servicio detenido")
	p.press("Continuar")
	p.sees("Paso 3 de 3", complaint)
	p.press("Enviar el reporte")
	p.sees("Mis reportes", complaint)
}

// triages is an engineer's: the request is approved and given to a company.
func triages(p *person) {
	p.t.Helper()
	p.press("Por revisar")
	p.press(thing)
	p.press("Aprobar la solicitud")
	p.press("Asignar la orden")
	p.pick("¿Quién la atiende?", demo.ContractorName("A"))
	p.press("Asignar la orden")
	p.sees("Orden asignada")
}

// repairs is a contractor's: the steps of the work.
func repairs(p *person) {
	p.t.Helper()
	p.press(complaint)
	for _, step := range []string{"Ya estoy enterado", "Ya llegué a la unidad", "Iniciar el trabajo"} {
		p.press(step)
	}
	p.unfold("Poner en pausa")
	p.pick("Motivo", "refacciones")
	p.press("Pausar la orden")
	for _, step := range []string{"Reanudar el trabajo", "Ya funciona", "Concluir el trabajo"} {
		p.press(step)
	}
	p.write("¿Qué se hizo?", "Se cambió el cabezal de impresión")
	p.press("Concluir el trabajo")
	p.sees("Trabajo concluido")
}

// accepts is a director's: the work is what was asked for.
func accepts(p *person) {
	p.t.Helper()
	p.press(complaint)
	p.sees("Se cambió el cabezal de impresión")
	p.press("Dar conformidad")
	p.press("Dar conformidad")
	p.sees("Conformidad registrada")
}

// confirms is a director's: with nothing wrong at most four presses from home.
func confirms(p *person) {
	p.t.Helper()
	p.open("/")
	p.presses = 0
	p.press("Confirmar entrega")
	p.press("Revisar antes de confirmar")
	p.press("Confirmar la recepción")
	p.sees("Recepción confirmada")
	if p.presses > 4 {
		p.t.Errorf("a delivery with nothing wrong takes %d presses from home", p.presses)
	}
}

// looks is a planner's: the nation, a figure of it, its definition and what it counts.
func looks(p *person) {
	p.t.Helper()
	p.press("Nación")
	p.press("Equipo en servicio")
	p.sees("Definición")
	p.press("Baja California Sur")
	p.press("Clínica Hospital Santa Rosalía")
	p.awaits("Se cuentan 2")
	p.press(thing)
	p.sees(tag)
}
