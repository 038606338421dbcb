package letter

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("screen_letter", mx.Words{
	{"title", "Mensajes detenidos", "Dead letters"},
	{"lead", "Avisos entre servicios que no se pudieron tomar y se apartaron para que los demás sigan. Mientras tanto, eso que anuncian se ve como estaba antes.",
		"Events between services that could not be taken and were set aside so that the others flow. Meanwhile what they tell of is seen as it was before."},
	{"none", "Nada está detenido", "Nothing is held up"},
	{"none_text", "Todos los servicios han tomado todo lo que se les avisó.", "All services have taken all that they were told."},
	{"away", "No responde: %s", "No answer: %s"},
	{"service_asset", "Unidades y equipo", "Units and equipment"},
	{"service_workorder", "Órdenes y contratos", "Orders and contracts"},
	{"service_delivery", "Entregas", "Deliveries"},
	{"service_status", "Cifras", "Figures"},
	{"service_people", "Directorio de personas", "Directory of people"},
	{"event", "Aviso", "Event"},
	{"document", "De qué documento", "Of which document"},
	{"waits_for", "Espera a", "Waits for"},
	{"consumer", "Quién no lo tomó", "Who did not take it"},
	{"topic", "del tema %s", "of the topic %s"},
	{"since", "Detenido desde", "Held up since"},
	{"attempts_one", "%s intento", "%s try"},
	{"attempts_many", "%s intentos", "%s tries"},
	{"next", "Siguiente intento", "Next try"},
	{"now", "En este momento", "Now"},
	{"reference", "Referencia", "Reference"},
	{"again", "Entregar de nuevo", "Deliver again"},
	{"all_again", "Entregar de nuevo todos los de %s", "Deliver again all of %s"},
	{"whole", "Ver todos los de: %s", "See all of: %s"},
	{"done", "Se entrega de nuevo", "It is delivered again"},
	{"done_text", "En uno o dos segundos se sabe. Lo que se tomó desaparece de esta página; lo que falló otra vez sigue aquí con un intento más.", "It is known in a second or two. What was taken disappears from this page; what failed again is here with one more try."},
	{"done_more", "Son más de mil: estos van primero. Cuando se hayan tomado, pida los demás.", "They are more than a thousand: these go first. Ask for the others when they have been taken."},
	{"nothing", "No había nada que entregar de nuevo", "There was nothing to deliver again"},
	{"nothing_text", "Ya se había tomado, o se está intentando en este momento.", "It had been taken, or is being tried at this moment."},
	{"do_reference_missing", "Se toma solo en cuanto llegue lo que espera. Si pasan más de 30 minutos, quien opera el sistema revisa si el servicio que lo publica está atrasado o si su tema se perdió, y lo vuelve a publicar.",
		"It is taken by itself as soon as what it waits for has come. After 30 minutes whoever operates the system looks whether the service that publishes it is late or its topic was lost, and publishes it again."},
	{"do_unreadable", "No es un aviso que esta versión entienda: es de otro programa, está dañado o lo escribió una versión más nueva. Quien opera el sistema lo revisa con «bitacora dlq show» y esta referencia.",
		"It is no event that this release understands: of another program, damaged, or written by a newer release. Whoever operates the system looks at it with “bitacora dlq show” and this reference."},
	{"do_not_taken", "El aviso contradice lo que el servicio sabe, o hay un defecto. Corrija el documento donde se lleva: el siguiente cambio de ese documento lo libera. El motivo completo lo ve quien opera el sistema con «bitacora dlq show» y esta referencia.",
		"The event contradicts what the service knows, or there is a defect. Correct the document where it is kept: its next change releases it. Whoever operates the system sees the whole reason with “bitacora dlq show” and this reference."},
	{"do_not_published", "El aviso es más grande de lo que admite el tema. Quien opera el sistema amplía el límite del tema; después se publica solo.", "The event is larger than its topic takes. Whoever operates the system raises the topic's bound; then it is published by itself."},
	{"do_other", "Quien opera el sistema lo revisa con «bitacora dlq show» y esta referencia.", "Whoever operates the system looks at it with “bitacora dlq show” and this reference."},
}))
