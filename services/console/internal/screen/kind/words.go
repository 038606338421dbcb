package kind

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("screen_kind", mx.Words{
	{"list", "Catálogo de tipos de equipo", "Catalogue of equipment types"},
	{"n_one", "%s tipo", "%s type"},
	{"n_many", "%s tipos", "%s types"},
	{"name", "Nombre del tipo", "Name of the type"},
	{"find", "Buscar tipos", "Find types"},
	{"all", "Todos", "All"},
	{"type", "Tipo", "Type"},
	{"none", "Ningún tipo con estos filtros", "No type meets these filters"},
	{"no_filter", "Ver todo el catálogo", "See the whole catalogue"},
	{"more_listed", "Se muestran los primeros %d. Escriba más del nombre o elija una categoría.", "The first %d are shown. Give more of the name or choose a category."},
	{"more_looked", "Se buscó entre los primeros %s tipos. Elija además una categoría.", "The first %s types were looked through. Choose a category, too."},
	{"assets", "Ver el equipo de este tipo", "See the equipment of this type"},
	{"synonyms", "También se le llama", "Also called"},
	{"created", "En el catálogo desde", "In the catalogue since"},
	{"history_away", "La historia no responde", "The history does not answer"},
	{"nuevo_title", "Agregar un tipo de equipo", "Add an equipment type"},
	{"nuevo_button", "Agregar el tipo", "Add the type"},
	{"nuevo_done", "Tipo agregado", "Type added"},
	{"nuevo_lead", "Desde que se agrega, todas las unidades del país pueden registrar equipo de este tipo. Un tipo no se borra.", "From then on all units of the country can register equipment of this type. A type is not deleted."},
	{"cambiar_title", "Cambiar el tipo", "Change the type"},
	{"cambiar_button", "Guardar el tipo", "Save the type"},
	{"cambiar_done", "Tipo guardado", "Type saved"},
	{"cambiar_lead", "El cambio se ve en todo el país. Cómo se controla lo que ya está registrado no cambia.", "The change is seen in the whole country. How what is registered already is kept track of does not change."},
	{"field_key", "Nombre corto", "Short name"},
	{"field_key_hint", "Letras minúsculas sin acento, cifras y guion bajo; no cambia nunca. Por ejemplo: cama_hospitalaria.", "Lower-case letters, digits and underscores; it never changes. For example: hospital_bed."},
	{"error_key", "Escriba de 2 a 60 letras minúsculas sin acento, cifras o guion bajo. Si ya existe ese nombre, use otro.", "Give 2 to 60 lower-case letters, digits or underscores. Where that name is taken, use another."},
	{"field_name_es", "Nombre en español", "Name in Spanish"},
	{"error_name_es", "Escriba cómo se llama, por ejemplo: Cama hospitalaria.", "Say what it is called, for example: Cama hospitalaria."},
	{"field_name_en", "Nombre en inglés", "Name in English"},
	{"field_category", "Categoría", "Category"},
	{"error_category", "Elija una categoría.", "Choose a category."},
	{"field_tracking", "Cómo se controla", "How it is kept track of"},
	{"error_tracking", "Elija cómo se controla.", "Choose how it is kept track of."},
	{"field_risk_class", "Clase de riesgo (COFEPRIS)", "Risk class (COFEPRIS)"},
	{"field_compendium_key", "Clave del Compendio Nacional", "Key of the national compendium"},
	{"field_compendium_key_hint", "Con puntos, por ejemplo: 531.116.0377.", "With dots, for example: 531.116.0377."},
	{"error_compendium_key", "Escriba la clave como 531.116.0377, o déjela vacía.", "Give the key as 531.116.0377, or leave it empty."},
}))
