package triage

import "github.com/bitacora-salud/bitacora/pkg/mx"

var _ = mx.Define("order_type", mx.Words{
	{"corrective", "Correctivo", "Corrective"},
	{"preventive", "Preventivo", "Preventive"},
	{"calibration", "Calibración", "Calibration"},
	{"electrical_safety_test", "Prueba de seguridad eléctrica", "Electrical safety test"},
	{"inspection", "Inspección", "Inspection"},
	{"installation", "Instalación", "Installation"},
	{"works", "Obra", "Works"},
})

var _ = mx.Define("priority", mx.Words{
	{"urgent", "Urgente", "Urgent"},
	{"high", "Alta", "High"},
	{"medium", "Media", "Medium"},
	{"low", "Baja", "Low"},
})

// What the fault does to care, from nothing to the worst.
var _ = mx.Define("effect", mx.Words{
	{"none", "Sin efecto en la atención", "No effect on care"},
	{"partial", "Atención limitada", "Care limited"},
	{"service_stopped", "Servicio detenido", "Service stopped"},
	{"theatre_stopped", "Quirófano detenido", "Operating theatre stopped"},
	{"cold_chain", "Cadena de frío en riesgo", "Cold chain at risk"},
	{"patient_risk", "Riesgo para pacientes o personal", "Risk to patients or staff"},
})

var _ = mx.Define("criticality", mx.Words{
	{"high", "Alta", "High"},
	{"medium", "Media", "Medium"},
	{"low", "Baja", "Low"},
})
