package act

import (
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("screen_act", mx.Words{
	{"optional", "(opcional)", "(optional)"},
	{"choose", "Elija una opción", "Choose one"},
	{"error_field", "Revise «%s».", "Look at “%s”."},
	{"error_long", "«%s» admite hasta %s caracteres, y lo escrito tiene %s.", "“%s” takes %s characters at most; this has %s."},
	{"gone_text", "No corresponde al estado en que está, o ya se hizo, aquí o en otra ventana. Ahora está: %s.", "It does not fit the state that it is in, or was done already, here or in another window. It is now: %s."},
	{"instead", "Ahora puede", "What you can do now"},
	{"see_now", "Ver cómo está ahora", "See how it is now"},
	{"changed", "Alguien más cambió esto", "Somebody else changed this"},
	{"not_possible", "Esto no es posible ahora", "This is not possible now"},
	{"wanted", "Usted quiso", "You wanted to"},
	{"state", "Está", "It is"},
	{"edit_small", "Con lo actual, y lo suyo a la vista", "With what is there now, and yours in view"},
}))

// refusals are the rules by which the services refuse, in words that say what to do. Their keys are the rules' names.
var refusals = ui.Words(mx.Define("refusal", mx.Words{
	{"other", "El sistema no lo aceptó. Revise cómo está ahora y decida de nuevo.", "It was not taken. See how it is now and decide anew."},
	{"stale_version", "Mientras usted escribía, se guardó otro cambio. No se ha perdido nada: elija cómo seguir.", "While you wrote, another change was saved. Nothing is lost: choose how to go on."},
	{"transition_not_allowed", "Desde que abrió esta página, alguien más ya hizo un paso. Vea cómo está ahora.", "Since you opened this page somebody else took a step. See how it is now."},
	{"idempotency_key_reused", "Este formulario ya se había enviado. Vea lo que quedó guardado antes de enviar otro.", "This form was sent before. See what was saved before you send another."},
	{"validation_failed", "Revise lo que escribió.", "Look at what you wrote."},
	{"own_estimate", "Quien estimó el costo no puede aprobar la orden. Tiene que hacerlo otra persona.", "Who estimated the cost cannot approve the order. Somebody else has to."},
	{"same_person", "Quien estimó o comprometió el gasto no puede dar la conformidad. Tiene que hacerlo otra persona.", "Who estimated or committed the cost cannot accept the work. Somebody else has to."},
	{"not_appointed", "Sólo quien está designado para ese contrato, lote y lugar puede comprometer su dinero.", "Only who is appointed to that contract, lot and place may commit its money."},
	{"budget_exceeded", "No cabe en el techo del contrato. Vea cuánto queda disponible en el ejercicio.", "It does not fit under the contract's ceiling. See what is left for the year."},
	{"cost_above_commitment", "El costo es mayor que lo comprometido. Escriba a lo más esa cantidad, o pida antes que se amplíe.", "The cost is more than was committed. Give at most that, or ask for more first."},
	{"covered_by_policy", "El equipo está cubierto por póliza: no se compromete dinero por esta orden.", "The equipment is covered by a policy: no money is committed for this order."},
	{"under_warranty", "El equipo está en garantía: no se compromete dinero por esta orden.", "The equipment is under warranty: no money is committed for this order."},
	{"asset_retired", "El equipo ya está dado de baja: no se le hace nada más.", "The equipment is retired: nothing is done to it any more."},
	{"orders_open", "Hay órdenes abiertas sobre el equipo. Concluya o cancele esas órdenes primero.", "Work orders on it are open. End them first."},
	{"too_many_orders", "Ya hay demasiadas órdenes abiertas sobre este equipo. Concluya algunas primero.", "Too many orders are open on it. End some first."},
	{"already_exists", "Ya hay otro con ese dato, aunque esté escrito de otra forma. Búsquelo antes de registrar uno nuevo.", "There is another one with that, however it is spelt. Look for it before you register a new one."},
	{"tag_taken", "Otro equipo ya tiene ese número de inventario, aunque esté escrito de otra forma. Revise la etiqueta.", "Another asset has that inventory tag, however it is spelt. Look at the tag."},
	{"serial_taken", "Otro equipo de la misma marca y modelo ya tiene ese número de serie. Revise la placa.", "Another asset of that brand and model has that serial number. Look at the plate."},
	{"unit_key_shape", "Eso no es una CLUES. Escriba los once caracteres, en mayúsculas; por ejemplo: BSIST000014.", "That is no CLUES. Give the eleven characters, in capitals; for example: BSIST000014."},
	{"unit_closed", "La unidad está cerrada.", "The unit is closed."},
	{"no_change", "Ya estaba así: no hay nada que cambiar.", "It is so already: there is nothing to change."},
	{"instant_order", "La hora no concuerda con la de los otros pasos. Revise cuándo fue.", "The time does not agree with that of the other steps. See when it was."},
	{"occurred_in_future", "Esa hora todavía no llega. Escriba cuándo fue.", "That time has not come yet. Say when it was."},
	{"occurred_too_early", "Esa fecha es demasiado antigua. Escriba cuándo fue.", "That date is too far back. Say when it was."},
	{"amendment_above_limit", "Entre todos los convenios, el máximo sube a lo más 20 % sobre el original.", "Amendments raise the maximum by at most 20 % of the original in all."},
	{"amendment_outside_validity", "El convenio es de una fecha fuera de la vigencia del contrato.", "The agreement is dated outside of the contract's validity."},
	{"amendment_without_change", "El máximo ya es ése: no hay nada que cambiar.", "The maximum is that already: there is nothing to change."},
	{"ceiling_below_use", "Ya hay más comprometido y devengado que eso. Escriba al menos lo usado.", "More than that is committed and accrued. Give at least what is used."},
	{"reference_taken", "Ese convenio ya está registrado en el contrato.", "That agreement is recorded in the contract already."},
	{"lot_repeated", "Ese ejercicio y lote ya está en el contrato.", "That year and lot is in the contract already."},
	{"lot_outside_validity", "El ejercicio está fuera de la vigencia del contrato.", "The year is outside of the contract's validity."},
	{"lot_amounts", "El máximo debe ser mayor que cero, y el mínimo a lo más el máximo.", "The maximum must be above zero, and the minimum at most that."},
	{"own_appointment", "Nadie se designa ni termina su propia designación. Tiene que hacerlo otra persona que administre el sistema.", "Nobody makes or ends their own appointment. Another administrator has to."},
	{"appointment_overlaps", "Esa persona ya está designada para ese lote en ese lugar y esas fechas.", "That person is appointed to that lot at that place and on those days already."},
	{"appointment_ended", "La designación ya estaba terminada.", "The appointment was ended before."},
	{"target_ambiguous", "Elija una parte del inmueble o un tipo de equipo, no los dos.", "Choose a part of the building or a type of equipment, not both."},
	{"late_entry_unconfirmed", "Hay registros tardíos que la unidad aún no confirma.", "There are late entries that the unit has not confirmed."},
}))

// Refusal is what a refusal says to whoever was refused.
func Refusal(p *api.Problem) string {
	key := strings.ReplaceAll(p.Rule, "-", "_")
	if !refusals.Has(key) {
		key = "other"
	}
	return refusals.Say(key)
}
