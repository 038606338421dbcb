package asset

import "github.com/bitacora-salud/bitacora/pkg/mx"

var _ = mx.Define("asset_lifecycle", mx.Words{
	{"draft", "Por completar", "Draft"},
	{"active", "Activo", "Active"},
	{"retired", "Dado de baja", "Retired"},
})

var _ = mx.Define("retirement_reason", mx.Words{
	{"obsolete", "Obsoleto", "Obsolete"},
	{"beyond_repair", "Sin reparación posible", "Beyond repair"},
	{"repair_too_costly", "Reparación incosteable", "Repair too costly"},
	{"worn_out", "Fin de su vida útil", "End of its useful life"},
	{"destroyed", "Siniestrado", "Destroyed"},
	{"lost", "Extraviado", "Lost"},
	{"stolen", "Robado", "Stolen"},
	{"donated", "Donado", "Donated"},
	{"sold", "Enajenado", "Sold"},
	{"returned_to_owner", "Devuelto a su propietario", "Returned to its owner"},
	{"other", "Otro motivo", "Other reason"},
})

var _ = mx.Define("void_reason", mx.Words{
	{"duplicate", "Registrado dos veces", "Registered twice"},
	{"does_not_exist", "No existe", "Does not exist"},
	{"not_an_asset", "No es un bien inventariable", "Not an asset"},
	{"not_ours", "No es de la institución", "Not the institution's"},
	{"other", "Otro motivo", "Other reason"},
})

var _ = mx.Define("functioning", mx.Words{
	{"working", "Funciona", "Working"},
	{"limited", "Funciona con limitaciones", "Limited"},
	{"not_working", "No funciona", "Not working"},
	{"unknown", "Se desconoce", "Unknown"},
})

var _ = mx.Define("use", mx.Words{
	{"in_use", "En uso", "In use"},
	{"not_in_use", "Sin uso", "Not in use"},
})

var _ = mx.Define("not_in_use_reason", mx.Words{
	{"not_installed", "Sin instalar", "Not installed"},
	{"no_consumables", "Sin consumibles", "No consumables"},
	{"no_trained_staff", "Sin personal capacitado", "No trained staff"},
	{"no_power_or_space", "Sin energía o espacio", "No power or space"},
	{"surplus", "Excedente", "Surplus"},
})

var _ = mx.Define("custody", mx.Words{
	{"at_unit", "En la unidad", "At the unit"},
	{"in_transit", "En tránsito", "In transit"},
	{"on_loan", "En préstamo", "On loan"},
	{"off_site_repair", "En taller externo", "Off-site repair"},
})

var _ = mx.Define("quarantine", mx.Words{
	{"not_quarantined", "Sin cuarentena", "Not quarantined"},
	{"quarantined", "En cuarentena", "Quarantined"},
})
