package record

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("screen_history", mx.Words{
	{"you", "usted", "you"},
	{"whole_history_one", "Ver la %s anotación", "See the %s entry"},
	{"whole_history_many", "Ver las %s anotaciones", "See all %s entries"},
	{"rest_works", "Lo demás está completo y puede usarlo.", "The rest is complete and can be used."},
	{"written_later", "ocurrió a las %s, se escribió %s después", "it happened at %s and was written %s later"},
	{"no_estimate", "Sin estimar", "Not estimated"},
	{"no_payer", "Ningún contrato la cubre", "No contract covers it"},
	{"fits", "Cabe en %d", "Fits in %d"},
	{"fits_not", "No cabe en %d", "Does not fit in %d"},
	{"estimated", "Estimada en %s, sin IVA", "Estimated at %s, without VAT"},
	{"lacking", "Faltan %s: quedan %s en el ejercicio. Puede programarla para otro ejercicio o pedir un convenio modificatorio.", "%s are lacking: %s are left of the year. It can be planned for another year, or an amendment be asked for."},
	{"overtaken", "no cambió nada: se sabía algo más reciente", "it changed nothing: something later was known"},
}))

var _ = mx.Define("verification", mx.Words{
	{"passed", "Aprobada", "Passed"},
	{"failed", "No aprobada", "Failed"},
})

// What a timeline calls events, by their names.
var _ = mx.Define("history_event", mx.Words{
	{"asset_registered", "Alta en la unidad", "Registered"},
	{"asset_details_changed", "Ficha cambiada", "Details changed"},
	{"asset_activated", "Ficha completa: activo", "Activated"},
	{"asset_functioning_changed", "Funcionamiento", "Functioning"},
	{"asset_use_changed", "Uso", "Use"},
	{"asset_custody_changed", "Ubicación", "Custody"},
	{"asset_quarantine_changed", "Cuarentena", "Quarantine"},
	{"asset_orders_changed", "Orden abierta o cerrada", "Work order opened or closed"},
	{"asset_late_entries_confirmed", "Registros tardíos confirmados", "Late entries confirmed"},
	{"asset_retired", "Dado de baja", "Retired"},
	{"asset_order_on_retired", "Orden abierta en un bien dado de baja", "Work order open on a retired asset"},
	{"asset_voided", "Registro anulado", "Registration voided"},
	{"asset_retyped", "Cambió de tipo", "Retyped"},
	{"asset_place_followed", "La unidad cambió de oficina", "The unit's office changed"},
	{"unit_registered", "Unidad registrada", "Unit registered"},
	{"unit_changed", "Datos de la unidad cambiados", "Unit changed"},
	{"unit_area_added", "Área registrada", "Area added"},
	{"delivery_created", "Entrega preparada", "Delivery prepared"},
	{"delivery_lines_changed", "Partidas cambiadas", "Lines changed"},
	{"delivery_dispatched", "Enviada", "Dispatched"},
	{"delivery_received", "Recibida", "Received"},
	{"delivery_confirmed", "Recepción confirmada", "Confirmed"},
	{"delivery_cancelled", "Cancelada", "Cancelled"},
	{"delivery_place_followed", "La unidad cambió de oficina", "The unit's office changed"},
	{"work_order_requested", "Solicitada", "Requested"},
	{"work_order_approved", "Aprobada", "Approved"},
	{"work_order_estimated", "Costo estimado", "Estimated"},
	{"work_order_committed", "Dinero comprometido", "Money committed"},
	{"work_order_declined", "Declinada", "Declined"},
	{"work_order_assigned", "Asignada", "Assigned"},
	{"work_order_reassigned", "Reasignada", "Reassigned"},
	{"work_order_acknowledged", "Enterado quien la atiende", "Acknowledged"},
	{"work_order_arrived", "Llegó quien la atiende", "Arrived"},
	{"work_order_started", "Trabajo iniciado", "Started"},
	{"work_order_held", "En pausa", "On hold"},
	{"work_order_resumed", "Trabajo reanudado", "Resumed"},
	{"work_order_restored", "Servicio restablecido", "Restored"},
	{"work_order_completed", "Trabajo concluido", "Completed"},
	{"work_order_conformed", "Conformidad de la unidad", "Conformity of the unit"},
	{"work_order_verified", "Verificación técnica", "Technical verification"},
	{"work_order_accepted", "Validada", "Accepted"},
	{"work_order_returned", "Devuelta", "Returned"},
	{"work_order_cancelled", "Cancelada", "Cancelled"},
	{"work_order_quantity_proposed", "Otra cantidad propuesta", "Quantity proposed"},
	{"work_order_priority_changed", "Prioridad cambiada", "Priority changed"},
	{"work_order_quantity_revised", "Otra cantidad aprobada", "Quantity approved"},
	{"work_order_late_entries_confirmed", "Registros tardíos confirmados", "Late entries confirmed"},
	{"work_order_place_changed", "La unidad cambió de oficina", "The unit's office changed"},
	{"program_line_added", "Trabajo planeado", "Work planned"},
	{"program_line_place_changed", "La unidad cambió de oficina", "The unit's office changed"},
	{"contract_created", "Contrato registrado", "Contract registered"},
	{"contract_changed", "Contrato cambiado", "Contract changed"},
	{"contract_amended", "Convenio modificatorio", "Amended"},
})
