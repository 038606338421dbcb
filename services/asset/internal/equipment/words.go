package equipment

import "github.com/bitacora-salud/bitacora/pkg/mx"

var _ = mx.Define("equipment_category", mx.Words{
	{"medical_equipment", "Equipo médico", "Medical equipment"},
	{"furniture", "Mobiliario", "Furniture"},
	{"instruments", "Instrumental", "Instruments"},
	{"building_system", "Instalación del inmueble", "Building system"},
	{"material", "Material", "Material"},
	{"other", "Otro", "Other"},
})

var _ = mx.Define("risk_class", mx.Words{
	{"I", "Clase I", "Class I"}, {"II", "Clase II", "Class II"}, {"III", "Clase III", "Class III"},
})

var _ = mx.Define("code_system", mx.Words{
	{"compendium", "Compendio Nacional de Insumos para la Salud", "National compendium of health supplies"},
	{"gmdn", "GMDN", "GMDN"},
	{"umdns", "UMDNS", "UMDNS"},
	{"emdn", "EMDN", "EMDN"},
	{"gtin", "GTIN (GS1)", "GTIN (GS1)"},
	{"cucop", "CUCoP", "CUCoP"},
	{"cabms", "CABMS", "CABMS"},
})
