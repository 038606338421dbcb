package institution

import "math/rand/v2"

// What people write. None of it names anybody.
var (
	refusals = []string{"El equipo está en garantía; se reporta al proveedor", "Se resolvió por teléfono con la unidad", "La falla es de la instalación eléctrica, ya reportada en otra solicitud",
		"Solicitud repetida: ya hay una orden abierta para este equipo"}
	cancellations = []string{"La unidad resolvió la falla con su personal", "Se programa con el mantenimiento preventivo del mes", "El área cambió de lugar y ya no requiere el trabajo"}
	returns       = []string{"El equipo volvió a fallar al usarse", "Falta la limpieza del área de trabajo", "No se entregó la hoja de servicio firmada", "Quedó pendiente la prueba con carga"}
	outcomes      = []string{"Se cambió la pieza dañada y se probó con el usuario", "Limpieza, ajuste y prueba de funcionamiento", "Se calibró y se dejó etiqueta de la fecha", "Se reparó el cableado y se verificó la tierra física",
		"Se cambió el empaque y se verificó la temperatura durante dos horas"}
)

// faults are what goes wrong, by kind; of the other kinds, anything of the last row.
var faults = map[string][]string{
	"vaccine_refrigerator":      {"Marca 11 °C y no baja; las vacunas se pasaron al termo", "El motor no arranca desde la madrugada", "La puerta no cierra y se forma hielo"},
	"hydraulic_operating_table": {"La mesa no sostiene la altura durante la cirugía", "No responde el pedal del hidráulico"},
	"anesthesia_machine":        {"La alarma de presión suena sin motivo", "Fuga en el circuito; no pasa la prueba inicial"},
	"surgical_lamp":             {"Se apaga a los pocos minutos", "Tres focos fundidos; no alcanza la luz"},
	"power_plant":               {"No arrancó en la prueba semanal", "Arranca y se detiene a los dos minutos"},
	"lift":                      {"Se queda entre pisos con camillas", "La puerta no cierra en planta baja"},
	"steam_autoclave":           {"No alcanza la presión y corta el ciclo", "Fuga de vapor en la puerta"},
	"vital_signs_monitor":       {"La saturación no aparece en pantalla", "Se apaga al moverlo"},
	"dental_unit":               {"La turbina no tiene fuerza", "El sillón no sube"},
	"hospital_bed":              {"El respaldo no sube", "El barandal no asegura", "Una rueda no frena"},
	"wheelchair":                {"Una rueda está rota", "El freno no sujeta"},
	"stretcher":                 {"El barandal no asegura", "Una rueda se traba"},
	"examination_table":         {"El respaldo no queda fijo", "La piel está rota y no se puede limpiar"},
	"examination_lamp":          {"No enciende", "El brazo no sostiene la posición"},
	"blood_pressure_monitor":    {"Pierde presión en la perilla", "La aguja no regresa a cero"},
	"scale_with_height_rod":     {"No marca cero", "El estadímetro está flojo"},
	"cistern":                   {"Fuga en la válvula del flotador", "La bomba no arranca"},
	"boiler":                    {"No hay agua caliente en hospitalización", "Se apaga el quemador"},
	"air_conditioning":          {"No enfría", "Gotea dentro del área"},
	"medical_gas_manifold":      {"Baja la presión de oxígeno en las tomas", "La alarma de la central no deja de sonar"},
	"ct_scanner":                {"Error del tubo al calentar", "La mesa no avanza"},
	"xray_unit":                 {"No dispara", "El colimador no enciende"},
	"hemodialysis_machine":      {"Alarma de conductividad", "No pasa la desinfección"},
	"infusion_pump":             {"La batería dura minutos", "Marca oclusión sin motivo"},
	"mechanical_ventilator":     {"No pasa la prueba de fuga", "La alarma de oxígeno suena sin motivo"},
	"":                          {"No enciende", "Hace un ruido que antes no hacía", "La pantalla queda en blanco al encender", "Da lecturas que no corresponden", "El cable está roto y hace falso contacto", "Se calienta y se apaga"},
}

func complaint(r *rand.Rand, k *kind) string {
	known := faults[k.key]
	if len(known) == 0 {
		known = faults[""]
	}
	return pick(r, known)
}

// part is an element of a building that is worked on.
type part struct{ element, why string }

var elements = []part{
	{"roofs", "Filtraciones con las lluvias en la losa"}, {"floors", "Piso levantado; hay riesgo de caídas"}, {"plumbing", "Fugas en la red y baja presión"},
	{"walls", "Humedad y pintura desprendida"}, {"wiring", "Contactos sin tierra física"}, {"ceilings", "Plafones caídos"}, {"doors_windows", "Puertas que no cierran"},
}
