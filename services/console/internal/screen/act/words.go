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
	{"as_stored", "Lo que está registrado", "What is recorded"},
	{"gone_text", "No corresponde al estado en que está, o ya se hizo, aquí o en otra ventana.", "It does not fit the state that it is in, or was done already, here or in another window."},
	{"state_now", "Ahora está: %s.", "It is now: %s."},
	{"instead", "Ahora puede", "What you can do now"},
	{"see_now", "Ver cómo está ahora", "See how it is now"},
	{"changed_unknown", "Esto ya cambió", "This has changed"},
	{"changed_mine", "Usted ya cambió esto en otra ventana", "You changed this in another window"},
	{"changed_other", "Alguien más cambió esto", "Somebody else changed this"},
	{"changed_both", "Usted y alguien más cambiaron esto", "You and somebody else changed this"},
	{"changed_by", "Lo cambió: %s.", "Changed by: %s."},
	{"step_unknown", "Desde que abrió esta página ya se dio un paso. Vea cómo está ahora.", "Since you opened this page a step was taken. See how it is now."},
	{"step_mine", "Usted ya dio un paso en otra ventana desde que abrió esta página. Vea cómo está ahora.", "You took a step in another window since you opened this page. See how it is now."},
	{"step_other", "Desde que abrió esta página, alguien más ya hizo un paso. Vea cómo está ahora.", "Since you opened this page somebody else took a step. See how it is now."},
	{"step_both", "Desde que abrió esta página, usted y alguien más ya hicieron pasos. Vea cómo está ahora.", "Since you opened this page you and somebody else took steps. See how it is now."},
	{"not_possible", "Esto no es posible ahora", "This is not possible now"},
	{"heading_estimate_missing", "Falta estimar el costo", "The cost is not estimated yet"},
	{"heading_asset_incomplete", "Faltan datos del equipo", "The equipment's facts are not complete"},
	{"heading_asset_not_active", "El equipo aún no está activo", "The equipment is not active yet"},
	{"heading_same_person", "Tiene que hacerlo otra persona", "Somebody else has to do it"},
	{"heading_own_estimate", "Tiene que hacerlo otra persona", "Somebody else has to do it"},
	{"heading_own_appointment", "Tiene que hacerlo otra persona", "Somebody else has to do it"},
	{"heading_not_appointed", "No está designado para este gasto", "You are not appointed to spend this"},
	{"heading_no_change", "Ya está así", "It is so already"},
	{"heading_orders_open", "Hay órdenes abiertas", "Work orders are open"},
	{"heading_assets_remain", "La unidad todavía tiene equipo", "The unit still has equipment"},
	{"wanted", "Usted quiso", "You wanted to"},
	{"state", "Está", "It is"},
	{"edit_small", "Con lo actual, y lo suyo a la vista", "With what is there now, and yours in view"},
}))

// refusals are the rules by which the services refuse, in words that say what to do. Their keys are the rules' names.
var refusals = ui.Words(mx.Define("refusal", mx.Words{
	{"other", "El sistema no lo aceptó. Revise cómo está ahora y decida de nuevo.", "It was not taken. See how it is now and decide anew."},
	{"stale_version", "Mientras usted escribía, se guardó otro cambio. No se ha perdido nada: elija cómo seguir.", "While you wrote, another change was saved. Nothing is lost: choose how to go on."},
	{"transition_not_allowed", "Desde que abrió esta página ya se dio un paso. Vea cómo está ahora.", "Since you opened this page a step was taken. See how it is now."},
	{"idempotency_key_reused", "Este formulario ya se había enviado. Vea lo que quedó guardado antes de enviar otro.", "This form was sent before. See what was saved before you send another."},
	{"validation_failed", "Revise lo que escribió.", "Look at what you wrote."},
	{"own_estimate", "Quien estimó el costo no puede aprobar la orden. Tiene que hacerlo otra persona.", "Who estimated the cost cannot approve the order. Somebody else has to."},
	{"same_person", "Usted ya tuvo parte en este gasto: lo estimó, lo propuso, lo comprometió o está designado para comprometerlo. Este paso lo da otra persona.", "You had a part in this expense: you estimated, proposed or committed it, or are appointed to commit it. Somebody else takes this step."},
	{"estimate_missing", "Nadie ha estimado cuánto cuesta el trabajo, y sin eso no se compromete dinero. Lo estima ingeniería biomédica, la administración de la oficina o de contratos: otra persona que quien compromete.", "Nobody has estimated what the work costs, and without that no money is committed. Biomedical engineering, the office's or the contracts' administration estimates it: somebody else than who commits."},
	{"above_estimate", "Es más de lo estimado. Escriba a lo más esa cantidad, o pida antes otra estimación.", "It is more than the estimate. Give at most that, or ask for another estimate first."},
	{"contractor_mismatch", "La orden la tiene otra empresa que la del contrato, o personal de la institución. Elija otro contrato, o reasigne antes la orden.", "Another company than the contract's has the order, or the institution's own staff. Choose another contract, or reassign the order first."},
	{"contract_not_covering", "Ese contrato no cubre esta unidad. Elija otro.", "That contract does not cover this unit. Choose another."},
	{"contract_not_valid", "Ese contrato no está vigente en esas fechas. Elija otro.", "That contract is not valid on those days. Choose another."},
	{"contractor_inactive", "Esa empresa ya no recibe órdenes nuevas. Elija otra.", "That company takes no new orders. Choose another."},
	{"quantity_above_order", "Es más de lo que se pidió. Proponga antes otra cantidad, para que otra persona la apruebe.", "It is more than was ordered. Propose another quantity first, for somebody else to approve."},
	{"proposal_changed", "La cantidad propuesta cambió mientras usted la revisaba. Vea la actual y decida de nuevo.", "The proposed quantity changed while you looked at it. See the present one and decide anew."},
	{"too_many_revisions", "La cantidad de esta orden ya se cambió demasiadas veces.", "This order's quantity was changed too often."},
	{"too_many_holds", "La orden ya se puso en pausa demasiadas veces.", "The order was put on hold too often."},
	{"too_many_returns", "El trabajo ya se devolvió demasiadas veces.", "The work was returned too often."},
	{"too_many_reassignments", "La orden ya se reasignó demasiadas veces.", "The order was reassigned too often."},
	{"too_many_late_entries", "La orden ya tiene demasiados registros tardíos. Lo que ocurrió en los últimos siete días todavía se registra.", "The order has too many late entries. What happened in the last seven days is still taken."},
	{"too_many_appointments", "Esa persona ya tiene demasiadas designaciones a ese lote. Termine una primero.", "That person has too many appointments to that lot. End one first."},
	{"too_many_amendments", "El contrato ya tiene todos los convenios que se admiten.", "The contract has all the amendments that it may have."},
	{"too_many_areas", "La unidad ya tiene todas las áreas que se admiten.", "The unit has all the areas that it may have."},
	{"area_exists", "Ahí ya hay un área con ese nombre, aunque esté escrito de otra forma. Escriba otro nombre, o use la que ya está.", "There is an area of that name there, however it is spelt. Give another name, or use the one that is there."},
	{"unit_key_taken", "Otra unidad ya tiene esa clave, aunque esté escrita de otra forma. Revise cuál es.", "Another unit has that key, however it is spelt. See which one it is."},
	{"clues_changed", "La unidad ya tiene otra CLUES. Revise cuál es la actual.", "The unit has another CLUES by now. See which one it is."},
	{"assets_remain", "Se cierra cuando no quede ningún equipo en ella. Mientras tanto puede suspenderse.", "It can be closed once no equipment is left in it. Until then it can be suspended."},
	{"asset_incomplete", "Para estar activo le falta el número de serie o el de inventario. Complete antes la ficha.", "To be active it lacks its serial number or inventory tag. Complete its facts first."},
	{"asset_not_active", "Sólo un equipo activo puede estar en uso. Complete la ficha y actívelo antes.", "Only active equipment can be in use. Complete its facts and activate it first."},
	{"asset_had_orders", "Hubo órdenes sobre el equipo: existe, y no se anula. Dé de baja el equipo en su lugar.", "There were work orders on it: it exists, and is not voided. Retire it instead."},
	{"not_a_draft", "El equipo ya está activo o dado de baja.", "The equipment is active or retired already."},
	{"nothing_to_confirm", "No queda ningún registro tardío por confirmar.", "No late entry is left to be confirmed."},
	{"person_erased", "Esta persona fue eliminada. Sólo quien administra el sistema puede readmitirla.", "This person was erased. Only an administrator of the system can readmit them."},
	{"person_not_erased", "Esta persona no está eliminada: no hay nada que readmitir.", "This person was not erased: there is nothing to readmit."},
	{"id_taken", "Ya hay otro con esa clave. Búsquelo antes de registrar uno nuevo.", "There is another one of that key. Look for it before you register a new one."},
	{"reference_unknown", "Lo que eligió no existe o no está a su alcance. Elija de nuevo.", "What you chose does not exist or is out of your reach. Choose anew."},
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
