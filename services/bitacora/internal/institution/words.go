package institution

import (
	"math/rand/v2"
	"slices"
)

// What people write. None of it names anybody, and each text is used only of what it fits: TestTextsFitWhatTheyAreAbout holds it.

// failure is what is reported of a thing, and what was done about it.
type failure struct{ complaint, remedy string }

// failures are what goes wrong, by kind; every kind has some.
var failures = map[string][]failure{
	"vaccine_refrigerator": {{"Marca 11 °C y no baja; las vacunas se pasaron al termo", "Se recargó el gas y se verificó la temperatura durante dos horas"},
		{"El motor no arranca desde la madrugada", "Se cambió el relevador de arranque; se verificó la temperatura hasta 5 °C"}, {"La puerta no cierra y se forma hielo", "Se cambió el empaque de la puerta y se verificó la temperatura durante dos horas"}},
	"hydraulic_operating_table": {{"La mesa no sostiene la altura durante la cirugía", "Se cambiaron los sellos del cilindro y se probó con peso"}, {"No responde el pedal del hidráulico", "Se purgó el circuito y se ajustó el pedal"}},
	"anesthesia_machine":        {{"La alarma de presión suena sin motivo", "Se cambió el sensor de presión y pasó la prueba inicial"}, {"Fuga en el circuito; no pasa la prueba inicial", "Se cambió la válvula espiratoria; pasa la prueba de fuga"}},
	"surgical_lamp":             {{"Se apaga a los pocos minutos", "Se cambió la fuente y se dejó encendida una hora"}, {"Tres focos fundidos; no alcanza la luz", "Se cambiaron los focos y se midió la luz en el campo"}},
	"electrosurgical_unit":      {{"No corta con la potencia de siempre", "Se cambió la pieza de mano y se midió la potencia"}, {"Marca error de placa con la placa bien puesta", "Se cambió el conector de la placa de retorno"}},
	"power_plant":               {{"No arrancó en la prueba semanal", "Se cambió la batería y arrancó con carga tres veces"}, {"Arranca y se detiene a los dos minutos", "Se limpió el tanque, se cambiaron filtros y sostuvo la carga media hora"}},
	"lift":                      {{"Se queda entre pisos con camillas", "Se ajustó el nivelador y se probó con carga"}, {"La puerta no cierra en planta baja", "Se alineó el operador de la puerta y se probó veinte veces"}},
	"steam_autoclave":           {{"No alcanza la presión y corta el ciclo", "Se cambió la resistencia; tres ciclos con indicador correcto"}, {"Fuga de vapor en la puerta", "Se cambió el empaque de la cámara; no hay fuga a presión de trabajo"}},
	"dry_heat_sterilizer":       {{"No llega a la temperatura del ciclo", "Se cambió el termostato y se midió la cámara a 170 °C"}, {"El reloj no corta y se pasa de tiempo", "Se cambió el temporizador y se corrió un ciclo completo"}},
	"vital_signs_monitor":       {{"La saturación no aparece en pantalla", "Se cambió el sensor de saturación y se comparó con otro monitor"}, {"Se apaga al moverlo", "Se cambió la batería; sostiene cuarenta minutos sin conexión"}},
	"electrocardiograph":        {{"Una derivación sale plana", "Se cambió el cable de paciente; las doce derivaciones salen limpias"}, {"No imprime el trazo", "Se limpió el cabezal y se imprimió un trazo de prueba"}},
	"defibrillator":             {{"No carga a la energía que se pide", "Se cambió la batería; entrega 200 J en la prueba"}, {"Falla la prueba de las paletas", "Se cambió el cable de las paletas y pasó la prueba"}},
	"pulse_oximeter":            {{"Marca sin dedo puesto", "Se cambió el sensor y se comparó con el simulador"}, {"Se apaga a los pocos segundos", "Se limpiaron los contactos de las pilas"}},
	"portable_aspirator":        {{"No hace vacío suficiente", "Se cambió el diafragma; sostiene el vacío"}, {"Se tapa y regresa líquido", "Se cambió el filtro y la trampa del frasco"}},
	"infusion_pump":             {{"La batería dura minutos", "Se cambió la batería; dura cuatro horas"}, {"Marca oclusión sin motivo", "Se limpió el sensor de presión; entrega el volumen programado"}},
	"mechanical_ventilator":     {{"No pasa la prueba de fuga", "Se cambió la válvula espiratoria; pasa la prueba de fuga"}, {"La alarma de oxígeno suena sin motivo", "Se cambió la celda de oxígeno y se ajustó al 21 y al 100 %"}},
	"incubator":                 {{"No sostiene la temperatura", "Se cambió el sensor de piel; sostuvo 36 °C durante tres horas"}, {"La alarma de flujo de aire no se quita", "Se limpió el ventilador y se cambió el filtro de aire"}},
	"hemodialysis_machine":      {{"Alarma de conductividad", "Se cambió la celda de conductividad y se ajustó"}, {"No pasa la desinfección", "Se cambió la válvula de drenaje; terminó la desinfección con calor"}},
	"ct_scanner":                {{"Error del tubo al calentar", "Se ajustó el enfriador; el tubo calienta sin error"}, {"La mesa no avanza", "Se cambió la banda de la mesa y se verificó el recorrido"}},
	"xray_unit":                 {{"No dispara", "Se cambió el interruptor de disparo y se hicieron diez exposiciones de prueba"}, {"El colimador no enciende", "Se cambió el foco del colimador y se alineó el campo"}},
	"ultrasound_scanner":        {{"Un transductor da imagen con franjas", "Se cambió el transductor; imagen limpia con el fantoma"}, {"Tarda y se reinicia a medio estudio", "Se cambió el disco y se cargó de nuevo el programa"}},
	"dental_unit":               {{"La turbina no tiene fuerza", "Se cambiaron los baleros de la turbina"}, {"El sillón no sube", "Se cambió el pedal del sillón"}},
	"hematology_analyzer":       {{"Da conteos que no corresponden al control", "Se cambió la cámara de conteo; el control está dentro de límites"}, {"No aspira la muestra", "Se destapó la aguja y se purgó el circuito"}},
	"microscope":                {{"El foco no sostiene", "Se ajustó el freno del micrométrico"}, {"No enciende la luz", "Se cambió la lámpara y se centró"}},
	"centrifuge":                {{"Vibra y se detiene", "Se cambiaron los soportes y se balanceó el rotor"}, {"La tapa no desbloquea", "Se cambió el seguro de la tapa"}},
	"nebulizer":                 {{"No hace niebla", "Se limpió la boquilla y se cambió el filtro"}, {"Hace un ruido que antes no hacía", "Se cambió el pistón del compresor"}},
	"hospital_bed":              {{"El respaldo no sube", "Se cambió el pistón del respaldo"}, {"El barandal no asegura", "Se cambió el seguro del barandal"}, {"Una rueda no frena", "Se cambió la rueda con su freno"}},
	"wheelchair":                {{"Una rueda está rota", "Se cambió la rueda"}, {"El freno no sujeta", "Se cambió la zapata del freno"}},
	"stretcher":                 {{"El barandal no asegura", "Se cambió el seguro del barandal"}, {"Una rueda se traba", "Se cambió el balero de la rueda"}},
	"examination_table":         {{"El respaldo no queda fijo", "Se cambió la cremallera del respaldo"}, {"La piel está rota y no se puede limpiar", "Se tapizó de nuevo"}},
	"examination_lamp":          {{"No enciende", "Se cambió el foco y el interruptor"}, {"El brazo no sostiene la posición", "Se apretó la articulación del brazo"}},
	"blood_pressure_monitor":    {{"Pierde presión en la perilla", "Se cambió la perilla con su válvula"}, {"La aguja no regresa a cero", "Se ajustó la aguja y se comparó con el patrón"}},
	"scale_with_height_rod":     {{"No marca cero", "Se ajustó el cero y se comprobó con pesas"}, {"El estadímetro está flojo", "Se fijó el estadímetro y se comprobó la escala"}},
	"cistern":                   {{"Fuga en la válvula del flotador", "Se cambió la válvula del flotador; no rebosa"}, {"La bomba no arranca", "Se cambió el arrancador de la bomba; sube al tinaco"}},
	"boiler":                    {{"No hay agua caliente en hospitalización", "Se destapó la línea y se ajustó el termostato"}, {"Se apaga el quemador", "Se limpió el quemador y se cambió el sensor de flama"}},
	"air_conditioning":          {{"No enfría", "Se recargó el gas y se limpió el condensador"}, {"Gotea dentro del área", "Se destapó el drenaje de la charola"}},
	"medical_gas_manifold":      {{"Baja la presión de oxígeno en las tomas", "Se cambió el regulador; presión estable en las tomas"}, {"La alarma de la central no deja de sonar", "Se cambió el presostato de la alarma"}},
}

// measuring are the kinds that are calibrated, moved those that have wheels or joints and no current, loaded those that are tried under load.
var (
	measuring = []string{"vaccine_refrigerator", "electrocardiograph", "pulse_oximeter", "vital_signs_monitor", "infusion_pump", "blood_pressure_monitor", "scale_with_height_rod",
		"hematology_analyzer", "defibrillator", "anesthesia_machine", "mechanical_ventilator", "electrosurgical_unit", "steam_autoclave", "dry_heat_sterilizer", "hemodialysis_machine", "incubator"}
	moved  = []string{"hospital_bed", "wheelchair", "stretcher", "examination_table", "blood_pressure_monitor", "scale_with_height_rod"}
	loaded = []string{"power_plant", "lift"}
)

func (k *kind) measures() bool { return slices.Contains(measuring, k.key) }
func (k *kind) moves() bool    { return slices.Contains(moved, k.key) }

// powered says that it is a device with a plug or a battery.
func (k *kind) powered() bool {
	return !k.moves() && !k.builtIn()
}

// builtIn says that it is a part of the building.
func (k *kind) builtIn() bool {
	return k.category == building || slices.Contains([]string{"power_plant", "cistern"}, k.key)
}

// suits says whether work of that sort is done on things of that kind.
func (k *kind) suits(sort string) bool {
	switch sort {
	case "calibration":
		return k.measures()
	case "electrical_safety_test":
		return k.powered()
	case "installation":
		return !k.moves()
	}
	return true
}

// unused are the reasons for which a thing of that kind may be out of use.
func (k *kind) unused() []string {
	if k.powered() {
		return []string{"not_installed", "no_consumables", "no_consumables", "no_trained_staff", "no_power_or_space", "surplus"}
	}
	if k.builtIn() {
		return []string{"not_installed", "no_power_or_space"}
	}
	return []string{"surplus", "surplus", "no_power_or_space"}
}

// reserved are the reservations with which a thing of that kind may be accepted.
func (k *kind) reserved() []string {
	switch {
	case k == nil:
		return []string{"missing_accessory", "cosmetic_damage"}
	case k.powered():
		return []string{"no_manual", "no_training", "not_installed", "missing_accessory", "cosmetic_damage"}
	}
	return []string{"missing_accessory", "cosmetic_damage"}
}

// part is an element of a building that is worked on, and what was done to it.
type part struct{ element, why, done string }

var elements = []part{
	{"roofs", "Filtraciones con las lluvias en la losa", "Se impermeabilizó la losa y se probó con agua"}, {"floors", "Piso levantado; hay riesgo de caídas", "Se cambió el piso levantado y se niveló"},
	{"plumbing", "Fugas en la red y baja presión", "Se cambió el tramo dañado y se probó a presión"}, {"walls", "Humedad y pintura desprendida", "Se resanó y se pintó con sellador"},
	{"wiring", "Contactos sin tierra física", "Se cambió el cableado y se verificó la tierra física"}, {"ceilings", "Plafones caídos", "Se cambiaron los plafones y su suspensión"},
	{"doors_windows", "Puertas que no cierran", "Se cambiaron bisagras y chapas"},
}

// outcome is what was done at the end of an order.
func (o *order) outcome() string {
	switch o.sort {
	case "corrective":
		return o.failure.remedy
	case "works":
		return o.part.done
	case "calibration":
		return "Se calibró con el patrón y se dejó etiqueta de la fecha"
	case "electrical_safety_test":
		return "Corriente de fuga y tierra dentro de límites; se dejó etiqueta de la fecha"
	case "inspection":
		return pick(o.r, []string{"Se revisó en sitio; sin hallazgos", "Se revisó en sitio; se anotó el desgaste para el preventivo"})
	case "installation":
		return "Se instaló y se probó con el usuario"
	}
	switch k := o.asset.kind; {
	case k.moves():
		return "Limpieza, lubricación y ajuste de herrajes"
	case k.key == "cistern":
		return "Lavado y desinfección; se revisó el flotador y la bomba"
	case k.builtIn():
		return "Limpieza, revisión de conexiones y prueba de arranque"
	}
	return "Limpieza, ajuste y prueba de funcionamiento"
}

// refusals are the reasons for which such a request may be declined, cancellations those for which it may be cancelled, returns those for which the
// work may be returned.
func (o *order) refusals() []string {
	switch {
	case o.sort == "works":
		return []string{"Se atiende con otra obra del mismo edificio", "La unidad lo resolvió con su personal"}
	case o.sort != "corrective":
		return []string{"Ya está en el programa de mantenimiento del año", "No toca todavía: el último servicio está vigente"}
	case o.asset.kind.powered():
		return []string{"El equipo está en garantía; se reporta al proveedor", "Se resolvió por teléfono con la unidad", "La falla es de la instalación eléctrica, que se atiende aparte"}
	}
	return []string{"La unidad lo resolvió con su personal", "Es desgaste menor; se atiende con el preventivo del mes"}
}

func (o *order) cancellations() []string {
	switch o.sort {
	case "corrective":
		return []string{"La unidad resolvió la falla con su personal", "Se atiende con el mantenimiento preventivo del mes"}
	case "works":
		return []string{"El área cambió de lugar y ya no requiere el trabajo"}
	}
	return []string{"Se junta con otro servicio del mismo equipo", "El área lo necesita ese día; se pide de nuevo"}
}

func (o *order) returns() []string {
	out := []string{"Falta la limpieza del área de trabajo", "No se entregó la hoja de servicio firmada"}
	switch {
	case o.sort == "works":
		return append(out, "Quedó un tramo sin terminar")
	case slices.Contains(loaded, o.asset.kind.key):
		out = append(out, "Quedó pendiente la prueba con carga")
	}
	if o.corrects() {
		out = append(out, "El equipo volvió a fallar al usarse")
	}
	return out
}

// pauses are the reasons for which such work may wait.
func (o *order) pauses() []string {
	switch {
	case o.sort == "works":
		return []string{"awaiting_access"}
	case o.corrects() && o.asset.kind.builtIn():
		return []string{"awaiting_parts", "awaiting_access"}
	case o.corrects():
		return []string{"awaiting_parts", "awaiting_access", "in_clinical_use"}
	case o.asset.kind.builtIn():
		return []string{"awaiting_access"}
	}
	return []string{"awaiting_access", "in_clinical_use"}
}

// sortFor is the sort of work for which such a pause makes sense: that drawn, or another.
func sortFor(r *rand.Rand, reason, drawn string) string {
	switch reason {
	case "weather":
		return "works"
	case "awaiting_parts":
		return "corrective"
	case "in_clinical_use":
		return pick(r, []string{"corrective", "preventive"})
	}
	return drawn
}
