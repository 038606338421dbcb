package pages

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("console_pages", mx.Words{
	{"no_post", "Sin puesto", "Without a role"},
	{"home", "Ir a mi inicio", "Go to my home page"},
	{"what_may_i", "Ver qué puedo hacer", "See what I may do"},
	{"again", "Intentar de nuevo", "Try again"},
	{"not_found", "No encontramos esta página", "We did not find this page"},
	{"not_found_why", "La dirección no existe o no está a su alcance con el puesto con el que entró.", "The address does not exist or is out of reach for the role that you signed in with."},
	{"not_found_may", "Puede que:", "It may be that:"},
	{"not_found_address", "la dirección esté incompleta: revise que se copió entera;", "the address is incomplete: see whether all of it was copied;"},
	{"not_found_post", "haya entrado con otro puesto: usted entró como", "you signed in with another role: you signed in as"},
	{"failing", "No pudimos traer esta página", "We could not bring this page"},
	{"failing_do", "Un servicio de Bitácora no responde. No se ha perdido nada. Espere un minuto e intente de nuevo.",
		"A service of Bitácora does not answer. Nothing is lost. Wait a minute and try again."},
	{"failing_sent", "No sabemos si se guardó", "We do not know whether it was saved"},
	{"failing_sent_do", "El servicio no respondió a tiempo. Envíe lo mismo otra vez: si ya se había guardado, no se repite.",
		"The service did not answer in time. Send the same again: if it was saved already it is not repeated."},
	{"reference", "Si sigue sin responder, avise a su oficina de representación con esta referencia:", "If it goes on, tell your office with this reference:"},
	{"send_again", "Enviar lo mismo otra vez", "Send the same again"},
	{"too_large", "Es demasiado grande", "It is too large"},
	{"too_large_do", "Lo que envió pasa de lo que se acepta en un formulario. Vuelva atrás en su navegador, quite texto y envíelo de nuevo.", "What you sent is larger than a form may be. Go back in your browser, take some text away and send it again."},
	{"unreadable", "No se pudo leer el formulario", "The form could not be read"},
	{"unreadable_do", "Llegó incompleto o cambiado en el camino. Vuelva a la página y envíelo de nuevo.", "It came incomplete or was changed on its way. Go back to the page and send it again."},
	{"anothers", "Este formulario era de otra persona", "This form was somebody else's"},
	{"anothers_do", "Se abrió con otra sesión en este navegador y no se envió nada. Ábralo de nuevo con la suya.", "It was opened with another session in this browser, and nothing was sent. Open it again with yours."},
	{"unmarked", "Este formulario llegó incompleto", "This form came incomplete"},
	{"unmarked_do", "Le falta la marca que dice para quién se hizo, o no es de esta instalación. No se envió nada. Abra la página de nuevo, escriba lo suyo y envíelo desde ahí.",
		"The mark that says for whom it was made is missing, or is not of this installation. Nothing was sent. Open the page again, write yours and send it from there."},
	{"refused", "Ya no se puede hacer", "It can no longer be done"},
	{"refused_do", "Alguien más lo cambió mientras tanto, o ya estaba hecho. No se guardó nada nuevo. Abra la página de nuevo para ver cómo está.",
		"Somebody else changed it meanwhile, or it was done already. Nothing new was saved. Open the page again to see how it is."},
	{"foreign", "Otro sitio envió este formulario", "Another site sent this form"},
	{"foreign_do", "No se hizo nada. Si usted no lo esperaba, cierre la página de donde venía.", "Nothing was done. If you did not expect this, close the page that you came from."},
	{"loading", "Se está cargando la demostración", "The demonstration is being loaded"},
	{"loading_do", "Va en %s %%. Tarda unos segundos, sólo la primera vez. Esta página se abre sola en cuanto esté lista.", "%s %% is done. It takes some seconds, the first time only. This page opens by itself as soon as it is there."},
	{"broken", "No pudimos armar esta página", "We could not make this page"},
	{"broken_do", "Es una falla de Bitácora y quedó registrada. Vuelva a su inicio; si se repite, avise a su oficina de representación.",
		"It is a fault of Bitácora and was recorded. Go back to your home page; if it happens again, tell your office."},
}))
