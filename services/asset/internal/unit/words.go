package unit

import "github.com/bitacora-salud/bitacora/pkg/mx"

var _ = mx.Define("unit_kind", mx.Words{
	{"medical_unit", "Unidad médica", "Medical unit"},
	{"office", "Oficina", "Office"},
	{"warehouse", "Almacén", "Warehouse"},
	{"child_care", "Estancia infantil", "Child-care centre"},
})

var _ = mx.Define("unit_state", mx.Words{
	{"planned", "Planeada", "Planned"},
	{"open", "En operación", "Open"},
	{"suspended", "Suspendida", "Suspended"},
	{"closed", "Cerrada", "Closed"},
})

var _ = mx.Define("tenure", mx.Words{
	{"own", "Propia", "Owned"},
	{"rented", "Rentada", "Rented"},
	{"subrogated", "Subrogada", "Subrogated"},
	{"lent", "En comodato", "Lent"},
})
