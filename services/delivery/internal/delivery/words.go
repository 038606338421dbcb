package delivery

import "github.com/bitacora-salud/bitacora/pkg/mx"

var _ = mx.Define("delivery_state", mx.Words{
	{"draft", "En preparación", "Draft"},
	{"dispatched", "Enviada", "Dispatched"},
	{"arrived", "Recibida, por confirmar", "Arrived"},
	{"confirmed", "Confirmada", "Confirmed"},
	{"cancelled", "Cancelada", "Cancelled"},
})

var _ = mx.Define("line_outcome", mx.Words{
	{"accepted", "Aceptado", "Accepted"},
	{"accepted_with_reservation", "Aceptado con reserva", "Accepted with reservation"},
	{"rejected", "Rechazado", "Rejected"},
	{"missing", "Faltante", "Missing"},
})

var _ = mx.Define("line_reason_rejected", mx.Words{
	{"damaged", "Dañado", "Damaged"},
	{"wrong_item", "No corresponde a la clave", "Wrong item"},
	{"incomplete", "Incompleto", "Incomplete"},
	{"expired", "Caduco", "Expired"},
	{"not_ordered", "No solicitado", "Not ordered"},
})

var _ = mx.Define("line_reason_reservation", mx.Words{
	{"no_manual", "Sin manual", "No manual"},
	{"no_training", "Sin capacitación", "No training"},
	{"not_installed", "Sin instalar", "Not installed"},
	{"cosmetic_damage", "Daño estético", "Cosmetic damage"},
	{"missing_accessory", "Falta un accesorio", "Missing accessory"},
})

var _ = mx.Define("line_reason_missing", mx.Words{
	{"partial_delivery", "Entrega parcial, llega después", "Partial delivery, to follow"},
	{"not_dispatched", "No se envió", "Not dispatched"},
	{"lost_in_transit", "Extraviado en tránsito", "Lost in transit"},
	{"stolen", "Robado", "Stolen"},
	{"unknown", "Se desconoce", "Unknown"},
})
