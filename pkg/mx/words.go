package mx

// Vocabularies of the country and its institutions, which belong to no service.

var _ = Define("care_level", Words{
	{"1", "Primer nivel", "First level"},
	{"2", "Segundo nivel", "Second level"},
	{"3", "Tercer nivel", "Third level"},
})

var _ = Define("region", Words{
	{"1", "Región 1", "Region 1"}, {"2", "Región 2", "Region 2"}, {"3", "Región 3", "Region 3"}, {"4", "Región 4", "Region 4"},
	{"5", "Región 5", "Region 5"}, {"6", "Región 6", "Region 6"}, {"7", "Región 7", "Region 7"}, {"8", "Región 8", "Region 8"},
})

// The institution part of a CLUES. Not a closed list: other codes exist and are accepted.
var _ = Define("institution", Words{
	{"IST", "ISSSTE", "ISSSTE (State Employees' Social Security and Social Services Institute)"},
	{"IMS", "IMSS", "IMSS (Mexican Social Security Institute)"},
	{"IMB", "IMSS-Bienestar", "IMSS-Bienestar"},
	{"SSA", "Secretaría de Salud", "Ministry of Health"},
	{"SME", "Servicios médicos estatales", "State medical services"},
	{"SMM", "Servicios médicos municipales", "Municipal medical services"},
	{"PMX", "Pemex", "Pemex"},
	{"SDN", "Secretaría de la Defensa Nacional", "Ministry of National Defence"},
	{"SMA", "Secretaría de Marina", "Ministry of the Navy"},
	{"SCT", "Secretaría de Comunicaciones y Transportes", "Ministry of Communications and Transport"},
	{"SPC", "Secretaría de Seguridad y Protección Ciudadana", "Ministry of Security and Civilian Protection"},
	{"SMP", "Servicios médicos privados", "Private medical services"},
	{"CRO", "Cruz Roja Mexicana", "Mexican Red Cross"},
	{"DIF", "Sistema Nacional DIF", "DIF (family development system)"},
	{"CIJ", "Centros de Integración Juvenil", "Youth integration centres"},
})

var _ = Define("funding_kind", Words{
	{"maintenance_contract", "Contrato de mantenimiento", "Maintenance contract"},
	{"purchase_contract", "Contrato de adquisición", "Purchase contract"},
	{"community_program", "La Clínica es Nuestra", "Community programme"},
	{"donation", "Donación", "Donation"},
	{"own_budget", "Presupuesto propio", "Own budget"},
	{"warranty", "Garantía", "Warranty"},
	{"partner", "Otra institución (convenio)", "Partner institution"},
	{"unknown", "Se desconoce", "Unknown"},
})

// Vocabularies that more than one service uses.

var _ = Define("tracking", Words{
	{"serialised", "Con número de serie", "Serialised"},
	{"tagged", "Con etiqueta de inventario", "Tagged"},
	{"counted", "Por cantidad", "Counted"},
	{"not_stocked", "Sin existencias (se consume)", "Not stocked"},
})

var _ = Define("discrepancy", Words{
	{"tag_taken", "Etiqueta de otro bien", "Tag of another asset"},
	{"serial_taken", "Marca, modelo y serie de otro bien", "Brand, model and serial number of another asset"},
	{"possible_duplicate", "Posible duplicado", "Possible duplicate"},
	{"not_identified", "Activo sin etiqueta ni serie", "Active without tag or serial number"},
	{"retired_with_open_orders", "De baja con órdenes abiertas", "Retired with open work orders"},
	{"functioning_left_behind", "Sin funcionar por una orden que ya no está abierta", "Not working because of an order that is no longer open"},
	{"in_service_outdated", "En servicio según una versión anterior", "In service as an earlier release said"},
	{"key_taken", "Clave de otra unidad", "Key of another unit"},
	{"area_names", "Áreas sin nombre o con el mismo", "Areas without a name, or with one name"},
	{"place_disagrees", "Oficina o zona horaria de otro estado", "Office or time zone of another state"},
	{"number_taken", "Número de otro contrato", "Number of another contract"},
})
