package mx

// enums is the one table of enumerations: allowed values in order, Spanish label, English label. The values are those of
// the API and of the events: one may be added (one release before anything writes it), none removed or renamed.
var enums = map[string][]term{
	// places
	"unit_kind": {
		{"medical_unit", "Unidad médica", "Medical unit"},
		{"office", "Oficina", "Office"},
		{"warehouse", "Almacén", "Warehouse"},
		{"child_care", "Estancia infantil", "Child-care centre"},
	},
	"discrepancy": {
		{"tag_taken", "Etiqueta de otro bien", "Tag of another asset"},
		{"serial_taken", "Marca, modelo y serie de otro bien", "Brand, model and serial number of another asset"},
		{"possible_duplicate", "Posible duplicado", "Possible duplicate"},
		{"not_identified", "Activo sin etiqueta ni serie", "Active without tag or serial number"},
		{"key_taken", "Clave de otra unidad", "Key of another unit"},
		{"area_names", "Áreas sin nombre o con el mismo", "Areas without a name, or with one name"},
		{"number_taken", "Número de otro contrato", "Number of another contract"},
	},
	"unit_state": {
		{"planned", "Planeada", "Planned"},
		{"open", "En operación", "Open"},
		{"suspended", "Suspendida", "Suspended"},
		{"closed", "Cerrada", "Closed"},
	},
	"unit_type": unitTypeTerms(),
	"tenure": {
		{"own", "Propia", "Owned"},
		{"rented", "Rentada", "Rented"},
		{"subrogated", "Subrogada", "Subrogated"},
		{"lent", "En comodato", "Lent"},
	},
	"care_level": {
		{"1", "Primer nivel", "First level"},
		{"2", "Segundo nivel", "Second level"},
		{"3", "Tercer nivel", "Third level"},
	},
	"region": {
		{"1", "Región 1", "Region 1"}, {"2", "Región 2", "Region 2"}, {"3", "Región 3", "Region 3"}, {"4", "Región 4", "Region 4"},
		{"5", "Región 5", "Region 5"}, {"6", "Región 6", "Region 6"}, {"7", "Región 7", "Region 7"}, {"8", "Región 8", "Region 8"},
	},
	// The institution part of a CLUES. Not a closed list: other codes exist and are accepted.
	"institution": {
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
	},

	// assets
	"tracking": {
		{"serialised", "Con número de serie", "Serialised"},
		{"tagged", "Con etiqueta de inventario", "Tagged"},
		{"counted", "Por cantidad", "Counted"},
		{"not_stocked", "Sin existencias (se consume)", "Not stocked"},
	},
	"equipment_category": {
		{"medical_equipment", "Equipo médico", "Medical equipment"},
		{"furniture", "Mobiliario", "Furniture"},
		{"instruments", "Instrumental", "Instruments"},
		{"building_system", "Instalación del inmueble", "Building system"},
		{"material", "Material", "Material"},
		{"other", "Otro", "Other"},
	},
	"risk_class": {
		{"I", "Clase I", "Class I"}, {"II", "Clase II", "Class II"}, {"III", "Clase III", "Class III"},
	},
	"asset_lifecycle": {
		{"draft", "Por completar", "Draft"},
		{"active", "Activo", "Active"},
		{"retired", "Dado de baja", "Retired"},
	},
	"retirement_reason": {
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
	},
	"void_reason": {
		{"duplicate", "Registrado dos veces", "Registered twice"},
		{"does_not_exist", "No existe", "Does not exist"},
		{"not_an_asset", "No es un bien inventariable", "Not an asset"},
		{"not_ours", "No es de la institución", "Not the institution's"},
		{"other", "Otro motivo", "Other reason"},
	},
	"functioning": {
		{"working", "Funciona", "Working"},
		{"limited", "Funciona con limitaciones", "Limited"},
		{"not_working", "No funciona", "Not working"},
		{"unknown", "Se desconoce", "Unknown"},
	},
	"use": {
		{"in_use", "En uso", "In use"},
		{"not_in_use", "Sin uso", "Not in use"},
	},
	"not_in_use_reason": {
		{"not_installed", "Sin instalar", "Not installed"},
		{"no_consumables", "Sin consumibles", "No consumables"},
		{"no_trained_staff", "Sin personal capacitado", "No trained staff"},
		{"no_power_or_space", "Sin energía o espacio", "No power or space"},
		{"surplus", "Excedente", "Surplus"},
	},
	"custody": {
		{"at_unit", "En la unidad", "At the unit"},
		{"in_transit", "En tránsito", "In transit"},
		{"on_loan", "En préstamo", "On loan"},
		{"off_site_repair", "En taller externo", "Off-site repair"},
	},
	"quarantine": {
		{"not_quarantined", "Sin cuarentena", "Not quarantined"},
		{"quarantined", "En cuarentena", "Quarantined"},
	},
	"code_system": {
		{"compendium", "Compendio Nacional de Insumos para la Salud", "National compendium of health supplies"},
		{"gmdn", "GMDN", "GMDN"},
		{"umdns", "UMDNS", "UMDNS"},
		{"emdn", "EMDN", "EMDN"},
		{"gtin", "GTIN (GS1)", "GTIN (GS1)"},
		{"cucop", "CUCoP", "CUCoP"},
		{"cabms", "CABMS", "CABMS"},
	},

	// work orders
	"order_type": {
		{"corrective", "Correctivo", "Corrective"},
		{"preventive", "Preventivo", "Preventive"},
		{"calibration", "Calibración", "Calibration"},
		{"electrical_safety_test", "Prueba de seguridad eléctrica", "Electrical safety test"},
		{"inspection", "Inspección", "Inspection"},
		{"installation", "Instalación", "Installation"},
		{"works", "Obra", "Works"},
	},
	"order_state": {
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
	},
	"priority": {
		{"urgent", "Urgente", "Urgent"},
		{"high", "Alta", "High"},
		{"medium", "Media", "Medium"},
		{"low", "Baja", "Low"},
	},
	// What the fault does to care, from nothing to the worst.
	"effect": {
		{"none", "Sin efecto en la atención", "No effect on care"},
		{"partial", "Atención limitada", "Care limited"},
		{"service_stopped", "Servicio detenido", "Service stopped"},
		{"theatre_stopped", "Quirófano detenido", "Operating theatre stopped"},
		{"cold_chain", "Cadena de frío en riesgo", "Cold chain at risk"},
		{"patient_risk", "Riesgo para pacientes o personal", "Risk to patients or staff"},
	},
	"criticality": {
		{"high", "Alta", "High"},
		{"medium", "Media", "Medium"},
		{"low", "Baja", "Low"},
	},
	"triage_by": {
		{"table", "Por la tabla de prioridades", "By the table"},
		{"stated", "Indicada por quien hace el triage", "Stated in triage"},
		{"changed", "Cambiada en el triage", "Changed in triage"},
	},
	"hold_reason": {
		{"awaiting_parts", "En espera de refacciones", "Awaiting spare parts"},
		{"awaiting_authorization", "En espera de autorización", "Awaiting authorization"},
		{"awaiting_contractor", "En espera del contratista", "Awaiting the contractor"},
		{"awaiting_access", "Sin acceso al área o al equipo", "Awaiting access to the area or the equipment"},
		{"in_clinical_use", "Equipo en uso clínico", "Equipment in clinical use"},
		{"no_power_or_water", "Sin energía o agua", "No power or water"},
		{"unsafe_conditions", "Condiciones inseguras", "Unsafe conditions"},
		{"weather", "Condiciones climáticas", "Weather"},
		{"other", "Otro motivo", "Other reason"},
	},
	"amendment_reason": {
		{"quantities", "Aumento de cantidades o conceptos", "More quantities or concepts"},
		{"units", "Más unidades", "More units"},
		{"prices", "Ajuste de precios", "Adjusted prices"},
		{"term", "Ampliación del plazo", "Longer term"},
		{"reduction", "Reducción", "Reduction"},
		{"correction", "Corrección de un error", "Correction of a mistake"},
		{"other", "Otro motivo", "Other reason"},
	},
	"order_target": {
		{"asset", "Equipo o instalación", "Asset"},
		{"area_element", "Elemento de un área", "Element of an area"},
		{"unit", "Unidad", "Unit"},
	},
	"area_element": {
		{"floors", "Pisos", "Floors"},
		{"ceilings", "Plafones", "Ceilings"},
		{"roofs", "Techos e impermeabilización", "Roofs"},
		{"plumbing", "Instalación hidrosanitaria", "Plumbing"},
		{"walls", "Muros y acabados", "Walls"},
		{"doors_windows", "Puertas y ventanas", "Doors and windows"},
		{"wiring", "Instalación eléctrica", "Wiring"},
		{"other", "Otro", "Other"},
	},
	// How service came back. It sets the asset's functioning: full = working; limited and temporary = limited;
	// none = not_working.
	"restoration": {
		{"full", "Restablecido por completo", "Fully restored"},
		{"limited", "Restablecido con limitaciones", "Restored with limitations"},
		{"temporary", "Solución provisional", "Temporary fix"},
		{"none", "Sin restablecer", "Not restored"},
	},
	"acceptance": {
		{"unit_conformity", "Conformidad de la unidad", "Conformity of the unit"},
		{"technical_verification", "Verificación técnica", "Technical verification"},
		{"late_entry_confirmation", "Confirmación de registros tardíos", "Confirmation of late entries"},
	},
	"late_entry": {
		{"unconfirmed", "Registro tardío por confirmar", "Late entry not confirmed"},
		{"confirmed", "Registro tardío confirmado", "Late entry confirmed"},
	},
	"measure_unit": {
		{"piece", "Pieza", "Piece"},
		{"service", "Servicio", "Service"},
		{"m", "m", "m"}, {"m2", "m²", "m²"}, {"m3", "m³", "m³"},
		{"kg", "kg", "kg"}, {"litre", "Litro", "Litre"},
		{"lot", "Lote", "Lot"},
	},

	// deliveries
	"delivery_state": {
		{"draft", "En preparación", "Draft"},
		{"dispatched", "Enviada", "Dispatched"},
		{"arrived", "Recibida, por confirmar", "Arrived"},
		{"confirmed", "Confirmada", "Confirmed"},
		{"cancelled", "Cancelada", "Cancelled"},
	},
	"line_outcome": {
		{"accepted", "Aceptado", "Accepted"},
		{"accepted_with_reservation", "Aceptado con reserva", "Accepted with reservation"},
		{"rejected", "Rechazado", "Rejected"},
		{"missing", "Faltante", "Missing"},
	},
	"line_reason_rejected": {
		{"damaged", "Dañado", "Damaged"},
		{"wrong_item", "No corresponde a la clave", "Wrong item"},
		{"incomplete", "Incompleto", "Incomplete"},
		{"expired", "Caduco", "Expired"},
		{"not_ordered", "No solicitado", "Not ordered"},
	},
	"line_reason_reservation": {
		{"no_manual", "Sin manual", "No manual"},
		{"no_training", "Sin capacitación", "No training"},
		{"not_installed", "Sin instalar", "Not installed"},
		{"cosmetic_damage", "Daño estético", "Cosmetic damage"},
		{"missing_accessory", "Falta un accesorio", "Missing accessory"},
	},
	"line_reason_missing": {
		{"partial_delivery", "Entrega parcial, llega después", "Partial delivery, to follow"},
		{"not_dispatched", "No se envió", "Not dispatched"},
		{"lost_in_transit", "Extraviado en tránsito", "Lost in transit"},
		{"stolen", "Robado", "Stolen"},
		{"unknown", "Se desconoce", "Unknown"},
	},

	// money and contracts
	"funding_kind": {
		{"maintenance_contract", "Contrato de mantenimiento", "Maintenance contract"},
		{"purchase_contract", "Contrato de adquisición", "Purchase contract"},
		{"community_program", "La Clínica es Nuestra", "Community programme"},
		{"donation", "Donación", "Donation"},
		{"own_budget", "Presupuesto propio", "Own budget"},
		{"warranty", "Garantía", "Warranty"},
		{"partner", "Otra institución (convenio)", "Partner institution"},
		{"unknown", "Se desconoce", "Unknown"},
	},
	"legal_regime": {
		{"laassp_2000", "LAASSP (2000)", "Acquisitions law of 2000"},
		{"laassp_2025", "LAASSP (2025)", "Acquisitions law of 2025"},
		{"lopsrm", "LOPSRM", "Public works law"},
		{"other", "Otro", "Other"},
	},
	"day_count": {
		{"calendar_days", "Días naturales", "Calendar days"},
		{"business_days", "Días hábiles", "Business days"},
	},

	"service": {
		{"asset", "Unidades, tipos de equipo, bienes y existencias", "Units, equipment types, assets and stock"},
		{"workorder", "Contratistas, contratos, programas y órdenes de trabajo", "Contractors, contracts, programmes and work orders"},
		{"delivery", "Entregas", "Deliveries"},
		{"status", "Estado por unidad, oficina, entidad y nación", "Status by unit, office, state and nation"},
	},

	// people
	"role": {
		{"requester", "Solicitante", "Requester"},
		{"unit_director", "Titular de la unidad", "Unit director"},
		{"biomedical_engineer", "Ingeniería biomédica", "Biomedical engineer"},
		{"technician", "Técnico(a)", "Technician"},
		{"contractor", "Contratista", "Contractor"},
		{"office_administrator", "Subdelegación de Administración", "Office administrator"},
		{"contract_administrator", "Administrador(a) del contrato", "Contract administrator"},
		{"planner", "Planeación", "Planner"},
		{"auditor", "Auditoría", "Auditor"},
		{"admin", "Administración del sistema", "System administrator"},
	},
}
