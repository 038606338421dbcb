//go:build browser

package browser_test

import "github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"

// complaint is what the requester says.
const complaint = "No imprime la tira"

// faultDay is that of a fault, from the report to the figure, and of a delivery.
func faultDay(d day) {
	reports(d.enter(requester))
	triages(d.enter(engineer))
	repairs(d.enter(contractor), complaint)
	p := d.enter(director)
	accepts(p)
	confirms(p)
	looks(d.enter(planner))
	d.has(engineer, "/v1/work-orders?state=accepted&unit_id="+demo.SantaRosalia, "items.0.complaint", complaint)
	d.has(director, "/v1/deliveries/"+d.delivery, "state", "confirmed")
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
		p.until("the list is narrowed by all that was typed", `!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling') &&
			performance.getEntriesByType('resource').some(e => new URL(e.name).searchParams.get('q') === '`+tag+`') && document.querySelectorAll('#cosas section:first-child a.row').length === 1`)
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

// repairs is that of whoever has the order, a company or one of the institution's technicians: the steps of the work.
func repairs(p *person, complaint string) {
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
