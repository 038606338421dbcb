package person

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("screen_person", mx.Words{
	{"list", "Personas", "People"},
	{"list_lead", "Quien entra en Bitácora queda en este directorio con los puestos que su cuenta traía la última vez.", "Whoever signs in to Bitácora is in this directory, with the roles that the account had last."},
	{"filters", "Buscar por nombre, puesto o lugar", "Find by name, role or place"},
	{"apply", "Buscar personas", "Find people"},
	{"person", "Persona", "Person"},
	{"role", "Puesto en Bitácora", "Role"},
	{"any_role", "Cualquiera", "Any"},
	{"any_office", "Todas", "All"},
	{"name_or_post", "Nombre o cargo", "Name or post"},
	{"where", "Dónde", "Where"},
	{"seen_on", "Última vez", "Last seen"},
	{"telephone", "Teléfono", "Telephone"},
	{"language", "Idioma", "Language"},
	{"subject", "Referencia de la cuenta", "Reference of the account"},
	{"nameless", "Sin nombre (%s)", "No name (%s)"},
	{"stated", "Lo dice la administración de Bitácora", "Said by Bitácora's administration"},
	{"told", "Lo dice la cuenta de la institución", "Said by the institution's account"},
	{"none", "Nadie ha entrado todavía", "Nobody has signed in yet"},
	{"none_text", "Cada persona aparece aquí cuando entra por primera vez.", "People appear here when they sign in for the first time."},
	{"none_filter", "Nadie con estos filtros", "Nobody meets these filters"},
	{"no_filter", "Ver a todas las personas", "See everybody"},
	{"more_found", "Se muestran las primeras %d. Escriba más del nombre.", "The first %d are shown. Give more of the name."},
	{"more_people", "Se buscó entre las primeras %s personas. Elija además un puesto o un lugar.", "The first %s people were looked through. Choose a role or place, too."},
	{"grants", "Qué puede hacer y dónde", "What the person may do, and where"},
	{"grants_lead", "Como lo traía su cuenta la última vez. Se cambia donde la institución lleva las cuentas.", "As the account had it last. It is changed where the institution keeps its accounts."},
	{"erased", "Persona eliminada", "Erased person"},
	{"erased_text", "De esta persona sólo queda la referencia de su cuenta. Donde aparecía su nombre dice «Persona eliminada».", "Only the reference of the account is left. Where the name was it says “erased person”."},
	{"cambiar_title", "Cambiar nombre, cargo o lugar", "Change name, post or place"},
	{"cambiar_button", "Guardar los datos", "Save the data"},
	{"cambiar_done", "Datos guardados", "Data saved"},
	{"cambiar_lead", "Lo que se escribe aquí vale antes que lo que dice la cuenta. Lo que se deja vacío lo dice la cuenta.", "What is written here stands before what the account says. What is left empty the account says."},
	{"field_name", "Nombre", "Name"},
	{"field_post", "Cargo", "Post"},
	{"field_unit_id", "Clave de la unidad", "Key of the unit"},
	{"field_unit_id_hint", "Por ejemplo: BSIST000014. Está en la página de la unidad. Si la persona es de la oficina, déjela vacía.", "For example: BSIST000014. It is on the unit's page. Leave it empty where the person is of the office."},
	{"error_unit_id", "No hay ninguna unidad con esa clave. Cópiela de la página de la unidad.", "There is no unit of that key. Copy it from the unit's page."},
	{"field_office", "Oficina", "Office"},
	{"no_office", "Ninguna: la de su unidad, o la que dice la cuenta", "None: that of the unit, or what the account says"},
	{"error_office", "Una persona es de una unidad o de una oficina: deje una de las dos vacía.", "A person is of a unit or of an office: leave one of them empty."},
	{"eliminar_title", "Eliminar a esta persona", "Erase this person"},
	{"eliminar_button", "Eliminar los datos de la persona", "Erase the person's data"},
	{"eliminar_lead", "Se borran para siempre su nombre, cargo, teléfono, correo, idioma y puestos; no se pueden recuperar. En órdenes, entregas e historias dirá «Persona eliminada». Lo que hizo sigue registrado. " +
		"Su cuenta no se cierra: eso se hace donde la institución lleva las cuentas. Si la persona vuelve a entrar, no se guarda nada de ella mientras no se le readmita.",
		"Name, post, telephone, address, language and roles are wiped for good and cannot be had back. Orders, deliveries and histories will say “erased person”. What the person did stays on record. " +
			"The account is not closed: that is done where the institution keeps its accounts. When the person signs in again nothing is kept until the person is admitted again."},
	{"eliminar_done", "Los datos de la persona se eliminaron", "The person's data were erased"},
	{"readmitir_title", "Readmitir a esta persona", "Admit this person again"},
	{"readmitir_button", "Readmitir a la persona", "Admit the person again"},
	{"readmitir_lead", "Cuando la persona entre de nuevo, el directorio guardará otra vez lo que diga su cuenta. Lo que se eliminó no vuelve.", "When the person signs in again the directory will keep what the account says. What was erased does not come back."},
	{"readmitir_done", "La persona fue readmitida", "The person was admitted again"},
}))
