package signin

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("console_signin", mx.Words{
	{"away", "No se puede entrar en este momento", "Nobody can sign in at the moment"},
	{"away_do", "El servicio que comprueba las cuentas no responde. Quien ya entró puede seguir trabajando. Espere unos minutos e intente de nuevo.",
		"The service that verifies accounts does not answer. Whoever is signed in can go on working. Wait some minutes and try again."},
	{"away_go", "Intentar de nuevo", "Try again"},
	{"lost", "No se completó la entrada", "The sign-in was not completed"},
	{"lost_do", "Pasó demasiado tiempo, o se volvió a una dirección que ya se había usado. Entre de nuevo.", "It took too long, or an address was used again. Sign in again."},
	{"lost_go", "Entrar de nuevo", "Sign in again"},
	{"denied", "No entró", "You are not signed in"},
	{"denied_do", "La entrada se canceló, o su cuenta no tiene permiso de entrar. Si debería tenerlo, avise a su oficina de representación.",
		"The sign-in was cancelled, or your account may not sign in. If it should, tell your office."},
	{"denied_go", "Entrar de nuevo", "Sign in again"},
	{"left", "Cerró la sesión", "You are signed out"},
	{"left_do", "Nadie puede seguir con su cuenta en este navegador.", "Nobody can go on with your account in this browser."},
	{"left_go", "Entrar de nuevo", "Sign in again"},
	{"leave", "¿Cerrar la sesión?", "Sign out?"},
	{"leave_do", "Se cierra en todas las pestañas de este navegador.", "In every tab of this browser."},
	{"leave_go", "Cerrar la sesión", "Sign out"},
	{"kept", "Su sesión terminó; lo que escribió está guardado", "Your session has ended; what you wrote is kept"},
	{"kept_do", "Entre de nuevo con la misma cuenta y podrá enviarlo. Se guarda una hora.", "Sign in again with the same account and you can send it. It is kept for an hour."},
	{"kept_go", "Entrar y seguir", "Sign in and go on"},
	{"not_kept", "Su sesión terminó", "Your session has ended"},
	{"not_kept_do", "No se hizo nada, y lo que se envió no se pudo guardar. Entre de nuevo y escríbalo otra vez.", "Nothing was done, and what was sent could not be kept. Sign in again and write it once more."},
	{"not_kept_go", "Entrar de nuevo", "Sign in again"},
	{"kept_gone", "Lo que escribió ya no está guardado", "What you wrote is no longer kept"},
	{"kept_gone_do", "Se guarda una hora. Escríbalo de nuevo.", "It is kept for an hour. Write it once more."},
	{"kept_gone_go", "Ir a mi inicio", "Go to my home page"},
	{"kept_anothers", "Lo que estaba escrito era de otra persona", "What was written was somebody else's"},
	{"kept_anothers_do", "Entró con otra cuenta que la que lo escribió. No se envió: quien lo escribió lo encuentra al entrar por la misma página, durante una hora.", "You signed in with another account than the one that wrote it. It was not sent: whoever wrote it finds it by signing in from the same page, for an hour."},
	{"kept_anothers_go", "Ir a mi inicio", "Go to my home page"},
	{"kept_here", "Lo que escribió sigue aquí", "What you wrote is still here"},
	{"kept_here_do", "Su sesión había terminado cuando lo envió. No se ha guardado todavía: revíselo y envíelo desde aquí, o salga sin enviarlo.", "Your session had ended when you sent it. It is not saved yet: look at it and send it from here, or leave without sending it."},
	{"kept_sent", "Lo que escribió ya se envió", "What you wrote has been sent"},
	{"kept_sent_do", "Quedó guardado después de que entró de nuevo. No hace falta enviarlo otra vez.", "It was saved after you signed in again. There is no need to send it once more."},
	{"kept_sent_go", "Ver cómo quedó", "See what became of it"},
	{"kept_send", "Enviar lo que escribí", "Send what I wrote"},
	{"elsewhere", "Esta dirección no es de Bitácora", "This address is not Bitácora's"},
	{"elsewhere_do", "Abra http://127.0.0.1 con el puerto en que se sirve.", "Open http://127.0.0.1 with the port that it is served on."},
	{"elsewhere_go", "Ir a Bitácora", "Go to Bitácora"},
}))
