package order

import "github.com/bitacora-salud/bitacora/pkg/mx"

var _ = mx.Define("order_state", mx.Words{
	{"requested", "Solicitada", "Requested"},
	{"approved", "Aprobada", "Approved"},
	{"declined", "Declinada", "Declined"},
	{"assigned", "Asignada", "Assigned"},
	{"in_progress", "En proceso", "In progress"},
	{"on_hold", "En pausa", "On hold"},
	{"completed", "Concluida", "Completed"},
	{"accepted", "Validada", "Accepted"},
	{"returned", "Devuelta", "Returned"},
	{"cancelled", "Cancelada", "Cancelled"},
})

var _ = mx.Define("order_target", mx.Words{
	{"asset", "Equipo o instalación", "Asset"},
	{"area_element", "Elemento de un área", "Element of an area"},
	{"unit", "Unidad", "Unit"},
})

var _ = mx.Define("triage_by", mx.Words{
	{"table", "Por la tabla de prioridades", "By the table"},
	{"stated", "Indicada por quien hace el triage", "Stated in triage"},
	{"changed", "Cambiada en el triage", "Changed in triage"},
})

var _ = mx.Define("hold_reason", mx.Words{
	{"awaiting_parts", "En espera de refacciones", "Awaiting spare parts"},
	{"awaiting_authorization", "En espera de autorización", "Awaiting authorization"},
	{"awaiting_contractor", "En espera del contratista", "Awaiting the contractor"},
	{"awaiting_access", "Sin acceso al área o al equipo", "Awaiting access to the area or the equipment"},
	{"in_clinical_use", "Equipo en uso clínico", "Equipment in clinical use"},
	{"no_power_or_water", "Sin energía o agua", "No power or water"},
	{"unsafe_conditions", "Condiciones inseguras", "Unsafe conditions"},
	{"weather", "Condiciones climáticas", "Weather"},
	{"not_located", "No localizado", "Not located"},
	{"other", "Otro motivo", "Other reason"},
})

// How service came back. It sets the asset's functioning: full = working; limited and temporary = limited;
// none = not_working.
var _ = mx.Define("restoration", mx.Words{
	{"full", "Restablecido por completo", "Fully restored"},
	{"limited", "Restablecido con limitaciones", "Restored with limitations"},
	{"temporary", "Solución provisional", "Temporary fix"},
	{"none", "Sin restablecer", "Not restored"},
})

var _ = mx.Define("acceptance", mx.Words{
	{"unit_conformity", "Conformidad de la unidad", "Conformity of the unit"},
	{"technical_verification", "Verificación técnica", "Technical verification"},
	{"late_entry_confirmation", "Confirmación de registros tardíos", "Confirmation of late entries"},
})

var _ = mx.Define("late_entry", mx.Words{
	{"unconfirmed", "Registro tardío por confirmar", "Late entry not confirmed"},
	{"confirmed", "Registro tardío confirmado", "Late entry confirmed"},
})
