package contract

import "github.com/bitacora-salud/bitacora/pkg/mx"

var _ = mx.Define("amendment_reason", mx.Words{
	{"quantities", "Aumento de cantidades o conceptos", "More quantities or concepts"},
	{"units", "Más unidades", "More units"},
	{"prices", "Ajuste de precios", "Adjusted prices"},
	{"term", "Ampliación del plazo", "Longer term"},
	{"reduction", "Reducción", "Reduction"},
	{"correction", "Corrección de un error", "Correction of a mistake"},
	{"other", "Otro motivo", "Other reason"},
})

var _ = mx.Define("measure_unit", mx.Words{
	{"piece", "Pieza", "Piece"},
	{"service", "Servicio", "Service"},
	{"m", "m", "m"}, {"m2", "m²", "m²"}, {"m3", "m³", "m³"},
	{"kg", "kg", "kg"}, {"litre", "Litro", "Litre"},
	{"lot", "Lote", "Lot"},
})

var _ = mx.Define("legal_regime", mx.Words{
	{"laassp_2000", "LAASSP (2000)", "Acquisitions law of 2000"},
	{"laassp_2025", "LAASSP (2025)", "Acquisitions law of 2025"},
	{"lopsrm", "LOPSRM", "Public works law"},
	{"other", "Otro", "Other"},
})
