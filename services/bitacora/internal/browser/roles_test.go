//go:build browser

package browser_test

import (
	"fmt"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
)

// asked is an order over the piece of equipment that the office's engineer has approved; its id.
func (d day) asked(complaint string) string {
	d.t.Helper()
	o := fmt.Sprint(d.Want(d.t, requester, "POST", "/v1/work-orders", map[string]any{"unit_id": demo.SantaRosalia, "effect": "none", "complaint": complaint,
		"reported_functioning": "limited", "target": map[string]any{"kind": "asset", "asset_id": d.asset}})["id"])
	d.Want(d.t, engineer, "POST", "/v1/work-orders/"+o+"/approve", map[string]any{})
	return o
}

// technicianDay is that of one of the institution's own technicians, who has an order: the engineer gives it, the technician does it, the director accepts it.
func technicianDay(d day) {
	const says = "Se atora el papel"
	order := d.asked(says)
	p := d.enter(engineer)
	p.press("Por revisar")
	p.press("Electrocardiógrafo")
	p.press("Asignar la orden")
	p.pick("¿Quién la atiende?", "Técnico")
	p.press("Asignar la orden")
	p.sees("Orden asignada")
	repairs(d.enter(technician), says)
	d.has(technician, "/v1/work-orders/"+order, "state", "completed")
	d.has(technician, "/v1/work-orders/"+order, "holds.0.reason", "awaiting_parts")
	d.has(technician, "/v1/work-orders/"+order, "technician_id", devissuer.Subject(technician))
	p = d.enter(director)
	p.press(says)
	p.press("Dar conformidad")
	p.press("Dar conformidad")
	p.sees("Conformidad registrada")
	d.has(director, "/v1/work-orders/"+order, "state", "accepted")
	p = d.enter(technician)
	p.press("Historial")
	p.sees(says)
}

// officeDay is that of an office's administration: work is planned and its order asked for, another's order is approved, a delivery is prepared and sent.
func officeDay(d day) {
	const work = "Sustitución de lámparas"
	p := d.enter(office)
	p.press("Programa")
	p.press("Planear un trabajo")
	p.press("Clínica Hospital Santa Rosalía")
	p.pick("Programa", demo.ProgramName)
	p.write("¿Qué se va a hacer?", work)
	p.pick("¿En qué se trabaja?", "Pisos")
	p.pick("Área", "Baños")
	p.write("Cantidad", "38.5")
	p.pick("Unidad de medida", "m²")
	p.day("¿Qué día empieza?", time.Now().AddDate(0, 0, 1))
	p.day("¿Qué día termina?", time.Now().AddDate(0, 0, 5))
	p.press("Agregar al programa")
	p.sees("Trabajo agregado al programa", work, "38.5 m²")
	p.press("Pedir la orden")
	p.pick("Tipo de trabajo", "Obra")
	p.pick("Prioridad", "Media")
	p.write("Costo estimado en pesos", "45,000")
	p.press("Pedir la orden")
	p.sees("Solicitada", "$45,000.00")
	orders := d.items(office, "/v1/work-orders?state=requested&type=works&unit_id="+demo.SantaRosalia)
	if len(orders) != 1 || at(orders[0], "quantity") != 38.5 || at(orders[0], "estimate.amount_cents") != 4_500_000.0 {
		d.t.Errorf("the order asked for: %v", orders)
	}

	p.press("Entregas")
	p.press("Preparar una entrega")
	p.press("Clínica Hospital Santa Rosalía")
	p.write("Tipo de bien", "Cama hospitalaria")
	p.write("¿Cuántas?", "3")
	p.press("Guardar la entrega")
	p.sees("Entrega en preparación")
	p.press("Registrar el envío")
	p.sees("Envío registrado")
	d.has(office, "/v1/deliveries?state=dispatched&unit_id="+demo.SantaRosalia, "items.0.lines.0.dispatched", 3)
}

// contractDay is that of who administers contracts: one is registered, an administrator appoints who may spend it, its money is committed to an order, and
// its ceiling shows it.
func contractDay(d day) {
	const name, number, says = "Contrato de equipo de diagnóstico", "CED-1", "Imprime muy claro"
	year := time.Now().Year()
	p := d.enter(contracts)
	p.press("Contratos")
	p.press("Registrar un contrato")
	p.write("Nombre del contrato", name)
	p.write("Número", number)
	p.pick("¿Para qué es?", "Mantenimiento")
	p.pick("Empresa", demo.ContractorName("A"))
	p.pick("Régimen", "LAASSP (2025)")
	p.day("Primer día de vigencia", time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
	p.day("Último día de vigencia", time.Date(year+1, 12, 31, 0, 0, 0, 0, time.UTC))
	p.pick("¿Dónde se puede usar?", "Baja California Sur")
	p.pick("¿Es contrato abierto?", "No")
	p.write("Ejercicio fiscal", fmt.Sprint(year))
	p.write("Máximo en pesos", "1,000,000.00")
	p.press("Registrar el contrato")
	p.sees("Contrato registrado", "Quedan $1,000,000.00 de $1,000,000.00")

	a := d.enter(admin)
	a.unfold("Más")
	a.press("Buscar")
	a.write("¿Qué busca?", number)
	a.press("Buscar")
	a.press(name)
	a.press("Designar a quien puede comprometer")
	a.pick("¿A quién?", "Administración de contratos")
	a.pick("¿De qué lote?", "1")
	a.pick("¿Dónde?", "Baja California Sur")
	a.day("¿Desde qué día?", time.Now().AddDate(0, 0, -1))
	a.press("Designar a esta persona")
	a.sees("Designación registrada", "Vigente")

	order := d.asked(says)
	d.Want(d.t, engineer, "POST", "/v1/work-orders/"+order+"/estimate", map[string]any{"estimate": map[string]any{"amount_cents": 85_000_00, "currency": "MXN"}})
	p.press("Por asignar")
	p.press("Electrocardiógrafo")
	p.press("Comprometer dinero de un contrato")
	p.pick("Contrato", name)
	p.press("Comprometer el dinero")
	p.sees("Dinero comprometido", "$85,000.00")
	p.press("Contratos")
	p.press(name)
	p.sees("Quedan $915,000.00 de $1,000,000.00")
	contract := d.items(contracts, "/v1/contracts?number="+number)
	if len(contract) != 1 {
		d.t.Fatalf("contracts of that number: %v", contract)
	}
	id := fmt.Sprint(at(contract[0], "id"))
	d.has(contracts, "/v1/contracts/"+id+"/budgets", "items.0.committed.amount_cents", 85_000_00.0)
	d.has(contracts, "/v1/work-orders/"+order, "contract_id", id)
}

// auditorDay reads: the nation, its figures, what happened to a document; and can change nothing.
func auditorDay(d day) {
	p := d.enter(auditor)
	p.press("Nación")
	p.press("Equipo en servicio")
	p.sees("Definición")
	p.press("Historias")
	p.press("Equipos")
	p.press("Electrocardiógrafo")
	p.sees("Alta en la unidad")
	p.press("Ver cómo está ahora")
	p.sees(tag)
	before := d.Ask(d.t, auditor, "GET", "/v1/assets/"+d.asset, nil)
	if n := p.is(`document.querySelector('main form[method=post]')`); n {
		p.fatalf("an auditor is offered a form")
	}
	if a := d.Ask(d.t, auditor, "POST", "/v1/assets/"+d.asset+"/report-functioning", map[string]any{"value": "working"}); a.Status != 403 {
		d.t.Errorf("an auditor changes equipment: %s", a)
	}
	if after := d.Ask(d.t, auditor, "GET", "/v1/assets/"+d.asset, nil); after.Version() != before.Version() {
		d.t.Errorf("an auditor's day left version %d, not %d", after.Version(), before.Version())
	}
	d.has(auditor, "/v1/assets/"+d.asset+"/history", "items.0.type", "mx.bitacora.asset.registered.v1")
}

// adminDay keeps the catalogue and the directory, and looks at what services could not take.
func adminDay(d day) {
	p := d.enter(admin)
	p.press("Personas")
	p.press("Alberto Ruiz Amador")
	p.press("Cambiar nombre, cargo o lugar")
	p.write("Cargo", "Técnico en electrónica")
	p.press("Guardar los datos")
	p.sees("Datos guardados", "Técnico en electrónica")
	d.has(admin, "/v1/people/"+devissuer.Subject(technician), "post", "Técnico en electrónica")
	p.press("Mensajes detenidos")
	p.sees("Mensajes detenidos")
}

// items are those of a list.
func (d day) items(user, path string) (all []any) {
	d.t.Helper()
	var list struct{ Items []any }
	if err := d.Client.Get(d.t.Context(), user, path, &list); err != nil {
		d.t.Fatal(err)
	}
	return list.Items
}
